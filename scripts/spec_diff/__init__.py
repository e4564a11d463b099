"""How openapi.yaml differs from that of the last release, and which version that allows; see scripts/spec-diff."""
