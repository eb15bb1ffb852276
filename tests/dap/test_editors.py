"""What editors are told of the debugger is what it is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from machine.schema import json_schema
from tests.dap.client import Client
from vliwdbg.dap.arguments import camel
from vliwdbg.dap.configuration import Launch, Sizes
from vliwdbg.dap.listing import MIME_TYPE

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "editors" / "vscode"
PAGE = (ROOT / "docs" / "editors.md").read_text("utf-8")
FIELDS = set(map(camel, Launch._fields))


def manifest() -> Any:
    return json.loads((EXTENSION / "package.json").read_text("utf-8"))


def test_the_schema_of_program_files_is_the_one_that_is_printed() -> None:
    kept = json.loads((EXTENSION / "program.schema.json").read_text("utf-8"))
    assert kept == json_schema(), "vliwdbg spec > editors/vscode/program.schema.json"


def test_the_extension_knows_what_a_configuration_may_hold() -> None:
    (debugger,) = manifest()["contributes"]["debuggers"]
    properties = debugger["configurationAttributes"]["launch"]["properties"]
    assert set(properties) == FIELDS - {"noDebug"}  # which VS Code knows itself
    assert set(properties["sizes"]["properties"]) == set(map(camel, Sizes._fields))
    assert [debugger["runtime"], *debugger["args"]] == ["vliwdbg", "dap"]


def test_the_extension_knows_the_listing() -> None:
    contributes = manifest()["contributes"]
    (language,) = contributes["languages"]
    assert language["mimetypes"] == [MIME_TYPE]
    assert contributes["breakpoints"] == [{"language": language["id"]}]
    (checked,) = contributes["jsonValidation"]
    assert (EXTENSION / checked["url"]).is_file()


def test_the_page_names_all_that_a_configuration_may_hold() -> None:
    table = PAGE.split("## What a configuration may hold")[1].split("##")[0]
    rows = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)`", rows)) == FIELDS


@pytest.mark.parametrize("page", [PAGE, (EXTENSION / "README.md").read_text("utf-8")])
def test_a_configuration_of_a_page_begins_a_session(page: str, client: Client, loop: str) -> None:
    (written,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    told = json.loads(written)
    (configuration,) = told.get("configurations", [told])
    assert configuration.pop("program") == "${file}"
    client.initialize()
    assert client.launch(loop, **configuration)["reason"] == "entry"


def test_an_editor_that_shows_files_gets_one(client: Client, loop: str, tmp_path: Path) -> None:
    client.initialize()
    assert "another file" in client.refused("launch", program=loop, listing=loop)
    assert "is a directory" in client.refused("launch", program=loop, listing=str(tmp_path))
    file = str(tmp_path / "loop.listing")
    spots = [{"line": 4}]

    def configure() -> None:
        told = client.ask("setBreakpoints", source={"path": file}, breakpoints=spots)
        assert told["breakpoints"][0]["verified"]

    client.launch(loop, listing=file, configure=configure)
    frame = client.ask("stackTrace", threadId=1)["stackFrames"][0]
    assert (frame["source"]["path"], frame["line"]) == (file, 4)
    assert "n = n - one" in Path(file).read_text().splitlines()[3]
