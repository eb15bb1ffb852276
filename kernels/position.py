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

from functools import lru_cache
from itertools import permutations
from math import gcd, isqrt
from typing import NamedTuple

from kernels.builder import Builder
from machine.isa import VLEN, WORD_MASK

TOP_BIT = 2**31
_SINGLE = {1: "+", WORD_MASK: "-"}
"""Factors that want no multiplication."""


class Bit(NamedTuple):
    """The parity of one level: the vector that holds it, and whether it holds 1 - p.

    `value` is the vector whose last bit it is.
    """

    vector: int
    mirrored: bool
    value: int


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

    def reach_by_remainder(self, name: str, scale: int, offset: int) -> int:
        """The same from the root with three bits, of which the newest need not be cut out.

            (2^31 * value + r) % m        r has the oldest bit in it, m the one in between

        2^31 * value is 2^31 or 0. The moduli leave of 2^31 what the newest bit is worth, and one
        of them leaves of r what the other bit is worth.
        """
        factor = scale << len(self.bits)
        terms, constant = self._affine(self.anchors[0], factor, scale, offset)
        oldest, middle, newest = terms
        most = constant + sum(term.factor for term in terms)
        moduli = find_moduli(newest.factor, middle.factor, most)
        if moduli is None:
            return self.reach(name, scale, offset, selected=2)
        by_bit = (self.build.constant(modulus, VLEN) for modulus in (moduli.turned, moduli.plain))
        modulus = self.build.select("modulus", middle.vector, *by_bit)
        rest = self._choice(name, [oldest], constant + moduli.addend)
        top = self.build.constant(TOP_BIT, VLEN)
        total = self.build.valu("multiply_add", name, self.bits[-1].value, top, rest)
        vector = self.build.valu("%", name, total, modulus)
        self.anchors.append(Anchor(len(self.bits), vector, scale, offset))
        return vector

    def _nearest(self, scale: int) -> tuple[Anchor, int]:
        """The last anchor that leads to this scale, and the factor from one to the other."""
        for anchor in reversed(self.anchors):
            factor = _quotient(scale << len(self.bits) - anchor.level, anchor.scale)
            if factor is not None:
                return anchor, factor
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
            if sign := _SINGLE.get(factor & WORD_MASK):
                total = self.build.valu(sign, name, total, vector)
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


class Moduli(NamedTuple):
    """2^31 % both is the newest bit's worth, and addend % turned the middle one's; addend % plain
    is 0."""

    plain: int
    turned: int
    addend: int


@lru_cache(maxsize=64)
def find_moduli(newest: int, middle: int, most: int) -> Moduli | None:
    """The smallest for bits of these worths and results up to `most`; None if there are none."""
    suitable = [d for d in _divisors(TOP_BIT - newest) if d > most]
    for plain, turned in permutations(suitable, 2):
        common = gcd(plain, turned)
        if middle % common == 0:
            times = middle // common * pow(plain // common, -1, turned // common)
            addend = plain * (times % (turned // common))
            if addend + most < TOP_BIT:
                return Moduli(plain, turned, addend)
    return None


def _divisors(number: int) -> list[int]:
    small = [d for d in range(1, isqrt(number) + 1) if number % d == 0]
    return sorted({*small, *(number // d for d in small)})


def _quotient(a: int, b: int) -> int | None:
    """What gives a if it is multiplied by b, modulo 2^32; None if b has more twos in it than a."""
    common = gcd(a, b)
    odd = b // common
    return a // common * pow(odd, -1, 2**32) if odd % 2 else None
