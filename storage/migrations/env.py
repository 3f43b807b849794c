"""Runs the migrations on the connection that `storage.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)

# The caller owns the transaction and its lock; on MySQL each DDL statement commits by itself anyway.
context.run_migrations()
