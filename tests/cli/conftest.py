"""The command, in a folder of its own."""

from pathlib import Path

import pytest

from tests.cli.command import Command


@pytest.fixture
def vliwdbg(tmp_path: Path) -> Command:
    return Command(tmp_path)
