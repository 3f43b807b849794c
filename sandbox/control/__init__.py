"""The sandbox's own controls over HTTP: time, faults, the record of requests and each server's ledger and settings."""

from sandbox.control.routes import app

__all__ = ["app"]
