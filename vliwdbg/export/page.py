"""A run as one HTML file that opens offline: `page.html` with its style, its script and the data.

The script draws what the questions about the run answer (`vliwdbg.inspect`), and computes nothing
of its own. What a program's author may have written into names is data, and never markup.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from machine.isa import SLOT_LIMITS
from machine.program import Program
from vliwdbg import __version__
from vliwdbg.export.made import made
from vliwdbg.inspect.dependences import WORKING
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.questions import Questions
from vliwdbg.inspect.stats import windows_of
from vliwdbg.report import headline
from vliwdbg.views.ribbon import engine_glyphs

_MARK = re.compile(r"\[\[(\w+)\]\]")
MOST_BUNDLES = 20_000
"""Of the walk; more would be tens of megabytes."""
MOST_WINDOWS = 1200
"""Points of the pictures over time."""


def page(asked: Questions) -> str:
    """The page about a run."""
    parts = {
        "title": html.escape(headline(asked.program)),
        "style": part("page.css"),
        "script": part("page.js"),
        # A "<" could end the element that the data are in.
        "data": json.dumps(_data(asked), separators=(",", ":")).replace("<", "\\u003c"),
    }
    return _MARK.sub(lambda mark: parts[mark[1]], part("page.html"))


def part(name: str) -> str:
    """One of the files that the page is made of."""
    return files(__package__).joinpath(name).read_text("utf-8")


def _data(asked: Questions) -> dict[str, Any]:
    dependences, flow, program = asked.dependences, asked.flow, asked.program
    steps = min(len(flow.pcs), MOST_BUNDLES)
    return {
        "version": __version__,
        "title": headline(program),
        "bundles": len(program),
        "executed": len(flow.pcs),
        "limits": {engine: SLOT_LIMITS[engine] for engine in WORKING},
        "windows": [
            [window.first, window.stop, [window.utilization[engine] for engine in WORKING]]
            for window in windows_of(dependences, MOST_WINDOWS)
        ],
        "stats": [
            {"engine": use.engine, "slots": use.slots, "room": use.room, "used": use.utilization}
            for use in asked.stats().engines
        ],
        "floor": asked.floor().to_json(),
        "critical": asked.critical().to_json(),
        "why": asked.why().to_json()["totals"],
        "live": asked.live().to_json(),
        "walk": [_bundle(flow, program, step) for step in parts_of("bundles", range(steps), 1000)],
        "tags": _tags(flow, program, steps),
    }


def _bundle(flow: Flow, program: Program, step: int) -> list[Any]:
    """A bundle as it was executed: its cycle, pc, characters by engine, and slots."""
    pc = flow.pcs[step]
    glyphs = engine_glyphs(program, pc)
    return [
        flow.cycles[step],
        pc,
        [glyphs[engine] for engine in WORKING],
        list(_slots(flow, step)),
    ]


def _slots(flow: Flow, step: int) -> Iterator[list[str]]:
    for slot in flow.slots(step):
        told = flow.slot_at(step, slot)
        if told.engine in WORKING:
            yield [f"{told.engine}[{told.slot}]", told.text, made(flow, step, slot)]


def _tags(flow: Flow, program: Program, steps: int) -> list[list[Any]]:
    """The steps at which another tag begins, with its name."""
    found: list[list[Any]] = []
    before = None
    for step in range(steps if program.tags else 0):
        tag = program.tag_at(flow.pcs[step])
        if tag != before:
            found.append([step, tag.name if tag else ""])
        before = tag
    return found
