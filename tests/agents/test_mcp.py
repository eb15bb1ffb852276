"""The server of tools for agents: as a process, asked by the SDK's own client."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir
from pathlib import Path
from typing import Any

import pytest

from machine.schema import json_schema
from tests.cli.command import ALU, COMMAND, unchecked
from vliwdbg.commands.manual import page

mcp = pytest.importorskip("mcp")

MANUAL = Path(__file__).parents[2] / "docs" / "machine.md"

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
SMALL = {"forest_height": 2, "rounds": 1, "batch_size": 8}


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


@asynccontextmanager
async def in_process(root: Path, patience: float = 5.0) -> AsyncIterator[Any]:
    """The same without a process of its own, which starts slowly."""
    from vliwdbg.agents.folder import Folder
    from vliwdbg.agents.server import server_for
    from vliwdbg.agents.turns import Turns

    with chdir(root):
        async with mcp.Client(server_for(Folder("."), Turns(patience))) as client:
            yield client


async def answer(client: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers; the client holds it against the schema that the tool tells."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content[0].text
    told: dict[str, Any] = result.structured_content
    assert json.loads(result.content[0].text) == told
    return told


async def refusal(client: Any, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    text: str = result.content[0].text
    return text


async def test_a_hunt(root: Path) -> None:
    async with server(root, "--allow-python") as client:
        benched = await answer(client, "bench", programs=["a.json"], ledger="k.ledger")
        assert [(one["program"], one["result"]) for one in benched["programs"]] == [
            ("a.json", "unchecked")
        ]
        assert (root / "k.ledger").exists()
        assert (await answer(client, "who", program="a.json", place="sum"))["value"] == 7
        why = await answer(client, "why", program="a.json", limit=2)
        assert len(why["totals"]) == 2
        assert why["cut"]["totals"] == 3
        rest = await answer(client, "why", program="a.json", limit=2, offset=4)
        assert [total["engine"] for total in rest["totals"]] == ["flow"]
        slots = await answer(client, "slots", program="a.json", cycle=1)
        assert slots["bundle"]["groups"][0]["words"] == [7]
        wrong = await refusal(client, "who", program="a.json", place="nobody")
        assert "no scratch is called nobody" in wrong
        built = await answer(client, "run", program="builds.py")
        assert (built["cycles"], built["correct"]) == (1, False)
        assert not (root / "executed").exists()


async def test_every_tool(root: Path) -> None:
    async with in_process(root) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        reading = {name for name, tool in tools.items() if tool.annotations.read_only_hint}
        assert set(tools) - reading == {"bench", "build", "exec"}
        built = await answer(client, "build", output="k.json", scheduler="serial", sizes=SMALL)
        await answer(client, "build", output="g.json", scheduler="list", sizes=SMALL)
        asked: dict[str, dict[str, Any]] = {
            "build": {"output": "x.json", "sizes": SMALL},
            "bench": {"programs": ["k.json", "g.json", "none.json"], "trials": 8},
            "who": {"place": "mem[14]"},
            "uses": {"place": "mem[14]"},
            "writes": {"words": "mem 14:22"},
            "find": {"expression": "$cycle == 3 || $cycle > 9", "limit": 1},
            "slots": {"cycle": 3},
            "diff": {"other": "g.json"},
            "exec": {"commands": ["watch mem 14:22", "continue", "info program"], "data": True},
        }
        for name in tools:
            named = {} if name in ("bench", "build") else {"program": "k.json"}
            told = await answer(client, name, **named, **asked.get(name, {}))
            assert told == await answer(client, name, **named, **asked.get(name, {}))
            assert isinstance(told["ok"], bool)
            assert isinstance(told["cut"], dict)
        assert (await answer(client, "load", program="k.json"))["bundles"] == built["bundles"]
        assert (await answer(client, "run", program="k.json", strict=True))["correct"] is True
        found = await answer(client, "find", program="k.json", expression="$cycle < 3", limit=1)
        assert found["spans"] == [[0, 3]]


async def test_what_can_be_read(root: Path) -> None:
    async with in_process(root) as client:
        wanted = {
            "vliwdbg://machine": MANUAL.read_text("utf-8"),
            "vliwdbg://commands": page(),
            "vliwdbg://schema": json.dumps(json_schema()),
        }
        listed = {str(one.uri) for one in (await client.list_resources()).resources}
        assert listed == set(wanted)
        for uri, text in wanted.items():
            assert (await client.read_resource(uri)).contents[0].text == text


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("floor", {"program": "../outside.json"}, "outside the folder"),
    ("floor", {"program": "link.json"}, "outside the folder"),
    ("floor", {"program": "/etc/passwd"}, "outside the folder"),
    ("floor", {"program": "builds.py"}, "--allow-python"),
    ("floor", {"program": "none.json"}, "no such file"),
    ("floor", {"program": "."}, "is no file"),
    ("floor", {"program": "-"}, "no such file"),
    ("floor", {}, "floor has to be told its program"),
    ("floor", {"program": "a.json", "cycle": 1}, "floor has no parameter 'cycle'"),
    ("floor", {"program": 7}, 'program of floor has to be as {"type": "string"}'),
    ("floor", {"program": "a.json", "limit": 0}, "limit is 1 to 500"),
    ("slots", {"program": "a.json", "cycle": 10**300}, "cycle of slots has to be as"),
    ("slots", {"program": "a.json", "cycle": 3}, "The run ends at cycle 3"),
    ("who", {"program": "a.json", "place": "sum", "depth": 99}, "depth is 0 to 12"),
    ("run", {"program": "a.json", "max_cycles": 10**12}, "max_cycles is 0 to"),
    ("bench", {"programs": ["a.json"], "trials": 10**9}, "trials is 0 to"),
    ("bench", {"programs": ["a.json"], "ledger": "../x"}, "outside the folder"),
    ("build", {"output": "../x.json"}, "outside the folder"),
    ("build", {"output": "x.json", "scheduler": "no"}, "there are serial, greedy"),
    ("build", {"output": "x.json", "sizes": {"bach": 1}}, "there are forest_height"),
    ("diverge", {"program": "a.json", "against": "../x"}, "outside the folder"),
]


async def test_what_is_wrong_with_a_question(root: Path) -> None:
    async with in_process(root) as client:
        for tool, arguments, said in WRONG:
            assert said in await refusal(client, tool, **arguments), (tool, arguments)


async def test_a_program_that_changes_under_it(root: Path) -> None:
    async with in_process(root) as client:
        file = root / "a.json"
        assert (await answer(client, "floor", program="a.json"))["cycles"] == 3
        file.write_text(json.dumps(unchecked(ALU)))
        assert (await answer(client, "floor", program="a.json"))["cycles"] == 1
        file.write_text("[")
        assert "a.json" in await refusal(client, "floor", program="a.json")
        file.unlink()
        assert "a.json: no such file" in await refusal(client, "floor", program="a.json")


ENDLESS = [
    {"load": [["const", 0, 1]]},
    {"alu": [["+", 1, 1, 0]]},
    {"flow": [["jump", 1]]},
]


async def test_programs_without_end(root: Path) -> None:
    async with in_process(root, 60.0) as client:
        (root / "endless.json").write_text(json.dumps(unchecked(ENDLESS)))
        asked = {"program": "endless.json"}
        ran = await answer(client, "run", **asked)
        assert ran["stop"]["reason"] == "max-cycles"
        assert "The limit of" in (await answer(client, "floor", **asked))["notes"][0]
        stopped = await answer(client, "exec", **asked, commands=["continue", "print $cycle"])
        assert stopped["replies"][0]["lines"] == ["cycle 10000000  pc 2  max-cycles  flow (1)"]
        assert stopped["replies"][1]["lines"] == ["$1 = 10000000"]
    async with in_process(root, 0.4) as client:
        for endless in (
            ["break pc 1", "commands", "continue", "end", "continue"],
            ["dprintf pc 1, \"%d\", s[1]", "continue"],
            ["goto end"],
        ):  # fmt: skip
            told = await answer(client, "exec", **asked, commands=endless)
            assert told["note"] != ""
            assert len(json.dumps(told)) < 200_000


def test_without_the_sdk_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from vliwdbg.cli.app import do
    from vliwdbg.cli.exit_codes import exit_code_of

    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setattr("vliwdbg.cli.mcp.find_spec", lambda name: None)
    assert exit_code_of(lambda: do(["mcp"]), "mcp") == 2
    assert "vliwdbg[mcp]" in capsys.readouterr().err
