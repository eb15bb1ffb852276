"""The page about Python says what is so: its code is executed, and prints what its comments say."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import vliwdbg

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"^ *print\(.*\)  # (.*)$", re.MULTILINE)


def blocks(page: str) -> list[str]:
    return BLOCK.findall((ROOT / page).read_text("utf-8"))


def test_every_block_prints_what_it_says() -> None:
    code = "".join(blocks("docs/python.md"))
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(code, "docs/python.md", "exec"), {"__name__": "page"})
    assert out.getvalue().splitlines() == PRINTED.findall(code)
    assert len(PRINTED.findall(code)) == code.count("print(") - code.count(".print(")


def test_what_is_public_is_on_the_page() -> None:
    page = (ROOT / "docs/python.md").read_text("utf-8")
    for name in vliwdbg.__all__:
        if name not in ("View", "OpenSession"):
            assert f"vliwdbg.{name}" in page


def test_the_readme_in_a_few_lines() -> None:
    code = "".join(blocks("README.md"))
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {"__name__": "page"})
    assert out.getvalue().splitlines() == PRINTED.findall(code)
