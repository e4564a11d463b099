# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""Which openapi.yaml this package was generated from."""

SPEC_SHA256 = "b99a260bc6ec2c5a4b8dc9d741a9429852088fb37141d577f74c2ec16e7a2290"
