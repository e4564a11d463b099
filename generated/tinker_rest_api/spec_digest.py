# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_SHA256 = "a09047ae021e43c6765334543887edbf49512b3f15d336473629f191d9b14a99"
