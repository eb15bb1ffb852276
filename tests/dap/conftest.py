import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Command
from tests.commands.test_transcripts import BUNDLES, NAMES
from tests.dap.client import Client, connected

LOOP: dict[str, Any] = {
    "name": "loop",
    "bundles": BUNDLES,
    "scratch_map": {str(at): list(entry) for at, entry in NAMES.items()},
    "memory": [7, 8, 9, 10],
    "tags": [{"pc": 2, "name": "round", "end": 5}, {"pc": 3, "name": "its end", "end": 5}],
}


@pytest.fixture
def client() -> Iterator[Client]:
    with connected() as found:
        yield found


@pytest.fixture
def vliwdbg(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def loop(tmp_path: Path) -> str:
    return program_file(tmp_path, LOOP)


def program_file(folder: Path, program: Any, name: str = "loop.json") -> str:
    (folder / name).write_text(json.dumps(program))
    return str(folder / name)
