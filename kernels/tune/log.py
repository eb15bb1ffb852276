"""What a search has done, a line of JSON for each start: enough to go on, and to draw.

    {"design": "whole", "seed": "0/whole/2", "seconds": [61.0, 102.5], "tries": 4000,
     "gains": [[63.2, 931], [71.9, 904]], "tuning": {…}}       from when to when, on one clock

A tuning is there where it is the shortest of its design so far. Who is killed leaves a line without
an end, which is none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernels.errors import BuildError
from kernels.schedule.tuning import Tuning, format_tuning, parse_tuning


@dataclass(frozen=True)
class Entry:
    """A start: `gains` are the (seconds, cycles) at which it had become shorter."""

    design: str
    seed: str
    began: float
    ended: float
    tries: int
    gains: tuple[tuple[float, int], ...]
    tuning: Tuning | None = None

    @property
    def cycles(self) -> float:
        """Of the shortest; infinite if nothing fitted into scratch."""
        return self.gains[-1][1] if self.gains else float("inf")


class Log:
    """A search's entries so far, and the file that they go to, if there is one."""

    def __init__(self, file: str | None = None) -> None:
        """Those that the file has. Raises BuildError where it is no log."""
        self.file = Path(file) if file is not None else None
        self.entries = read_log(file) if file is not None and Path(file).exists() else []

    @property
    def seconds(self) -> float:
        """Where the clock stands."""
        return max((entry.ended for entry in self.entries), default=0.0)

    def best(self, design: str | None = None) -> Tuning | None:
        """The shortest of a design, or of all."""
        found = [entry.tuning for entry in self.entries if design in (None, entry.design)]
        return min(filter(None, found), key=lambda tuning: tuning.cycles, default=None)

    def add(self, entry: Entry) -> None:
        """Note it, with its tuning if that is a gain. Raises BuildError if it cannot be written."""
        before = self.best(entry.design)
        gain = entry.tuning and (before is None or entry.tuning.cycles < before.cycles)
        self.entries.append(entry)
        if self.file is None:
            return
        try:
            with self.file.open("r+b" if self.file.exists() else "xb") as file:
                file.truncate(_whole_lines(self.file.read_bytes()))
                file.seek(0, 2)
                file.write(_line(entry, bool(gain)).encode())
        except OSError as wrong:
            raise BuildError(f"{self.file}: {wrong.strerror}") from None


def _whole_lines(written: bytes) -> int:
    """The bytes before what the last line break has after it."""
    return written.rfind(b"\n") + 1


def _line(entry: Entry, gain: bool) -> str:
    written: dict[str, Any] = {
        "design": entry.design,
        "seed": entry.seed,
        "seconds": [round(entry.began, 3), round(entry.ended, 3)],
        "tries": entry.tries,
        "gains": [[round(at, 3), cycles] for at, cycles in entry.gains],
    }
    if gain and entry.tuning:
        written["tuning"] = json.loads(format_tuning(entry.tuning))
    return json.dumps(written) + "\n"


def read_log(file: str) -> list[Entry]:
    """The entries of a file. Raises BuildError where it cannot be read or is no log."""
    try:
        written = Path(file).read_bytes()
        lines = written[: _whole_lines(written)].decode().splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise BuildError(f"{file}: {getattr(wrong, 'strerror', None) or wrong}") from None
    return [_entry(file, number, line) for number, line in enumerate(lines, 1)]


def _entry(file: str, number: int, line: str) -> Entry:
    try:
        written = json.loads(line)
        began, ended = map(float, written["seconds"])
        return Entry(
            design=str(written["design"]),
            seed=str(written["seed"]),
            began=began,
            ended=ended,
            tries=int(written["tries"]),
            gains=_gains(written["gains"]),
            tuning=parse_tuning(json.dumps(written["tuning"])) if "tuning" in written else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, BuildError) as wrong:
        message = f"{file}:{number}: not the line of a search's log: {wrong}"
        raise BuildError(message) from None


def _gains(written: Sequence[Sequence[float]]) -> tuple[tuple[float, int], ...]:
    return tuple((float(at), int(cycles)) for at, cycles in written)
