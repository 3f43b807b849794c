"""Model files read as what they are: data from a stranger. Nothing in them is ever executed."""
