"""The credential: where it is found, and the token it is exchanged for."""
