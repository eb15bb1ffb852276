/* What is told to compilers about speed, where they understand it.
 *
 * Functions compiled twice: once for any processor, and once, marked WIDE, for those with vectors as
 * wide as the machine's own. Where the compiler has no such thing the second is like the first, and
 * is not used. */
#ifndef VLIWDBG_WIDE_H
#define VLIWDBG_WIDE_H

#include "engine.h"

#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) && defined(__x86_64__)
#define WIDE __attribute__((target("avx2")))
static inline bool has_wide_vectors(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#define WIDE
static inline bool has_wide_vectors(void)
{
    return false;
}
#endif

/* Before a loop: no turn of it meets what another wrote. Compilers cannot know it of words that
 * come through pointers, and so would not make vectors of them. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

/* Before a loop over the lanes of one vector: it is to become one instruction, and a compiler that
 * unrolls it first no longer sees how, where a result is chosen. */
#if defined(__GNUC__) && !defined(__clang__)
#define ONE_VECTOR _Pragma("GCC unroll 1")
#else
#define ONE_VECTOR
#endif

/* Before a loop too short to be done one turn at a time. */
#if defined(__GNUC__) && !defined(__clang__)
#define UNROLLED _Pragma("GCC unroll 4")
#else
#define UNROLLED
#endif

#ifdef __GNUC__
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNREACHABLE() __builtin_unreachable()
#define PREFETCH(address) __builtin_prefetch(address)
#define FALLS_THROUGH __attribute__((fallthrough))
#else
#define ALWAYS_INLINE static inline
#define UNREACHABLE() abort()
#define PREFETCH(address) ((void)(address))
#define FALLS_THROUGH ((void)0)
#endif

/* Eight words at once: compilers make half as much of a memcpy. */
ALWAYS_INLINE void copy_lanes(uint32_t *to, const uint32_t *from)
{
#ifdef __GNUC__
    typedef uint32_t Lanes __attribute__((vector_size(VLEN * sizeof(uint32_t)), aligned(4), may_alias));
    *(Lanes *)to = *(const Lanes *)from;
#else
    memcpy(to, from, VLEN * sizeof *to);
#endif
}

#endif
