"""The arguments of a handler: the sandbox's state, and one valid request."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen
from starlette.responses import Response

from tinker_rest_sandbox._clock import Clock
from tinker_rest_sandbox._organization import Organization
from tinker_rest_sandbox._responses import ApiError
from tinker_rest_sandbox._signing import Builds, Signer
from tinker_rest_sandbox._store import Store
from tinker_rest_sandbox._tokens import TokenExchange, Tokens


@frozen
class Backend:
    """What handlers work on. The `weights_access_token` is a secret that allows copying every checkpoint."""

    store: Store
    clock: Clock
    organization: Organization
    signer: Signer
    builds: Builds
    tokens: Tokens
    token_exchange: TokenExchange
    weights_access_token: str = field(repr=False)

    def check_not_reset(self, generation: int) -> None:
        """Refuse a request that arrived, at this `store.generation`, before a reset.

        Clients do not retry this status, as they would a lost connection.
        """
        if self.store.generation() != generation:
            raise ApiError(410, "The sandbox was reset while this request was in flight.")


@frozen
class Call:
    """One valid request.

    Attributes:
        caller: The user whose key was sent.
        path: The path's parameters, decoded.
        query: The query's parameters, defaults filled in.
        headers: The header parameters of the operation, by their names in the description.
        body: The JSON body, or None without one.
    """

    caller: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, Any] = field(repr=False)
    body: Any

    @property
    def accessible(self) -> bool:
        """Whether the call asks for everything that the caller may read."""
        return self.query.get("access_scope") == "accessible"

    @property
    def page(self) -> tuple[int, int]:
        """The limit and the offset. A JSON Schema integer may be written 20.0."""
        return int(self.query["limit"]), int(self.query["offset"])


Handler = Callable[[Backend, Call], Response]
