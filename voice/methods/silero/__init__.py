"""The `silero` method: what was said is spoken anew, in time with the original."""
