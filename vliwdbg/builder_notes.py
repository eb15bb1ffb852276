"""What builders write into their bundles for people to read, taken out and put where it belongs.

("tag", "round 1")              in `debug`: a tag begins here; ("comment", "…") begins one, too
("const", 0, 1, {"round": 0})   a dict at the end of a slot: where the slot comes from
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

TAG, COMMENT = "tag", "comment"


def document_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """The program file of what a builder tells; what is wrong with it is left for the codec."""
    document = dict(told)
    if not isinstance(document.get("bundles"), list):
        return document
    notes = _Notes(document.get("slots"))
    document["bundles"] = [notes.bundle(pc, b) for pc, b in enumerate(document["bundles"])]
    if notes.tags and isinstance(document.setdefault("tags", []), list):
        document["tags"] = [*document["tags"], *notes.tags]
    if any(note is not None for note in notes.slots):
        document["slots"] = notes.slots
    return document


class _Notes:
    """Tags, and a note for each slot that is left; `given` are notes that came beside the slots."""

    def __init__(self, given: Any) -> None:
        self.tags: list[dict[str, Any]] = []
        self.slots: list[Any] = []
        self._given: Iterator[Any] = iter(given if isinstance(given, list) else ())

    def bundle(self, pc: int, bundle: Any) -> Any:
        if not isinstance(bundle, dict):
            return bundle
        return {engine: self._group(pc, engine, slots) for engine, slots in bundle.items()}

    def _group(self, pc: int, engine: str, slots: Any) -> Any:
        if not isinstance(slots, list):
            return slots
        left = []
        for slot in slots:
            given = next(self._given, None)
            slot, note = _parted(slot)
            if engine == "debug" and (name := _tag_name(slot)) is not None:
                self.tags.append({"pc": pc, "name": name})
                if slot[0] == TAG:
                    continue
            left.append(slot)
            self.slots.append(given if note is None else note)
        return left


def _parted(slot: Any) -> tuple[Any, Any]:
    if isinstance(slot, list) and slot and isinstance(slot[-1], dict):
        return slot[:-1], slot[-1]
    return slot, None


def _tag_name(slot: Any) -> str | None:
    if isinstance(slot, list) and len(slot) == 2 and slot[0] in (TAG, COMMENT):
        return slot[1] if isinstance(slot[1], str) else None
    return None
