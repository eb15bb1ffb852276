"""All that writes views; to import this is to have each of them known to `text`."""

from vliwdbg.render import (  # noqa: F401  (each registers the renderers of its views)
    bench,
    breakpoints,
    bundle,
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
