"""Follows the redirect of an answer to where a document is kept, without taking the API key there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from attrs import frozen

from tinker_rest.answers import is_web_url, joined_url
from tinker_rest.calls import Call
from tinker_rest.default_headers import public_headers
from tinker_rest.options import CallOptions
from tinker_rest.sending import Sender
from tinker_rest.transport import Answer
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
        asked_at = base_url + str(request["url"])
        self._first = Call(operation, request, options, read=self._reader(asked_at, MOST_REDIRECTS))

    async def run(self, sender: Sender) -> T:
        """Carry out the call. Raises TinkerError."""
        found = await self._first.run(sender)
        hops = MOST_REDIRECTS
        while isinstance(found, _Elsewhere):
            hops -= 1
            call, stranger = self._hop(found.url, hops)
            try:
                found = await call.run(stranger, self._first.started)
            finally:
                await stranger.aclose()
        return found

    def _hop(self, url: str, hops: int) -> tuple[Call[T | _Elsewhere], Sender]:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = {"method": "get", "url": target}
        call = Call(self._operation, request, self._options, read=self._reader(url, hops))
        return call, Sender(f"{parts.scheme}://{parts.netloc}", public_headers())

    def _reader(self, asked_at: str, hops: int) -> Callable[[Answer], T | _Elsewhere]:
        def read(answer: Answer) -> T | _Elsewhere:
            if answer.status_code < 300:
                return self._operation.read_success(answer)
            url = joined_url(asked_at, answer.header("location"))
            if not is_web_url(url):
                raise ValueError("the redirect must be to an http or https URL")
            if urlsplit(asked_at).scheme == "https" and urlsplit(url).scheme != "https":
                raise ValueError("the redirect from https to http is not followed")
            if not hops:
                raise ValueError(f"more than {MOST_REDIRECTS} redirects are not followed")
            return _Elsewhere(url)

        return read
