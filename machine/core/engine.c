#include "engine.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHORT_LOG_WORDS = 1 << 14,
    LONG_LOG_WORDS = 1 << 19, /* 2 MB */
    LEAST_INTERVAL = 4096,    /* bundles between keyframes */
    WORDS_PER_BUNDLE = 4,     /* a keyframe of this many words for each bundle of its interval */
};
static const size_t KEYFRAME_WORDS = (size_t)1 << 24; /* 64 MB for all keyframes */
static const uint32_t WAS_PAUSED = (uint32_t)1 << 31; /* beside the pc that ends a record */

const OperationRow operation_rows[OPERATIONS] = {
#define SCALAR_AND_VECTOR(OPERATION, opcode, result) \
    {"alu", opcode, "d1 u1 u1"}, {"valu", opcode, "d8 u8 u8"},
#define ALONE(OPERATION, engine, opcode, operands) {engine, opcode, operands},
    PLAIN_ARITHMETIC(SCALAR_AND_VECTOR)
    DIVIDING_ARITHMETIC(SCALAR_AND_VECTOR)
    OTHER_OPERATIONS(ALONE)
#undef SCALAR_AND_VECTOR
#undef ALONE
};

/* The parts of the state that keyframes hold word by word. */
typedef struct {
    void *start;
    size_t words;
} Part;

enum { PARTS = 3 };

static void find_parts(const Engine *engine, Part parts[PARTS])
{
    parts[0] = (Part){engine->scratch, SCRATCH_WORDS};
    parts[1] = (Part){engine->memory, (size_t)engine->memory_words};
    parts[2] = (Part){engine->visits, engine->visits ? 2 * (size_t)engine->program->length : 0};
}

size_t engine_state_words(const Engine *engine)
{
    Part parts[PARTS];
    find_parts(engine, parts);
    return parts[0].words + parts[1].words + parts[2].words;
}

/* --- the first half of a bundle: read all, stage all -------------------------------------------- */

#ifdef __GNUC__
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define ALWAYS_INLINE static inline
#define PREFETCH(address) ((void)(address))
#endif

/* How many bytes from here what will soon be needed lies: most bundles are followed by the next. */
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

static inline void touch(Engine *engine, uint32_t address, uint32_t lanes, uint8_t kinds)
{
    if (engine->memory_flags)
        for (uint32_t lane = 0; lane < lanes; lane++)
            engine->touched |= engine->memory_flags[address + lane] & kinds;
}

static inline bool reach(Engine *engine, uint32_t address, int operand)
{
    if (address < engine->memory_words)
        return true;
    return fault(engine, FAULT_MEMORY, -1, operand, address);
}

static inline bool reach_lanes(Engine *engine, uint32_t address, int operand)
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

/* What a slot writes goes to the record; or, in a direct bundle, to scratch, and what was there to
 * the record. */
static inline uint32_t *put(uint32_t *restrict words, uint32_t *dest, uint32_t word, bool direct)
{
    *words = direct ? *dest : word;
    if (direct)
        *dest = word;
    return words + 1;
}

static inline uint32_t *put_lanes(uint32_t *restrict words, uint32_t *dest,
                                  const uint32_t *restrict lanes, bool direct)
{
    memcpy(words, direct ? dest : lanes, VLEN * sizeof *words);
    if (direct)
        memcpy(dest, lanes, VLEN * sizeof *words);
    return words + VLEN;
}

/* Swap back the words of scratch that a direct bundle had written before it faulted. */
static void take_back(Engine *engine, const Bundle *bundle, const uint32_t *record, size_t written)
{
    const ScratchWrite *write = engine->program->writes + bundle->write;
    for (size_t i = 0; i < written; i += write++->width)
        memcpy(engine->scratch + write->address, record + i, write->width * sizeof *record);
}

/* Do the first half of a bundle with these slots of it; false if one faults, which `*at` tells. */
ALWAYS_INLINE bool execute(Engine *engine, const Bundle *bundle, const Slot *slot, const Slot *end,
                           uint32_t *restrict record, Next *next, const Slot **at, bool compares,
                           const bool direct)
{
    const Program *program = engine->program;
    uint32_t *const s = engine->scratch;
    const uint32_t *restrict memory = engine->memory;
    uint32_t *restrict words = record;
    uint32_t *restrict stores = record + bundle->scratch_words;
    uint32_t *restrict traced = record + bundle->record_words - 1 - bundle->traced;
    uint32_t lanes[VLEN];

    for (; slot < end; slot++) {
        const uint32_t x = slot->x, y = slot->y, z = slot->z;
        uint32_t *const dest = s + slot->dest;
        bool fine = true;
        switch ((Operation)slot->operation) {
#define PLAIN(OPERATION, opcode, result)                   \
    case OP_##OPERATION: {                                 \
        const uint32_t a = s[x], b = s[y];                 \
        words = put(words, dest, result, direct);          \
        break;                                             \
    }                                                      \
    case OP_V##OPERATION:                                  \
        for (int i = 0; i < VLEN; i++) {                   \
            const uint32_t a = (s + x)[i], b = (s + y)[i]; \
            lanes[i] = result;                             \
        }                                                  \
        words = put_lanes(words, dest, lanes, direct);     \
        break;
            PLAIN_ARITHMETIC(PLAIN)
#undef PLAIN
#define DIVIDING(OPERATION, opcode, result)                               \
    case OP_##OPERATION: {                                                \
        const uint32_t a = s[x], b = s[y];                                \
        if (b)                                                            \
            words = put(words, dest, result, direct);                     \
        else                                                              \
            fine = fault(engine, FAULT_DIVISION, -1, 2, 0);               \
        break;                                                            \
    }                                                                     \
    case OP_V##OPERATION: {                                               \
        int zero = first_zero(s + y);                                     \
        for (int i = 0; i < zero; i++) {                                  \
            const uint32_t a = (s + x)[i], b = (s + y)[i];                \
            lanes[i] = result;                                            \
        }                                                                 \
        if (zero == VLEN)                                                 \
            words = put_lanes(words, dest, lanes, direct);                \
        else                                                              \
            fine = fault(engine, FAULT_DIVISION, zero, 2, 0);             \
        break;                                                            \
    }
            DIVIDING_ARITHMETIC(DIVIDING)
#undef DIVIDING
        case OP_BROADCAST:
            for (int i = 0; i < VLEN; i++)
                lanes[i] = s[x];
            words = put_lanes(words, dest, lanes, direct);
            break;
        case OP_MULTIPLY_ADD:
            for (int i = 0; i < VLEN; i++)
                lanes[i] = (s + x)[i] * (s + y)[i] + (s + z)[i];
            words = put_lanes(words, dest, lanes, direct);
            break;
        case OP_LOAD:
        case OP_LOAD_OFFSET:
            if ((fine = reach(engine, s[x], 1))) {
                touch(engine, s[x], 1, BREAK_BEFORE_READ | BREAK_AFTER_READ);
                words = put(words, dest, memory[s[x]], direct);
            }
            break;
        case OP_LOAD_VECTOR:
            if ((fine = reach_lanes(engine, s[x], 1))) {
                touch(engine, s[x], VLEN, BREAK_BEFORE_READ | BREAK_AFTER_READ);
                words = put_lanes(words, dest, memory + s[x], direct);
            }
            break;
        case OP_CONSTANT:
            words = put(words, dest, x, direct);
            break;
        case OP_STORE:
            if ((fine = reach(engine, s[x], 0))) {
                touch(engine, s[x], 1, BREAK_BEFORE_WRITE | BREAK_AFTER_WRITE);
                *stores++ = s[x];
                *stores++ = s[y];
            }
            break;
        case OP_STORE_VECTOR:
            if ((fine = reach_lanes(engine, s[x], 0))) {
                touch(engine, s[x], VLEN, BREAK_BEFORE_WRITE | BREAK_AFTER_WRITE);
                *stores++ = s[x];
                memcpy(stores, s + y, VLEN * sizeof *stores);
                stores += VLEN;
            }
            break;
        case OP_SELECT:
            words = put(words, dest, s[x] ? s[y] : s[z], direct);
            break;
        case OP_SELECT_VECTOR:
            for (int i = 0; i < VLEN; i++)
                lanes[i] = (s + x)[i] ? (s + y)[i] : (s + z)[i];
            words = put_lanes(words, dest, lanes, direct);
            break;
        case OP_ADD_IMMEDIATE:
            words = put(words, dest, s[x] + y, direct);
            break;
        case OP_JUMP:
            fine = jump(engine, next, program->targets[x], 0);
            break;
        case OP_JUMP_INDIRECT:
            next->pc = s[x];
            break;
        case OP_JUMP_IF:
        case OP_JUMP_IF_RELATIVE:
            if (s[x])
                fine = jump(engine, next, program->targets[y], 1);
            break;
        case OP_HALT:
            next->status = STOPPED;
            break;
        case OP_PAUSE:
            if (engine->pauses)
                next->status = PAUSED;
            break;
        case OP_TRACE:
            *traced++ = s[x];
            break;
        case OP_CORE_ID:
            words = put(words, dest, 0, direct);
            break;
        case OP_COMPARE:
            fine = !compares || compare(engine, s[x], y, -1);
            break;
        case OP_COMPARE_VECTOR:
            for (int i = 0; compares && fine && i < VLEN; i++)
                fine = compare(engine, (s + x)[i], y + (uint32_t)i, i);
            break;
        case OP_COMMENT:
        case OPERATIONS:
            break;
        }
        if (!fine) {
            *at = slot;
            if (direct)
                take_back(engine, bundle, record, (size_t)(words - record));
            return false;
        }
    }
    return true;
}

static int by_rank(const void *one, const void *other)
{
    return (int)((const Slot *)one)->rank - (int)((const Slot *)other)->rank;
}

/* A bundle faulted, in some slot: stage it in the order as written, and tell the first that does. */
static void find_first_fault(Engine *engine, const Bundle *bundle, uint32_t *record, bool compares)
{
    Slot arranged[MOST_ARRANGED];
    const size_t count = bundle[1].slot - bundle->slot;
    const Slot *slots = engine->program->slots + bundle->slot, *at = slots;
    Next next;
    if (bundle->direct) {
        memcpy(arranged, slots, count * sizeof *slots);
        qsort(arranged, count, sizeof *slots, by_rank);
        slots = arranged;
    }
    execute(engine, bundle, slots, slots + count, record, &next, &at, compares, false);
    engine->fault.slot = bundle->slot + (uint32_t)(at - slots);
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

/* Do the second half; the scratch of a direct bundle is swapped already. */
ALWAYS_INLINE void commit(Engine *engine, const Bundle *bundle, uint32_t *record, bool direct)
{
    const Program *program = engine->program;
    uint32_t *words = record + bundle->scratch_words;
    if (!direct) {
        words = record;
        for (uint32_t i = bundle->write; i < bundle[1].write; i++) {
            swap_scratch(engine, program->writes[i], words);
            words += program->writes[i].width;
        }
    }
    for (uint32_t i = bundle->store; i < bundle[1].store; i++) {
        swap_words(engine->memory + words[0], words + 1, program->store_lanes[i]);
        words += 1 + program->store_lanes[i];
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
static void undo(Engine *engine)
{
    const Program *program = engine->program;
    const Bundle *bundle = bundle_of_record_ending(engine, engine->log_used);
    uint32_t *words = engine->log + engine->log_used - 1 - bundle->traced;
    for (uint32_t i = bundle[1].store; i-- > bundle->store;) {
        words -= 1 + program->store_lanes[i];
        swap_words(engine->memory + words[0], words + 1, program->store_lanes[i]);
    }
    for (uint32_t i = bundle[1].write; i-- > bundle->write;) {
        words -= program->writes[i].width;
        swap_scratch(engine, program->writes[i], words);
    }
    engine->status = engine->log[engine->log_used - 1] & WAS_PAUSED ? PAUSED : RUNNING;
    engine->pc = bundle - program->bundles;
    if (engine->visits)
        engine->visits[engine->pc]--;
    engine->log_used -= bundle->record_words;
    engine->trace_length -= bundle->traced;
    engine->cycle -= bundle->cost;
    engine->position--;
}

static void forget_log(Engine *engine)
{
    engine->log_used = 0;
    engine->log_start = engine->position;
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

/* --- keyframes ---------------------------------------------------------------------------------- */

bool engine_save(const Engine *engine, Keyframe *keyframe)
{
    Part parts[PARTS];
    uint32_t *words = malloc(engine_state_words(engine) * sizeof *words);
    uint32_t *next = words;
    if (!words)
        return false;
    find_parts(engine, parts);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].words)
            memcpy(next, parts[i].start, parts[i].words * sizeof *next);
        next += parts[i].words;
    }
    *keyframe = (Keyframe){
        .pc = engine->pc,
        .cycle = engine->cycle,
        .position = engine->position,
        .trace_length = engine->trace_length,
        .status = engine->status,
        .words = words,
    };
    return true;
}

void engine_load(Engine *engine, const Keyframe *keyframe)
{
    Part parts[PARTS];
    const uint32_t *next = keyframe->words;
    find_parts(engine, parts);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].words)
            memcpy(parts[i].start, next, parts[i].words * sizeof *next);
        next += parts[i].words;
    }
    engine->pc = keyframe->pc;
    engine->cycle = keyframe->cycle;
    engine->position = keyframe->position;
    engine->status = keyframe->status;
    /* The trace buffer keeps what it was cut off: the same words will come again. */
    engine->trace_length = keyframe->trace_length;
    forget_log(engine);
}

void engine_drop(Keyframe *keyframe)
{
    free(keyframe->words);
    keyframe->words = NULL;
}

static void drop_keyframes_from(Engine *engine, size_t kept)
{
    while (engine->keyframe_count > kept)
        engine_drop(&engine->keyframes[--engine->keyframe_count]);
}

/* Every other one goes, and they come half as often from now on; where somebody set words by hand
 * there is no way but the keyframe. */
static void thin_keyframes(Engine *engine)
{
    size_t kept = 1;
    for (size_t i = 1; i < engine->keyframe_count; i++) {
        if (i % 2 && !engine->keyframes[i].edited)
            engine_drop(&engine->keyframes[i]);
        else
            engine->keyframes[kept++] = engine->keyframes[i];
    }
    engine->keyframe_count = kept;
    engine->interval *= 2;
}

static bool reserve_keyframe(Engine *engine)
{
    if (engine->keyframe_count > 2 && engine->keyframe_count * engine_state_words(engine) > KEYFRAME_WORDS)
        thin_keyframes(engine);
    if (engine->keyframe_count < engine->keyframe_room)
        return true;
    size_t room = 2 * engine->keyframe_room + 16;
    Keyframe *grown = realloc(engine->keyframes, room * sizeof *grown);
    if (!grown)
        return false;
    engine->keyframes = grown;
    engine->keyframe_room = room;
    return true;
}

/* Keep the state at this position, the greatest so far; false where there is no memory. */
static bool take_keyframe(Engine *engine, bool edited)
{
    engine->next_keyframe = engine->position + engine->interval;
    if (!reserve_keyframe(engine) ||
        !engine_save(engine, &engine->keyframes[engine->keyframe_count]))
        return false;
    engine->keyframes[engine->keyframe_count++].edited = edited;
    if (edited)
        engine->edit_floor = engine->position;
    return true;
}

bool engine_settle(Engine *engine)
{
    if (engine->unsettled && engine->keeps_history && !take_keyframe(engine, engine->edited))
        return false;
    engine->unsettled = engine->edited = false;
    return true;
}

/* How many keyframes lie at or before a position. */
static size_t keyframes_to(const Engine *engine, int64_t position)
{
    size_t low = 0, high = engine->keyframe_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (engine->keyframes[middle].position <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const Keyframe *engine_keyframe_to(const Engine *engine, int64_t position)
{
    size_t count = keyframes_to(engine, position);
    return count ? &engine->keyframes[count - 1] : NULL;
}

void engine_fork(Engine *engine)
{
    if (!engine->keeps_history)
        return;
    drop_keyframes_from(engine, keyframes_to(engine, engine->position - 1));
    engine->frontier = engine->position;
    engine->unsettled = true;
    engine->edited = engine->position > engine->origin;
}

void engine_restart(Engine *engine)
{
    drop_keyframes_from(engine, 0);
    forget_log(engine);
    engine->origin = engine->frontier = engine->edit_floor = engine->position;
    engine->unsettled = true;
    engine->edited = false;
    engine->next_keyframe = INT64_MAX;
}

/* Whoever goes back before an edit takes it back, and all that came of it. */
static void forget_edits_after(Engine *engine, int64_t position)
{
    if (engine->edit_floor <= position)
        return;
    size_t first = keyframes_to(engine, position);
    while (!engine->keyframes[first].edited)
        first++;
    engine->frontier = engine->keyframes[first].position;
    drop_keyframes_from(engine, first);
    engine->next_keyframe = engine->keyframes[first - 1].position + engine->interval;
    while (--first > 0 && !engine->keyframes[first].edited) {
    }
    engine->edit_floor = engine->keyframes[first].position;
}

/* --- running ------------------------------------------------------------------------------------ */

/* Whether one bundle can go ahead, and room is made for what it leaves. */
static inline bool make_room(Engine *engine, const Bundle *bundle)
{
    if (engine->position >= engine->next_keyframe && engine->position >= engine->frontier)
        take_keyframe(engine, false); /* if there is no memory, history is coarser here */
    if (engine->log_used + bundle->record_words > engine->log_room)
        forget_log(engine);
    return reserve_trace(engine, bundle->traced);
}

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* For how many bundles from here on no limit, no keyframe and no end of the log can be met. */
static int64_t open_road(const Engine *engine, Limits limits)
{
    const Program *program = engine->program;
    const int64_t cycles = least(limits.max_cycles, limits.until_cycle) - engine->cycle;
    const int64_t records =
        (int64_t)((engine->log_room - engine->log_used) / program->longest_record);
    const int64_t traces = program->most_traced
                               ? (engine->trace_room - engine->trace_length) / program->most_traced
                               : INT64_MAX;
    return least(least(least(limits.budget, cycles), traces),
                 least(records, engine->next_keyframe - engine->position));
}

enum { GO_ON = -1 };

/* Execute up to `count` bundles, at least 1, which no limit keeps from being executed; GO_ON, or why
 * to stop. What changes with each bundle is kept out of the engine until the end: it would cost a
 * third of the time. */
static int run_open_road(Engine *engine, int64_t count, Limits limits, bool pass_over)
{
    const Program *program = engine->program;
    const bool compares = limits.check_compares && engine->debug && engine->expected;
    const bool staged_only = engine->memory_flags != NULL;
    const int64_t end = engine->position + count;
    int64_t pc = engine->pc, cycle = engine->cycle, position = engine->position;
    Status status = engine->status;
    uint32_t *record = engine->log + engine->log_used;
    int reason = GO_ON;
    bool watched = false;

    while (reason == GO_ON && position < end && pc < program->length) {
        const Bundle *bundle = program->bundles + pc;
        const Slot *slots = program->slots + bundle->slot, *slots_end = program->slots + bundle[1].slot;
        const Slot *at;
        const uint8_t flags = limits.heed_stops ? engine->flags[pc] : 0;
        Next next = {pc + 1, RUNNING};
        PREFETCH((const char *)bundle + AHEAD);
        PREFETCH((const char *)slots + AHEAD);
        if (flags & BREAK_BEFORE && !pass_over) {
            reason = STOP_BREAKPOINT;
            break;
        }
        watched = flags & BREAK_AFTER;
        if (bundle->direct && !staged_only) {
            if (!execute(engine, bundle, slots, slots_end, record, &next, &at, compares, true)) {
                find_first_fault(engine, bundle, record, compares);
                reason = STOP_FAULT;
                break;
            }
            commit(engine, bundle, record, true);
        } else {
            engine->touched = 0;
            if (!execute(engine, bundle, slots, slots_end, record, &next, &at, compares, false)) {
                find_first_fault(engine, bundle, record, compares);
                reason = STOP_FAULT;
                break;
            }
            const uint8_t touched = limits.heed_stops ? engine->touched : 0;
            if (touched & (BREAK_BEFORE_READ | BREAK_BEFORE_WRITE) && !pass_over) {
                reason = STOP_BREAKPOINT;
                break;
            }
            watched = watched || touched & (BREAK_AFTER_READ | BREAK_AFTER_WRITE);
            commit(engine, bundle, record, false);
        }
        record += bundle->record_words;
        record[-1] = (uint32_t)pc | (status == PAUSED ? WAS_PAUSED : 0);
        if (engine->visits)
            engine->visits[pc]++;
        pc = next.pc;
        status = next.status;
        cycle += bundle->cost;
        position++;
        pass_over = false;
        if (status == STOPPED)
            reason = STOP_HALT;
        else if (status == PAUSED && limits.heed_stops)
            reason = STOP_PAUSE;
        else if (watched)
            reason = STOP_WATCHPOINT;
    }
    engine->pc = pc;
    engine->cycle = cycle;
    engine->position = position;
    engine->status = status;
    engine->log_used = (size_t)(record - engine->log);
    engine->watched = watched;
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
        if (engine->cycle >= limits.until_cycle)
            return STOP_BUDGET;
        if (engine->cycle >= limits.max_cycles && bundle->cost)
            return STOP_MAX_CYCLES;
        if (!make_room(engine, bundle))
            return STOP_NO_MEMORY;
        limits.budget = end - engine->position;
        int64_t road = open_road(engine, limits);
        reason = run_open_road(engine, road < 1 ? 1 : road, limits, pass_over);
    }
    return reason;
}

Reason engine_run(Engine *engine, Limits limits)
{
    if (engine->status == STOPPED)
        return STOP_HALT;
    const int reason = run_bundles(engine, limits);
    if (engine->position > engine->frontier)
        engine->frontier = engine->position;
    return reason == GO_ON ? STOP_BUDGET : (Reason)reason;
}

/* --- going back and forth ----------------------------------------------------------------------- */

static bool log_reaches(const Engine *engine, int64_t position)
{
    return position >= engine->log_start && position >= engine->edit_floor;
}

bool engine_undo(Engine *engine)
{
    if (!engine->log_used || !log_reaches(engine, engine->position - 1))
        return false;
    undo(engine);
    return true;
}

static void go_back(Engine *engine, int64_t position, const Keyframe *nearest)
{
    const int64_t back = engine->position - position;
    if (log_reaches(engine, position) && (!nearest || back <= position - nearest->position))
        while (engine->position > position)
            undo(engine);
    else
        engine_load(engine, nearest);
}

bool engine_approach(Engine *engine, int64_t position)
{
    const Keyframe *nearest = engine_keyframe_to(engine, position);
    if (position < engine->position) {
        if (position < engine->origin || !(nearest || log_reaches(engine, position)))
            return false;
        go_back(engine, position, nearest);
        forget_edits_after(engine, position);
    } else if (nearest && nearest->position > engine->position) {
        engine_load(engine, nearest);
    }
    return true;
}

bool engine_approach_cycle(Engine *engine, int64_t cycle)
{
    size_t count = engine->keyframe_count;
    while (count > 1 && engine->keyframes[count - 1].cycle >= cycle)
        count--;
    const bool back = engine->cycle >= cycle;
    if (back && (!count || engine->keyframes[0].cycle > cycle))
        return false;
    const Keyframe *nearest = count ? &engine->keyframes[count - 1] : NULL;
    if (nearest && (back || nearest->position > engine->position))
        engine_load(engine, nearest);
    return true;
}

void engine_arrive(Engine *engine)
{
    const Keyframe *nearest = engine_keyframe_to(engine, engine->position);
    if (nearest && nearest->position == engine->position && nearest->edited)
        engine_load(engine, nearest);
    forget_edits_after(engine, engine->position);
}

int64_t engine_scan(Engine *engine, int64_t end)
{
    int64_t found = -1;
    Limits limits = {
        .max_cycles = INT64_MAX, .until_cycle = INT64_MAX, .heed_stops = true, .check_first = true,
    };
    while (engine->position < end) {
        limits.budget = end - engine->position;
        engine->watched = false;
        Reason reason = engine_run(engine, limits);
        limits.check_first = reason != STOP_BREAKPOINT;
        if (reason == STOP_BREAKPOINT)
            found = engine->position;
        else if (engine->watched)
            found = engine->position - 1;
        else if (reason != STOP_PAUSE)
            break;
    }
    return found;
}

int64_t engine_scan_log(const Engine *engine, int64_t *from)
{
    size_t end = engine->log_used;
    int64_t position = engine->position;
    while (end) {
        const Bundle *bundle = bundle_of_record_ending(engine, end);
        position--;
        if (engine->flags[bundle - engine->program->bundles])
            return position;
        end -= bundle->record_words;
    }
    *from = position;
    return -1;
}

/* --- life --------------------------------------------------------------------------------------- */

bool engine_init(Engine *engine, const Program *program, bool keeps_history)
{
    engine->program = program;
    size_t words = engine_state_words(engine);
    size_t room = keeps_history ? (size_t)program->longest_record * LEAST_INTERVAL : SHORT_LOG_WORDS;
    if (room > LONG_LOG_WORDS)
        room = LONG_LOG_WORDS;
    if (room < program->longest_record)
        room = program->longest_record;
    engine->keeps_history = keeps_history;
    engine->interval = (int64_t)(words / WORDS_PER_BUNDLE);
    if (engine->interval < LEAST_INTERVAL)
        engine->interval = LEAST_INTERVAL;
    engine->log_room = room;
    engine->log = malloc((room + 1) * sizeof *engine->log);
    if (!engine->log)
        return false;
    /* Touched ahead: a first run would spend half its time on page faults. */
    memset(engine->log, 0, room * sizeof *engine->log);
    engine_restart(engine);
    return true;
}

void engine_free(Engine *engine)
{
    drop_keyframes_from(engine, 0);
    free(engine->keyframes);
    free(engine->trace);
    free(engine->log);
}
