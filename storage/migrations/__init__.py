"""The steps of the schema, one set for SQLite and MySQL. `HEAD` is the newest; a test keeps it so."""

HEAD = "0009"
