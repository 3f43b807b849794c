"""What an account cannot do because its permission is smaller than the usual one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from platforms.base import Capabilities, Platform, ScopedCapabilities
from storage.values import Account


def powers(site: Platform, scopes: frozenset[str]) -> Capabilities:
    """What the site offers to a grant of these scopes."""
    return site.capabilities_of(scopes) if isinstance(site, ScopedCapabilities) else site.capabilities


def lacking(platforms: Mapping[str, Platform], account: Account) -> tuple[str, ...]:
    """Names of `Capabilities` that a connection in a browser would have and this account has not, sorted."""
    site = platforms.get(account.platform)
    if site is None or site.oauth is None:
        return ()
    usual, own = powers(site, site.oauth.wanted_scopes), powers(site, account.scopes)
    return tuple(
        sorted(each.name for each in fields(Capabilities) if getattr(usual, each.name) and not getattr(own, each.name))
    )
