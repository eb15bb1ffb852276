"""Keys, clicks, pastes, resizes and quits at random, in a terminal: none of it is our bug.

Deeds come in bursts, faster than they can be done, as from a script or from a hand on the keyboard.
"""

import fcntl
import json
import os
import signal
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.oracle.randomprograms import random_program
from tests.tui.driving import small_program
from tests.tui.test_random import LINES, SIZES
from tests.tui.test_signals import PATIENCE, Debugger
from vliwdbg.cli.exit_codes import OUR_BUG

DEEDS = 10_000
A_SESSION = 150
"""Deeds that one sees on average."""
KEYS = [
    *(bytes([byte]) for byte in range(0x20, 0x7F) if byte != ord("q")),
    *(bytes([byte]) for byte in range(0x1A)),  # Ctrl+Z and Ctrl+\ are for the shell
    *(f"\x1b[{end}".encode() for end in ("A", "B", "C", "D", "H", "F", "Z")),
    *(f"\x1bO{end}".encode() for end in "PQRS"),
    *(f"\x1b[{number}~".encode() for number in (2, 3, 5, 6, 15, 17, 18, 19, 20, 21, 23, 24)),
    "é".encode(), "漢".encode(), "🙂".encode(), b"\xff", b"\xc3", b"\x1b[1;5C", b"\x1b[I",
    b"\x1b[O", b"\r", b"\r", b"\x1b", b"\x1b", b"\x7f", b"\t", b"ssss", b"SSS", b"c", b"\x03",
]  # fmt: skip
ENDLESS = [{"alu": [["+", 1, 1, 2]]}, {"flow": [["jump", 0]]}]


def press(_: Debugger, draw: Random) -> bytes:
    return draw.choice(KEYS)


def click(_: Debugger, draw: Random) -> bytes:
    button, x, y = draw.choice([0, 0, 0, 1, 2, 35, 64, 65]), draw.randrange(130), draw.randrange(55)
    return f"\x1b[<{button};{x};{y}M\x1b[<{button};{x};{y}m".encode()


def paste(_: Debugger, draw: Random) -> bytes:
    lines = draw.choices(LINES, k=draw.choice([1, 1, 2, 9]))
    text = "\r".join([*lines, draw.choice(["", "x" * 5000, "\0é\x1b[2J"])])
    return f"\x1b[200~{text}\x1b[201~".encode()


def command(_: Debugger, draw: Random) -> bytes:
    return f"\x1b:{draw.choice(LINES)}\r".encode()


def resize(opened: Debugger, draw: Random) -> bytes:
    width, height = draw.choice(SIZES)
    size = struct.pack("HHHH", height, width, 0, 0)
    fcntl.ioctl(opened.terminal, termios.TIOCSWINSZ, size)
    return b""


def leave(_: Debugger, draw: Random) -> bytes:
    return draw.choice(
        [b"q", b"\x1bq", b"q:", b"sq:", b"q\x10", b"cq", b"\x1b:quit\r", b"qqq", b"q?"]
    )


Deed = Callable[[Debugger, Random], bytes]
WEIGHTS: dict[Deed, float] = {press: 60, click: 15, paste: 3, command: 12, resize: 3}
WEIGHTS[leave] = sum(WEIGHTS.values()) / A_SESSION


def session(folder: Path, draw: Random, most: int) -> int:
    """Open it, and do things until it was left; how many they were."""
    bundles = draw.choice([list(small_program().written()), random_program(draw).bundles, ENDLESS])
    (folder / "program.json").write_text(json.dumps({"bundles": bundles, "memory": [0] * 64}))
    opened = Debugger(str(folder / "program.json"), home=folder)
    done = 0
    try:
        opened.wait_for(b"ready")
        while not opened.has_ended() and done < most:
            for deed in draw.choices([*WEIGHTS], [*WEIGHTS.values()], k=draw.randrange(1, 9)):
                done += 1
                opened.press(deed(opened, draw))
            opened.look(draw.choice([0, 0.01, 0.05]))
            if draw.random() < 0.3:
                _let_it_catch_up(opened)
        code = _left(opened)
        said = opened.written[opened.written.rfind(b"\x1b[?1049l") :]
        if code in (OUR_BUG, 1) or code < -signal.SIGINT or b"Traceback" in said:
            pytest.fail(f"exit code {code}: {said.decode('utf-8', 'replace')}")
        opened.assert_given_back()
    finally:
        opened.close()
    return done


def _let_it_catch_up(opened: Debugger) -> None:
    """Until it shows nothing new, or for a second, as something may be running."""
    until = time.monotonic() + 1
    before = -1
    while before < len(opened.written) and time.monotonic() < until:
        before = len(opened.written)
        opened.look(0.1)


def _left(opened: Debugger) -> int:
    """Its exit code, after it was asked to end in every way that a user knows."""
    until = time.monotonic() + PATIENCE
    while not opened.has_ended():
        assert time.monotonic() < until, opened.written[-3000:]
        opened.press(b"\x03\x1b")
        opened.look(0.2)
        opened.press(b"\x1bq")
        opened.look(0.2)
    return os.waitstatus_to_exitcode(opened.end())


@pytest.mark.parametrize("deeds", [150, pytest.param(DEEDS, marks=pytest.mark.soak)])
def test_a_storm_is_survived(tmp_path: Path, deeds: int) -> None:
    draw, done, sessions = Random(deeds), 0, 0
    while done < deeds:
        done += session(tmp_path, draw, deeds - done)
        sessions += 1
        print(f"\r{done} deeds, {sessions} sessions", end="", flush=True)
