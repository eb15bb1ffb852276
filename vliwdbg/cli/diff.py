"""`vliwdbg diff`: what differs between two programs."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, progress_shown, questions_about, tell_view
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument


def diff(
    a: Annotated[str, Argument(metavar="A", help="A program file, or `default`.")],
    b: Annotated[str, Argument(metavar="B", help="The one to compare it with.")],
    sizes: Sizes,
    asking: Asking,
) -> int:
    """Tell what differs between two programs, whatever their order and registers.

    They are matched by what they compute. Two that have nothing in common are no error.
    """
    first, second = (
        questions_about(Source(program), Building(), sizes, asking) for program in (a, b)
    )
    with progress_shown():
        view = first.diff(second, (a, b))
    return tell_view(view, asking.as_json)
