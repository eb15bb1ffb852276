"""How a search went, as a picture: the fewest cycles of each design so far, over time.

chart = Chart.of(entries)
chart.text(), chart.svg()

     a whole  886 after 412 s            b forest-buffers=4  889 after 503 s
930 ┤a
    │ ab
886 ┤   aaaaaaaaaaaa
    └───────────────
    0 s            600 s
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from string import ascii_letters
from typing import NamedTuple, Protocol


class Start(Protocol):
    """What a log says of a start: when it ended, and the (seconds, cycles) of each gain."""

    @property
    def design(self) -> str: ...
    @property
    def ended(self) -> float: ...
    @property
    def gains(self) -> Sequence[tuple[float, int]]: ...


class Line(NamedTuple):
    """A design, and the (seconds, cycles) at which it had become shorter than ever before."""

    name: str
    gains: tuple[tuple[float, int], ...]

    @property
    def label(self) -> str:
        if not self.gains:
            return f"{self.name}  nothing fits"
        seconds, cycles = self.gains[-1]
        return f"{self.name}  {cycles} after {seconds:.0f} s"

    def at(self, seconds: float) -> int | None:
        """Its cycles at a time."""
        found = [cycles for at, cycles in self.gains if at <= seconds]
        return found[-1] if found else None


WIDTH, HEIGHT = 72, 16
"""Of a text, in characters, without its axes."""
SHOWN = 0.9
"""The part of all gains that is shown: the first and highest would leave no room for the others."""
BROAD, HIGH, LEFT, TOP = 640, 320, 56, 16
"""Of an SVG, in its units; the last two are its margins."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Those that people who are colour-blind can tell apart."""


@dataclass(frozen=True)
class Chart:
    """Lines, over so many seconds."""

    lines: tuple[Line, ...]
    seconds: float

    @classmethod
    def of(cls, entries: Sequence[Start]) -> Chart:
        """That of a log's entries; several starts of a design are one line."""
        names = dict.fromkeys(entry.design for entry in entries)
        lines = tuple(Line(name, tuple(_best_so_far(name, entries))) for name in names)
        return cls(lines, max((entry.ended for entry in entries), default=0.0))

    @property
    def limits(self) -> tuple[int, int]:
        """The fewest and the most cycles that are shown."""
        every = sorted(cycles for line in self.lines for _, cycles in line.gains)
        if not every:
            return 0, 1
        most = every[min(len(every) - 1, int(SHOWN * len(every)))]
        return every[0], max(most, every[0] + 1)

    def text(self, width: int = WIDTH, height: int = HEIGHT) -> str:
        """Of so many columns and rows; a letter for each design, where several meet the first."""
        low, high = self.limits
        rows = [[" "] * width for _ in range(height)]
        for mark, line in reversed(list(zip(ascii_letters, self.lines, strict=False))):
            for column in range(width):
                cycles = line.at(self.seconds * (column + 1) / width)
                if cycles is not None and cycles <= high:
                    rows[round((high - cycles) / (high - low) * (height - 1))][column] = mark
        labels = {0: str(high), height - 1: str(low)}
        margin = max(map(len, labels.values()))
        drawn = [
            f"{labels.get(number, ''):>{margin}} {'┤' if number in labels else '│'}{''.join(row)}"
            for number, row in enumerate(rows)
        ]
        end = f"{self.seconds:.0f} s"
        axis = [f"{'':{margin}} └{'─' * width}", f"{'':{margin}}  0 s{end:>{width - 3}}"]
        legend = [
            f"{mark} {line.label}" for mark, line in zip(ascii_letters, self.lines, strict=False)
        ]
        return "\n".join(row.rstrip() for row in [*legend, "", *drawn, *axis])

    def svg(self) -> str:
        """The same as a picture of its own."""
        low, high = self.limits
        size = f'viewBox="0 0 {LEFT + BROAD + TOP} {TOP + HIGH + 2 * TOP + 18 * len(self.lines)}"'
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">',
            f'<rect x="{LEFT}" y="{TOP}" width="{BROAD}" height="{HIGH}" fill="none" '
            'stroke="#888"/>',
            *(_words(LEFT - 6, self._y(cycles), str(cycles), "end") for cycles in (low, high)),
            _words(LEFT, TOP + HIGH + 16, "0 s", "start"),
            _words(LEFT + BROAD, TOP + HIGH + 16, f"{self.seconds:.0f} s", "end"),
        ]
        for number, line in enumerate(self.lines):
            colour = COLOURS[number % len(COLOURS)]
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in self._steps(line))
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            )
            below = TOP + HIGH + 2 * TOP + 18 * number + 4
            parts.append(_words(LEFT, below, line.label, "start", colour))
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _steps(self, line: Line) -> Iterator[tuple[float, float]]:
        """Across to each gain, then down."""
        before: int | None = None
        for seconds, cycles in line.gains:
            x = LEFT + BROAD * seconds / (self.seconds or 1)
            if before is not None:
                yield x, self._y(before)
            yield x, self._y(cycles)
            before = cycles
        if before is not None:
            yield LEFT + BROAD, self._y(before)

    def _y(self, cycles: int) -> float:
        low, high = self.limits
        return TOP + HIGH * (high - min(cycles, high)) / (high - low)


def _best_so_far(name: str, entries: Sequence[Start]) -> Iterator[tuple[float, int]]:
    every = sorted(gain for entry in entries if entry.design == name for gain in entry.gains)
    best: int | None = None
    for seconds, cycles in every:
        if best is None or cycles < best:
            best = cycles
            yield seconds, cycles


def _words(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="13" fill="{colour}">{escape(text)}</text>'
