/* Whether a flagged bundle has to stop the run: what it does to words, and conditions. */
#include "trap.h"

#include <stdlib.h>
#include <string.h>

/* The order is that of Op in machine/conditions.py. X(OPERATION, words taken, words given) */
#define CONDITION_OPERATIONS(X)                                                                     \
    X(UNKNOWN, 0) X(PUSH, 0) X(CYCLE, 0) X(PC, 0) X(STEP, 0) X(SCRATCH, 0) X(MEMORY, 0)             \
    X(SCRATCH_AT, 1) X(MEMORY_AT, 1) X(BELOW, 1) X(NEGATE, 1) X(INVERT, 1) X(NOT, 1) X(ADD, 2)      \
    X(SUBTRACT, 2) X(MULTIPLY, 2) X(DIVIDE, 2) X(DIVIDE_UP, 2) X(MODULO, 2) X(XOR, 2) X(AND, 2)     \
    X(OR, 2) X(SHIFT_LEFT, 2) X(SHIFT_RIGHT, 2) X(LESS, 2) X(LESS_EQUAL, 2) X(GREATER, 2)           \
    X(GREATER_EQUAL, 2) X(EQUAL, 2) X(DIFFERENT, 2) X(BOTH, 2) X(EITHER, 2) X(AND_THEN, 2)          \
    X(OR_ELSE, 2)

typedef enum {
#define NAMED(OPERATION, taken) COND_##OPERATION,
    CONDITION_OPERATIONS(NAMED)
#undef NAMED
    CONDITION_OPERATION_COUNT,
} ConditionOperation;

const int condition_operations = CONDITION_OPERATION_COUNT;

static const uint8_t words_taken[] = {
#define TAKEN(OPERATION, taken) taken,
    CONDITION_OPERATIONS(TAKEN)
#undef TAKEN
};

enum { DEEPEST = 64 };

static bool has_address(const Engine *engine, Instruction one)
{
    if (one.operation == COND_SCRATCH)
        return one.argument < SCRATCH_WORDS;
    return one.operation != COND_MEMORY || one.argument < engine->memory_words;
}

bool trap_verify(const Engine *engine, const Trap *trap)
{
    int depth = 0;
    for (size_t i = 0; i < trap->length; i++) {
        const Instruction one = trap->code[i];
        if (one.operation < 0 || one.operation >= CONDITION_OPERATION_COUNT || one.argument < 0 ||
            !has_address(engine, one))
            return false;
        depth -= words_taken[one.operation];
        if (depth < 0 || ++depth > DEEPEST)
            return false;
    }
    const uint32_t words =
        trap->needs == NEED_CHANGE_SCRATCH ? SCRATCH_WORDS : (uint32_t)engine->memory_words;
    return depth == (trap->length > 0) && trap->needs <= NEED_TOUCH_MEMORY &&
           (trap->needs == NEED_NOTHING || (trap->start < trap->stop && trap->stop <= words));
}

/* A word of the stack; what cannot be computed is not known. */
typedef struct {
    uint64_t word;
    bool known;
} Value;

static Value known(uint64_t word)
{
    return (Value){word, true};
}

static Value divided(uint64_t a, uint64_t b, ConditionOperation operation)
{
    if (!b)
        return (Value){0, false};
    return known(operation == COND_MODULO ? a % b : (operation == COND_DIVIDE ? a : a + b - 1) / b);
}

static Value word_at(const uint32_t *words, uint64_t count, uint64_t address)
{
    return address < count ? known(words[address]) : (Value){0, false};
}

static Value combine(ConditionOperation operation, Value left, Value right)
{
    const uint64_t a = left.word, b = right.word;
    if (left.known && operation == COND_AND_THEN && !a)
        return known(0);
    if (left.known && operation == COND_OR_ELSE && a)
        return known(1);
    if (!left.known || !right.known)
        return (Value){0, false};
    switch (operation) {
    case COND_ADD:
        return known((uint32_t)(a + b));
    case COND_SUBTRACT:
        return known((uint32_t)(a - b));
    case COND_MULTIPLY:
        return known((uint32_t)(a * b));
    case COND_DIVIDE:
    case COND_DIVIDE_UP:
    case COND_MODULO:
        return divided(a, b, operation);
    case COND_XOR:
        return known(a ^ b);
    case COND_AND:
        return known(a & b);
    case COND_OR:
        return known(a | b);
    case COND_SHIFT_LEFT:
        return known(b < 32 ? (uint32_t)(a << b) : 0);
    case COND_SHIFT_RIGHT:
        return known(b < 64 ? a >> b : 0);
    case COND_LESS:
        return known(a < b);
    case COND_LESS_EQUAL:
        return known(a <= b);
    case COND_GREATER:
        return known(a > b);
    case COND_GREATER_EQUAL:
        return known(a >= b);
    case COND_EQUAL:
        return known(a == b);
    case COND_DIFFERENT:
        return known(a != b);
    case COND_BOTH:
        return known(a && b);
    case COND_EITHER:
        return known(a || b);
    default: /* the two that look at the second only where the first does not decide */
        return known(b != 0);
    }
}

static Value change(const Engine *engine, Instruction one, Value value)
{
    const uint64_t argument = (uint64_t)one.argument, word = value.word;
    if (!value.known)
        return value;
    switch ((ConditionOperation)one.operation) {
    case COND_SCRATCH_AT:
        return word_at(engine->scratch, SCRATCH_WORDS, word + argument);
    case COND_MEMORY_AT:
        return word_at(engine->memory, (uint64_t)engine->memory_words, word + argument);
    case COND_BELOW:
        return (Value){word, word < argument};
    case COND_NEGATE:
        return known((uint32_t)-word);
    case COND_INVERT:
        return known(word ^ UINT32_MAX);
    default: /* NOT */
        return known(!word);
    }
}

static Value read(const Engine *engine, Instruction one)
{
    switch ((ConditionOperation)one.operation) {
    case COND_PUSH:
        return known((uint64_t)one.argument);
    case COND_CYCLE:
        return known((uint64_t)engine->cycle);
    case COND_PC: /* beyond FAR it only stands for one */
        return (Value){(uint64_t)engine->pc, engine->pc < FAR};
    case COND_STEP:
        return known((uint64_t)engine->position);
    case COND_SCRATCH:
        return known(engine->scratch[one.argument]);
    case COND_MEMORY:
        return known(engine->memory[one.argument]);
    default: /* UNKNOWN */
        return (Value){0, false};
    }
}

static bool may_hold(const Engine *engine, const Trap *trap)
{
    Value stack[DEEPEST + 1], *top = stack; /* the first is below all */
    for (size_t i = 0; i < trap->length; i++) {
        const Instruction one = trap->code[i];
        switch (words_taken[one.operation]) {
        case 0:
            *++top = read(engine, one);
            break;
        case 1:
            *top = change(engine, one, *top);
            break;
        default:
            top--;
            *top = combine((ConditionOperation)one.operation, top[0], top[1]);
        }
    }
    return !trap->length || !top->known || top->word;
}

/* --- what a bundle does to words ---------------------------------------------------------------- */

/* Whether words first:first + count were changed within start:stop, given the old ones. */
static bool differ(const Trap *trap, const uint32_t *now, uint32_t first, const uint32_t *old,
                   uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (first + i >= trap->start && first + i < trap->stop && now[first + i] != old[i])
            return true;
    return false;
}

/* Of a word that is written twice the record has two old values, and the first counts. That both
 * were once there, and only one of them now, stops once too often: whoever set the trap finds out. */
static bool changes(const Engine *engine, const Trap *trap, const Bundle *bundle,
                    const uint32_t *record)
{
    const Program *program = engine->program;
    bool changed = false;
    for (uint32_t i = bundle->store; i < bundle[1].store; i++) {
        const uint8_t lanes = program->store_lanes[i];
        if (trap->needs == NEED_CHANGE_MEMORY)
            changed |= differ(trap, engine->memory, record[0], record + 1, lanes);
        record += 1 + lanes;
    }
    for (uint32_t i = bundle->write; trap->needs == NEED_CHANGE_SCRATCH && i < bundle[1].write; i++) {
        const ScratchWrite write = program->writes[i];
        changed |= differ(trap, engine->scratch, write.address, record, write.width);
        record += write.width;
    }
    return changed;
}

/* The words of memory that a slot does such a thing to: `l` loads, `s` stores, and how many. */
static uint32_t lanes_reached(const OperationRow *row, const char *letters)
{
    const char *address = strpbrk(row->operands, letters);
    return address ? (uint32_t)strtoul(address + 1, NULL, 10) : 0;
}

static bool touches(const Engine *engine, const Trap *trap)
{
    const char *letters = trap->needs == NEED_READ_MEMORY ? "l" : "ls";
    const Slot *end = slots_of(engine->program, engine->pc + 1);
    for (const Slot *slot = slots_of(engine->program, engine->pc); slot < end; slot++) {
        const uint32_t lanes = lanes_reached(&operation_rows[operation_of(slot)], letters);
        const uint32_t first = lanes ? engine->scratch[slot->x] : 0;
        if (lanes && first < trap->stop && trap->start < first + lanes)
            return true;
    }
    return false;
}

void traps_look_at_memory(Engine *engine)
{
    for (size_t i = 0; i < engine->trap_count; i++) {
        Trap *trap = &engine->traps[i];
        trap->touched = trap->needs >= NEED_READ_MEMORY && touches(engine, trap);
    }
}

bool traps_met_before(const Engine *engine, bool in_memory)
{
    for (size_t i = 0; i < engine->trap_count; i++) {
        const Trap *trap = &engine->traps[i];
        const bool here = trap->flags ? !in_memory && trap->flags[engine->pc]
                                      : in_memory && trap->touched;
        if (!trap->after && here && may_hold(engine, trap))
            return true;
    }
    return !engine->trap_count;
}

static bool is_met(const Engine *engine, const Trap *trap, const Bundle *bundle,
                   const uint32_t *record, bool in_memory)
{
    if (!trap->after || !(trap->flags ? trap->flags[bundle - engine->program->bundles] : in_memory))
        return false;
    switch (trap->needs) {
    case NEED_NOTHING:
        return true;
    case NEED_CHANGE_SCRATCH:
    case NEED_CHANGE_MEMORY:
        return changes(engine, trap, bundle, record);
    default:
        return trap->touched;
    }
}

bool traps_met_after(const Engine *engine, const Bundle *bundle, const uint32_t *record,
                     bool in_memory)
{
    for (size_t i = 0; i < engine->trap_count; i++)
        if (is_met(engine, &engine->traps[i], bundle, record, in_memory) &&
            may_hold(engine, &engine->traps[i]))
            return true;
    return !engine->trap_count;
}
