# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_SHA256 = "f5ce6e79b931f0ad95cdeb7553684132993277a940f2419248bfc460db78cb81"
