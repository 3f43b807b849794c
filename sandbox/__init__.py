"""The outside world on loopback: the servers of Telegram and of the video sites, durable, and made to fail at will.

Built from the platforms' own documents alone; it imports nothing of the project, which reaches it by HTTP alone.
"""
