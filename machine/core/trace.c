/* A run that tells all it did: which bundles, and for each lane of each slot the word that it made
 * and the lanes whose words it read.
 *
 * A node is one lane of one executed slot, numbered in the order of execution; machine/core/tracing.py
 * says which slots have how many. The words of a bundle wait in its nodes until all of its slots
 * have read, and land in the order in which the bundle lists them. Compares and pauses are passed
 * over. A bundle that faults leaves no node, and everything as it was.
 */
#include "module.h"
#include "shape.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

/* Producers that are no nodes; the order is that of tracing.py. */
enum { NEVER_WRITTEN = -1, INPUT = -2, NO_OPERAND = -3, BEFORE = -4 };
static const uint32_t NO_ADDRESS = UINT32_MAX;

enum { CHUNK = 1 << 14, FEWEST = 1 << 12 }; /* bundles between looks at signals; first room */

/* The order is that of tracing.py. */
typedef enum { UNDER_WAY, ENDED, HALTED, FAULTED, MAX_CYCLES, FULL, NO_MEMORY } Progress;

enum { PRODUCERS = MOST_SOURCES + 1, COLUMNS = PRODUCERS + 2 };

typedef struct {
    const Program *program;
    Shape shapes[OPERATIONS];
    uint32_t *scratch, *memory;
    uint32_t memory_words;
    int64_t pc, cycle;
    int64_t max_cycles;
    size_t most; /* nodes, and bundles */

    /* The node that wrote each word last, or why there is none. */
    int32_t scratch_writer[SCRATCH_WORDS];
    int32_t *memory_writer;

    /* By node: producers of the scratch words read, of the memory word, the word, the address. */
    uint32_t *columns[COLUMNS];
    size_t nodes, node_room;
    uint32_t *pcs; /* by bundle */
    size_t bundles, bundle_room;
} Run;

enum { MEMORY_PRODUCER = MOST_SOURCES, WORD, ADDRESS };

/* --- one slot ----------------------------------------------------------------------------------- */

/* Have the words of a slot in its nodes; false if it faults. */
static bool execute(Run *run, const Slot *slot, const Shape *shape, size_t node, int64_t *next,
                    bool *halts)
{
    const Words words = {run->program->targets, run->scratch, run->memory, run->memory_words};
    uint32_t address = NO_ADDRESS;
    if (!make_words(&words, slot, run->columns[WORD] + node, &address, next, halts))
        return false;
    for (uint32_t i = 0; i < shape->memory_lanes; i++) {
        run->columns[ADDRESS][node + i] = address + i;
        if (!shape->stores)
            run->columns[MEMORY_PRODUCER][node + i] = (uint32_t)run->memory_writer[address + i];
    }
    return true;
}

/* Note who made the words that a slot reads, and that it reaches no memory, unless it will. */
static void note_producers(Run *run, const Slot *slot, const Shape *shape, size_t node)
{
    const uint32_t sources[MOST_SOURCES] = {slot->x, slot->y, slot->z};
    const uint32_t lanes = node_count(shape);
    for (int k = 0; k < MOST_SOURCES; k++) {
        const uint32_t width = shape->source_widths[k];
        for (uint32_t i = 0; i < lanes; i++)
            run->columns[k][node + i] =
                (uint32_t)(width ? run->scratch_writer[sources[k] + (width > 1 ? i : 0)] : NO_OPERAND);
    }
    for (uint32_t i = 0; i < lanes; i++) {
        run->columns[MEMORY_PRODUCER][node + i] = (uint32_t)NO_OPERAND;
        run->columns[ADDRESS][node + i] = NO_ADDRESS;
    }
}

/* Let the words of a slot land where it writes them. */
static void land(Run *run, const Slot *slot, const Shape *shape, size_t node)
{
    const uint32_t *const words = run->columns[WORD] + node;
    for (uint32_t i = 0; i < shape->dest_width; i++) {
        run->scratch[slot->dest + i] = words[i];
        run->scratch_writer[slot->dest + i] = (int32_t)(node + i);
    }
    for (uint32_t i = 0; shape->stores && i < shape->memory_lanes; i++) {
        const uint32_t address = run->columns[ADDRESS][node + i];
        run->memory[address] = words[i];
        run->memory_writer[address] = (int32_t)(node + i);
    }
}

/* --- one bundle --------------------------------------------------------------------------------- */

static bool grow(uint32_t **column, size_t room)
{
    uint32_t *grown = realloc(*column, room * sizeof *grown);
    if (grown)
        *column = grown;
    return grown != NULL;
}

static bool make_room(Run *run, size_t nodes)
{
    const size_t room = 2 * run->node_room + nodes;
    if (run->bundles == run->bundle_room) {
        if (!grow(&run->pcs, 2 * run->bundle_room))
            return false;
        run->bundle_room *= 2;
    }
    if (run->nodes + nodes <= run->node_room)
        return true;
    for (int column = 0; column < COLUMNS; column++)
        if (!grow(&run->columns[column], room))
            return false;
    run->node_room = room;
    return true;
}

static Progress trace_bundle(Run *run)
{
    const Program *program = run->program;
    const Bundle *bundle = program->bundles + run->pc;
    const Slot *slots = slots_of(program, run->pc);
    const size_t count = (size_t)(slots_of(program, run->pc + 1) - slots);
    Slot arranged[MOST_ARRANGED];
    int64_t next = run->pc + 1;
    size_t nodes = 0;
    bool halts = false;

    for (size_t i = 0; i < count; i++)
        nodes += node_count(&run->shapes[operation_of(slots + i)]);
    if (run->bundles == run->most || run->nodes + nodes > run->most)
        return FULL;
    if (bundle->cost && run->cycle >= run->max_cycles)
        return MAX_CYCLES;
    if (!make_room(run, nodes))
        return NO_MEMORY;
    slots = as_written(slots, count, arranged);
    size_t node = run->nodes;
    for (size_t i = 0; i < count; i++) {
        const Shape *shape = &run->shapes[operation_of(slots + i)];
        note_producers(run, slots + i, shape, node);
        if (!execute(run, slots + i, shape, node, &next, &halts))
            return FAULTED;
        node += node_count(shape);
    }
    node = run->nodes;
    for (size_t i = 0; i < count; i++) {
        const Shape *shape = &run->shapes[operation_of(slots + i)];
        land(run, slots + i, shape, node);
        node += node_count(shape);
    }
    run->pcs[run->bundles++] = (uint32_t)run->pc;
    run->nodes = node;
    run->cycle += bundle->cost;
    run->pc = next;
    return halts ? HALTED : UNDER_WAY;
}

static Progress go_on(Run *run)
{
    for (int count = 0; count < CHUNK; count++) {
        if (run->pc >= run->program->length)
            return ENDED;
        const Progress progress = trace_bundle(run);
        if (progress != UNDER_WAY)
            return progress;
    }
    return UNDER_WAY;
}

/* --- a run -------------------------------------------------------------------------------------- */

static bool start(Run *run, bool from_start)
{
    for (int operation = 0; operation < OPERATIONS; operation++)
        run->shapes[operation] = shape_of((Operation)operation);
    run->node_room = run->bundle_room = FEWEST;
    bool there = (run->pcs = malloc(FEWEST * sizeof *run->pcs)) != NULL;
    for (int column = 0; column < COLUMNS; column++)
        there &= (run->columns[column] = malloc(FEWEST * sizeof **run->columns)) != NULL;
    there &= (run->memory_writer = malloc((run->memory_words + 1) * sizeof(int32_t))) != NULL;
    for (uint32_t i = 0; i < SCRATCH_WORDS; i++)
        run->scratch_writer[i] = from_start ? NEVER_WRITTEN : BEFORE;
    for (uint32_t i = 0; there && i < run->memory_words; i++)
        run->memory_writer[i] = from_start ? INPUT : BEFORE;
    return there;
}

static void end(Run *run)
{
    for (int column = 0; column < COLUMNS; column++)
        free(run->columns[column]);
    free(run->pcs);
    free(run->memory_writer);
    free(run);
}

/* To where it stops; false with an exception set. */
static bool go_to_end(Run *run, Progress *progress)
{
    do {
        Py_BEGIN_ALLOW_THREADS
        *progress = go_on(run);
        Py_END_ALLOW_THREADS
        if (PyErr_CheckSignals() < 0)
            return false;
    } while (*progress == UNDER_WAY);
    if (*progress == NO_MEMORY)
        PyErr_NoMemory();
    return *progress != NO_MEMORY;
}

static PyObject *words_as_bytes(const uint32_t *words, size_t count)
{
    return PyBytes_FromStringAndSize((const char *)words, (Py_ssize_t)(count * sizeof *words));
}

static PyObject *told(const Run *run, Progress progress)
{
    PyObject *columns = PyTuple_New(COLUMNS);
    for (int column = 0; columns && column < COLUMNS; column++) {
        PyObject *bytes = words_as_bytes(run->columns[column], run->nodes);
        if (!bytes || PyTuple_SetItem(columns, column, bytes) < 0)
            Py_CLEAR(columns);
    }
    PyObject *pcs = columns ? words_as_bytes(run->pcs, run->bundles) : NULL;
    if (pcs)
        return Py_BuildValue("(iLNN)", progress, (long long)run->cycle, pcs, columns);
    Py_XDECREF(columns);
    return NULL;
}

/* trace(machine, scratch, memory, pc, most, max_cycles, from_start) -> (why it stopped, cycles, pcs,
 * columns). Scratch and memory are the words it starts with and become those it leaves. At most so
 * many nodes, and bundles. */
static PyObject *trace(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *machine, *scratch_object, *memory_object, *result = NULL;
    Py_buffer scratch = {0}, memory = {0};
    long long pc, max_cycles;
    Py_ssize_t most;
    int from_start;
    if (!PyArg_ParseTuple(arguments, "OOOLnLp", &machine, &scratch_object, &memory_object, &pc,
                          &most, &max_cycles, &from_start))
        return NULL;
    const Program *program = program_of(machine);
    if (!program || !take_buffer(scratch_object, &scratch, sizeof(uint32_t), true))
        return NULL;
    if (take_buffer(memory_object, &memory, sizeof(uint32_t), true)) {
        Run *run = calloc(1, sizeof *run);
        Progress progress;
        if (!run)
            PyErr_NoMemory();
        else if (scratch.len != SCRATCH_WORDS * sizeof(uint32_t) || memory.len / 4 >= UINT32_MAX ||
                 pc < 0 || most < 0 || most > INT32_MAX)
            PyErr_SetString(PyExc_ValueError, "no run can start with this");
        else {
            run->program = program;
            run->scratch = scratch.buf;
            run->memory = memory.buf;
            run->memory_words = (uint32_t)(memory.len / 4);
            run->pc = pc;
            run->most = (size_t)most;
            run->max_cycles = max_cycles;
            if (!start(run, from_start))
                PyErr_NoMemory();
            else if (go_to_end(run, &progress))
                result = told(run, progress);
        }
        if (run)
            end(run);
        PyBuffer_Release(&memory);
    }
    PyBuffer_Release(&scratch);
    return result;
}

PyMethodDef trace_methods[] = {
    {"trace", trace, METH_VARARGS,
     "trace(machine, scratch, memory, pc, most, max_cycles, from_start) -> (why, cycles, pcs, columns)"},
    {0},
};
