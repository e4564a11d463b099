# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "acac1b62db552d72f438561d63cc5f8a55f91ef0cfc7936d64a388ce2d52e32a"
