"""When the rest of many checkpoints is not worth a try: every other one would meet the same."""

from __future__ import annotations

from tinker_rest.errors import (
    APIConnectionError,
    AuthenticationError,
    BillingError,
    CredentialsError,
)

# After so many in a row, or as many as are in flight where that is more, the server is taken to be away.
FAULTS_IN_A_ROW = 5
_AWAY = frozenset((429, 502, 503, 504))
# Errors of the caller and not of a checkpoint.
_HOPELESS = (AuthenticationError, BillingError, CredentialsError)


class GivingUp:
    """Counts what fails.

    Args:
        concurrency: How many are in flight at the most.

    Attributes:
        stopped_by: The error after which the rest is not to be tried; None as long as it is.
    """

    def __init__(self, concurrency: int) -> None:
        """Begin with no fault."""
        self._most = max(FAULTS_IN_A_ROW, concurrency)
        self._faults = 0
        self.stopped_by: Exception | None = None

    def note(self, error: Exception | None) -> None:
        """Take the outcome of one, None where all went well, into account."""
        is_away = isinstance(error, APIConnectionError) or getattr(error, "status_code", 0) in _AWAY
        self._faults = self._faults + 1 if is_away else 0
        if isinstance(error, _HOPELESS) or self._faults >= self._most:
            self.stopped_by = self.stopped_by or error
