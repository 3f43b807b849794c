"""Audio file in, audio file out: separation, conversion, chunks, mixing."""
