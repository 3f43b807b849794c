"""ffmpeg in a guarded child process: probe, extract and replace the audio."""
