# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
from .._model import TextEnum


class AccessScope(TextEnum):
    """Where to look. `owned`: what the caller owns. `accessible`: also everything shared with the caller."""

    ACCESSIBLE = "accessible"
    OWNED = "owned"
