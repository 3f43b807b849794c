"""The pitch of a voice, 100 times a second. Every finder takes samples at 16 kHz, 0 Hz means unvoiced."""

F0_METHODS = ("rmvpe", "harvest", "crepe", "pm")
"""Best first; rmvpe and crepe need a model file, pm the package praat-parselmouth."""
