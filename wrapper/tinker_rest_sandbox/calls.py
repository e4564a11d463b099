"""What a handler is given: the sandbox's state, and one valid request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .answers import Answer, Refusal
from .clock import Clock
from .organization import Organization
from .signing import Builds, Signer
from .store import Store
from .tokens import Tokens, WantsTokens


@dataclass(frozen=True)
class Backend:
    """What handlers work on.

    Attributes:
        store: The state.
        clock: The time.
        organization: Who there is.
        signer: Signs the URLs of what is downloaded.
        builds: When archives and traces are built.
        tokens: Mints JSON Web Tokens.
        wants_tokens: Whether tokens are offered, required or absent; see `Credentials`.
        weights_access_token: With this, every checkpoint may be copied. It is a secret.
    """

    store: Store
    clock: Clock
    organization: Organization
    signer: Signer
    builds: Builds
    tokens: Tokens
    wants_tokens: WantsTokens
    weights_access_token: str = field(repr=False)

    def check_not_reset(self, generation: int) -> None:
        """Refuse to do in a fresh state what was asked for before it.

        No client sends its request again after this status, as it would after a lost connection.

        Args:
            generation: What `store.generation` was when the request came.

        Raises:
            Refusal: 410.
        """
        if self.store.generation() != generation:
            raise Refusal(410, "The sandbox was reset while this request was in flight.")


@dataclass(frozen=True)
class Call:
    """One valid request.

    Attributes:
        caller: The user whose key was sent.
        path: The path's parameters, decoded.
        query: The query's parameters, defaults filled in.
        headers: The headers that the operation has as parameters, by their described names.
        body: The JSON body, or None without one.
    """

    caller: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, Any] = field(repr=False)
    body: Any

    @property
    def accessible(self) -> bool:
        """Whether the call asks for all that the caller may read."""
        return self.query.get("access_scope") == "accessible"

    @property
    def page(self) -> tuple[int, int]:
        """The limit and the offset. A JSON Schema integer may be written 20.0."""
        return int(self.query["limit"]), int(self.query["offset"])


Handler = Callable[[Backend, Call], Answer]
