"""The home folder and its lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import AlreadyRunningError
from storage.home import Home

HOLDER = """
import pathlib, sys
from storage.home import Home
lock = Home(pathlib.Path(sys.argv[1])).lock()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_home_is_closed_to_other_users(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    home = Home(tmp_path / "home")
    folders = [home.path, home.media, home.renders, home.models, home.voices, home.logs, home.backups]
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * len(folders)


def test_a_home_may_use_the_voices_of_another(tmp_path: Path) -> None:
    home = Home(tmp_path / "home" / "sandbox", voices_of=tmp_path / "home")
    assert (home.voices, home.models) == (tmp_path / "home" / "voices", tmp_path / "home" / "models")
    assert sorted(each.name for each in home.path.iterdir()) == ["backups", "logs", "media", "renders"]


def test_a_second_process_is_told_who_holds_the_home_until_that_one_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunningError) as caught:
            Home(tmp_path).lock()
        assert caught.value.params == {"pid": str(holder.pid)}
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with Home(tmp_path).lock():
        assert (tmp_path / "fabric.lock").read_text() == f"{os.getpid()}\n"


def test_a_released_home_can_be_taken_again(tmp_path: Path) -> None:
    lock = Home(tmp_path).lock()
    lock.release()
    lock.release()
    Home(tmp_path).lock().release()
