"""What pytest tells of kernels: where a failing one goes wrong, and what the others came to.

Figures travel with the reports of tests, as they do from the workers of pytest-xdist; those of the
last time are kept in pytest's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

import pytest

from vliwdbg.testing.kernels import Figures, figures_of, what_is_wrong
from vliwdbg.testing.machines import Machines, Made

_PROPERTY = "vliwdbg"
_CACHE = "vliwdbg/kernels"
_TITLE = "vliwdbg"
T = TypeVar("T")


class Plugin:
    """One run of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._machines = Machines()
        self._figures: dict[str, list[Figures]] = {}
        self._public: dict[str, None] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """A test begins: what it imports from is known by now."""
        self._machines.forget()
        self._machines.look()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell of the machines that a test has made."""
        report = yield
        made = self._machines.made()
        if call.when != "call" or not made:
            return report
        if report.failed:
            if told := _unless_it_fails(lambda: _wrong(made[-1]), str):
                report.sections.append((_TITLE, told))
        elif report.passed:
            found = _unless_it_fails(lambda: _figures(made), lambda _: [])
            facts = {"figures": found, "public": self._machines.public}
            report.user_properties.append((_PROPERTY, facts))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather what reports bring, those of other processes too."""
        for name, told in report.user_properties:
            if name == _PROPERTY and isinstance(told, dict) and told["figures"]:
                self._figures[report.nodeid] = [Figures(**one) for one in told["figures"]]
                self._public |= dict.fromkeys(told["public"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What the kernels came to, and how that is another number than the last time."""
        if not self._figures:
            return
        cache = getattr(self._config, "cache", None)
        kept = dict(cache.get(_CACHE, {})) if cache else {}
        terminalreporter.section(_TITLE)
        for test, figures in self._figures.items():
            before = kept.get(test, [])
            for at, one in enumerate(figures):
                since = one.since(before[at] if at < len(before) else None)
                terminalreporter.line(f"{test}: {one.text}{since}")
            kept[test] = [one.to_json() for one in figures]
        for module in self._public:
            terminalreporter.line(
                f"{module}.Machine is plain Python; `from machine.compat import Machine` runs the "
                "same on the compiled core."
            )
        if cache:
            cache.set(_CACHE, kept)

    def pytest_unconfigure(self) -> None:
        """Leave the simulators as they were."""
        self._machines.leave()


def _wrong(made: Made) -> str:
    return "\n".join(what_is_wrong(made))


def _figures(made: Sequence[Made]) -> list[dict[str, Any]]:
    return [figures.to_json() for one in made if (figures := figures_of(one))]


def _unless_it_fails(tell: Callable[[], T], otherwise: Callable[[str], T]) -> T:
    """What is to be told; a fault of ours is no reason for a stranger's tests to end."""
    try:
        return tell()
    except Exception as fault:
        return otherwise(f"vliwdbg has a fault here: {type(fault).__name__}: {fault}")
