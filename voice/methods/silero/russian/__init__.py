"""Text as a Russian speech model wants it: words alone, in Russian letters, with their stress."""
