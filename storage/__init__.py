"""The schema, transactions, encrypted secrets and files on disk."""
