"""The outside world on loopback: Telegram, Google and YouTube servers that keep their state and can be made to fail.

Built from the platforms' own documents alone; it imports nothing of the project, which reaches it by HTTP alone.
"""
