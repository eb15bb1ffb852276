"""Nothing outside the folder is opened, whatever is asked: every command and every tool, watched by
an audit hook, in a process of its own since no hook can be taken away."""

import json
import os
import subprocess
import sys
from pathlib import Path

from machine.native import VARIABLE
from tests.cli.command import ALU, unchecked

SCRIPT = """
import json, os, sys
opened = []
WATCHED = ("open", "os.", "shutil.", "sqlite3.connect", "subprocess.", "socket.", "glob.")

def hook(event, arguments):
    if watching and event.startswith(WATCHED):
        opened.append((event, [one if isinstance(one, (int, str)) else repr(one)
                               for one in arguments]))

watching = False
sys.addaudithook(hook)
import sqlite3, vliwdbg.commands, vliwdbg.agents.tools as room
from vliwdbg.agents.folder import Folder
from vliwdbg.agents.calls import Tool
from vliwdbg.agents.turns import Turns

class Patient(Turns):
    left = 5.0

names = json.loads(sys.argv[1])
tools = {name: Tool(getattr(room.Tools(Folder("."), Patient()), name))
         for name in vars(room.Tools) if not name.startswith("_")}
forms = [
    "dump memory {}", "dump scratch {} 0:4", 'dump memory "{}"', "save breakpoints {}",
    "export html {}", "export csv {}", "diff {} a.json", 'diff a.json "{}"',
    *(row.name + " {}" for row in vliwdbg.commands.COMMANDS.values()),
]
commands = [[form.format(name)] for name in names for form in dict.fromkeys(forms)]
commands += [["rebuild rounds=1 height=1 batch=8", "reload", "file default"], ["diff default"]]
answers = []
watching = True
for asked in commands:
    answers.append(tools["exec"].answer({"program": "a.json", "commands": asked}))
for name in names:
    for tool in tools.values():
        for arguments in (
            {"program": name}, {"program": "a.json", "other": name}, {"programs": [name]},
            {"program": "a.json", "against": name}, {"programs": ["a.json"], "ledger": name},
            {"output": name, "sizes": {"rounds": 1, "forest_height": 1}, "kernel": "baseline"},
        ):
            try:
                answers.append(tool.answer(arguments))
            except Exception as refusal:
                answers.append(f"{type(refusal).__name__}: {refusal}")
watching = False
json.dump([opened, answers], sys.stdout)
"""
CODE = (".py", ".pyc", ".so", ".lark", ".json", ".css", ".js", ".html", ".tcss")


def test_nothing_outside_is_opened(tmp_path: Path) -> None:
    folder, outside, home = (tmp_path / name for name in ("kernels", "outside", "home"))
    for one in (folder, outside, home):
        one.mkdir()
    (folder / "a.json").write_text(json.dumps(unchecked(ALU)))
    for name in ("secret", "secret.json", "secret.py"):
        (outside / name).write_text(json.dumps(unchecked(ALU, name="MARKED")))
    before = sorted((path, path.read_text()) for path in outside.iterdir())
    (folder / "link").symlink_to(outside / "secret.json")
    (folder / "new").symlink_to(outside / "not-there-yet")
    (folder / "away").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    names = [
        str(outside / "secret.json"),
        "../outside/secret.json",
        "~/secret",
        "link",
        "new",
        "away/secret.json",
        "pipe",
        "/dev/stdin",
        "secret.py",
        ".",
        "-",
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", VARIABLE)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(names)],
        cwd=folder,
        env=environment | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    opened, answers = json.loads(done.stdout)
    strange = [(event, what) for event, what in opened if not _is_fine(event, what, folder)]
    assert strange == []
    assert not any("MARKED" in json.dumps(answer) for answer in answers)
    assert sorted((path, path.read_text()) for path in outside.iterdir()) == before
    assert list(home.iterdir()) == []
    written = {path.name for path in folder.iterdir()}
    assert len(answers) > 500
    assert written <= {"a.json", "link", "new", "away", "pipe", "secret.py", "-"}


def _is_fine(event: str, what: list[int | str], folder: Path) -> bool:
    """Whether something is in the folder, or is code of ours or of Python that is read."""
    first = what[1] if event == "os.link" else what[0]  # from a descriptor
    if isinstance(first, int):
        return True
    path = os.path.normpath(os.path.join(folder, first.strip("'")))
    inside = path == str(folder) or path.startswith(f"{folder}/")
    reads = event in ("os.listdir", "os.scandir") or (
        event == "open" and what[1] in ("r", "rb", "None", "rt")
    )
    home = Path(__file__).parents[2]
    code = path.startswith((str(home), sys.prefix, sys.base_prefix))
    return inside or (reads and code) or path in ("/", os.devnull)
