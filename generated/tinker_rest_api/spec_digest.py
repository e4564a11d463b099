# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "bfdb56e8c9a86caebbfdb316186a1c412c791ab2648fbe677d5e2b80e93c4a4e"
