"""The lines above and below the panes: where we are, the last reply, the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from rich.cells import cell_len
from textual import events

from machine.stops import Reason, State
from vliwdbg.service.events import Progress
from vliwdbg.tui.keymap import Key
from vliwdbg.tui.pending import Pending
from vliwdbg.tui.view_state import Exchange, Line, ViewState
from vliwdbg.tui.widgets.messages import PAINT_OF_KIND
from vliwdbg.tui.widgets.paint import Bar, Row
from vliwdbg.views.radix import Radix
from vliwdbg.views.ribbon import FREE, engine_glyphs

BAR_WIDTH = 20
BETWEEN = "  ·  "


class Mode(NamedTuple):
    """What the screen is doing, in a word, and the ids of the keys that matter most then."""

    says: str
    keys: tuple[str, ...]


ALWAYS_SHOWN = frozenset({"command", "help", "quit"})
"""Keys at the right of the footer, which a narrow terminal keeps."""


class StatusLine(Bar):
    """State and why it stopped, cycle, pc, what is next; the program, and what comes of it."""

    def __init__(self, view_state: ViewState) -> None:
        super().__init__(id="status")
        self.view_state = view_state
        self.progress: Progress | None = None
        """Of what takes a while; None when nothing does."""

    def show_progress(self, progress: Progress | None) -> None:
        """Draw again if it is another one."""
        if progress != self.progress:
            self.progress = progress
            self.refresh()

    def left_pieces(self) -> Row:
        if self.progress:
            return [
                *_busy_pieces(self.progress),
                *_cycle_pieces(self.view_state, self.progress.cycle),
            ]
        pieces = [*_state_pieces(self.view_state), *_where_pieces(self.view_state)]
        coming = list(_next_pieces(self.view_state))
        room = self.size.width - _width(pieces) - _width(self.right_pieces())
        return [*pieces, *coming] if _width(coming) < room else pieces

    def right_pieces(self) -> Row:
        program, outcome = self.view_state.program, self.view_state.outcome
        scheduler = str(program.build.get("scheduler", ""))
        known = scheduler and scheduler not in program.name
        name = f"{program.name or 'program'}{f' ({scheduler})' if known else ''} "
        if self.view_state.edited:
            return [(name, "dim"), (" changed on disk ", "badge-busy")]
        if outcome is None:
            return [(name, "dim")]
        paint = {None: "dim", True: "new", False: "error"}[outcome.right]
        return [(name, "dim"), (f"{outcome.text} ", paint)]


def _busy_pieces(progress: Progress) -> Row:
    badge = (f" {progress.what} ", "badge-busy")
    if progress.part is None:
        return [badge, (" … ", "dim")]
    done = round(progress.part * BAR_WIDTH)
    return [
        badge,
        (f" {'━' * done}", "pc"),
        ("─" * (BAR_WIDTH - done), "faint"),
        (f" {progress.part:.0%} ", "text"),
    ]


def _cycle_pieces(view_state: ViewState, cycle: int | None) -> Row:
    if cycle is None:
        return []
    end = _last_cycle(view_state)
    pieces: Row = [(" cycle ", "dim"), (f"{cycle:,}", "number")]
    if end:
        pieces += [(f"/{end:,}", "dim"), (f"  {min(cycle / end, 1):.0%}", "text")]
    return pieces


def _last_cycle(view_state: ViewState) -> int | None:
    """The cycles of the whole run, where they are known."""
    if view_state.end and view_state.end.reason is not Reason.FAULT:
        return view_state.end.cycle
    return view_state.outcome.cycles if view_state.outcome else None


def _where_pieces(view_state: ViewState) -> Row:
    return [
        *_cycle_pieces(view_state, view_state.now.cycle),
        ("  pc ", "dim"),
        (f"{view_state.now.pc:,}", "number"),
    ]


def _next_pieces(view_state: ViewState) -> Iterator[tuple[str, str]]:
    """How many slots of each engine the next bundle has."""
    if view_state.now.pc >= len(view_state.program):
        return
    yield "   next:", "dim"
    for engine, glyphs in engine_glyphs(view_state.program, view_state.now.pc).items():
        used = len(glyphs.rstrip(FREE))
        yield f" {engine} ", engine
        yield str(used or FREE), "number" if used else "faint"


def _state_pieces(view_state: ViewState) -> Row:
    stop, state = view_state.stop, view_state.now.state
    if view_state.playing:
        return [(f" ▶ {view_state.playing} ", "badge-busy")]
    if stop.fault:
        return [(" fault ", "badge-fault")]
    if state is State.STOPPED:
        return [(f" {stop.label or 'end'} ", "badge-end")]
    if stop.label:
        return [(f" {stop.label} ", "badge-busy")]
    return [(" paused " if state is State.PAUSED else " ready ", "badge")]


class ValueLine(Bar):
    """The value that is followed: the writes of its words, which one holds, and who reads it.

    v64  written 254 273 274 ◆275 331    this value is read at 275 276 287
    """

    def __init__(self, view_state: ViewState) -> None:
        super().__init__(id="value")
        self.view_state = view_state

    def left_pieces(self) -> Row:
        followed, flow = self.view_state.followed, self.view_state.flow
        if followed is None or flow is None:
            return []
        story = followed.story
        pieces: Row = [(f" {followed.label} ", "badge-busy"), (" written ", "dim")]
        if story.holding is None:
            pieces.append(("by nobody before ", "tag"))
        for step in _around(story.writes, story.holding, MOST_WRITES):
            holds = step == story.holding
            mark = ("◆" if holds else "") + str(flow.cycles[step])
            pieces.append((f"{mark} ", "changed" if holds else "dim"))
        if story.holding is not None:
            cycles = " ".join(str(flow.cycles[step]) for step in story.reads)
            pieces += [("  this value is read at ", "dim"), (cycles or "no place", "new")]
        return pieces


MOST_WRITES = 7
"""Of the writes told, those around the one that holds."""


def _around(steps: Sequence[int], holding: int | None, most: int) -> Sequence[int]:
    at = steps.index(holding) if holding is not None else 0
    first = max(min(at - most // 2, len(steps) - most), 0)
    return steps[first : first + most]


def _nothing(_radix: Radix) -> Sequence[Line]:
    return ()


class ReplyLine(Bar):
    """The last reply as far as it fits, so that it is seen whatever pane is.

    Of most replies that is the first line; of a stop, which is short lines, as many as there is
    room for.
    """

    def __init__(self, view_state: ViewState) -> None:
        super().__init__(id="reply")
        self.view_state = view_state
        self._exchange: Exchange = _nothing
        self._read: tuple[Exchange, Radix, Sequence[Line]] = (_nothing, view_state.radix, ())

    def say(self, exchange: Exchange) -> None:
        """Show this instead."""
        self._exchange = exchange
        self.refresh()

    @property
    def lines(self) -> Sequence[Line]:
        """What is said, in the radix at hand."""
        exchange, radix = self._exchange, self.view_state.radix
        if self._read[:2] != (exchange, radix):
            self._read = (exchange, radix, exchange(radix))
        return self._read[2]

    def left_pieces(self) -> Row:
        pieces: Row = [(" ", "text")]
        for line in self.lines[: self._fitting()]:
            pieces += [(line.text.strip(), PAINT_OF_KIND[line.kind]), (BETWEEN, "faint")]
        return pieces[:-1]

    def right_pieces(self) -> Row:
        more = len(self.lines) - self._fitting()
        return [(f" {more} more in messages ", "dim")] if more > 0 else []

    def _fitting(self) -> int:
        """How many lines are shown, of a stop more than one."""
        # A space before the first, and nothing between the last and what follows.
        joined = accumulate(
            self.lines, lambda width, line: width + _room_for(line), initial=1 - len(BETWEEN)
        )
        room = self.size.width - len(" 99 more in messages ")
        fitting = sum(width <= room for width in joined) - 1
        stop = bool(self.lines) and self.lines[-1].kind in ("stop", "fault")
        return min(max(fitting, 1), len(self.lines)) if stop else min(1, len(self.lines))


class KeysLine(Bar):
    """The footer: the keys of the mode and of the pane, then those of the keymap that have a short
    name, and a count being typed. A click does what a key does."""

    def __init__(self, keys: Mapping[str, Key], pending: Pending, mode: Callable[[], Mode]) -> None:
        super().__init__(id="keys")
        self.keys = keys
        self.pending = pending
        self._mode = mode
        self._shown: tuple[str, Mode] | None = None

    def show(self) -> None:
        """Draw again if other keys wait, or the mode is another one."""
        if (self.pending.shown, self._mode()) != self._shown:
            self.refresh()

    def left_pieces(self) -> Row:
        shown, mode = self._shown = (self.pending.shown, self._mode())
        pieces: Row = [(f" {shown} ", "badge-busy")] if shown else []
        pieces += [(f" {mode.says} ", "badge-busy")] if mode.says else []
        return [
            *pieces,
            *(part for key in self._at_left(_width(pieces)) for part in self._piece(key)),
        ]

    def right_pieces(self) -> Row:
        return [part for key in self._at_right() for part in self._piece(key)]

    def _at_left(self, taken: int) -> Iterator[Key]:
        """As many as there is room for."""
        room = self.size.width - taken - _width(self.right_pieces())
        for key in self._in_order():
            room -= _width(self._piece(key))
            if room < 0:
                break
            yield key

    def _in_order(self) -> Iterator[Key]:
        first = [self.keys[id] for id in self._mode().keys if id in self.keys]
        rest = (key for key in self.keys.values() if key.id not in ALWAYS_SHOWN)
        return (key for key in dict.fromkeys((*first, *rest)) if key.short)

    def _at_right(self) -> Iterator[Key]:
        return (key for key in self.keys.values() if key.id in ALWAYS_SHOWN)

    def _piece(self, key: Key) -> Row:
        twin = self.keys.get(key.twin)
        shown = f"{key.shown}/{twin.shown}" if twin else key.shown
        return [(f" {shown}", "key"), (f" {key.short} ", "dim")]

    def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does; of two in one place, the one that was hit."""
        if key := self._key_at(event.x):
            self.call_later(self.screen.run_action, f"key('{key.id}')")

    def _key_at(self, column: int) -> Key | None:
        shown, mode = self.pending.shown, self._mode()
        start = sum(len(text) + 2 for text in (shown, mode.says) if text)
        right = self.size.width - _width(self.right_pieces())
        for x, keys in ((start, self._at_left(start)), (right, self._at_right())):
            for key in keys:
                width = _width(self._piece(key))
                if x <= column < x + width:
                    twin = self.keys.get(key.twin)
                    on_twin = twin and x + 1 + len(key.shown) < column <= x + _width(
                        self._piece(key)[:1]
                    )
                    return twin if on_twin else key
                x += width
        return None


def _width(pieces: Row) -> int:
    return sum(len(text) for text, _ in pieces)


def _room_for(line: Line) -> int:
    return cell_len(line.text.strip()) + len(BETWEEN)
