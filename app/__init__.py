"""Reads the settings once, builds everything, starts the chosen roles; the command line."""
