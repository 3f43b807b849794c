"""The WORLD vocoder: pitch, formants and breath moved by rule; no weights, works at once."""
