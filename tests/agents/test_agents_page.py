"""The hunt on the page for agents: the server, as a process, answers what stands there.

`python -m tests.agents.test_agents_page` writes the page anew.
"""

import json
import re
import textwrap
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.agents.wire import Wire, request
from vliwdbg.cli.app import do

pytest.importorskip("mcp")

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"
CALL = re.compile(r"```text\n> (\w+) (.*)\n((?:.*\n)*?)```")
BUILT = re.compile(r"`vliwdbg (build .*) -o (\S+)`")
WIDTH = 108


def written_anew(page: str, folder: str) -> str:
    """The page with the answers of now."""
    for words, name in BUILT.findall(page):
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            assert do([*words.split(), "-o", f"{folder}/{name}"]) == 0
    server = Wire(Path(folder))
    server.greet()

    def asked_anew(call: re.Match[str]) -> str:
        name, arguments, _ = call.groups()
        number = call.start()
        server.send(request(number, "tools/call", name=name, arguments=json.loads(arguments)))
        answer = json.dumps(server.answer(number)["result"]["structuredContent"])
        lines = textwrap.wrap(answer, WIDTH, break_long_words=False, break_on_hyphens=False)
        return "\n".join(["```text", f"> {name} {arguments}", *lines, "```"])

    try:
        return CALL.sub(asked_anew, page)
    finally:
        server.end()


def test_the_hunt(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    assert written_anew(page, str(tmp_path)) == page
    assert len(CALL.findall(page)) > 3


def test_every_tool_is_named() -> None:
    from vliwdbg.agents.tools import Tools

    page = PAGE.read_text("utf-8")
    tools = [name for name in vars(Tools) if not name.startswith("_")]
    assert [name for name in tools if f"`{name}`" not in page] == []


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        PAGE.write_text(written_anew(PAGE.read_text("utf-8"), folder), "utf-8")
