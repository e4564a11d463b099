"""Follows the redirect of an answer to where a document is kept, without taking the API key there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from attrs import frozen

from tinker_rest.calling.answers import is_web_url, joined_url
from tinker_rest.calling.calls import Call
from tinker_rest.calling.options import CallOptions
from tinker_rest.calling.sending import Sender
from tinker_rest.network.default_headers import public_headers
from tinker_rest.network.transport import Answer
from tinker_rest_api.types import Operation

T = TypeVar("T")

MOST_REDIRECTS = 5


@frozen
class _Elsewhere:
    """Where a document is kept."""

    url: str


class FollowedCall(Generic[T]):
    """A call whose document may be kept on another host.

    Args:
        operation: The generated description of the operation.
        request: What `operation.build_request` returned.
        base_url: The server's address.
        options: How long to wait and how often to try, for all hops together.
    """

    def __init__(
        self, operation: Operation[..., T], request: dict[str, object], base_url: str, options: CallOptions
    ) -> None:
        """Prepare the first request; nothing is sent yet."""
        self._operation = operation
        self._options = options
        self._base_url = base_url
        self._first = self._call(request, base_url + str(request["url"]), MOST_REDIRECTS)

    async def run(self, sender: Sender) -> T:
        """Carry out the call. Raises TinkerError."""
        found = await self._first.run(sender)
        hops = MOST_REDIRECTS
        is_here = True  # until a redirect has led to another host
        while isinstance(found, _Elsewhere):
            hops -= 1
            is_here = is_here and _origin(found.url) == _origin(self._base_url)
            origin, target = parts_of(found.url)
            call = self._call({"method": "get", "url": target}, found.url, hops, is_elsewhere=not is_here)
            hop = sender.at(origin) if is_here else Sender(origin, public_headers(), is_storage=True)
            try:
                found = await call.run(hop, self._first.started)
            finally:
                await hop.aclose()
        return found

    def _call(
        self, request: dict[str, object], asked_at: str, hops: int, *, is_elsewhere: bool = False
    ) -> Call[T | _Elsewhere]:
        return Call(
            self._operation,
            request,
            self._options,
            read=self._reader(asked_at, hops),
            reads_redirects=True,
            is_elsewhere=is_elsewhere,
        )

    def _reader(self, asked_at: str, hops: int) -> Callable[[Answer], T | _Elsewhere]:
        def read(answer: Answer) -> T | _Elsewhere:
            if answer.status_code < 300:
                return self._operation.read_success(answer)
            if not hops:
                raise ValueError(f"more than {MOST_REDIRECTS} redirects are not followed")
            return _Elsewhere(next_hop(asked_at, answer.header("location")))

        return read


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def next_hop(asked_at: str, location: str) -> str:
    """Where a redirect leads. Raises ValueError where it is not followed."""
    url = joined_url(asked_at, location)
    if not is_web_url(url):
        raise ValueError("the redirect must be to an http or https URL")
    if urlsplit(asked_at).scheme == "https" and urlsplit(url).scheme != "https":
        raise ValueError("the redirect from https to http is not followed")
    return url


def parts_of(url: str) -> tuple[str, str]:
    """Where to send a request to, without a user and a password, and what to ask for there."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
