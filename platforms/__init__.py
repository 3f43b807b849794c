"""Speaks to one publishing site each: HTTP and that site's rules."""
