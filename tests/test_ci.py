"""What is run on every change is what the README says, word for word."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
PREPARATIONS = 4
"""Lines of the script before its commands: the shell, what it is, its options, its folder."""


def test_every_command_of_the_script_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[PREPARATIONS:]
    assert len(commands) == 2
    assert [line for line in commands if f"    {line}" not in readme] == []
