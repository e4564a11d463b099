# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "ea9a2fb50574596c08786f324595505e54df8feff82a50520bb5d086284a4cd5"
