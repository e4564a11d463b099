# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "fca71e8baf5a55cb24a0a927626c037e94591f2bc91ef7984f9eb2581c04b524"
