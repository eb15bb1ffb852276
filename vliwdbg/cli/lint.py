"""`vliwdbg lint`: what looks wrong or wasteful in a program."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, tell_view
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Option
from vliwdbg.inspect.lint import explain_rule, find_rule


def lint(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    silenced: Annotated[
        list[str] | None,
        Option("--silence", metavar="ID", help="Skip a rule (repeatable).", completes="rule"),
    ] = None,
    explain: Annotated[
        str | None,
        Option(metavar="ID", help="Say what a rule looks for, and why.", completes="rule"),
    ] = None,
) -> int:
    """Look for what is wrong or wasteful.

    Exit code 1 is for errors alone, not for warnings and notes. A program may silence rules by a
    list `silence` of their ids in its `build`.
    """
    if explain is not None:
        return tell_view(explain_rule(explain), asking.as_json)
    rules = [find_rule(name).name for name in silenced or ()]
    return ask(source, building, sizes, asking, lambda asked: asked.lint(rules))
