# Generated from openapi.yaml by openapi-python-client 0.29.1. Do not edit: change openapi.yaml and run scripts/regenerate.
"""The low-level client: `client`, `models` and, in `api`, a module for each operation."""
