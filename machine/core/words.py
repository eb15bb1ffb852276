"""The words of a core that keeps history, as the list that the plain model has in their place.

A fixed number of 32-bit words, read and set by index and slice. Setting them by hand starts
another line of history, which the core is told before it happens.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from typing import Any, overload


class Words(MutableSequence[int]):
    """A list of words that never changes its length.

    Raises OverflowError for what is no word, ValueError where the length would change.
    """

    __slots__ = ("_before_change", "_words")

    def __init__(self, words: MutableSequence[int], before_change: Callable[[], None]) -> None:
        self._words = words
        self._before_change = before_change

    def __len__(self) -> int:
        return len(self._words)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        found = self._words[index]
        return found if isinstance(found, int) else list(found)

    @overload
    def __setitem__(self, index: int, value: int) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[int]) -> None: ...
    def __setitem__(self, index: int | slice, value: int | Iterable[int]) -> None:
        # First into an array of their own: what is no word must not leave half of them changed.
        places = range(len(self))[index]
        words = array("I", value if isinstance(value, Iterable) else [value])
        if len(words) != (len(places) if isinstance(places, range) else 1):
            raise ValueError(f"{len(words)} words do not fill the place; the length is fixed")
        if not words:
            return
        self._before_change()
        if isinstance(index, slice):
            self._words[index] = words
        else:
            self._words[index] = words[0]

    def __delitem__(self, _: int | slice) -> None:
        raise ValueError("the number of words is fixed")

    def insert(self, *_: Any) -> None:
        raise ValueError("the number of words is fixed")

    def __iter__(self) -> Iterator[int]:
        return iter(self._words)

    def __contains__(self, value: object) -> bool:
        return value in self._words

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, Words):
            return self._words == other._words
        return isinstance(other, list) and self.tolist() == other

    __hash__ = None  # type: ignore[assignment]  # as a list's

    def __repr__(self) -> str:
        return repr(self.tolist())

    def tolist(self) -> list[int]:
        """The words as a list of their own."""
        return list(self._words)

    def toarray(self) -> array[int]:
        """The words as an array of their own."""
        return array("I", self._words)
