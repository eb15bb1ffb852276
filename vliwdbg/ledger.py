"""What kernels came to over time: a file that is only ever appended to.

    ledger = Ledger("kernels.ledger")
    before = ledger.append(entry)        the best so far, before this one
    ledger.entries()

It is an SQLite database with one table, marked as ours. Each entry is one transaction, so several
processes that write to one ledger lose nothing, and who is killed leaves what was there. A file
that is damaged, or of somebody else, is refused and left alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from machine.errors import ProgramError
from vliwdbg.files import verify_writable

DEFAULT_FILE = "vliwdbg.ledger"
APPLICATION = 0x766C6977
"""Marks a database as a ledger: `vliw`."""
VERSION = 1
PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""


@dataclass(frozen=True)
class Entry:
    """What a kernel came to: `at` is a time in UTC, `ok` None where nothing says what is right.

    `cycles` of different problems do not compare, so `problem` is part of what a kernel is.
    """

    at: str
    kernel: str
    problem: str
    cycles: int
    ok: bool | None
    result: str
    strict: bool
    trials: int
    floor: int | None
    program_sha256: str
    version: str


_COLUMNS = [field.name for field in fields(Entry)]
_CREATE = f"CREATE TABLE entries (id INTEGER PRIMARY KEY, {', '.join(_COLUMNS)})"
_INSERT = f"INSERT INTO entries ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM entries ORDER BY id"
_BEST = """
    SELECT min(cycles) FROM entries WHERE kernel = ? AND problem = ? AND ok = 1 AND strict >= ?
"""


class Ledger:
    """A file of entries, which begins with the first of them."""

    def __init__(self, file: str) -> None:
        self.file = file

    def name_of(self, program: str) -> str:
        """What a program file is called in it: its path, seen from the ledger's folder."""
        return Path(os.path.relpath(program, os.path.dirname(self.file) or ".")).as_posix()

    def verify(self) -> None:
        """Raise ProgramError where an entry could not be appended."""
        verify_writable(self.file)
        if os.path.exists(self.file):
            with self._opened("rw") as database:
                if not self._is_blank(database):
                    self._verify(database)

    def append(self, entry: Entry) -> int | None:
        """Append an entry; the fewest cycles of a right run of its kernel before it, as strictly
        checked.

        Raises ProgramError.
        """
        with self._opened("rwc") as database:
            database.execute("BEGIN IMMEDIATE")
            if self._is_blank(database):
                database.execute(f"PRAGMA application_id = {APPLICATION}")
                database.execute(f"PRAGMA user_version = {VERSION}")
                database.execute(_CREATE)
            self._verify(database)
            alike = (entry.kernel, entry.problem, entry.strict)
            (best,) = database.execute(_BEST, alike).fetchone()
            database.execute(_INSERT, tuple(asdict(entry).values()))
            database.execute("COMMIT")
        return None if best is None else int(best)

    def entries(self) -> list[Entry]:
        """All entries, in the order in which they came. Raises ProgramError."""
        if not os.path.exists(self.file):
            message = "no such file; `vliwdbg bench FILES --ledger FILE` begins one"
            raise ProgramError.at(self.file, message)
        with self._opened("rw") as database:
            if self._is_blank(database):
                return []
            self._verify(database)
            return [_entry(row) for row in database.execute(_SELECT)]

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        where = f"{Path(os.path.abspath(self.file)).as_uri()}?mode={mode}"
        try:
            connection = sqlite3.connect(where, PATIENCE, isolation_level=None, uri=True)
            with closing(connection):
                yield connection
        except sqlite3.OperationalError as error:
            raise ProgramError.at(self.file, f"the ledger cannot be used: {error}") from None
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            raise self._refused(f"is damaged or no ledger ({error})") from None

    @staticmethod
    def _is_blank(database: sqlite3.Connection) -> bool:
        """Whether nobody has written anything to it."""
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = database.execute("PRAGMA application_id").fetchone()
        return not (tables or application)

    def _verify(self, database: sqlite3.Connection) -> None:
        (application,) = database.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION:
            raise self._refused("is a database of somebody else, not a ledger")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise self._refused(f"is a ledger of version {version}; this one writes {VERSION}")
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise self._refused(f"is damaged ({' '.join(found.split())})")

    def _refused(self, message: str) -> ProgramError:
        return ProgramError.at(self.file, f"{message}; it is left as it is")


def _entry(row: tuple[Any, ...]) -> Entry:
    told = dict(zip(_COLUMNS, row, strict=True))
    ok = told["ok"]
    return Entry(**told | {"ok": None if ok is None else bool(ok), "strict": bool(told["strict"])})
