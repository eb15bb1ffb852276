"""A program that starts with no memory at all: every command does, or says why it cannot."""

from pathlib import Path

import pytest

from machine import Program
from vliwdbg.batch import Batch
from vliwdbg.commands import COMMANDS
from vliwdbg.programs import Choice, Loaded

PROGRAM = Program.from_bundles(
    [
        {"load": [["const", 0, 1]]},
        {"alu": [["+", 1, 0, 0]], "flow": [["trace_write", 0]]},
        {"flow": [["pause"]]},
        {"store": [["store", 0, 1]]},
    ]
)
ARGUMENTS = ["", "mem", "mem[0]", "mem[0:0]", "mem[-1]", "0", "s[1]", "mem[s[0]]", "mem 0", "1 mem"]


@pytest.mark.parametrize("command", sorted({command.name for command in COMMANDS.values()}))
def test_a_command(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for argument in ARGUMENTS:
        told: list[str] = []
        batch = Batch(
            Loaded(PROGRAM, [], False), Choice(), told.append, told.append, keep_going=True
        )
        code = batch.execute(["step 2", f"{command} {argument}", "end", "goto 0"])
        assert code in (0, 1), told
        assert told, argument
