"""What can go wrong in storage.

StorageError
├── NotFoundError          no such row
├── StaleVersionError      the draft was changed since it was read
├── FenceLostError         another worker owns the task now; the caller must stop at once
├── DuplicateError         a row with this key exists
├── ConsentError           an OAuth state that must not be honoured
│   ├── ConsentUnknownError
│   ├── ConsentUsedError
│   └── ConsentExpiredError
├── SecretError            a secret that cannot be read: wrong key, damaged, or another account's
├── MasterKeyError         the master key is missing, malformed or readable by others
├── MigrationError         the schema is newer than this program, or could not be brought up to date
├── AlreadyRunningError    another process of the fabric holds this home folder
├── ConflictError          the transaction lost against another one and changed nothing: run it again
└── UnavailableError       the database does not answer; if it was lost at the commit, the outcome is unknown
"""

from __future__ import annotations


class StorageError(Exception):
    """Storage could not do what was asked."""

    code = "storage.error"

    def __init__(self, message: str | None = None, **params: object) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.params = params


class NotFoundError(StorageError):
    """There is no such row."""

    code = "storage.not_found"


class StaleVersionError(StorageError):
    """The draft was changed since it was read."""

    code = "storage.stale_version"


class FenceLostError(StorageError):
    """Another worker owns this task now; whoever gets this must stop and send nothing."""

    code = "storage.fence_lost"


class DuplicateError(StorageError):
    """A row with this key exists already."""

    code = "storage.duplicate"


class ConsentError(StorageError):
    """This answer to an authorisation request must not be honoured."""

    code = "consent.refused"


class ConsentUnknownError(ConsentError):
    """No authorisation request with this state was ever made."""

    code = "consent.unknown"


class ConsentUsedError(ConsentError):
    """This authorisation answer was used before."""

    code = "consent.used"


class ConsentExpiredError(ConsentError):
    """The authorisation request has expired; begin again."""

    code = "consent.expired"


class SecretError(StorageError):
    """A stored secret cannot be read: the key is wrong, or the row was damaged or moved."""

    code = "storage.secret_unreadable"


class MasterKeyError(StorageError):
    """The master key is missing, malformed, or readable by other users of this machine."""

    code = "storage.master_key"


class MigrationError(StorageError):
    """The database schema could not be brought to this program's version."""

    code = "storage.migration"


class AlreadyRunningError(StorageError):
    """Another process of the fabric is using this home folder."""

    code = "storage.already_running"


class ConflictError(StorageError):
    """The transaction lost against another one and changed nothing; it may be run again."""

    code = "storage.conflict"


class UnavailableError(StorageError):
    """The database does not answer."""

    code = "storage.unavailable"
