"""Talks to people: Telegram in, sentences and buttons out."""

# Before any module of this package can import aiogram: see there.
import bot.lazy_aiogram  # noqa: F401
