"""What is run on every change is what the README says, word for word."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
CHECKS = ("ruff format --check .", "ruff check .", "mypy", "lint-imports", "mkdocs build --strict")
PREPARATIONS = 4
"""Lines of the script before its commands: the shell, what it is, its options, its folder."""


def test_every_command_of_the_script_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[PREPARATIONS:]
    assert len(commands) == 2
    assert [line for line in commands if f"    {line}" not in readme] == []


def test_the_workflow_runs_the_same_checks() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    scripts = [ROOT / ".ci" / "run", ROOT / "Makefile"]
    ours = "".join(script.read_text(encoding="utf-8") for script in scripts)
    for check in CHECKS:
        assert f"      - run: {check}\n" in workflow
        assert check in ours
    assert "-m pytest -n auto" in workflow


def test_a_report_of_a_fault_says_what_is_installed() -> None:
    for form in ("bug", "wish"):
        text = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text(encoding="utf-8")
        assert "`vliwdbg info`" in text
