"""Decides what happens when: the life of a task, retries, quotas, token refresh."""
