"""PKCE as RFC 7636 has it; states nobody guesses; scopes compared."""

from __future__ import annotations

import re

from platforms.oauth import challenge_of, missing_scopes, new_pkce, new_state, parse_scopes


def test_the_challenge_is_the_one_of_the_rfc() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_verifier_has_the_form_that_the_rfc_asks_for_and_stays_out_of_sight() -> None:
    pair = new_pkce()
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", pair.verifier)
    assert pair.challenge == challenge_of(pair.verifier)
    assert pair.verifier not in repr(pair)


def test_states_and_verifiers_do_not_repeat() -> None:
    assert len({new_state() for _ in range(100)}) == 100
    assert len({new_pkce().verifier for _ in range(100)}) == 100


def test_scopes_are_read_with_spaces_or_commas() -> None:
    assert parse_scopes("a b") == parse_scopes("a,b") == parse_scopes(" b, a ") == {"a", "b"}


def test_what_was_unticked_is_missing_and_what_came_on_top_is_not() -> None:
    assert missing_scopes(wanted=frozenset("ab"), granted=frozenset("bc")) == {"a"}
