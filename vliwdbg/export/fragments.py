"""Views as pieces of HTML that need no script, as notebooks show them. Names and texts are escaped.

They are drawn with the colours and the style of the page about a run (`page.css`), each within an
element of its own, so that nothing around it changes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, singledispatch

from vliwdbg.export.page import part
from vliwdbg.render import lines_of
from vliwdbg.render.answers import slot_line
from vliwdbg.render.bundle import counts, does, reads
from vliwdbg.render.schedule import percent
from vliwdbg.render.text import words_text
from vliwdbg.views.answers import Answer
from vliwdbg.views.base import View
from vliwdbg.views.bundle import Slots
from vliwdbg.views.dataflow import Source, Who
from vliwdbg.views.diff import Diff
from vliwdbg.views.schedule import Stats, Window

_SCOPE = ".vliwdbg"
_RULES = re.compile(r"^((?:table|td|th|svg|\.(?:lane|plot|bar|track))[^{]*)(\{.*\})$", re.MULTILINE)
_OWN = f"""\
{_SCOPE} {{ background: var(--ground); color: var(--text); padding: 8px;
  font: 14px/1.45 system-ui, sans-serif; overflow-x: auto; }}
{_SCOPE} ul {{ margin: 0; padding-left: 20px; }}
{_SCOPE} .plot svg {{ height: 32px; }}
"""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | Html | Iterable["str | Html"]


def html_of(view: View) -> str:
    """A view as HTML that can stand anywhere."""
    content = fragment(view)
    notes = view.notes if isinstance(view, Answer) else ()
    told = [tag("p", f"Note: {note}", kind="hint") for note in notes]
    return tag("div", [Html(f"<style>{_style()}</style>"), content, *told], kind="vliwdbg")


@singledispatch
def fragment(view: View) -> Html:
    """What is particular to a view; of those that nobody draws, their text."""
    return tag("pre", "\n".join(lines_of(view)))


@fragment.register
def _(view: Slots) -> Html:
    bundle = view.bundle
    free = f"; free: {counts(bundle.free)}" if bundle.free else ""
    head = f"Cycle {view.cycle}, pc {bundle.pc}: {counts(bundle.used) or 'empty'}{free}"
    rows = [
        [
            colored(group.engine, f"{group.engine}[{group.numbers}]"),
            code(group.text),
            group.origin.text,
            code(reads(group)),
            code(does(group)),
        ]
        for group in bundle.groups
    ]
    return _joined(tag("p", head), table(("Slot", "", "For", "Reads", "Does"), rows))


@fragment.register
def _(view: Stats) -> Html:
    lanes = [
        tag(
            "div",
            [
                tag("span", [use.engine, tag("small", percent(use.utilization))]),
                tag("div", _area(use.engine, view.windows), kind="plot"),
            ],
            kind="lane",
        )
        for use in view.engines
    ]
    rows = [(use.engine, use.slots, use.room, percent(use.utilization)) for use in view.engines]
    return _joined(
        tag("p", f"{view.cycles} cycles, of which {view.idle} used no slot"),
        *lanes,
        table(("Engine", "Slots", "Of", "Used"), rows),
    )


@fragment.register
def _(view: Diff) -> Html:
    sides = table(
        ("", "Program", "Cycles", "Lanes", *view.a.utilization),
        [
            (letter, side.name, side.cycles, side.lanes, *map(percent, side.utilization.values()))
            for letter, side in (("A", view.a), ("B", view.b))
        ],
    )
    alike = (
        f"{percent(view.same_computation)} do the same computations, {percent(view.same_value)} "
        f"make the same values, on {view.inputs} inputs."
    )
    surplus = table(
        ("Lanes without a counterpart", "", "Only in A", "Only in B"),
        [(one.by, one.name, one.a, one.b) for one in view.surplus],
    )
    gains = table(
        ("Cycles of A", "B comes later by"),
        [(f"{gain.first}–{gain.stop - 1}", f"{gain.cycles:+d}") for gain in view.gains],
    )
    shifts = table(
        ("Moved by", "In A", "In B"),
        [
            (f"{one.cycles:+d}", code(slot_line(one.a)), code(slot_line(one.b)))
            for one in view.shifts
        ],
    )
    return _joined(sides, tag("p", alike), surplus, gains, shifts)


@fragment.register
def _(view: Who) -> Html:
    head = f"{view.place.text} = {words_text(view.value)} before cycle {view.cycle}"
    inputs = tag("ul", [_source(source) for source in view.inputs])
    if view.writer is None:
        return _joined(tag("p", code(head)), inputs)
    return _joined(tag("p", [code(head), ", by ", code(slot_line(view.writer))]), inputs)


def _source(source: Source) -> Html:
    told: list[str] = [code(f"{source.place} = {words_text(source.value)}")]
    if source.writer is not None:
        told += [", by ", code(slot_line(source.writer))]
    elif source.origin == "again":
        told.append(f", see [{source.number}]")
    else:
        told.append(f", {source.origin}")
    if source.left_out:
        told.append(" …")
    inner = [tag("ul", [_source(one) for one in source.inputs])] if source.inputs else []
    return tag("li", [f"[{source.number}] ", *told, *inner])


# The pieces


def tag(name: str, content: Content = "", *, kind: str = "") -> Html:
    """An element, with all that is not HTML yet escaped."""
    parts = [content] if isinstance(content, str) else content
    inside = "".join(one if isinstance(one, Html) else html.escape(one) for one in parts)
    attribute = f' class="{html.escape(kind)}"' if kind else ""
    return Html(f"<{name}{attribute}>{inside}</{name}>")


def code(text: str) -> Html:
    """Text as it is in programs."""
    return tag("code", text)


def colored(engine: str, text: str) -> Html:
    """Text in the colour of an engine."""
    return Html(f'<code style="color: var(--{engine})">{html.escape(text)}</code>')


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    """A table; nothing where it has no row."""
    if not rows:
        return Html("")
    head = tag("tr", [tag("th", header) for header in headers])
    return tag("table", [head, *(tag("tr", _cells(row)) for row in rows)])


def _cells(row: Sequence[object]) -> Iterator[Html]:
    for cell in row:
        yield tag("td", cell if isinstance(cell, Html) else str(cell))


def _area(engine: str, windows: Sequence[Window]) -> Html:
    """The part of an engine's slots that is used over time, as an area."""
    if not windows:
        return Html("")
    first, end = windows[0].first, windows[-1].stop
    steps = "".join(f"V{1 - w.utilization[engine]:.4f}H{w.stop}" for w in windows)
    return Html(
        f'<svg viewBox="{first} 0 {end - first} 1" preserveAspectRatio="none">'
        f'<path d="M{first} 1{steps}V1Z" style="fill: var(--{engine})"/></svg>'
    )


def _joined(*pieces: Html) -> Html:
    return Html("".join(pieces))


@cache
def _style() -> str:
    """The page's colours and its rules for what is drawn here, for nothing but this."""
    css = part("page.css")
    colors = css[: css.index("*")].replace(":root", _SCOPE)
    rules = (
        f"{', '.join(f'{_SCOPE} {one.strip()}' for one in rule[1].split(','))} {rule[2]}\n"
        for rule in _RULES.finditer(css)
    )
    return f"{colors}{''.join(rules)}{_OWN}"
