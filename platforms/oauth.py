"""What every OAuth conversation needs: a state, a PKCE pair, and a look at what was granted."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PkcePair:
    """A secret and its digest (RFC 7636, S256): the digest travels with the question, the secret with the exchange."""

    verifier: str = field(repr=False)
    challenge: str


def new_pkce() -> PkcePair:
    """Make a fresh pair. The verifier has 86 characters of 512 random bits; the RFC allows 43 to 128."""
    verifier = secrets.token_urlsafe(64)
    return PkcePair(verifier=verifier, challenge=challenge_of(verifier))


def challenge_of(verifier: str) -> str:
    """Digest a verifier as RFC 7636, 4.2 says: base64url of SHA-256, no padding."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def new_state() -> str:
    """Make an unguessable value of 256 bits that ties a callback to the question it answers."""
    return secrets.token_urlsafe(32)


def parse_scopes(text: str) -> frozenset[str]:
    """Read a scope list as OAuth servers write it: separated by spaces (Google) or commas (TikTok)."""
    return frozenset(text.replace(",", " ").split())


def missing_scopes(*, wanted: frozenset[str], granted: frozenset[str]) -> frozenset[str]:
    """Tell which wanted scopes the operator did not grant: consent screens let them untick each."""
    return wanted - granted
