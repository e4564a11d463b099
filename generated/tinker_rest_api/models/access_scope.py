# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from enum import StrEnum


class AccessScope(StrEnum):
    """Where to look. `owned`: what the caller owns. `accessible`: also everything shared with the caller."""

    ACCESSIBLE = "accessible"
    OWNED = "owned"

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)
