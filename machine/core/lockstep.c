/* One program on several inputs at the same time, for as long as they go the same way.
 *
 * Where one input has a word, here the words of all of a group stand side by side, so that an
 * operation is one loop over them. If one goes another way than the others, faults or reaches the
 * limit, that ends it for the whole group: `engine.c` is to run its inputs one by one, and tells
 * what happened. Compares and pauses are passed over.
 *
 * All slots of a bundle read before any of them writes. A bundle in place, whose slots stand in an
 * order in which none meets what another wrote, writes scratch at once; any other writes a draft of
 * it, from which the written words are taken over at the end. Stores wait for the end in both.
 */
#include "module.h"
#include "wide.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = VLEN, /* a group is as wide as some blocks of inputs */
    WIDEST = 4 * BLOCK,
    CHUNK = 1 << 14, /* bundles between looks at signals: some 10 ms of the densest */
};

typedef struct {
    uint32_t lanes;
    uint32_t addresses[WIDEST];
    uint32_t words[VLEN * WIDEST];
} PendingStore;

typedef struct {
    const Program *program;
    size_t width; /* inputs side by side */
    uint32_t scratch[SCRATCH_WORDS * WIDEST], draft[SCRATCH_WORDS * WIDEST];
    uint32_t *memory[WIDEST];
    uint32_t memory_words; /* of each */
    int64_t pc, cycle;
    bool halted;
    PendingStore stores[MOST_STORES];
    size_t store_count;
} Group;

typedef enum { UNDER_WAY, ENDED, PARTED } Progress;

/* --- what is asked of many words ---------------------------------------------------------------- */

/* For each of `count` words, which are some blocks. */
#define EACH(count) INDEPENDENT for (size_t i = 0; i < (count) / BLOCK * BLOCK; i++)

ALWAYS_INLINE bool any_zero(const uint32_t *words, size_t count)
{
    uint32_t zero = 0;
    EACH(count)
        zero |= words[i] == 0;
    return zero;
}

ALWAYS_INLINE bool all_same(const uint32_t *words, size_t count)
{
    uint32_t differences = 0;
    EACH(count)
        differences |= words[i] ^ words[0];
    return !differences;
}

ALWAYS_INLINE void set_all(uint32_t *words, size_t count, uint32_t word)
{
    EACH(count)
        words[i] = word;
}

/* Whether so many words from each address on are all in memory. */
ALWAYS_INLINE bool all_inside(const Group *group, size_t width, const uint32_t *addresses,
                              uint32_t lanes)
{
    const uint32_t last = group->memory_words - lanes;
    uint32_t outside = group->memory_words < lanes;
    EACH(width)
        outside |= addresses[i] > last;
    return !outside;
}

/* Whether two vectors in scratch share words, but not all. */
ALWAYS_INLINE bool straddle(uint32_t one, uint32_t other)
{
    return one != other && one < other + VLEN && other < one + VLEN;
}

/* --- one bundle --------------------------------------------------------------------------------- */

/* The words that an input addresses. */
ALWAYS_INLINE uint32_t *place(const Group *group, const uint32_t *addresses, size_t input)
{
    return group->memory[input] + addresses[input];
}

/* A square of words: a vector of each input of a block, or a block of inputs for each lane. */
enum { SQUARE = VLEN * BLOCK };

/* Shuffle as cards: the two halves, one word of each in turn. */
ALWAYS_INLINE void riffle(uint32_t *restrict shuffled, const uint32_t *restrict words)
{
    for (size_t i = 0; i < SQUARE / 2; i++) {
        shuffled[2 * i] = words[i];
        shuffled[2 * i + 1] = words[SQUARE / 2 + i];
    }
}

/* Make columns of rows, which are used up. A riffle moves the top one of the six bits of a word's
 * index to the bottom, so after three of them row and column have changed places. */
ALWAYS_INLINE void transpose(uint32_t *restrict columns, uint32_t *restrict rows)
{
    _Static_assert(SQUARE == 64, "of another square the index has other bits");
    riffle(columns, rows);
    riffle(rows, columns);
    riffle(columns, rows);
}

ALWAYS_INLINE bool load(const Group *group, size_t width, uint32_t *dest,
                        const uint32_t *addresses)
{
    if (!all_inside(group, width, addresses, 1))
        return false;
    for (size_t i = 0; i < width; i++)
        dest[i] = *place(group, addresses, i);
    return true;
}

ALWAYS_INLINE bool load_vector(const Group *group, size_t width, uint32_t *dest,
                               const uint32_t *addresses)
{
    uint32_t of_inputs[SQUARE], of_lanes[SQUARE];
    if (!all_inside(group, width, addresses, VLEN))
        return false;
    for (size_t block = 0; block < width; block += BLOCK) {
        for (size_t i = 0; i < BLOCK; i++)
            copy_lanes(of_inputs + i * VLEN, place(group, addresses, block + i));
        transpose(of_lanes, of_inputs);
        for (size_t lane = 0; lane < VLEN; lane++)
            copy_lanes(dest + lane * width + block, of_lanes + lane * BLOCK);
    }
    return true;
}

ALWAYS_INLINE void store(const Group *group, size_t width, const PendingStore *pending)
{
    for (size_t i = 0; i < width; i++)
        *place(group, pending->addresses, i) = pending->words[i];
}

ALWAYS_INLINE void store_vector(const Group *group, size_t width, const PendingStore *pending)
{
    uint32_t of_inputs[SQUARE], of_lanes[SQUARE];
    for (size_t block = 0; block < width; block += BLOCK) {
        for (size_t lane = 0; lane < VLEN; lane++)
            copy_lanes(of_lanes + lane * BLOCK, pending->words + lane * width + block);
        transpose(of_inputs, of_lanes);
        for (size_t i = 0; i < BLOCK; i++)
            copy_lanes(place(group, pending->addresses, block + i), of_inputs + i * VLEN);
    }
}

ALWAYS_INLINE bool put_off_store(Group *group, size_t width, const uint32_t *addresses,
                                 const uint32_t *words, uint32_t lanes)
{
    if (group->store_count == MOST_STORES || !all_inside(group, width, addresses, lanes))
        return false;
    PendingStore *pending = &group->stores[group->store_count++];
    pending->lanes = lanes;
    memcpy(pending->addresses, addresses, width * sizeof *addresses);
    memcpy(pending->words, words, lanes * width * sizeof *words);
    return true;
}

ALWAYS_INLINE void do_stores(Group *group, size_t width)
{
    const PendingStore *const end = group->stores + group->store_count;
    for (const PendingStore *pending = group->stores; pending < end; pending++)
        if (pending->lanes == 1)
            store(group, width, pending);
        else
            store_vector(group, width, pending);
    group->store_count = 0;
}

ALWAYS_INLINE bool jump(int64_t *next, int64_t target)
{
    *next = target;
    return target >= 0;
}

/* Do one slot, which writes scratch or the draft of it, as told; false where the inputs part. */
ALWAYS_INLINE bool execute(Group *group, size_t width, const Slot *slot, uint32_t *written,
                           int64_t *next)
{
    const Target *const targets = group->program->targets;
    const uint32_t x = slot->x, y = slot->y, z = slot->z, d = slot->dest;
    const uint32_t *const s = group->scratch;
    uint32_t *const dest = written + d * width;

    switch (operation_of(slot)) {
/* `result` of words a, b and c at x, y and z, for each of so many. */
#define RESULTS(count, out, result)                                                      \
    EACH(count)                                                                          \
    {                                                                                    \
        const uint32_t a = s[x * width + i], b = s[y * width + i], c = s[z * width + i]; \
        (void)b, (void)c;                                                                \
        (out)[i] = result;                                                               \
    }
#define SCALARS(result) RESULTS(width, dest, result)
#define VECTORS(result)                                                        \
    {                                                                          \
        const bool apart = straddle(d, x) || straddle(d, y) || straddle(d, z); \
        uint32_t *const out = apart ? group->draft + d * width : dest;         \
        RESULTS(VLEN * width, out, result)                                     \
        if (out != dest)                                                       \
            memcpy(dest, out, VLEN * width * sizeof *dest);                    \
    }
#define PLAIN(OPERATION, opcode, result) \
    case OP_##OPERATION:                 \
        SCALARS(result)                  \
        return true;                     \
    case OP_V##OPERATION:                \
        VECTORS(result)                  \
        return true;
        PLAIN_ARITHMETIC(PLAIN)
#undef PLAIN
#define DIVIDING(OPERATION, opcode, result)        \
    case OP_##OPERATION:                           \
        if (any_zero(s + y * width, width))        \
            return false;                          \
        SCALARS(result)                            \
        return true;                               \
    case OP_V##OPERATION:                          \
        if (any_zero(s + y * width, VLEN * width)) \
            return false;                          \
        VECTORS(result)                            \
        return true;
        DIVIDING_ARITHMETIC(DIVIDING)
#undef DIVIDING
    case OP_BROADCAST:
        for (size_t lane = 0; lane < VLEN; lane++)
            EACH(width)
                dest[lane * width + i] = s[x * width + i];
        return true;
    case OP_MULTIPLY_ADD:
        VECTORS(a * b + c)
        return true;
    case OP_LOAD:
    case OP_LOAD_OFFSET:
        return load(group, width, dest, s + x * width);
    case OP_LOAD_VECTOR:
        return load_vector(group, width, dest, s + x * width);
    case OP_CONSTANT:
        set_all(dest, width, z);
        return true;
    case OP_STORE:
        return put_off_store(group, width, s + x * width, s + y * width, 1);
    case OP_STORE_VECTOR:
        return put_off_store(group, width, s + x * width, s + y * width, VLEN);
    case OP_SELECT:
        SCALARS(a ? b : c)
        return true;
    case OP_SELECT_VECTOR:
        VECTORS(a ? b : c)
        return true;
    case OP_ADD_IMMEDIATE:
        EACH(width)
            dest[i] = s[x * width + i] + z;
        return true;
    case OP_JUMP:
        return jump(next, targets[z].pc);
    case OP_JUMP_INDIRECT:
        return all_same(s + x * width, width) && jump(next, s[x * width]);
    case OP_JUMP_IF:
    case OP_JUMP_IF_RELATIVE:
        if (!any_zero(s + x * width, width))
            return jump(next, targets[z].pc);
        return s[x * width] == 0 && all_same(s + x * width, width);
    case OP_HALT:
        group->halted = true;
        return true;
    case OP_CORE_ID:
        set_all(dest, width, 0);
        return true;
    case OP_TRACE:
        return false; /* nobody here keeps what is traced */
    case OP_PAUSE:
    case OP_COMPARE:
    case OP_COMPARE_VECTOR:
    case OP_COMMENT:
        return true;
    }
#undef VECTORS
#undef SCALARS
#undef RESULTS
    UNREACHABLE();
}

ALWAYS_INLINE void take_over(Group *group, size_t width, ScratchWrite write)
{
    const size_t at = write.address * width;
    memcpy(group->scratch + at, group->draft + at, write.width * width * sizeof *group->draft);
}

/* Go on for some bundles, but to none that costs a cycle at `max_cycles`. The width is the group's;
 * where it is a constant, so is the length of each loop. */
ALWAYS_INLINE Progress go_on(Group *group, size_t width, int64_t max_cycles)
{
    const Program *const program = group->program;
    for (int count = 0; count < CHUNK; count++) {
        if (group->halted || group->pc >= program->length)
            return ENDED;
        const Bundle *bundle = program->bundles + group->pc;
        const Slot *const end = slots_of(program, group->pc + 1);
        uint32_t *const written = bundle->in_place ? group->scratch : group->draft;
        int64_t next = group->pc + 1;
        if (bundle->cost && group->cycle >= max_cycles)
            return PARTED;
        for (const Slot *slot = slots_of(program, group->pc); slot < end; slot++)
            if (!execute(group, width, slot, written, &next))
                return PARTED;
        if (!bundle->in_place)
            for (uint32_t i = bundle->write; i < bundle[1].write; i++)
                take_over(group, width, program->writes[i]);
        do_stores(group, width);
        group->cycle += bundle->cost;
        group->pc = next;
    }
    return UNDER_WAY;
}

static Progress go_on_narrow(Group *group, int64_t max_cycles)
{
    return go_on(group, group->width, max_cycles);
}

WIDE static Progress go_on_wide(Group *group, int64_t max_cycles)
{
    if (group->width == WIDEST)
        return go_on(group, WIDEST, max_cycles);
    return go_on(group, group->width, max_cycles);
}

/* --- many images -------------------------------------------------------------------------------- */

enum { NOT_TOGETHER = -1, INTERRUPTED = -2 };

/* A group at its start, one input for each of at most WIDEST images. */
static void start(Group *group, uint32_t *images, size_t count, uint32_t words)
{
    group->width = (count + BLOCK - 1) / BLOCK * BLOCK;
    memset(group->scratch, 0, SCRATCH_WORDS * group->width * sizeof *group->scratch);
    /* Places left over do what an input does, in its very memory: they cannot but agree. */
    for (size_t i = 0; i < group->width; i++)
        group->memory[i] = images + i % count * words;
    group->memory_words = words;
    group->pc = group->cycle = 0;
    group->halted = false;
    group->store_count = 0;
}

/* Returns the cycles taken, or NOT_TOGETHER, or INTERRUPTED with an exception set. */
static int64_t run_group(Group *group, int64_t max_cycles)
{
    Progress progress;
    do {
        Py_BEGIN_ALLOW_THREADS
        progress = has_wide_vectors() ? go_on_wide(group, max_cycles)
                                      : go_on_narrow(group, max_cycles);
        Py_END_ALLOW_THREADS
        if (PyErr_CheckSignals() < 0)
            return INTERRUPTED;
    } while (progress == UNDER_WAY);
    return progress == ENDED ? group->cycle : NOT_TOGETHER;
}

static bool append_cycles(PyObject *list, int64_t cycles, size_t times)
{
    bool appended = true;
    for (size_t i = 0; appended && i < times; i++) {
        PyObject *number = PyLong_FromLongLong(cycles);
        appended = number && PyList_Append(list, number) == 0;
        Py_XDECREF(number);
    }
    return appended;
}

/* A list of the cycles of each image; NULL with an exception set. */
static PyObject *run_images(const Program *program, uint32_t *images, size_t count, uint32_t words,
                            int64_t max_cycles)
{
    Group *group = malloc(sizeof *group);
    PyObject *list = group ? PyList_New(0) : PyErr_NoMemory();
    for (size_t first = 0; list && first < count; first += WIDEST) {
        const size_t some = count - first < WIDEST ? count - first : WIDEST;
        group->program = program;
        start(group, images + first * words, some, words);
        const int64_t cycles = run_group(group, max_cycles);
        if (cycles == INTERRUPTED || !append_cycles(list, cycles, some))
            Py_CLEAR(list);
    }
    free(group);
    return list;
}

/* run_together(machine, images, words, max_cycles) -> for each image the cycles of its run, or -1
 * where it is to be run by itself. An image has so many words; it becomes what the run leaves, or,
 * after -1, anything. */
static PyObject *run_together(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *machine, *object, *cycles = NULL;
    Py_buffer images;
    Py_ssize_t words;
    long long max_cycles;
    if (!PyArg_ParseTuple(arguments, "OOnL", &machine, &object, &words, &max_cycles))
        return NULL;
    const Program *program = program_of(machine);
    if (!program || !take_buffer(object, &images, sizeof(uint32_t), true))
        return NULL;
    const Py_ssize_t all = images.len / (Py_ssize_t)sizeof(uint32_t);
    if (0 < words && words <= UINT32_MAX && all % words == 0)
        cycles = run_images(program, images.buf, (size_t)(all / words), (uint32_t)words,
                            max_cycles);
    else
        PyErr_SetString(PyExc_ValueError, "these are no images of so many words each");
    PyBuffer_Release(&images);
    return cycles;
}

PyMethodDef lockstep_methods[] = {
    {"run_together", run_together, METH_VARARGS,
     "run_together(machine, images, words, max_cycles) -> cycles of each, or -1"},
    {0},
};
