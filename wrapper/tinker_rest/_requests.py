"""The requests of one call: how each is built, and how its answer is judged."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from typing import Any, Protocol

import httpx
from attrs import define, field

from tinker_rest._answers import Answer
from tinker_rest._attempts import Attempts
from tinker_rest._redaction import redact, summarize
from tinker_rest._retry import Policy, parse_retry_after
from tinker_rest._settings import public_headers
from tinker_rest._transport import BACKSTOP_SECONDS, CONNECT_SECONDS, Exchange, Network, PermanentTransportError
from tinker_rest._urls import REDIRECTS, host_of, next_hop, origin_of
from tinker_rest._workers import Room, here
from tinker_rest.errors import (
    APIConnectionError,
    APIResponse,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    response_body,
)
from tinker_rest_api._model import InvalidField

_log = logging.getLogger("tinker_rest")

# What a segment of a path may hold as it is (RFC 3986), although the generated functions quote it.
_RAW_IN_SEGMENT = re.compile("%(3A|40|21|24|26|27|28|29|2A|2B|2C|3B|3D)")
_UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")


class Keys(Protocol):
    """Gives the requests to a server their `X-API-Key`."""

    def ready(self) -> str | None:
        """The key, if it is known without waiting and good."""

    def key(self) -> str:
        """The key, after waiting for it. Raises TinkerError if there is none."""
        raise NotImplementedError

    def renew(self, refused: str, www_authenticate: str) -> bool:
        """Get another key in place of one that was refused (401), and say whether there is one."""
        raise NotImplementedError


@define(eq=False)
class Server:
    """What a call needs of its server.

    Attributes:
        base_url: The address, without a slash at its end.
        headers: Headers of every request.
        network: The connections.
        room: Where calls queue for one of the places to send.
        keys: What gives requests their key; None if `headers` hold all that is needed.
        not_before: When the next request may be sent, after the server asked for a pause (429).
    """

    base_url: str
    headers: dict[str, str] = field(repr=False)
    network: Network
    room: Room
    keys: Keys | None = None
    not_before: float = -math.inf


class KeyMissing(Exception):  # noqa: N818 - the call waits for the key
    """The key that was ready when the call queued is of no use any more."""


class AlreadyDone(Exception):  # noqa: N818 - a success
    """The answer proves that an earlier attempt succeeded although its answer was lost."""


class Requests:
    """Builds the requests of one call and judges their answers.

    Attributes:
        key: The key that was sent last; empty for none.
        fetched_key: The key that the call has waited for.
        is_elsewhere: Whether redirects have led to another host, to which our key means nothing.
        may_be_done: Whether the server may have carried out a request whose answer is not known.
    """

    def __init__(self, server: Server, attempts: Attempts, policy: Policy) -> None:
        self.key = ""
        self.fetched_key: str | None = None
        self.is_elsewhere = False
        self.may_be_done = False
        self._server = server
        self._attempts = attempts
        self._policy = policy
        self._location = ""  # where redirects have led
        self._hops = 0
        self._idempotency_key = f"tinker-rest-{here().new_id()}"

    def send(
        self, exchange: Exchange, method: str, url: str, given: Mapping[str, Any], *, is_fresh: bool
    ) -> Answer:
        """Send a request once.

        Args:
            exchange: What follows it.
            method: The method, in lower case.
            url: The path that the generated function made.
            given: Its `params`, `json` and `headers`.
            is_fresh: Whether it needs a new connection.

        Raises:
            httpx.TransportError: There is no answer.
            PermanentTransportError: There will never be one.
            KeyMissing: The call has to wait for a key first.
        """
        request = self._build(method, url, **given)
        self._attempts.count += 1
        return self._server.network.send(request, exchange, is_json=self.is_elsewhere, is_fresh=is_fresh)

    def _build(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        attempts, server = self._attempts, self._server
        sent = public_headers() if self.is_elsewhere else {**server.headers, **(headers or {})}
        sent["X-Request-Id"] = attempts.request_id
        if method != "get":
            # The same over all attempts, so that the server can tell them from a new request.
            sent["X-Idempotency-Key"] = self._idempotency_key
        if server.keys is not None and not self.is_elsewhere:
            key = server.keys.ready() or self.fetched_key
            if key is None:
                raise KeyMissing
            self.key = sent["X-API-Key"] = key
        if self._location:
            attempts.note_request(method, self._location)
            target = httpx.URL(self._location).copy_with(userinfo=b"")
        else:
            params = {name: _with_z(value) for name, value in (params or {}).items()}
            url = server.base_url + _RAW_IN_SEGMENT.sub(lambda code: chr(int(code[1], 16)), url)
            attempts.note_request(method, url, params)
            target = httpx.URL(f"{url}?{httpx.QueryParams(params)}" if params else url)
        limits = [limit for limit in (attempts.options.attempt_timeout, attempts.remaining()) if limit is not None]
        patience = min(limits) + BACKSTOP_SECONDS if limits else None
        timeout = {"connect": CONNECT_SECONDS, "read": patience, "write": patience, "pool": None}
        return httpx.Request(method, target, headers=sent, json=json, extensions={"timeout": timeout})

    def note_lost(self, exchange: Exchange | None) -> None:
        """Remember that a request got no answer."""
        self.may_be_done = self.may_be_done or (exchange is not None and exchange.is_sent)

    def lost(self, error: httpx.TransportError, exchange: Exchange) -> Exception:
        """The error of a request that got no answer."""
        self.note_lost(exchange)
        if type(error) is httpx.TimeoutException:  # raised by mocks only, for a request that they do not know
            return PermanentTransportError(str(error))
        kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
        return kind(f"no answer: {summarize(str(error)) or type(error).__name__}", **self._attempts.facts())

    def may_repeat_at_once(self, error: httpx.TransportError, exchange: Exchange) -> bool:
        """Whether the server has closed a kept connection just as the first request was sent over it."""
        is_closed = isinstance(error, httpx.NetworkError) or "without sending a response" in str(error)
        if not is_closed or self._attempts.count > 1 or not exchange.is_kept or exchange.has_answer:
            return False
        self._attempts.free += 1
        self.note_lost(exchange)
        return True

    def follow(self, answer: Answer) -> bool:
        """Whether the answer is a redirect that the next request follows. Raises ValueError for a bad one."""
        if not self._policy.max_redirects or answer.status_code not in REDIRECTS:
            return False
        self._hops += 1
        if self._hops > self._policy.max_redirects:
            raise ValueError(f"more than {self._policy.max_redirects} redirects are not followed")
        self._location = next_hop(self._location or f"{self._server.base_url}/", answer.header("location"))
        # Once a redirect has led to another host, the key does not come back either.
        self.is_elsewhere = self.is_elsewhere or origin_of(self._location) != origin_of(self._server.base_url)
        return True

    def judge(self, answer: Answer) -> Answer:
        """Return a success, with the status that the generated function knows.

        Raises:
            APIStatusError: The answer is no success.
            AlreadyDone: It proves one.
        """
        attempts, policy, status = self._attempts, self._policy, answer.status_code
        _log.debug("%s: %d after %.3f s, attempt %d", attempts.label(), status, attempts.elapsed(), attempts.count)
        if 200 <= status < 300 or status == policy.success_status:
            return Answer(policy.success_status, answer.headers, answer.content)
        response = APIResponse(status, _shown_headers(answer), answer.content)
        location = answer.header("location")
        if 300 <= status < 400 and location:
            host = host_of(location) or "another path"
            message = f"{status}: a redirect to {host}, which is not followed so that the API key stays here"
            raise APIStatusError(message, response=response, **attempts.facts())
        retry_after = parse_retry_after(answer.header("retry-after"), answer.header("date"))
        error = APIStatusError.of(
            response, advises=not self.is_elsewhere, retry_after=retry_after, **attempts.facts()
        )
        # A server or proxy that does not know the operation knows nothing of what it did.
        knows = not error.operation_unsupported and "html" not in answer.header("content-type").lower()
        if status == policy.already_done_status and self.may_be_done and knows:
            _log.info("%s: %s; taken as done, since an answer was lost", attempts.label(), error.message)
            raise AlreadyDone
        # A server that says 503 did not begin; after any other fault nobody knows.
        self.may_be_done = self.may_be_done or (status >= 500 and status != 503)
        raise error

    def unreadable(self, error: Exception, answer: Answer) -> APIResponseValidationError:
        """The error of a success that cannot be read."""
        message = f"the answer cannot be read: {summarize(str(error))}"
        if isinstance(error, InvalidField):
            message = f"the answer is not as described: {error}"
        content = b"" if self._policy.is_secret else answer.content
        response = APIResponse(answer.status_code, _shown_headers(answer), content)
        media_type = summarize(answer.header("content-type"), 60) or "no content type"
        return APIResponseValidationError(
            f"{message} (status {answer.status_code}, {media_type}, {len(answer.content)} bytes)",
            response=response,
            body=response_body(response),
            server_request_id=answer.header("x-request-id") or None,
            **self._attempts.facts(),
        )


def is_invalid_token(www_authenticate: str) -> bool:
    """Whether an answer's `WWW-Authenticate` says that the token itself is no longer valid (RFC 6750)."""
    return 'error="invalid_token"' in www_authenticate


def _with_z(value: Any) -> Any:
    """Times of queries as the official SDK writes them."""
    is_time = isinstance(value, str) and _UTC_TIME.fullmatch(value)
    return f"{value.removesuffix('+00:00')}Z" if is_time else value


def _shown_headers(answer: Answer) -> dict[str, str]:
    headers = {name: redact(value) for name, value in answer.headers.items() if name != "set-cookie"}
    if "location" in headers:  # relative ones have a signature too
        headers["location"] = re.sub(r"[?#].*", "?…", headers["location"])
    return headers
