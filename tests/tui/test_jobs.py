"""What the user asks for is done in order, and an interrupt forgets what waits."""

from __future__ import annotations

import asyncio

from vliwdbg.tui.jobs import MOST_WAITING, Jobs


class Ran:
    """Jobs that note when they run; each lasts until `gate` is opened."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.gate = asyncio.Event()
        self.jobs = Jobs(asyncio.ensure_future)

    def add(self, name: str) -> bool:
        async def job() -> None:
            self.names.append((name, self.jobs.running))
            await self.gate.wait()

        return self.jobs.add(name, job)

    async def finish(self) -> list[str]:
        self.gate.set()
        await self.jobs.wait_until_idle()
        return [name for name, _ in self.names]


async def test_jobs_run_one_after_another_under_their_names() -> None:
    ran = Ran()
    assert all(map(ran.add, ("step", "/alu", "continue")))
    await asyncio.sleep(0)
    assert ran.names == [("step", "step")]
    assert await ran.finish() == ["step", "/alu", "continue"]
    assert [running for _, running in ran.names] == ["step", "/alu", "continue"]
    assert not ran.jobs.running


async def test_too_many_are_refused() -> None:
    ran = Ran()
    assert [ran.add(str(i)) for i in range(MOST_WAITING + 1)] == [True] * MOST_WAITING + [False]
    assert len(await ran.finish()) == MOST_WAITING


async def test_those_that_wait_are_forgotten() -> None:
    ran = Ran()
    for name in ("step", "continue"):
        ran.add(name)
    await asyncio.sleep(0)
    ran.jobs.forget()
    assert await ran.finish() == ["step"]


async def test_a_job_may_be_added_when_all_are_done() -> None:
    ran = Ran()
    ran.add("step")
    await ran.finish()
    ran.add("continue")
    assert await ran.finish() == ["step", "continue"]
