/* What a compiler knows about the bits of a number, by the name that each has for it. */
#ifndef VLIWDBG_BITS_H
#define VLIWDBG_BITS_H

#include <stdint.h>

#ifdef _MSC_VER
#include <intrin.h>
#endif

/* Zeros below the lowest one of a number that is not 0. */
static inline uint32_t trailing_zeros(uint64_t number)
{
#ifdef _MSC_VER
    unsigned long zeros;
    _BitScanForward64(&zeros, number);
    return (uint32_t)zeros;
#else
    return (uint32_t)__builtin_ctzll(number);
#endif
}

#endif
