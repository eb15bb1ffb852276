"""All that writes views; to import this is to have each of them known to `text`."""

from vliwdbg.render import (
    bench,
    breakpoints,
    data,
    dataflow,
    diff,
    diverge,
    explain,
    export,
    general,
    lint,
    listing,
    moves,
    program,
    schedule,
    storage,
    whatif,
)

RENDERERS = (
    bench,
    breakpoints,
    data,
    dataflow,
    diff,
    diverge,
    explain,
    export,
    general,
    lint,
    listing,
    moves,
    program,
    schedule,
    storage,
    whatif,
)
