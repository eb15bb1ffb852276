"""What looks wrong or wasteful in a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """So many cases of one kind; `rule` is its id, `slots` are the first few."""

    rule: str
    severity: Severity
    message: str
    count: int
    slots: tuple[SlotAt, ...]


@dataclass(frozen=True)
class Lint(Answer, kind="lint"):
    """What was found, worst first; `silenced` are the rules that were not asked."""

    findings: tuple[Finding, ...]
    silenced: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return all(finding.severity != "error" for finding in self.findings)


@dataclass(frozen=True)
class LintRule(Answer, kind="lint-rule"):
    """What a rule of lint looks for, and what to do about it."""

    rule: str
    severity: Severity
    looks_for: str
    explanation: str
