# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "5895bd51d733adb99f9715c15a17664bbd19fcb22047e5610f04f217b40735b0"
