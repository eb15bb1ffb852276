/* What a slot makes of the words as they are before its bundle, one slot at a time: for what looks at
 * runs closely. engine.c does the same for runs that are to be quick. */
#ifndef VLIWDBG_WORDS_H
#define VLIWDBG_WORDS_H

#include "engine.h"

/* What a slot can see. */
typedef struct {
    const Target *targets; /* of jumps */
    const uint32_t *scratch, *memory;
    uint32_t memory_words;
} Words;

static inline bool reaches(const Words *words, uint32_t address, uint32_t lanes)
{
    return address < words->memory_words && words->memory_words - address >= lanes;
}

static inline bool jump(int64_t *next, int64_t target)
{
    *next = target;
    return target >= 0;
}

static inline void pass(const uint32_t *from, uint32_t lanes, uint32_t *out)
{
    for (uint32_t i = 0; i < lanes; i++)
        out[i] = from[i];
}

static inline bool load(const Words *words, uint32_t address, uint32_t lanes, uint32_t *out)
{
    if (!reaches(words, address, lanes))
        return false;
    pass(words->memory + address, lanes, out);
    return true;
}

static inline bool store(const Words *words, uint32_t address, const uint32_t *from, uint32_t lanes,
                         uint32_t *out)
{
    pass(from, lanes, out);
    return reaches(words, address, lanes);
}

static inline bool any_zero(const uint32_t *words, uint32_t count)
{
    bool zero = false;
    for (uint32_t i = 0; i < count; i++)
        zero |= words[i] == 0;
    return zero;
}

/* Have the words that a slot makes in `out`, which has room for VLEN, and in `*address` where it
 * reaches memory; a jump changes `*next`. False if it faults. */
static inline bool make_words(const Words *words, const Slot *slot, uint32_t *out,
                              uint32_t *address, int64_t *next, bool *halts)
{
    const Target *const targets = words->targets;
    const uint32_t *const s = words->scratch;
    const uint32_t x = slot->x, y = slot->y, z = slot->z;

    switch (operation_of(slot)) {
/* `result` of words a, b and c at x, y and z, for so many lanes. */
#define RESULTS(count, result)                                 \
    for (uint32_t i = 0; i < (count); i++) {                   \
        const uint32_t a = s[x + i], b = s[y + i], c = s[z + i]; \
        (void)b, (void)c;                                      \
        out[i] = result;                                       \
    }                                                          \
    return true;
#define PLAIN(OPERATION, opcode, result) \
    case OP_##OPERATION:                 \
        RESULTS(1, result)               \
    case OP_V##OPERATION:                \
        RESULTS(VLEN, result)
        PLAIN_ARITHMETIC(PLAIN)
#undef PLAIN
#define DIVIDING(OPERATION, opcode, result) \
    case OP_##OPERATION:                    \
        if (any_zero(s + y, 1))             \
            return false;                   \
        RESULTS(1, result)                  \
    case OP_V##OPERATION:                   \
        if (any_zero(s + y, VLEN))          \
            return false;                   \
        RESULTS(VLEN, result)
        DIVIDING_ARITHMETIC(DIVIDING)
#undef DIVIDING
#define SCALAR 1
#define VECTOR VLEN
#define TERNARY(OPERATION, engine, opcode, SHAPE, run, result) \
    case OP_##OPERATION:                                       \
        RESULTS(SHAPE, result)
        TERNARY_ARITHMETIC(TERNARY)
#undef TERNARY
#undef VECTOR
#undef SCALAR
#undef RESULTS
    case OP_BROADCAST:
        for (uint32_t i = 0; i < VLEN; i++)
            out[i] = s[x];
        return true;
    case OP_LOAD:
    case OP_LOAD_OFFSET:
        return load(words, *address = s[x], 1, out);
    case OP_LOAD_VECTOR:
        return load(words, *address = s[x], VLEN, out);
    case OP_STORE:
        return store(words, *address = s[x], s + y, 1, out);
    case OP_STORE_VECTOR:
        return store(words, *address = s[x], s + y, VLEN, out);
    case OP_CONSTANT:
        *out = z;
        return true;
    case OP_ADD_IMMEDIATE:
        *out = s[x] + z;
        return true;
    case OP_CORE_ID:
        *out = 0;
        return true;
    case OP_TRACE:
        *out = s[x];
        return true;
    case OP_JUMP:
        return jump(next, targets[z].pc);
    case OP_JUMP_INDIRECT:
        *out = s[x];
        return jump(next, s[x]);
    case OP_JUMP_IF:
    case OP_JUMP_IF_RELATIVE:
        *out = s[x];
        return !s[x] || jump(next, targets[z].pc);
    case OP_HALT:
        *halts = true;
        return true;
    case OP_PAUSE:
    case OP_COMPARE:
    case OP_COMPARE_VECTOR:
    case OP_COMMENT:
        return true;
    }
    return false; /* every operation has a case above: the compiler holds it so */
}

#endif
