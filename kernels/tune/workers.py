"""Several walks at a time: in processes on this machine, or in Dask's workers on many.

Each job searches for a slice of the time, answers with its best, and goes on with the next slice.
With several jobs the result depends on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from multiprocessing import get_context
from typing import Any

from kernels.build_request import BuildRequest
from kernels.errors import BuildError
from kernels.schedule.tuning import Tuning
from kernels.tune.session import Answer, Ledger, Outcome, Slice, work
from machine.workers import safe_path

SLICES = 8
"""Into which each job's time is divided."""
SHORTEST = 2.0
"""Seconds of a slice, at least."""
LOOK_EVERY = 0.2
"""Seconds between looks at whether somebody wants it to stop."""

Submit = Callable[[int, Slice], "Future[Answer]"]
"""Hands a slice to a job's worker, always the same one, which keeps what it has compiled."""


def search_in_workers(
    request: BuildRequest,
    begin: Tuning | None,
    jobs: int,
    seed: int,
    found_by: str,
    address: str | None,
    ledger: Ledger,
    stop: Callable[[], bool],
) -> Outcome:
    """That many jobs, in Dask's workers if there is an address. Raises BuildError."""
    with submitting(jobs, address) as submit:
        search = _Search(request, jobs, seed, found_by, ledger, submit)
        search.best = begin
        interrupted = False
        try:
            search.run(begin, stop)
        except KeyboardInterrupt:
            interrupted = True
        return Outcome(search.best, interrupted or ledger.part < 1)


def submitting(jobs: int, address: str | None) -> AbstractContextManager[Submit]:
    """What hands slices to that many workers, Dask's if there is an address."""
    return _dask(address) if address else _processes(jobs)


class _Search:
    def __init__(
        self,
        request: BuildRequest,
        jobs: int,
        seed: int,
        found_by: str,
        ledger: Ledger,
        submit: Submit,
    ) -> None:
        self.request, self.jobs, self.seed, self.found_by = request, jobs, seed, found_by
        self.ledger, self.submit = ledger, submit
        self.best: Tuning | None = None
        self.running: dict[Future[Answer], int] = {}

    def run(self, begin: Tuning | None, stop: Callable[[], bool]) -> None:
        for job in range(self.jobs):
            self._ask(job, begin)
        while self.running and not stop():
            done, _ = wait(self.running, LOOK_EVERY, FIRST_COMPLETED)
            for future in done:
                self._take(self.running.pop(future), future.result())
            self.ledger.report()

    def _ask(self, job: int, start: Tuning | None) -> None:
        limits = self.ledger.limits
        seconds = tries = None
        if limits.seconds is not None:
            left = limits.seconds - self.ledger.seconds
            seconds = max(0.0, min(left, max(SHORTEST, limits.seconds / SLICES)))
        if limits.tries is not None:
            left_tries = limits.tries - self.ledger.tries
            tries = min(left_tries, -(-limits.tries // (SLICES * self.jobs)))
        in_all = limits.tries and -(-limits.tries // self.jobs)
        seed = f"{self.seed}/{job}"
        asked = Slice(self.request, job, seed, start, seconds, tries, in_all, self.found_by)
        self.running[self.submit(job, asked)] = job

    def _take(self, job: int, answer: Answer) -> None:
        """Note what a job has found, and give it something to do if there is time."""
        tuning, best = answer.tuning, self.best
        self.ledger.tries += answer.tries
        if tuning and (best is None or tuning.cycles < best.cycles):
            self.best = tuning
            self.ledger.found(tuning)
        if self.ledger.part < 1:
            self._ask(job, None)


@contextmanager
def _processes(jobs: int) -> Iterator[Submit]:
    """A process a job."""
    spawn = get_context("spawn")
    with safe_path():
        pools = [ProcessPoolExecutor(1, spawn, _ignore_interrupts) for _ in range(jobs)]
        try:
            yield lambda job, asked: pools[job].submit(work, asked)
        finally:
            for pool in pools:
                for process in list((pool._processes or {}).values()):
                    process.terminate()
                pool.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl+C is for who started the search; it ends the workers itself."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _dask(address: str) -> Iterator[Submit]:
    """Dask's workers, jobs in turn."""
    try:
        distributed = import_module("distributed")
    except ImportError:
        message = "--dask needs the extra vliwdbg[dask]"
        raise BuildError(message) from None
    client: Any = distributed.Client(address)
    try:
        names = sorted(client.ncores())
        if not names:
            raise BuildError(f"the Dask scheduler at {address} has no workers")

        def submit(job: int, asked: Slice) -> Future[Answer]:
            where = names[job % len(names)]
            future: Future[Answer] = client.get_executor(workers=[where], pure=False).submit(
                work, asked
            )
            return future

        yield submit
    finally:
        client.close()
