"""Builds requests, reads responses within limits, and creates errors for failures."""

from __future__ import annotations

import contextlib
import json
import math
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

import httpx
from attrs import define, field

from tinker_rest._redaction import redact, register_secret, safe_repr, summarize
from tinker_rest._retry import Attempts, parse_retry_after
from tinker_rest._transport import CONNECT_SECONDS, Connections, PermanentTransportError
from tinker_rest._urls import origin_of
from tinker_rest._version import __version__
from tinker_rest._workers import Limiter
from tinker_rest.errors import (
    APIConnectionError,
    APIResponse,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    InvalidArgumentError,
    response_body,
    server_message,
)
from tinker_rest_api._model import InvalidField

parse_json: Callable[[bytes], Any]
try:
    from orjson import loads as parse_json
except ImportError:
    parse_json = json.loads

# httpx's own timeouts are a fallback for the watcher, which acts this much earlier.
BACKSTOP_SECONDS = 5.0
# Responses are JSON pages; one that is much larger, or is not JSON, is not read to its end.
MAX_JSON_BYTES = 256 * 2**20
MAX_OTHER_BYTES = 2**20

# These contain no secrets and may be sent to any host.
PUBLIC_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"tinker-rest/{__version__} Python/{sys.version.split()[0]}",
}
# Headers that are set for each request.
_OWN_HEADERS = ("content-length", "content-type", "transfer-encoding", "x-idempotency-key", "x-request-id")
_STORAGE_HEADERS = frozenset(("content-type", "date", "retry-after", "x-request-id", "x-amz-request-id"))
_MIN_SECRET = 8  # shorter headers are not secrets, whatever their names
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110
# Allowed unquoted in a path segment (RFC 3986), although the generated functions quote it.
_RAW_IN_SEGMENT = re.compile("%(3A|40|21|24|26|27|28|29|2A|2B|2C|3B|3D)")
# A time in a query; the official SDK ends it with a Z.
_UTC_TIME = re.compile(r"(=\d{4}-\d\d-\d\dT[\d.]+(?:%3A[\d.]+)*)%2B00%3A00(?=&|$)")
_DIGITS = bytes(ord("0") if chr(code).isdigit() else 0 for code in range(128)).ljust(256, b"\0")
_LONG_INTEGER = b"0" * 19  # may have more than 64 bits, which orjson reads as a float


class Keys(Protocol):
    """Provides the `X-API-Key` of requests to a server."""

    def ready(self) -> str | None:
        """The key if a valid one is at hand, else None."""

    def key(self, refused: str = "", www_authenticate: str = "") -> Future[str]:
        """The key, which may take a while; another one if one was `refused` (401), or that if there is none."""


@define(eq=False, slots=False)
class Server:
    """What a call needs from its server: the address without a trailing slash, headers, connections and slots."""

    base_url: str
    headers: dict[str, str] = field(repr=False)
    connections: Connections
    limiter: Limiter
    keys: Keys | None = None  # unless `headers` already have the key
    not_before: float = -math.inf  # when to send the next request, after the server asked for a pause (429)
    advises: bool = True  # whether its errors say what to do, such as to check the API key


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Check headers to send with every request. Raises InvalidArgumentError, which shows names but no values."""
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError(f"default_headers has an invalid header name: {safe_repr(name)}")
        if name.lower() in _OWN_HEADERS:
            raise InvalidArgumentError(f"default_headers cannot set {name!r}, which differs for each request")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii() or value != value.strip():
            raise InvalidArgumentError(
                f"default_headers[{name!r}] must be one line of ASCII text without spaces around it"
            )
        if len(value) >= _MIN_SECRET and re.search("auth|cookie|key|secret|token", name, re.IGNORECASE):
            register_secret(re.sub("^(Bearer|Basic) ", "", value))
    return dict(headers or {})


def url_of(base_url: str, path: str, params: Mapping[str, Any] | None) -> tuple[str, str]:
    """The URL for a path and parameters of a generated function, and its query."""
    path = _RAW_IN_SEGMENT.sub(lambda code: chr(int(code[1], 16)), path)
    query = f"?{httpx.QueryParams(params)}" if params else ""
    return base_url + path, _UTC_TIME.sub(r"\1Z", query)


def new_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    json: Any,
    limit: float | None,
    content: Iterator[bytes] | None = None,
) -> httpx.Request:
    """A request. `limit` is how many seconds each step of it may take; None or infinite for no limit."""
    target = httpx.URL(url)
    if target.userinfo:
        target = target.copy_with(userinfo=b"")
    seconds = None if limit == math.inf else limit
    timeout = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": None}
    extensions = {"timeout": timeout}
    return httpx.Request(method, target, headers=headers, json=json, content=content, extensions=extensions)


@define(eq=False)
class Answer:
    """A server's response, in the form that the generated functions read."""

    status_code: int  # or the documented one that it is mapped to
    headers: dict[str, str]  # names in lowercase
    content: bytes  # decoded

    def json(self) -> Any:
        """The body as parsed JSON. Raises ValueError if it is not JSON."""
        if parse_json is not json.loads and _LONG_INTEGER not in self.content.translate(_DIGITS):
            with contextlib.suppress(ValueError):  # json accepts more, such as a byte order mark
                return parse_json(self.content)
        return json.loads(self.content, parse_constant=lambda _: None)  # NaN, which JSON does not have


def read_answer(response: httpx.Response, *, is_json: bool) -> Answer:
    """Read a response up to the size limit; with `is_json`, it is JSON whatever its content type."""
    headers = dict(response.headers.multi_items())  # the last one of those that were sent twice
    is_json = is_json or "json" in headers.get("content-type", "").lower()
    limit = MAX_JSON_BYTES if is_json else MAX_OTHER_BYTES
    if response.is_stream_consumed:  # from a mock, already decoded by httpx
        return Answer(response.status_code, headers, response.content[: limit + 1])
    parts, size = [], 0
    for part in response.iter_raw():
        parts.append(part)
        size += len(part)
        if size > limit:
            break
    content = b"".join(parts)
    if headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip"):
        with contextlib.suppress(zlib.error):  # then it is not JSON either
            content = _gunzip(content, limit)
    return Answer(response.status_code, headers, content)


def _gunzip(packed: bytes, limit: int) -> bytes:
    """Unpack all members of a gzip file, up to a byte more than the limit. Raises zlib.error if it is cut."""
    content, left = b"", packed
    while left and len(content) <= limit:
        member = zlib.decompressobj(31)
        content += member.decompress(left, limit + 1 - len(content))
        if not member.eof and len(content) <= limit:
            raise zlib.error("perhaps only the checksum at its end is missing")
        left = member.unused_data
    return content


def no_answer(
    error: httpx.TransportError, attempts: Attempts, what: str = "no response"
) -> APIConnectionError | PermanentTransportError:
    """The error for a request that got no response, or only part of one."""
    if type(error) is httpx.TimeoutException:  # only mocks raise it, for unexpected requests
        return PermanentTransportError(str(error))
    kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
    reason = summarize(str(error)) or type(error).__name__
    if isinstance(error, httpx.ReadTimeout) and attempts.options.attempt_timeout is not None:
        reason = f"no data received for {attempts.options.attempt_timeout:g} s (attempt_timeout)"
    return kind(message=f"{what}: {reason}", **attempts.facts())


def status_error(answer: Answer, attempts: Attempts, *, advises: bool) -> APIStatusError:
    """The error for a response that is not a success; with `advises`, it says what to do."""
    response = _shown(answer, answer.content)
    location = answer.headers.get("location", "")
    if 300 <= answer.status_code < 400 and location:
        host = origin_of(location)[1] or "another path"
        message = f"redirect to {host} not followed, to protect the API key"
        return APIStatusError(f"{answer.status_code}: {message}", response=response, **attempts.facts())
    retry_after = parse_retry_after(answer.headers.get("retry-after", ""), answer.headers.get("date", ""))
    return APIStatusError.of(response, advises=advises, retry_after=retry_after, **attempts.facts())


def storage_error(response: httpx.Response, attempts: Attempts) -> APIStatusError:
    """The error for a refusal by the storage, without anything that may contain the signature."""
    answer = read_answer(response, is_json=False)
    reason = server_message(response_body(APIResponse(answer.status_code, {}, answer.content)))
    answer.content = json.dumps({"detail": reason or "the storage gave no reason"}).encode()
    answer.headers = {name: value for name, value in answer.headers.items() if name in _STORAGE_HEADERS}
    return status_error(answer, attempts, advises=False)


def unreadable(
    error: Exception, answer: Answer, attempts: Attempts, is_secret: bool
) -> APIResponseValidationError:
    """The error for a success that cannot be read; without the body if that `is_secret`."""
    message = f"the response cannot be read: {summarize(str(error))}"
    if isinstance(error, InvalidField):
        message = f"the response does not match the API's description: {error}"
    response = _shown(answer, b"" if is_secret else answer.content)
    media_type = summarize(answer.headers.get("content-type", ""), 60) or "no content type"
    return APIResponseValidationError(
        response,
        response_body(response),
        f"{message} (status {answer.status_code}, {media_type}, {len(answer.content)} bytes)",
        server_request_id=answer.headers.get("x-request-id") or None,
        **attempts.facts(),
    )


def is_invalid_token(www_authenticate: str) -> bool:
    """Whether a response's `WWW-Authenticate` says that the token itself is no longer valid (RFC 6750)."""
    return 'error="invalid_token"' in www_authenticate


def _shown(answer: Answer, content: bytes) -> APIResponse:
    """A response as errors show it."""
    # Redact values with their names, which may show that they are signatures.
    lines = {name: redact(f"{name}: {value}") for name, value in answer.headers.items() if name != "set-cookie"}
    headers = {name: line.partition(": ")[2] for name, line in lines.items()}
    if "location" in headers:  # relative URLs can be signed too
        headers["location"] = re.sub(r"[?#].*", "?…", headers["location"])
    return APIResponse(answer.status_code, headers, content)
