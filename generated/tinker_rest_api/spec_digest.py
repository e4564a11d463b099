# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_SHA256 = "78507ccaa727214808cfd4cc7dae28ef168277d6af2aa3884ca5b9a48303dd3c"
