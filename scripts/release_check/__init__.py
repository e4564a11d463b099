"""What is published, built and tried as its users will have it; see scripts/release-check."""
