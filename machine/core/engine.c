/* Executing bundles, and what they leave in the log. */
#include "engine.h"
#include "wide.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t WAS_PAUSED = (uint32_t)1 << 31; /* beside the pc that ends a record */

const OperationRow operation_rows[OPERATIONS] = {
#define PLAIN(OPERATION, opcode, result)                 \
    {"alu", opcode, "d1 u1 u1", LONGEST_RUN, NOTHING},   \
    {"valu", opcode, "d8 u8 u8", LONGEST_VECTOR_RUN, NOTHING},
#define DIVIDING(OPERATION, opcode, result) \
    {"alu", opcode, "d1 u1 u1", 1, NOTHING}, {"valu", opcode, "d8 u8 u8", 1, NOTHING},
#define OTHER(OPERATION, engine, opcode, operands, run, besides) \
    {engine, opcode, operands, run, besides},
    EVERY_OPERATION(PLAIN, DIVIDING, OTHER)
#undef PLAIN
#undef DIVIDING
#undef OTHER
};

/* --- the first half of a bundle: read all, stage all -------------------------------------------- */

/* How many bytes from here what will soon be needed lies. */
enum { AHEAD = 1024 };

/* Where the bundle being executed leads, until it says otherwise. */
typedef struct {
    int64_t pc;
    Status status;
} Next;

static bool fault(Engine *engine, FaultKind kind, int lane, int operand, int64_t value)
{
    engine->fault.kind = kind;
    engine->fault.lane = lane;
    engine->fault.operand = operand;
    engine->fault.value = value;
    return false;
}

/* Where memory is watched no bundle is executed in place. */
ALWAYS_INLINE void touch(Engine *engine, uint32_t address, uint32_t lanes, uint8_t kinds,
                         bool in_place)
{
    if (!in_place && engine->memory_flags)
        for (uint32_t lane = 0; lane < lanes; lane++)
            engine->touched |= engine->memory_flags[address + lane] & kinds;
}

ALWAYS_INLINE bool reach(Engine *engine, uint32_t address, int operand)
{
    if (address < engine->memory_words)
        return true;
    return fault(engine, FAULT_MEMORY, -1, operand, address);
}

ALWAYS_INLINE bool reach_lanes(Engine *engine, uint32_t address, int operand)
{
    int64_t inside = engine->memory_words - address;
    if (inside >= VLEN)
        return true;
    int lane = inside > 0 ? (int)inside : 0;
    return fault(engine, FAULT_MEMORY, lane, operand, (int64_t)address + lane);
}

static inline bool jump(Engine *engine, Next *next, int64_t target, int operand)
{
    if (target < 0)
        return fault(engine, FAULT_TARGET, -1, operand, target);
    next->pc = target;
    return true;
}

static bool compare(Engine *engine, uint32_t word, uint32_t index, int lane)
{
    int64_t expected = engine->expected[index];
    if (expected == EXPECT_UNRECORDED)
        return fault(engine, FAULT_UNRECORDED, lane, 1, 0);
    return word == expected || fault(engine, FAULT_DIFFERS, lane, 0, word);
}

static int first_zero(const uint32_t *words)
{
    int lane = 0;
    while (lane < VLEN && words[lane])
        lane++;
    return lane;
}

/* What a slot writes goes to the record; or, in place, to scratch, and what was there to the record. */
ALWAYS_INLINE uint32_t *put(uint32_t *restrict words, uint32_t *dest, uint32_t word, bool in_place)
{
    *words = in_place ? *dest : word;
    if (in_place)
        *dest = word;
    return words + 1;
}

ALWAYS_INLINE uint32_t *put_lanes(uint32_t *restrict words, uint32_t *dest,
                                  const uint32_t *restrict lanes, bool in_place)
{
    copy_lanes(words, in_place ? dest : lanes);
    if (in_place)
        copy_lanes(dest, lanes);
    return words + VLEN;
}

/* The slots of one bundle, and what they are executed with. */
typedef struct {
    const Slot *slot; /* at the end the one that faulted, if one did */
    const Slot *end;
    uint32_t *stores; /* where those of the record are staged; not used in place */
    uint32_t *words;  /* where its words of scratch go, and, in place, its stores */
    uint32_t *traced;
    bool stored; /* at the end: whether there are any stores */
} Work;

/* A store waits in the record until all slots of its bundle have read what they read. */
ALWAYS_INLINE uint32_t *stage_store(Work *work, uint32_t *words, uint32_t address,
                                    const uint32_t *from, size_t count, bool in_place)
{
    uint32_t *record = in_place ? words : work->stores;
    *record++ = address;
    memcpy(record, from, count * sizeof *record);
    record += count;
    work->stored = true;
    if (in_place)
        return record;
    work->stores = record;
    return words;
}

/* Do the first half of a bundle; false if a slot faults. */
ALWAYS_INLINE bool execute(Engine *engine, Work *work, Next *next, const bool compares,
                           const bool in_place)
{
    const Program *program = engine->program;
    uint32_t *const s = engine->scratch;
    const uint32_t *restrict memory = engine->memory;
    const Slot *slot = work->slot;
    uint32_t *restrict words = work->words;
    const Slot *const end = work->end;
    uint32_t lanes[VLEN];

    while (slot < end) {
        bool fine = true;
        /* Staged slots are few, and are done one by one. */
        switch ((Dispatch)(in_place ? slot->dispatch : DISPATCH_OF(operation_of(slot), 1))) {
#define CASE(OPERATION, length) case DISPATCH_OF(OP_##OPERATION, length)
#define SCALAR(OPERATION, length, result)                     \
    CASE(OPERATION, length):                                  \
    {                                                         \
        const uint32_t a = s[slot->x], b = s[slot->y];        \
        words = put(words, s + slot->dest, result, in_place); \
        slot++;                                               \
    }
#define VECTOR(OPERATION, length, result)                                \
    CASE(OPERATION, length):                                             \
    ONE_VECTOR for (int i = 0; i < VLEN; i++)                            \
    {                                                                    \
        const uint32_t a = (s + slot->x)[i], b = (s + slot->y)[i];       \
        const uint32_t c = (s + slot->z)[i]; /* at 0 if there is none */ \
        (void)c;                                                         \
        lanes[i] = result;                                               \
    }                                                                    \
    words = put_lanes(words, s + slot->dest, lanes, in_place);           \
    slot++;
/* Slots that do the same, as many as are left of them: the switch jumps into their middle. */
#define LAST_6(SLOT, OPERATION, result)       \
    SLOT(OPERATION, 6, result) FALLS_THROUGH; \
    SLOT(OPERATION, 5, result) FALLS_THROUGH; \
    SLOT(OPERATION, 4, result) FALLS_THROUGH; \
    SLOT(OPERATION, 3, result) FALLS_THROUGH; \
    SLOT(OPERATION, 2, result) FALLS_THROUGH; \
    SLOT(OPERATION, 1, result)                \
    continue;
#define LAST_12(SLOT, OPERATION, result)       \
    SLOT(OPERATION, 12, result) FALLS_THROUGH; \
    SLOT(OPERATION, 11, result) FALLS_THROUGH; \
    SLOT(OPERATION, 10, result) FALLS_THROUGH; \
    SLOT(OPERATION, 9, result) FALLS_THROUGH;  \
    SLOT(OPERATION, 8, result) FALLS_THROUGH;  \
    SLOT(OPERATION, 7, result) FALLS_THROUGH;  \
    LAST_6(SLOT, OPERATION, result)
#define PLAIN(OPERATION, opcode, result) \
    LAST_12(SCALAR, OPERATION, result) LAST_6(VECTOR, V##OPERATION, result)
            PLAIN_ARITHMETIC(PLAIN)
            LAST_6(VECTOR, MULTIPLY_ADD, a * b + c)
            /* All three are read, for a branch would be guessed wrong every other time. */
            VECTOR(SELECT_VECTOR, 1, a ? b : c)
            continue;
#undef PLAIN
#undef LAST_12
#undef LAST_6
#undef VECTOR
#undef SCALAR
#define DIVIDING(OPERATION, opcode, result)                            \
    CASE(OPERATION, 1):                                                \
    {                                                                  \
        const uint32_t a = s[slot->x], b = s[slot->y];                 \
        if (b)                                                         \
            words = put(words, s + slot->dest, result, in_place);      \
        else                                                           \
            fine = fault(engine, FAULT_DIVISION, -1, 2, 0);            \
        goto staged;                                                   \
    }                                                                  \
    CASE(V##OPERATION, 1):                                             \
    {                                                                  \
        int zero = first_zero(s + slot->y);                            \
        for (int i = 0; i < zero; i++) {                               \
            const uint32_t a = (s + slot->x)[i], b = (s + slot->y)[i]; \
            lanes[i] = result;                                         \
        }                                                              \
        if (zero == VLEN)                                              \
            words = put_lanes(words, s + slot->dest, lanes, in_place); \
        else                                                           \
            fine = fault(engine, FAULT_DIVISION, zero, 2, 0);          \
        goto staged;                                                   \
    }
            DIVIDING_ARITHMETIC(DIVIDING)
#undef DIVIDING
        CASE(BROADCAST, 1):
            for (int i = 0; i < VLEN; i++)
                lanes[i] = s[slot->x];
            words = put_lanes(words, s + slot->dest, lanes, in_place);
            goto staged;
        CASE(LOAD, 1):
        CASE(LOAD_OFFSET, 1):
            if ((fine = reach(engine, s[slot->x], 1))) {
                touch(engine, s[slot->x], 1, BREAK_BEFORE_READ | BREAK_AFTER_READ, in_place);
                words = put(words, s + slot->dest, memory[s[slot->x]], in_place);
            }
            goto staged;
        CASE(LOAD_VECTOR, 1):
            if ((fine = reach_lanes(engine, s[slot->x], 1))) {
                touch(engine, s[slot->x], VLEN, BREAK_BEFORE_READ | BREAK_AFTER_READ, in_place);
                words = put_lanes(words, s + slot->dest, memory + s[slot->x], in_place);
            }
            goto staged;
        CASE(CONSTANT, 1):
            words = put(words, s + slot->dest, slot->z, in_place);
            goto staged;
        CASE(STORE, 1):
            if ((fine = reach(engine, s[slot->x], 0))) {
                touch(engine, s[slot->x], 1, BREAK_BEFORE_WRITE | BREAK_AFTER_WRITE, in_place);
                words = stage_store(work, words, s[slot->x], s + slot->y, 1, in_place);
            }
            goto staged;
        CASE(STORE_VECTOR, 1):
            if ((fine = reach_lanes(engine, s[slot->x], 0))) {
                touch(engine, s[slot->x], VLEN, BREAK_BEFORE_WRITE | BREAK_AFTER_WRITE, in_place);
                words = stage_store(work, words, s[slot->x], s + slot->y, VLEN, in_place);
            }
            goto staged;
        CASE(SELECT, 1):
        {
            const uint32_t a = s[slot->x], b = s[slot->y], c = s[slot->z];
            words = put(words, s + slot->dest, a ? b : c, in_place);
            goto staged;
        }
        CASE(ADD_IMMEDIATE, 1):
            words = put(words, s + slot->dest, s[slot->x] + slot->z, in_place);
            goto staged;
        CASE(JUMP, 1):
            fine = jump(engine, next, program->targets[slot->z].pc, 0);
            goto staged;
        CASE(JUMP_INDIRECT, 1):
            next->pc = s[slot->x];
            goto staged;
        CASE(JUMP_IF, 1):
        CASE(JUMP_IF_RELATIVE, 1):
            if (s[slot->x])
                fine = jump(engine, next, program->targets[slot->z].pc, 1);
            goto staged;
        CASE(HALT, 1):
            next->status = STOPPED;
            goto staged;
        CASE(PAUSE, 1):
            if (engine->pauses)
                next->status = PAUSED;
            goto staged;
        CASE(TRACE, 1):
            *work->traced++ = s[slot->x];
            goto staged;
        CASE(CORE_ID, 1):
            words = put(words, s + slot->dest, 0, in_place);
            goto staged;
        CASE(COMPARE, 1):
            fine = !compares || compare(engine, s[slot->x], slot->z, -1);
            goto staged;
        CASE(COMPARE_VECTOR, 1):
            for (int i = 0; compares && fine && i < VLEN; i++)
                fine = compare(engine, (s + slot->x)[i], slot->z + (uint32_t)i, i);
            goto staged;
        CASE(COMMENT, 1):
            goto staged;
        }
#undef CASE
        UNREACHABLE();
    staged:
        if (!fine) {
            work->slot = slot;
            work->words = words;
            return false;
        }
        slot++;
    }
    work->words = words;
    return true;
}

/* Put back the words of scratch that a bundle had overwritten in place before it faulted, the last
 * one first; in its order the stores come before all that write scratch. */
static void take_back(Engine *engine, const Bundle *bundle, const uint32_t *record,
                      const uint32_t *written)
{
    const ScratchWrite *const first = engine->program->writes + bundle->write, *write = first;
    const uint32_t *old = record + bundle->store_words;
    while (old < written)
        old += write++->width;
    while (write > first) {
        old -= (--write)->width;
        memcpy(engine->scratch + write->address, old, write->width * sizeof *old);
    }
}

static int by_write_order(const void *one, const void *other)
{
    return (int)((const Slot *)one)->write_order - (int)((const Slot *)other)->write_order;
}

/* Do the first half of a bundle with its slots in any order, all of it in the record. */
static bool stage(Engine *engine, const Bundle *bundle, Work *work, uint32_t *record, Next *next,
                  bool compares)
{
    work->stores = record;
    work->words = record + bundle->store_words;
    work->traced = record + bundle->record_words - 1 - bundle->traced;
    return execute(engine, work, next, compares, false);
}

/* A bundle faulted, in some slot: stage it in the order as written, and tell the first that does. */
static void find_first_fault(Engine *engine, int64_t pc, uint32_t *record, bool compares)
{
    const Program *program = engine->program;
    const Bundle *bundle = program->bundles + pc;
    const Slot *slots = slots_of(program, pc);
    const size_t count = (size_t)(slots_of(program, pc + 1) - slots);
    Slot arranged[MOST_ARRANGED];
    Next next;
    if (count <= MOST_ARRANGED) {
        memcpy(arranged, slots, count * sizeof *slots);
        qsort(arranged, count, sizeof *slots, by_write_order);
        slots = arranged;
    }
    Work work = {.slot = slots, .end = slots + count};
    stage(engine, bundle, &work, record, &next, compares);
    engine->fault.slot = program->first_slots[pc] + (uint32_t)(work.slot - slots);
}

/* --- the second half, and back ------------------------------------------------------------------ */

static inline void swap_words(uint32_t *restrict one, uint32_t *restrict other, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t word = one[i];
        one[i] = other[i];
        other[i] = word;
    }
}

static inline void swap_scratch(Engine *engine, ScratchWrite write, uint32_t *words)
{
    if (write.width == VLEN)
        swap_words(engine->scratch + write.address, words, VLEN);
    else
        swap_words(engine->scratch + write.address, words, 1);
}

static uint32_t *swap_stores(Engine *engine, const Bundle *bundle, uint32_t *words)
{
    for (uint32_t i = bundle->store; i < bundle[1].store; i++) {
        const uint8_t lanes = engine->program->store_lanes[i];
        swap_words(engine->memory + words[0], words + 1, lanes);
        words += 1 + lanes;
    }
    return words;
}

/* Do the second half of a bundle that was staged. */
static void commit(Engine *engine, const Bundle *bundle, uint32_t *record)
{
    const ScratchWrite *writes = engine->program->writes;
    uint32_t *words = swap_stores(engine, bundle, record);
    for (uint32_t i = bundle->write; i < bundle[1].write; i++) {
        swap_scratch(engine, writes[i], words);
        words += writes[i].width;
    }
    if (bundle->traced) {
        memcpy(engine->trace + engine->trace_length, words, bundle->traced * sizeof *words);
        engine->trace_length += bundle->traced;
    }
}

static const Bundle *bundle_of_record_ending(const Engine *engine, size_t end)
{
    return engine->program->bundles + (engine->log[end - 1] & ~WAS_PAUSED);
}

const uint32_t *engine_last_record(const Engine *engine, const Bundle **bundle)
{
    if (!engine->log_used)
        return NULL;
    *bundle = bundle_of_record_ending(engine, engine->log_used);
    return engine->log + engine->log_used - (*bundle)->record_words;
}

/* As commit, in the opposite order, so that of two writes to a word the older old value stays. */
bool engine_take_back(Engine *engine)
{
    const Program *program = engine->program;
    if (!engine->log_used)
        return false;
    const Bundle *bundle = bundle_of_record_ending(engine, engine->log_used);
    uint32_t *words = engine->log + engine->log_used - 1 - bundle->traced;
    for (uint32_t i = bundle[1].write; i-- > bundle->write;) {
        words -= program->writes[i].width;
        swap_scratch(engine, program->writes[i], words);
    }
    for (uint32_t i = bundle[1].store; i-- > bundle->store;) {
        words -= 1 + program->store_lanes[i];
        swap_words(engine->memory + words[0], words + 1, program->store_lanes[i]);
    }
    engine->status = engine->log[engine->log_used - 1] & WAS_PAUSED ? PAUSED : RUNNING;
    engine->pc = bundle - program->bundles;
    if (engine->visits)
        engine->visits[engine->pc]--;
    engine->log_used -= bundle->record_words;
    engine->trace_length -= bundle->traced;
    engine->cycle -= bundle->cost;
    engine->position--;
    return true;
}

void engine_forget_log(Engine *engine)
{
    engine->log_used = 0;
}

static bool reserve_trace(Engine *engine, int64_t more)
{
    if (engine->trace_length + more <= engine->trace_room)
        return true;
    int64_t room = 2 * engine->trace_room + more;
    uint32_t *grown = realloc(engine->trace, (size_t)room * sizeof *grown);
    if (!grown)
        return false;
    engine->trace = grown;
    engine->trace_room = room;
    return true;
}

bool engine_set_trace(Engine *engine, const uint32_t *words, int64_t count)
{
    engine->trace_length = 0;
    if (!reserve_trace(engine, count))
        return false;
    if (count)
        memcpy(engine->trace, words, (size_t)count * sizeof *words);
    engine->trace_length = count;
    return true;
}

/* --- running ------------------------------------------------------------------------------------ */

/* Whether one bundle can go ahead, and room is made for what it leaves. */
static inline bool make_room(Engine *engine, const Bundle *bundle)
{
    if (engine->log_used + bundle->record_words > engine->log_room)
        engine_forget_log(engine);
    return reserve_trace(engine, bundle->traced);
}

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* For how many bundles from here on no limit and no end of the log can be met. */
static int64_t open_road(const Engine *engine, Limits limits)
{
    const Program *program = engine->program;
    const int64_t cycles = limits.max_cycles - engine->cycle;
    const int64_t records =
        (int64_t)((engine->log_room - engine->log_used) / program->longest_record);
    const int64_t traces = program->most_traced
                               ? (engine->trace_room - engine->trace_length) / program->most_traced
                               : INT64_MAX;
    return least(least(limits.budget, cycles), least(traces, records));
}

enum { GO_ON = -1, BLOCK = 64 };

/* How many of these flags come before the first that is set. */
static int64_t count_clear(const uint8_t *flags, int64_t count)
{
    int64_t clear = 0;
    while (clear + BLOCK <= count) {
        uint8_t any = 0;
        for (int i = 0; i < BLOCK; i++)
            any |= flags[clear + i];
        if (any)
            break;
        clear += BLOCK;
    }
    while (clear < count && !flags[clear])
        clear++;
    return clear;
}

/* How many bundles from here on make a straight stretch without a flag. */
static int64_t stretch(const Engine *engine, int64_t most, bool heed_stops)
{
    if (engine->memory_flags || engine->status == PAUSED)
        return 0;
    const int64_t count = least(most, engine->program->fallthrough[engine->pc]);
    return heed_stops ? count_clear(engine->flags + engine->pc, count) : count;
}

/* Execute the bundles of a straight stretch up to one that faults; where that ends. */
ALWAYS_INLINE int64_t execute_stretch(Engine *engine, int64_t end, const bool compares)
{
    const Program *program = engine->program;
    const uint32_t *const first_slots = program->first_slots;
    uint32_t *record = engine->log + engine->log_used;
    int64_t pc = engine->pc;
    for (; pc < end; pc++) {
        Work work = {
            .slot = program->slots + first_slots[pc],
            .end = program->slots + first_slots[pc + 1],
            .words = record,
        };
        PREFETCH((const char *)work.slot + AHEAD);
        PREFETCH((const char *)(first_slots + pc) + AHEAD);
        if (!execute(engine, &work, NULL, compares, true)) {
            take_back(engine, program->bundles + pc, record, work.words);
            break;
        }
        if (work.stored)
            swap_stores(engine, program->bundles + pc, record);
        record = work.words + 1;
        record[-1] = (uint32_t)pc;
    }
    engine->log_used = (size_t)(record - engine->log);
    return pc;
}

static int64_t execute_stretch_narrow(Engine *engine, int64_t end, bool compares)
{
    return execute_stretch(engine, end, compares);
}

WIDE static int64_t execute_stretch_wide(Engine *engine, int64_t end, bool compares)
{
    return execute_stretch(engine, end, compares);
}

static int run_stretch(Engine *engine, int64_t count, bool compares)
{
    const uint32_t *cycles_before = engine->program->cycles_before;
    const int64_t first = engine->pc, end = first + count;
    const int64_t arrived = has_wide_vectors() ? execute_stretch_wide(engine, end, compares)
                                               : execute_stretch_narrow(engine, end, compares);
    if (engine->visits)
        for (int64_t pc = first; pc < arrived; pc++)
            engine->visits[pc]++;
    engine->pc = arrived;
    engine->cycle += (int64_t)(cycles_before[arrived] - cycles_before[first]);
    engine->position += arrived - first;
    if (arrived > first)
        engine->status = RUNNING;
    if (arrived == end)
        return GO_ON;
    find_first_fault(engine, arrived, engine->log + engine->log_used, compares);
    return STOP_FAULT;
}

/* Execute one bundle, of any kind; GO_ON, or why to stop. */
static int run_bundle(Engine *engine, bool heed_stops, bool compares, bool pass_over)
{
    const Program *program = engine->program;
    const int64_t pc = engine->pc;
    const Bundle *bundle = program->bundles + pc;
    const uint8_t flags = heed_stops ? engine->flags[pc] : 0;
    uint32_t *const record = engine->log + engine->log_used;
    Work work = {.slot = slots_of(program, pc), .end = slots_of(program, pc + 1)};
    Next next = {pc + 1, RUNNING};
    if (flags & BREAK_BEFORE && !pass_over)
        return STOP_BREAKPOINT;
    engine->touched = 0;
    if (!stage(engine, bundle, &work, record, &next, compares)) {
        find_first_fault(engine, pc, record, compares);
        return STOP_FAULT;
    }
    const uint8_t touched = heed_stops ? engine->touched : 0;
    if (touched & (BREAK_BEFORE_READ | BREAK_BEFORE_WRITE) && !pass_over)
        return STOP_BREAKPOINT;
    commit(engine, bundle, record);
    engine->log_used += bundle->record_words;
    record[bundle->record_words - 1] = (uint32_t)pc | (engine->status == PAUSED ? WAS_PAUSED : 0);
    if (engine->visits)
        engine->visits[pc]++;
    engine->pc = next.pc;
    engine->status = next.status;
    engine->cycle += bundle->cost;
    engine->position++;
    const bool watched = flags & BREAK_AFTER || touched & (BREAK_AFTER_READ | BREAK_AFTER_WRITE);
    if (next.status == STOPPED)
        return STOP_HALT;
    if (next.status == PAUSED && heed_stops)
        return STOP_PAUSE;
    return watched ? STOP_WATCHPOINT : GO_ON;
}

/* Execute up to `count` bundles, at least 1, which no limit keeps from being executed. */
static int run_open_road(Engine *engine, int64_t count, Limits limits, bool pass_over)
{
    const bool compares = engine->debug && engine->expected;
    const int64_t end = engine->position + count;
    int reason = GO_ON;
    while (reason == GO_ON && engine->position < end && engine->pc < engine->program->length) {
        const int64_t straight = stretch(engine, end - engine->position, limits.heed_stops);
        reason = straight ? run_stretch(engine, straight, compares)
                          : run_bundle(engine, limits.heed_stops, compares, pass_over);
        pass_over = false;
    }
    return reason;
}

static int run_bundles(Engine *engine, Limits limits)
{
    const Program *program = engine->program;
    const int64_t first = engine->position, end = first + limits.budget;
    int reason = GO_ON;
    while (reason == GO_ON && engine->position < end) {
        const bool pass_over = !limits.check_first && engine->position == first;
        if (engine->pc >= program->length) {
            engine->status = RUNNING;
            return STOP_END;
        }
        const Bundle *bundle = program->bundles + engine->pc;
        if (limits.heed_stops && engine->flags[engine->pc] & BREAK_BEFORE && !pass_over)
            return STOP_BREAKPOINT;
        if (engine->cycle >= limits.max_cycles && bundle->cost)
            return STOP_MAX_CYCLES;
        if (!make_room(engine, bundle))
            return STOP_NO_MEMORY;
        limits.budget = end - engine->position;
        const int64_t road = open_road(engine, limits);
        reason = run_open_road(engine, road < 1 ? 1 : road, limits, pass_over);
    }
    return reason;
}

Reason engine_run(Engine *engine, Limits limits)
{
    if (engine->status == STOPPED)
        return STOP_HALT;
    const int reason = run_bundles(engine, limits);
    return reason == GO_ON ? STOP_BUDGET : (Reason)reason;
}
