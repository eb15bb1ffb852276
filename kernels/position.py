"""Where a vector's elements are in the tree, as far as it has been worked out.

    J = 1 at the root, J = 2*J + p going down         the heap index, counted from 1

A position is an affine form: a vector that holds  scale*J + offset  of some level above, and the
parity bits since. `reach` works out any other affine function of the present J from that, one
multiply_add a term, oldest first, so that the newest bit is waited for last. Addresses of nodes
(J), of blocks of a table (-24*J + c), leaving the table (from -6*J + c to 4*J' + ...) and final
indices (J - 1) are all the same step. It needs no division: odd factors have inverses modulo 2^32.

A mirrored bit is 1 - p: so it is where the hash still lacks its last, odd constant.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from kernels.builder import Builder
from machine.isa import VLEN, WORD_MASK


class Bit(NamedTuple):
    """The parity of one level: the vector that holds it, and whether it holds 1 - p."""

    vector: int
    mirrored: bool


class Term(NamedTuple):
    vector: int
    factor: int


class Anchor(NamedTuple):
    """`vector` holds scale*J + offset of a level; None is the root, where J is 1."""

    level: int
    vector: int | None
    scale: int
    offset: int


class Position:
    """Where the walk is: the bits since the root, and what has been worked out on the way."""

    def __init__(self, build: Builder) -> None:
        self.build = build
        self.anchors = [Anchor(0, None, 1, 0)]
        self.bits: list[Bit] = []

    def descend(self, bit: Bit) -> None:
        self.bits.append(bit)

    def reach(self, name: str, scale: int, offset: int, *, selected: int = 0) -> int:
        """A vector of scale*J + offset at the present level, from which later ones are reached.

        The first `selected` bits choose between constants instead of being multiplied.
        """
        anchor, factor = self._nearest(scale)
        terms, constant = self._affine(anchor, factor, scale, offset)
        vector = self._sum(name, terms, constant, selected)
        self.anchors.append(Anchor(len(self.bits), vector, scale, offset))
        return vector

    def _nearest(self, scale: int) -> tuple[Anchor, int]:
        """The last anchor that leads to this scale, and the factor from one to the other."""
        for anchor in reversed(self.anchors):
            factor = Fraction(scale << len(self.bits) - anchor.level, anchor.scale)
            if factor.denominator % 2:
                return anchor, _modular(factor)
        raise AssertionError("the root leads everywhere")

    def _affine(
        self, anchor: Anchor, factor: int, scale: int, offset: int
    ) -> tuple[list[Term], int]:
        """The terms and the constant whose sum is scale*J + offset."""
        constant = offset - factor * anchor.offset
        terms = []
        if anchor.vector is None:
            constant += factor
        else:
            terms.append(Term(anchor.vector, factor))
        since = self.bits[anchor.level :]
        for up, bit in zip(range(len(since) - 1, -1, -1), since, strict=True):
            weight = scale << up
            constant += weight if bit.mirrored else 0
            terms.append(Term(bit.vector, -weight if bit.mirrored else weight))
        return terms, constant & WORD_MASK

    def _sum(self, name: str, terms: list[Term], constant: int, selected: int) -> int:
        total, terms = self._start(name, terms, constant, selected)
        for vector, factor in terms:
            if factor & WORD_MASK == 1:
                total = self.build.valu("+", name, total, vector)
            else:
                by = self.build.constant(factor, VLEN)
                total = self.build.valu("multiply_add", name, vector, by, total)
        return total

    def _start(
        self, name: str, terms: list[Term], constant: int, selected: int
    ) -> tuple[int, list[Term]]:
        """What the other terms are added to, and those terms."""
        bits = {bit.vector for bit in self.bits}
        chosen = [term for term in terms if term.vector in bits][:selected]
        plain = next((term for term in reversed(terms) if term.factor & WORD_MASK == 1), None)
        if not constant and plain and len(chosen) < 2:
            return plain.vector, [term for term in terms if term is not plain]
        return self._choice(name, chosen, constant), [term for term in terms if term not in chosen]

    def _choice(self, name: str, terms: list[Term], constant: int) -> int:
        """The constant and those of the terms whose bit is 1: the oldest bit halves first."""
        sums = [constant]
        for term in terms:
            sums = [total + add for total in sums for add in (0, term.factor)]
        choices = [self.build.constant(total, VLEN) for total in sums]
        for term in terms:
            half = len(choices) // 2
            choices = [
                self.build.select(name, term.vector, with_bit, without)
                for without, with_bit in zip(choices[:half], choices[half:], strict=True)
            ]
        return choices[0]


def _modular(fraction: Fraction) -> int:
    """The word that is this fraction modulo 2^32; its denominator is odd."""
    return fraction.numerator * pow(fraction.denominator, -1, 2**32)
