"""Types of the extension; buffers hold 32-bit integers. See flat.h for what is in them."""

from typing_extensions import Buffer

def pack(run: Buffer, rank: Buffer, window: int, spare: int) -> tuple[bool, bytes]: ...
def hold(run: Buffer) -> object: ...
def length(
    held: object,
    scale: int,
    offsets: Buffer,
    noise: Buffer,
    window: int,
    spare: int,
    weight: float,
    energy: float,
    cycles: float,
) -> tuple[int, int, int] | None: ...
def link(records: Buffer, base: Buffer, groups: int, slots: int, places: int) -> bytes: ...
