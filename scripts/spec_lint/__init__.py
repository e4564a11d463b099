"""What scripts/lint-spec finds fault with."""
