# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class AccessScope(StrEnum):
    """What to look among. `owned`: what the caller owns. `accessible`: that and what others share with the
    caller."""

    ACCESSIBLE = "accessible"
    OWNED = "owned"

    def __str__(self) -> str:
        return str(self.value)
