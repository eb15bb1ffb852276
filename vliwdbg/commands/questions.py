"""Questions about the run of the session's program: where words come from, and how it is used.

They are about a run of the session's program from its start, on a machine of its own: the cursor
stays, and words that were set by hand are not in it, which the answer says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from machine.program import Program
from vliwdbg.commands.console import Console
from vliwdbg.commands.files import name_of, names_in, write
from vliwdbg.commands.table import Command, Group, Handler, find_unique, no_argument, whole_number
from vliwdbg.export.forms import FORMS
from vliwdbg.inspect.progress import told_to
from vliwdbg.programs import load
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.session import Session
from vliwdbg.views.answers import Answer
from vliwdbg.views.base import View
from vliwdbg.views.export import Exported

if TYPE_CHECKING:  # imported by whoever asks or answers: that is most of the debugger
    from vliwdbg.inspect.questions import Questions
    from vliwdbg.views.bundle import Slots
    from vliwdbg.views.dataflow import Found, Uses, Who, Writes
    from vliwdbg.views.diff import Diff
    from vliwdbg.views.diverge import Diverge
    from vliwdbg.views.schedule import Why
    from vliwdbg.views.whatif import WhatIf

_asked: WeakKeyDictionary[Session, Questions] = WeakKeyDictionary()
BEFORE_NAME = "the program before"
_AT = re.compile(r"(.*?)(?:\s+@\s*(\d+))?\s*", re.DOTALL)
_SPAN = re.compile(r"(.*?)(?:\s+(\d+)\.\.(\d+))?\s*", re.DOTALL)


def _asked_about(program: Program, memory: Sequence[int]) -> Questions:
    from vliwdbg.inspect.questions import Questions

    return Questions(program, memory)


def questions_of(console: Console) -> Questions:
    """The questions about the session's program; the run is made once."""
    session = console.session
    known = _asked.get(session)
    if known is None or known.program is not session.program:
        known = _asked_about(session.program, session.starting_memory)
        _asked[session] = known
    return known


def place_and_cycle(usage: str, text: str) -> tuple[str, int | None]:
    """`PLACE [@CYCLE]`. Raises DebuggerError without a place."""
    match = _AT.fullmatch(text)
    assert match
    place, cycle = match.groups()
    if not place:
        raise DebuggerError(f"Write {usage}, like v_val[3] or s[64:72] @120.")
    return place, None if cycle is None else whole_number("CYCLE", cycle)


def who(console: Console, text: str) -> Who:
    """At the cursor, or before another cycle."""
    place, cycle = place_and_cycle("who PLACE [@CYCLE]", text)
    return questions_of(console).who(place, console.session.core.cycle if cycle is None else cycle)


def uses(console: Console, text: str) -> Uses:
    """From the cursor on, or from another cycle."""
    place, cycle = place_and_cycle("uses PLACE [@CYCLE]", text)
    return questions_of(console).uses(place, console.session.core.cycle if cycle is None else cycle)


def writes(console: Console, text: str) -> Writes:
    """In the whole run."""
    if not text:
        raise DebuggerError("Write writes RANGE, like v_val, s[64:72] or mem[2310:2318].")
    return questions_of(console).writes(text)


def find(console: Console, text: str) -> Found:
    """In the whole run, or in some cycles of it."""
    match = _SPAN.fullmatch(text)
    assert match
    expression, first, last = match.groups()
    if not expression:
        raise DebuggerError("Write find EXPR [A..B], like v_val[0] == 7 or n == 0 100..200.")
    asked = questions_of(console)
    return (
        asked.find(expression) if first is None else asked.find(expression, int(first), int(last))
    )


def why(console: Console, text: str) -> Why:
    """In one bundle, or in total."""
    words = text.split()
    if len(words) > 2:
        raise DebuggerError("Write why [CYCLE [ENGINE]], like why, why 120 or why 120 valu.")
    cycle = whole_number("CYCLE", words[0]) if words else None
    return questions_of(console).why(cycle, words[1] if words[1:] else None)


def slots(console: Console, text: str) -> Slots:
    """At the cursor, or at another cycle."""
    here = console.session.core.cycle
    return questions_of(console).slots(whole_number("CYCLE", text, here))


def whatif(console: Console, text: str) -> WhatIf:
    """With other limits, other words, or some operations for nothing."""
    return questions_of(console).whatif(text)


def lint(console: Console, text: str) -> View:
    """Of the run, or what a rule is about."""
    from vliwdbg.inspect.lint import explain_rule

    return explain_rule(text) if text else questions_of(console).lint()


def export(console: Console, text: str) -> Exported:
    """In a form, to a file."""
    word, _, rest = text.partition(" ")
    name = find_unique("form", word, {form: form for form in FORMS})
    if not rest.strip():
        raise DebuggerError(f"Say to which file: export {name} FILE.")
    file = console.files.named(rest)
    told = FORMS[name].text(questions_of(console))
    return Exported({name: file}) if write(file, told) else Exported({}, told)


def diverge(console: Console, text: str) -> Diverge:
    """By the reference, and by a program that is right."""
    good = _questions_about(console, name_of(text)) if text else None
    return questions_of(console).diverge(good)


def diff(console: Console, text: str) -> Diff:
    """Of the session's program and another, or of two others."""
    files = list(names_in(text.strip()))
    if not 1 <= len(files) <= 2:
        raise DebuggerError(
            "Write diff FILE, or diff A B; `default` is the bundled kernel, `-` the program before."
        )
    if len(files) == 2:
        console.compared = None
        a, b = (_questions_about(console, file) for file in files)
        return a.diff(b, (files[0], files[1]))
    before = files == ["-"]
    other = questions_before(console) if before else _questions_about(console, files[0])
    names = ("this program", BEFORE_NAME if before else files[0])
    view = questions_of(console).diff(other, names)
    console.compared = (other.program, other.memory)
    return view


def questions_before(console: Console) -> Questions:
    """The questions about the program that was debugged before. Raises DebuggerError."""
    if console.previous is None:
        raise DebuggerError("There is no program before this one; reload and rebuild leave one.")
    return _asked_about(*console.previous)


def _questions_about(console: Console, program: str) -> Questions:
    """Raises ProgramError for a file that is no program."""
    loaded = load(console.files.choice(program), progress=console.progress)
    return _asked_about(loaded.program, loaded.memory)


def _plain(name: str) -> Handler:
    """The handler of a question without an argument, which answers with the view of its name."""

    def ask(console: Console, text: str) -> View:
        no_argument(name, text)
        answer: View = getattr(questions_of(console), name)()
        return answer

    ask.__annotations__["return"] = name.capitalize()
    return ask


EDITED = "Words were set by hand in this session; the answer is about a run without them."


def _about_the_run(handler: Handler) -> Handler:
    """A handler that tells how far it has come, and that edits are not in what it tells."""

    def ask(console: Console, text: str) -> View:
        with told_to(console.working):
            view = handler(console, text)
        if isinstance(view, Answer) and console.session.core.edits:
            return replace(view, notes=(*view.notes, EDITED))
        return view

    ask.__annotations__["return"] = handler.__annotations__["return"]
    return ask


_ROWS = (
    Command(
        ("who",),
        "who PLACE [@CYCLE]",
        "who wrote these words, and from what",
        who,
        "place",
        "Each slot is shown once. Loads and stores that only moved a word are folded.",
    ),
    Command(
        ("uses",),
        "uses PLACE [@CYCLE]",
        "who reads these words until they are overwritten",
        uses,
        "place",
    ),
    Command(("writes",), "writes RANGE", "all writes to these words", writes, "range"),
    Command(
        ("find",),
        "find EXPR [A..B]",
        "at which cycles an expression holds",
        find,
        "place",
        "The cycles looked at can be given: find n == 0 100..200.",
    ),
    Command(
        ("why",),
        "why [CYCLE [ENGINE]]",
        "why slots are free, in a bundle or in total",
        why,
        more="The reason is what the nearest slot that could have been there waited for; the "
        "root is what that goes back to.",
    ),
    Command(("slots",), "slots [CYCLE]", "what each slot of a bundle reads and writes", slots),
    Command(
        ("stats",),
        "stats",
        "how much of each engine is used, when and for what",
        _plain("stats"),
    ),
    Command(("floor",), "floor", "the least cycles for the same operations", _plain("floor")),
    Command(
        ("critical",),
        "critical",
        "the chain of waits up to the last output, and what it waits for",
        _plain("critical"),
    ),
    Command(("slack",), "slack", "how much later slots could be", _plain("slack")),
    Command(
        ("whatif",),
        "whatif [CHANGE…]",
        "the cycles with other limits, other words, or something for nothing",
        whatif,
        more="A CHANGE is `same`, `rename` (no word of scratch is waited for), `load=3` "
        "(another limit) or `free=const` (an opcode, or an engine, takes no slot).",
    ),
    Command(("live",), "live", "which words hold a value, and when", _plain("live")),
    Command(
        ("diverge",),
        "diverge [GOOD]",
        "the first wrong output, the slot that makes it wrong, and a repair",
        diverge,
        "file",
        "GOOD is a program that does the same in the same way, and is right.",
    ),
    Command(
        ("explain",),
        "explain",
        "which vector, round and stage slots work for, of a program that does not tell",
        _plain("explain"),
    ),
    Command(
        ("diff",),
        "diff [A] B",
        "what differs between two programs, whatever their order and registers",
        diff,
        "file",
        "With one file, between the session's program and that; `diff -` is between the one "
        "before and the one at hand.",
    ),
    Command(("lint",), "lint [RULE]", "what looks wrong or wasteful; or what a rule means", lint),
    Command(
        ("export",),
        f"export {'|'.join(FORMS)} FILE",
        "the run as a file for other programs, or for people",
        export,
        more=" ".join(f"{name}: {form.what}" for name, form in FORMS.items()),
    ),
)
GROUP = Group(
    "Questions", tuple(row._replace(handler=_about_the_run(row.handler)) for row in _ROWS)
)
