# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "f4bc44b08ca9a8a67372bb3fb648d29b2b04738371ca60692b9feffb7af59a6e"
