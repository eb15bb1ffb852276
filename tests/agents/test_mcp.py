"""The server of tools for agents: as a process, asked by the SDK's own client."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from machine.errors import ProgramError
from machine.schema import json_schema
from tests.cli.command import ALU, COMMAND, unchecked
from vliwdbg.agents.bounded import answer_of
from vliwdbg.agents.folder import Folder
from vliwdbg.views.bench import Bench, Refused

mcp = pytest.importorskip("mcp")

BUNDLES = [
    {"load": [["const", 8, 3], ["const", 9, 4]]},
    {"alu": [["+", 9, 9, 8]]},
    {"store": [["store", 8, 9]]},
]
BUILDER = """
class KernelBuilder:
    def build_kernel(self, *sizes):
        self.instrs = [{"alu": [["+", 0, 0, 0]]}]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "kernels"
    folder.mkdir()
    (tmp_path / "outside.json").write_text(json.dumps(unchecked(ALU)))
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "a.json").write_text(json.dumps(unchecked(BUNDLES, scratch_map={"9": ["sum", 1]})))
    (folder / "builds.py").write_text(BUILDER)
    # The server is started here: it may run nothing that lies in the folder.
    (folder / "array.py").write_text("open('executed', 'w')\n")
    return folder


def server(root: Path, *options: str) -> Any:
    return mcp.Client(
        mcp.StdioServerParameters(command=str(COMMAND), args=["mcp", *options], cwd=str(root))
    )


async def test_a_hunt(root: Path) -> None:
    async with server(root) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"run", "bench", "floor", "critical", "why", "who", "whatif", "lint"} <= names
        benched = await client.call_tool("bench", {"programs": ["a.json"], "ledger": "k.ledger"})
        told = benched.structured_content
        assert told["programs"][0]["result"] == "unchecked"
        assert (root / "k.ledger").exists()
        who = await client.call_tool("who", {"program": "a.json", "place": "sum"})
        assert who.structured_content["value"] == 7
        assert json.loads(who.content[0].text) == who.structured_content
        why = await client.call_tool("why", {"program": "a.json", "limit": 2})
        assert len(why.structured_content["totals"]) == 2
        assert why.structured_content["left_out"]["totals"] == 3
        rest = await client.call_tool("why", {"program": "a.json", "limit": 2, "offset": 4})
        assert [total["engine"] for total in rest.structured_content["totals"]] == ["flow"]
        resource = await client.read_resource("vliwdbg://schema")
        assert json.loads(resource.contents[0].text) == json_schema()
        for program, said in (
            ("../outside.json", "outside the folder"),
            ("link.json", "outside the folder"),
            ("/etc/passwd", "outside the folder"),
            ("builds.py", "--allow-python"),
            ("none.json", "no such file"),
        ):
            refused = await client.call_tool("floor", {"program": program})
            assert refused.is_error
            assert said in refused.content[0].text
        wrong = await client.call_tool("who", {"program": "a.json", "place": "nobody"})
        assert wrong.is_error
        assert "no scratch is called nobody" in wrong.content[0].text
    assert not (root / "executed").exists()


async def test_python_files_where_that_is_allowed(root: Path) -> None:
    async with server(root, "--allow-python") as client:
        told = await client.call_tool("run", {"program": "builds.py"})
        assert told.structured_content["cycles"] == 1
        assert told.structured_content["correct"] is False


def test_a_ledger_may_not_lie_elsewhere(root: Path) -> None:
    (root / "out").symlink_to(root.parent / "new.ledger")
    for name in ("../k.ledger", "out", "/k.ledger", "a\0b"):
        with pytest.raises(ProgramError):
            Folder(str(root)).file(name)
    assert Folder(str(root)).file("new/k.ledger") == str(root / "new" / "k.ledger")


def test_lists_are_cut_and_counted() -> None:
    reasons = tuple(map(str, range(5)))
    view = Bench((), tuple(Refused(name, reasons) for name in "abcd"), 0, False, None, ())
    told = answer_of(view, 1, 2)
    assert [refused["program"] for refused in told["refused"]] == ["b", "c"]
    assert told["refused"][0]["reasons"] == ["0", "1"]
    assert told["left_out"] == {"refused": 2, "refused.reasons": 6}
    with pytest.raises(ProgramError, match="limit"):
        answer_of(view, 0, 0)


def test_without_the_sdk_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from vliwdbg.cli.app import do
    from vliwdbg.cli.exit_codes import exit_code_of

    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setattr("vliwdbg.cli.mcp.find_spec", lambda name: None)
    assert exit_code_of(lambda: do(["mcp"]), "mcp") == 2
    assert "vliwdbg[mcp]" in capsys.readouterr().err
