# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "1c8b71bf0c952374ed5f7656b6f8f0a0fcd806430a7bd003d3e0c779bfecd038"
