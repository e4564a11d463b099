"""What scripts/portability does: builds clients in other languages, and runs a program in each of them."""
