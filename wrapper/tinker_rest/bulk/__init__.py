"""The same change to many checkpoints: what is to be changed, the changing, its outcome and its journal."""
