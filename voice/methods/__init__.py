"""Voice conversion methods, one file each."""
