"""What storage costs: as the user says, or as the server tells administrators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinker_rest_cli.storage_report import GIGABYTE, Amount

if TYPE_CHECKING:
    from tinker_rest import RestClient

_PATIENCE = 10.0


@dataclass(frozen=True)
class Price:
    """A price of storage.

    Attributes:
        usd_per_gigabyte_month: US dollars for 10^9 bytes and a month.
        source: `option` or `server`.
    """

    usd_per_gigabyte_month: float
    source: str

    def of(self, amount: Amount) -> float:
        """What this costs in a month, in US dollars."""
        return round(amount.size_bytes / GIGABYTE * self.usd_per_gigabyte_month, 6)


def asked_price(client: RestClient) -> Callable[[], Price | None]:
    """Ask the server for its price, and return what waits for the answer: None where it tells none."""
    from tinker_rest import AdminClient, TinkerError

    admin = AdminClient(client.holder).with_options(timeout=_PATIENCE, max_retries=1)
    asked = admin.get_current_checkpoint_storage_usage()

    def answer() -> Price | None:
        try:
            price = asked.result().effective_rate_usd_per_gigabyte_month
        except TinkerError:  # one is no administrator, or the server has no such operation
            return None
        return None if price is None else Price(price, "server")

    return answer
