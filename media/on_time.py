"""Sound on its own time: sample n of what is decoded is heard at n / rate, whatever the container says in between."""

from __future__ import annotations

LEAST_GAP_S = 0.015
"""A lost packet is longer (Opus 20 ms, AAC 21, MP3 24) and its silence has to be filled, or all that follows comes too
early. What is shorter is a container's rounding or a recorder's clock, and players play on; filling that is heard."""

ON_TIME = f"aresample=async=1:min_hard_comp={LEAST_GAP_S}:first_pts=0"
"""ffmpeg's filter: a track that starts late begins with silence, gaps are filled, what overlaps is cut."""
