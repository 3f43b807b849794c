"""The models folder: what lies in it, where it came from, and what may be put there."""
