"""The hunt on the page for agents: each tool answers what stands there.

`python -m tests.agents.test_agents_page` writes the page anew.
"""

import json
import re
import textwrap
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from vliwdbg.agents.folder import Folder
from vliwdbg.agents.tools import Tools
from vliwdbg.cli.app import do

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"
CALL = re.compile(r"```text\n> (\w+) (.*)\n((?:.*\n)*?)```")
BUILT = re.compile(r"`vliwdbg (build .*) -o (\S+)`")
WIDTH = 108


def written_anew(page: str, folder: str) -> str:
    """The page with the answers of now."""
    for words, name in BUILT.findall(page):
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            assert do([*words.split(), "-o", f"{folder}/{name}"]) == 0
    tools = {tool.__name__: tool for tool in Tools(Folder(folder)).all()}

    def asked_anew(call: re.Match[str]) -> str:
        name, arguments, _ = call.groups()
        answer = json.dumps(tools[name](**json.loads(arguments)))
        lines = textwrap.wrap(answer, WIDTH, break_long_words=False, break_on_hyphens=False)
        return "\n".join(["```text", f"> {name} {arguments}", *lines, "```"])

    return CALL.sub(asked_anew, page)


def test_the_hunt(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    assert written_anew(page, str(tmp_path)) == page
    assert len(CALL.findall(page)) > 3


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        PAGE.write_text(written_anew(PAGE.read_text("utf-8"), folder), "utf-8")
