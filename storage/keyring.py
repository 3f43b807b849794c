"""The keys that seal secrets at rest, by key id; the newest one writes, every one reads.

A key source (file or setting) holds one base64 key of 32 bytes per line (or separated by spaces or commas);
the last one is the newest. A key's id is derived from the key, so nobody has to name it.

Sealed text is `v1|kid|nonce|ciphertext` (AES-256-GCM, random 12-byte nonce). Its associated data is the key
id and the caller's context (account id, platform, field), so a value moved to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import MasterKeyError, SecretError

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "v1"


class Keyring:
    """Seals and opens secrets. Its repr shows key ids only."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise MasterKeyError("a keyring needs at least one key")
        for key in keys:
            if len(key) != KEY_BYTES:
                raise MasterKeyError(f"a master key has {KEY_BYTES} bytes, not {len(key)}")
        self._keys: Mapping[str, bytes] = MappingProxyType({key_id(key): key for key in keys})
        self.newest = key_id(keys[-1])

    def __repr__(self) -> str:
        return f"Keyring(kids={list(self._keys)}, newest={self.newest!r})"

    @property
    def kids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    @classmethod
    def load(cls, home: Path, env_key: str | None = None, key_file: Path | None = None) -> Keyring:
        """From the key file, else from the setting, else from `<home>/master.key`, which is made when missing.

        Raises MasterKeyError when a file is missing, malformed, or readable by other users.
        """
        if key_file is not None:
            return cls(read_key_file(key_file))
        if env_key:
            return cls(parse_keys(env_key))
        path = home / "master.key"
        if not path.exists():
            _make_key_file(path)
        return cls(read_key_file(path))

    def encrypt(self, plain: bytes | str, *context: object) -> str:
        """Seal with the newest key for this context."""
        kid, nonce = self.newest, secrets.token_bytes(NONCE_BYTES)
        data = plain.encode() if isinstance(plain, str) else plain
        sealed = AESGCM(self._keys[kid]).encrypt(nonce, data, _associated_data(kid, context))
        return "|".join((VERSION, kid, _to_text(nonce), _to_text(sealed)))

    def decrypt(self, blob: str, *context: object) -> str:
        """Open what was sealed for the same context; raises SecretError for anything else."""
        version, _, rest = blob.partition("|")
        kid, _, rest = rest.partition("|")
        nonce, _, sealed = rest.partition("|")
        if version != VERSION or kid not in self._keys:
            raise SecretError(kid=kid if kid.isalnum() else "?")
        try:
            opened = AESGCM(self._keys[kid]).decrypt(
                _to_bytes(nonce), _to_bytes(sealed), _associated_data(kid, context)
            )
            return opened.decode()
        except (InvalidTag, ValueError):
            raise SecretError(kid=kid) from None

    def sign(self, message: str, purpose: str) -> str:
        """`kid.mac`: HMAC-SHA256 of the message, by a key derived from the newest one for this purpose alone."""
        return f"{self.newest}.{self._mac(self.newest, message, purpose)}"

    def is_signed(self, message: str, purpose: str, signature: str) -> bool:
        """Whether `sign` made this for the message, with any key of the ring; takes the same time for every forgery."""
        kid, _, mac = signature.partition(".")
        return kid in self._keys and hmac.compare_digest(self._mac(kid, message, purpose).encode(), mac.encode())

    def _mac(self, kid: str, message: str, purpose: str) -> str:
        # RFC 5869; a salt adds nothing to a key that is random already.
        info = f"content-fabric {purpose}".encode()
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._keys[kid])
        return _to_text(hmac.digest(derived, message.encode(), "sha256")).rstrip("=")


def key_id(key: bytes) -> str:
    """Eight hex digits that name a key without giving it away."""
    return hashlib.sha256(b"content-fabric key id" + key).hexdigest()[:8]


def generate_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def parse_keys(text: str) -> list[bytes]:
    """Keys from text, oldest first; raises MasterKeyError without repeating the text."""
    words = [word for word in re.split(r"[\s,]+", text) if word]
    try:
        return [_to_bytes(word) for word in words]
    except ValueError:
        raise MasterKeyError("a master key is not valid base64") from None


def read_key_file(path: Path) -> list[bytes]:
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise MasterKeyError(
            f"cannot read the master key file {path}: {type(error).__name__}", path=str(path)
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise MasterKeyError(f"{path} can be read by other users; run: chmod 600 {path}", path=str(path))
    return parse_keys(text)


def write_key_file(path: Path, keys: Sequence[bytes]) -> None:
    """Replace the key file atomically; at no moment is it half written or open to others."""
    _write_beside(path, keys).replace(path)


def _make_key_file(path: Path) -> None:
    """The first key. Of two processes that start at once one makes it: a key that was read is never replaced."""
    temporary = _write_beside(path, [generate_key()])
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()


def _write_beside(path: Path, keys: Sequence[bytes]) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"".join(_to_text(key).encode() + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return temporary


def add_key(path: Path) -> Keyring:
    """Append a new key to a key file; it becomes the one that writes."""
    keys = [*read_key_file(path), generate_key()]
    write_key_file(path, keys)
    return Keyring(keys)


def drop_old_keys(path: Path) -> Keyring:
    """Keep the newest key alone; call it only when no row is sealed with another (`rotation.remaining` says)."""
    keys = read_key_file(path)[-1:]
    write_key_file(path, keys)
    return Keyring(keys)


def _associated_data(kid: str, context: Sequence[object]) -> bytes:
    return json.dumps([kid, *(str(part) for part in context)]).encode()


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _to_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(
            text.encode("ascii"), altchars=b"-_" if "+" not in text and "/" not in text else None, validate=True
        )
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
