"""A recording's way to its new voice, as jobs of a `JobRunner`; see `coordinator`."""
