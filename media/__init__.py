"""ffmpeg in a guarded child process: probe, fit to what sites accept, replace the audio, take a still."""
