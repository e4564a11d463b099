# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "d974ec5adef46c69f4b579a7c575e511b96b3df4ddd8ad0853005f8aa79cc7dd"
