"""How long something will still take, judged by how far it came in how long."""

from __future__ import annotations

SOONEST_S = 10.0
"""Nothing is said before: the first moments, loading a model, tell nothing of the rest."""
LEAST_DONE = 0.03


def seconds_left(elapsed_s: float, fraction: float) -> float | None:
    """None where too little is known yet."""
    if elapsed_s < SOONEST_S or not LEAST_DONE <= fraction <= 1.0:
        return None
    return elapsed_s * (1.0 - fraction) / fraction
