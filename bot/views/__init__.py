"""Messages that answer a command: read in one transaction when they are sent, so they are never out of date."""
