"""How far questions have come: told while they are answered, and what comes of ending them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from kernels.catalog import build
from machine import Program
from machine.core import choose_core
from machine.core.inputs import memory_of
from tests.inspect.mutations import SMALL, mutants
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of
from vliwdbg.export.forms import FORMS
from vliwdbg.inspect import Questions, progress
from vliwdbg.inspect.progress import told_to
from vliwdbg.programs import Choice, Loaded, Progress
from vliwdbg.render import lines_of
from vliwdbg.service.debugger import Debugger
from vliwdbg.service.events import Event, Progressed, Said
from vliwdbg.session.errors import EndedByUserError
from vliwdbg.views.diverge import Diverge
from vliwdbg.views.general import Refused

FINDING = sys.modules["vliwdbg.inspect.find"]
"""The module, whose name in its package is that of its function."""


@cache
def program(wrong: bool = False) -> Program:
    right = build("vectors", "list", SMALL)
    return next(mutants(right, 5)).program if wrong else right


def asked(wrong: bool = False) -> Questions:
    return Questions(program(wrong), memory_of(SMALL))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred items at once are enough here."""
    parts = progress._parts

    def fewer(what: str, items: Sequence[Any], at_once: int) -> Iterator[Sequence[Any]]:
        return parts(what, items, min(at_once, 100))

    monkeypatch.setattr(progress, "_parts", fewer)


QUESTIONS: dict[str, Callable[[Questions], object]] = {
    name: lambda asked, name=name: getattr(asked, name)()
    for name in ("why", "stats", "floor", "critical", "slack", "live", "lint", "explain")
} | {
    "who": lambda asked: asked.who("s[100]"),
    "find": lambda asked: asked.find("s[100] == 7"),
    "whatif": lambda asked: asked.whatif("same"),
    "diff": lambda asked: asked.diff(Questions(program(), memory_of(SMALL))),
    **{f"export {name}": form.text for name, form in FORMS.items()},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_is_told_how_far_a_question_has_come(name: str) -> None:
    told: list[tuple[str, float | None]] = []
    with told_to(lambda what, part: told.append((what, part))):
        QUESTIONS[name](asked())
    assert told
    assert all(part is None or 0 <= part <= 1 for _, part in told)
    before = len(told)
    QUESTIONS[name](asked())
    assert len(told) == before


@pytest.mark.parametrize("name", sorted(set(QUESTIONS) - {"find"}))
def test_a_question_can_be_ended(name: str) -> None:
    def end(what: str, part: float | None) -> None:
        raise EndedByUserError("enough")

    with told_to(end), pytest.raises(EndedByUserError, match="enough"):
        QUESTIONS[name](asked())


def ending_at(wanted: str, least: float, error: type[BaseException]) -> Progress:
    def end(what: str, part: float | None) -> None:
        if what == wanted and part is not None and part >= least:
            raise error("enough")

    return end


@pytest.mark.parametrize("error", [KeyboardInterrupt, EndedByUserError])
def test_find_tells_what_it_has_found_so_far(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FINDING, "_AT_ONCE", 10)
    whole = asked().find("s[100] == s[100]")
    with told_to(ending_at("cycles", 0.5, error)):
        view = asked().find("s[100] == s[100]")
    assert (whole.interrupted, view.interrupted) == (False, True)
    ((first, stop),) = view.spans
    assert first == 0
    assert 0.4 < stop / whole.cycles < 0.6
    assert f"Note: Interrupted: the answer is about the cycles before {stop}." in lines_of(view)


@pytest.mark.skipif(choose_core().name != "compiled", reason="repairs are run")
def test_diverge_tells_its_evidence_where_repairs_are_ended() -> None:
    with told_to(ending_at("repairs", 0, KeyboardInterrupt)):
        view = asked(wrong=True).diverge()
    assert view.interrupted
    assert view.confidence == "evidence-only"
    assert view.culprit
    assert "Note: Interrupted while repairs were tried: this is evidence alone." in lines_of(view)


def test_on_the_command_line_it_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["--forest-height", "3", "--rounds", "2", "--batch-size", "16"]
    kernel = ["default", "--kernel", "vectors", "--scheduler", "list", *sizes]

    def end(what: str, part: float | None = None) -> None:
        if what == "cycles":
            raise KeyboardInterrupt

    monkeypatch.setattr(FINDING, "tell", end)
    words = ["find", kernel[0], "s[100] == 0", *kernel[1:]]
    assert exit_code_of(lambda: do(words), "find") == 130
    assert "Interrupted: the answer is about the cycles before 0." in capsys.readouterr().out

    monkeypatch.setattr(progress, "tell", end)
    assert exit_code_of(lambda: do(["whatif", *kernel]), "whatif") == 130
    assert capsys.readouterr() == ("", "vliwdbg: interrupted\n")


def replies(line: str, *, ends: bool, wrong: bool = False) -> list[Event]:
    """The events of a line in a session, of which long work ends at once, or never."""
    events: list[Event] = []
    loaded = Loaded(program(wrong), memory_of(SMALL), False)
    count = iter(range(10**9))
    # The first words of progress are waited for, so that there are some.
    debugger = Debugger(
        loaded, Choice(), events.append, interrupted=lambda: ends and next(count) > 3
    )
    debugger.execute(line)
    return events


def test_in_a_session_it_is_an_event_and_can_be_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vliwdbg.service.debugger.WORD_SECONDS", 0.0)
    events = replies("lint", ends=False)
    told = [event.progress for event in events if isinstance(event, Progressed)]
    assert {"looking at outputs", "looking at rules"} <= {one.what for one in told}
    (said,) = (event.reply for event in replies("lint", ends=True) if isinstance(event, Said))
    assert isinstance(said.view, Refused)
    assert said.view.message == "Interrupted; everything is as it was."


def test_in_a_session_diverge_may_end_with_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vliwdbg.inspect.repair.AT_ONCE", 10**9)
    events: list[Event] = []
    repairing: list[bool] = []
    loaded = Loaded(program(True), memory_of(SMALL), False)
    debugger = Debugger(loaded, Choice(), events.append, interrupted=lambda: bool(repairing))
    tell = debugger.console.working
    assert tell

    def working(what: str, part: float | None) -> None:
        repairing.extend([True] if what == "repairs" else [])
        tell(what, part)

    debugger.console.working = working
    debugger.execute("diverge")
    (said,) = (event.reply for event in events if isinstance(event, Said))
    if choose_core().name == "compiled":
        assert isinstance(said.view, Diverge)
        assert said.view.interrupted
