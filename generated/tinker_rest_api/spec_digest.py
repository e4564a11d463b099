# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_VERSION: str = "0.1.0"
SPEC_SHA256: str = "39db565670eacf4ee0cd719c4b04f4d5673b3ca02f3250345ebb26a4fd0aa94d"
