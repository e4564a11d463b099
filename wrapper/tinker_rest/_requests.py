"""Builds requests, and the errors for requests that failed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import httpx

from tinker_rest._answers import Answer
from tinker_rest._redaction import redact, summarize
from tinker_rest._retry import Attempts, parse_retry_after
from tinker_rest._transport import CONNECT_SECONDS, Connections, PermanentTransportError
from tinker_rest._urls import host_of
from tinker_rest._workers import Clock, Limiter
from tinker_rest.errors import (
    APIConnectionError,
    APIResponse,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    response_body,
)
from tinker_rest_api._model import InvalidField

# httpx's own timeouts only end what the watcher could not: it acts this much earlier.
BACKSTOP_SECONDS = 5.0

# What a segment of a path may hold as it is (RFC 3986), although the generated functions quote it.
_RAW_IN_SEGMENT = re.compile("%(3A|40|21|24|26|27|28|29|2A|2B|2C|3B|3D)")
_UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")


class Keys(Protocol):
    """Gives the requests to a server their `X-API-Key`.

    Attributes:
        limiter: Where calls queue to ask for a key that is not ready, so that not each of them blocks a thread.
    """

    limiter: Limiter

    def ready(self) -> str | None:
        """The key, if it is known without waiting and good."""

    def key(self) -> str:
        """The key, after waiting for it. Raises TinkerError if there is none."""
        raise NotImplementedError

    def renew(self, refused: str, www_authenticate: str) -> bool:
        """Get another key in place of one that was refused (401), and say whether there is one."""
        raise NotImplementedError


class Server:
    """What a call needs of its server: the address without a slash at its end, headers, connections and places."""

    def __init__(self, base_url: str, headers: dict[str, str], connections: Connections, limiter: Limiter) -> None:
        self.base_url = base_url
        self.headers = headers
        self.connections = connections
        self.limiter = limiter
        self.keys: Keys | None = None  # if `headers` do not hold all that is needed
        self.not_before = -math.inf  # when to send the next request, after the server asked for a pause (429)

    def pause(self, seconds: float) -> None:
        """Send nothing for some seconds."""
        self.not_before = max(self.not_before, Clock.now() + seconds)


def url_of(base_url: str, path: str, params: Mapping[str, Any] | None) -> tuple[str, str]:
    """The URL for a path and parameters of a generated function, and its query."""
    path = _RAW_IN_SEGMENT.sub(lambda code: chr(int(code[1], 16)), path)
    query = str(httpx.QueryParams({name: _with_z(value) for name, value in params.items()})) if params else ""
    return base_url + path, f"?{query}" if query else ""


def _with_z(value: Any) -> Any:
    """Times of queries as the official SDK writes them."""
    is_time = isinstance(value, str) and _UTC_TIME.fullmatch(value)
    return f"{value.removesuffix('+00:00')}Z" if is_time else value


def new_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    json: Any,
    seconds: float | None,
    content: Iterator[bytes] | None = None,
) -> httpx.Request:
    """A request. `seconds` is how long each step of it may take; None for no limit."""
    target = httpx.URL(url)
    if target.userinfo:
        target = target.copy_with(userinfo=b"")
    timeout = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": None}
    extensions = {"timeout": timeout}
    return httpx.Request(method, target, headers=headers, json=json, content=content, extensions=extensions)


def no_answer(
    error: httpx.TransportError, attempts: Attempts, what: str = "no answer"
) -> APIConnectionError | PermanentTransportError:
    """The error of a request that got no answer, or only a part of one."""
    if type(error) is httpx.TimeoutException:  # raised by mocks only, for a request that they do not know
        return PermanentTransportError(str(error))
    kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
    reason = summarize(str(error)) or type(error).__name__
    if isinstance(error, httpx.ReadTimeout) and attempts.options.attempt_timeout is not None:
        reason = f"no byte came for {attempts.options.attempt_timeout:g} s (attempt_timeout)"
    return kind(message=f"{what}: {reason}", **attempts.facts())


def status_error(answer: Answer, attempts: Attempts, *, advises: bool) -> APIStatusError:
    """The error of an answer that is no success; `advises` is whether it says what to do about the API key."""
    response = APIResponse(answer.status_code, _shown_headers(answer), answer.content)
    location = answer.header("location")
    if 300 <= answer.status_code < 400 and location:
        host = host_of(location) or "another path"
        message = f"a redirect to {host}, which is not followed so that the API key stays here"
        return APIStatusError(f"{answer.status_code}: {message}", response=response, **attempts.facts())
    retry_after = parse_retry_after(answer.header("retry-after"), answer.header("date"))
    return APIStatusError.of(response, advises=advises, retry_after=retry_after, **attempts.facts())


def unreadable(
    error: Exception, answer: Answer, attempts: Attempts, is_secret: bool
) -> APIResponseValidationError:
    """The error of a success that cannot be read; it has no body if that `is_secret`."""
    message = f"the answer cannot be read: {summarize(str(error))}"
    if isinstance(error, InvalidField):
        message = f"the answer is not as described: {error}"
    content = b"" if is_secret else answer.content
    response = APIResponse(answer.status_code, _shown_headers(answer), content)
    media_type = summarize(answer.header("content-type"), 60) or "no content type"
    return APIResponseValidationError(
        response,
        response_body(response),
        f"{message} (status {answer.status_code}, {media_type}, {len(answer.content)} bytes)",
        server_request_id=answer.header("x-request-id") or None,
        **attempts.facts(),
    )


def is_invalid_token(www_authenticate: str) -> bool:
    """Whether an answer's `WWW-Authenticate` says that the token itself is no longer valid (RFC 6750)."""
    return 'error="invalid_token"' in www_authenticate


def _shown_headers(answer: Answer) -> dict[str, str]:
    headers = {name: redact(value) for name, value in answer.headers.items() if name != "set-cookie"}
    if "location" in headers:  # relative ones have a signature too
        headers["location"] = re.sub(r"[?#].*", "?…", headers["location"])
    return headers
