/* What the slots of a traced run wait for; machine/core/waits.py says what waits there are. */
#include "module.h"
#include "shape.h"

#include <stdlib.h>
#include <string.h>

/* The order is that of waits.py. */
enum { READ, OVERWRITE, REWRITE, LOADED, STORED, RESTORED };

enum { NOBODY = -1, NO_ENTRY = 0, FEWEST = 1 << 12 };

/* An entry of a list of operations that read a word. */
typedef struct {
    int32_t operation;
    uint32_t next;
} Reader;

typedef struct {
    int32_t *waited;
    uint8_t *kinds;
    size_t count, room;
} Waits;

typedef struct {
    const Program *program;
    Shape shapes[OPERATIONS];

    int32_t writer[SCRATCH_WORDS];   /* the operation that wrote a word last */
    uint32_t readers[SCRATCH_WORDS]; /* the first entry of who has read it since */
    int32_t *memory_writer;
    uint32_t *memory_readers;
    uint32_t memory_words;

    Reader *entries;
    uint32_t entry_count, entry_room, free_entry;

    uint32_t *steps, *slots, *first_waits; /* by operation */
    int32_t *named_by; /* by operation the last one that was told to wait for it */
    size_t operations, most_operations;
    Waits reads; /* of the bundle at hand, what its slots read */
    Waits waits; /* of all */
} Finder;

/* --- lists that grow ---------------------------------------------------------------------------- */

static bool add_wait(Waits *waits, int32_t waited, uint8_t kind)
{
    if (waits->count == waits->room) {
        const size_t room = waits->room ? 2 * waits->room : FEWEST;
        int32_t *grown = realloc(waits->waited, room * sizeof *grown);
        if (!grown)
            return false;
        waits->waited = grown;
        uint8_t *kinds = realloc(waits->kinds, room);
        if (!kinds)
            return false;
        waits->kinds = kinds;
        waits->room = room;
    }
    waits->waited[waits->count] = waited;
    waits->kinds[waits->count++] = kind;
    return true;
}

static bool add_reader(Finder *finder, uint32_t *list, int32_t operation)
{
    uint32_t entry = finder->free_entry;
    if (entry != NO_ENTRY)
        finder->free_entry = finder->entries[entry].next;
    else {
        if (finder->entry_count == finder->entry_room) {
            const uint32_t room = finder->entry_room ? 2 * finder->entry_room : FEWEST;
            Reader *grown = realloc(finder->entries, room * sizeof *grown);
            if (!grown)
                return false;
            finder->entries = grown;
            finder->entry_room = room;
        }
        entry = finder->entry_count++;
    }
    finder->entries[entry] = (Reader){operation, *list};
    *list = entry;
    return true;
}

/* Wait for an operation, unless it is this one, or nobody, or is waited for already. */
static bool wait_for(Finder *finder, int32_t operation, int32_t waited, uint8_t kind)
{
    if (waited == NOBODY || waited == operation || finder->named_by[waited] == operation)
        return true;
    finder->named_by[waited] = operation;
    return add_wait(&finder->waits, waited, kind);
}

/* Wait for all that have read a word, and empty their list. */
static bool wait_for_readers(Finder *finder, int32_t operation, uint32_t *list, uint8_t kind)
{
    bool waits = true;
    while (*list != NO_ENTRY) {
        Reader *entry = &finder->entries[*list];
        const uint32_t here = *list;
        waits = wait_for(finder, operation, entry->operation, kind) && waits;
        *list = entry->next;
        entry->next = finder->free_entry;
        finder->free_entry = here;
    }
    return waits;
}

/* --- one bundle --------------------------------------------------------------------------------- */

static bool read_words(Finder *finder, const Slot *slot, const Shape *shape, int32_t operation)
{
    const uint32_t sources[MOST_SOURCES] = {slot->x, slot->y, slot->z};
    for (int k = 0; k < MOST_SOURCES; k++)
        for (uint32_t i = 0; i < shape->source_widths[k]; i++) {
            const uint32_t word = sources[k] + i;
            if (!add_wait(&finder->reads, finder->writer[word], READ) ||
                !add_reader(finder, &finder->readers[word], operation))
                return false;
        }
    return true;
}

static bool load_words(Finder *finder, const uint32_t *addresses, uint32_t lanes, int32_t operation)
{
    for (uint32_t i = 0; i < lanes; i++)
        if (!add_wait(&finder->reads, finder->memory_writer[addresses[i]], LOADED) ||
            !add_reader(finder, &finder->memory_readers[addresses[i]], operation))
            return false;
    return true;
}

static bool write_words(Finder *finder, const Slot *slot, const Shape *shape, int32_t operation)
{
    for (uint32_t word = slot->dest; word < slot->dest + (uint32_t)shape->dest_width; word++) {
        if (!wait_for_readers(finder, operation, &finder->readers[word], OVERWRITE) ||
            !wait_for(finder, operation, finder->writer[word], REWRITE))
            return false;
        finder->writer[word] = operation;
    }
    return true;
}

static bool store_words(Finder *finder, const uint32_t *addresses, uint32_t lanes,
                        int32_t operation)
{
    for (uint32_t i = 0; i < lanes; i++) {
        const uint32_t address = addresses[i];
        if (!wait_for_readers(finder, operation, &finder->memory_readers[address], STORED) ||
            !wait_for(finder, operation, finder->memory_writer[address], RESTORED))
            return false;
        finder->memory_writer[address] = operation;
    }
    return true;
}

/* All slots of a bundle read, then all write. */
static bool add_bundle(Finder *finder, uint32_t step, uint32_t pc, const uint32_t *addresses)
{
    const Slot *slots = slots_of(finder->program, pc);
    const size_t count = (size_t)(slots_of(finder->program, pc + 1) - slots);
    Slot arranged[MOST_ARRANGED];
    const uint32_t *at = addresses;
    int32_t operation = (int32_t)finder->operations;
    slots = as_written(slots, count, arranged);
    finder->reads.count = 0;
    for (size_t i = 0; i < count; i++) {
        const Shape *shape = &finder->shapes[operation_of(slots + i)];
        if (shape->debug)
            continue;
        finder->steps[operation] = step;
        finder->slots[operation] = finder->program->first_slots[pc] + (uint32_t)i;
        if (!read_words(finder, slots + i, shape, operation) ||
            (shape->memory_lanes && !shape->stores &&
             !load_words(finder, at, shape->memory_lanes, operation)))
            return false;
        at += node_count(shape);
        operation++;
    }
    const int32_t *read = finder->reads.waited;
    const uint8_t *kinds = finder->reads.kinds;
    at = addresses;
    for (size_t i = 0; i < count; i++) {
        const Shape *shape = &finder->shapes[operation_of(slots + i)];
        if (shape->debug)
            continue;
        operation = (int32_t)finder->operations++;
        size_t own = shape->stores ? 0 : shape->memory_lanes;
        for (int k = 0; k < MOST_SOURCES; k++)
            own += shape->source_widths[k];
        for (size_t j = 0; j < own; j++)
            if (!wait_for(finder, operation, *read++, *kinds++))
                return false;
        if (!write_words(finder, slots + i, shape, operation) ||
            (shape->stores && !store_words(finder, at, shape->memory_lanes, operation)))
            return false;
        at += node_count(shape);
        finder->first_waits[finder->operations] = (uint32_t)finder->waits.count;
    }
    return true;
}

/* --- a run -------------------------------------------------------------------------------------- */

/* The nodes, and the operations, of a run; false with an exception set if it is none. */
static bool measure(Finder *finder, const uint32_t *pcs, size_t steps, size_t *nodes)
{
    *nodes = finder->most_operations = 0;
    for (size_t step = 0; step < steps; step++) {
        if (pcs[step] >= finder->program->length) {
            PyErr_SetString(PyExc_ValueError, "the program has no such bundle");
            return false;
        }
        const Slot *end = slots_of(finder->program, (int64_t)pcs[step] + 1);
        for (const Slot *slot = slots_of(finder->program, pcs[step]); slot < end; slot++) {
            const Shape *shape = &finder->shapes[operation_of(slot)];
            *nodes += node_count(shape);
            finder->most_operations += !shape->debug;
        }
    }
    return true;
}

/* Whether each load and store has addresses, and how many words of memory they are among. */
static bool take_addresses(Finder *finder, const uint32_t *pcs, size_t steps,
                           const uint32_t *addresses)
{
    enum { GREATEST = 1 << 28 };
    for (size_t step = 0; step < steps; step++) {
        Slot arranged[MOST_ARRANGED];
        const Slot *slots = slots_of(finder->program, pcs[step]);
        const size_t count = (size_t)(slots_of(finder->program, (int64_t)pcs[step] + 1) - slots);
        slots = as_written(slots, count, arranged);
        for (size_t i = 0; i < count; i++) {
            const Shape *shape = &finder->shapes[operation_of(slots + i)];
            for (uint32_t lane = 0; lane < shape->memory_lanes; lane++) {
                if (addresses[lane] >= GREATEST) {
                    PyErr_SetString(PyExc_ValueError, "a load or store has no address");
                    return false;
                }
                if (addresses[lane] >= finder->memory_words)
                    finder->memory_words = addresses[lane] + 1;
            }
            addresses += node_count(shape);
        }
    }
    return true;
}

static bool start(Finder *finder)
{
    const size_t most = finder->most_operations + 1, words = finder->memory_words + 1;
    finder->steps = malloc(most * sizeof *finder->steps);
    finder->slots = malloc(most * sizeof *finder->slots);
    finder->first_waits = calloc(most, sizeof *finder->first_waits);
    finder->named_by = malloc(most * sizeof *finder->named_by);
    finder->memory_writer = malloc(words * sizeof *finder->memory_writer);
    finder->memory_readers = calloc(words, sizeof *finder->memory_readers);
    finder->entry_count = 1; /* entry 0 is none */
    finder->entries = malloc(FEWEST * sizeof *finder->entries);
    finder->entry_room = FEWEST;
    if (!finder->steps || !finder->slots || !finder->first_waits || !finder->named_by ||
        !finder->memory_writer || !finder->memory_readers || !finder->entries)
        return false;
    /* All bits set are NOBODY. */
    memset(finder->named_by, 0xFF, most * sizeof *finder->named_by);
    memset(finder->memory_writer, 0xFF, words * sizeof *finder->memory_writer);
    memset(finder->writer, 0xFF, sizeof finder->writer);
    return true;
}

static bool find(Finder *finder, const uint32_t *pcs, size_t steps, const uint32_t *addresses)
{
    if (!start(finder))
        return false;
    for (size_t step = 0; step < steps; step++) {
        if (!add_bundle(finder, (uint32_t)step, pcs[step], addresses))
            return false;
        const Slot *end = slots_of(finder->program, (int64_t)pcs[step] + 1);
        for (const Slot *slot = slots_of(finder->program, pcs[step]); slot < end; slot++)
            addresses += node_count(&finder->shapes[operation_of(slot)]);
    }
    return true;
}

static void end(Finder *finder)
{
    free(finder->steps);
    free(finder->slots);
    free(finder->first_waits);
    free(finder->named_by);
    free(finder->memory_writer);
    free(finder->memory_readers);
    free(finder->entries);
    free(finder->reads.waited);
    free(finder->reads.kinds);
    free(finder->waits.waited);
    free(finder->waits.kinds);
    free(finder);
}

static PyObject *told(const Finder *finder)
{
    const Py_ssize_t count = (Py_ssize_t)finder->operations;
    const Py_ssize_t waits = (Py_ssize_t)finder->waits.count;
    return Py_BuildValue("(y#y#y#y#y#)", (const char *)finder->steps, 4 * count,
                         (const char *)finder->slots, 4 * count,
                         (const char *)finder->first_waits, 4 * (count + 1),
                         finder->waits.waited ? (const char *)finder->waits.waited : "", 4 * waits,
                         finder->waits.kinds ? (const char *)finder->waits.kinds : "", waits);
}

/* find_waits(machine, pcs, addresses) -> steps, slots, first waits, waited, kinds */
static PyObject *find_waits(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *machine, *pcs_object, *addresses_object, *result = NULL;
    Py_buffer pcs = {0}, addresses = {0};
    size_t nodes;
    if (!PyArg_ParseTuple(arguments, "OOO", &machine, &pcs_object, &addresses_object))
        return NULL;
    const Program *program = program_of(machine);
    if (!program || !take_buffer(pcs_object, &pcs, sizeof(uint32_t), false))
        return NULL;
    if (take_buffer(addresses_object, &addresses, sizeof(uint32_t), false)) {
        Finder *finder = calloc(1, sizeof *finder);
        if (!finder)
            PyErr_NoMemory();
        else {
            const size_t steps = (size_t)pcs.len / 4;
            finder->program = program;
            for (int operation = 0; operation < OPERATIONS; operation++)
                finder->shapes[operation] = shape_of((Operation)operation);
            if (measure(finder, pcs.buf, steps, &nodes)) {
                if (nodes != (size_t)addresses.len / 4 || finder->most_operations > INT32_MAX)
                    PyErr_SetString(PyExc_ValueError, "these are not the addresses of this run");
                else if (take_addresses(finder, pcs.buf, steps, addresses.buf)) {
                    if (find(finder, pcs.buf, steps, addresses.buf))
                        result = told(finder);
                    else
                        PyErr_NoMemory();
                }
            }
            end(finder);
        }
        PyBuffer_Release(&addresses);
    }
    PyBuffer_Release(&pcs);
    return result;
}

PyMethodDef waits_methods[] = {
    {"find_waits", find_waits, METH_VARARGS,
     "find_waits(machine, pcs, addresses) -> (steps, slots, first waits, waited, kinds)"},
    {0},
};
