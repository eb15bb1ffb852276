/* The Python module: buffers of 32-bit integers in, bytes out, the GIL released in between. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "flat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Limit NO_LIMIT = {0, INFINITY, INFINITY};

static PyObject *refuse(const char *why)
{
    PyErr_SetString(PyExc_ValueError, why);
    return NULL;
}

/* The integers of a buffer; sets an error where it holds none. */
static const int32_t *integers(const Py_buffer *buffer, size_t *count)
{
    const bool aligned = !buffer->len || (uintptr_t)buffer->buf % sizeof(int32_t) == 0;
    if (buffer->len % (Py_ssize_t)sizeof(int32_t) || !aligned) {
        refuse("not 32-bit integers");
        return NULL;
    }
    *count = (size_t)buffer->len / sizeof(int32_t);
    return buffer->buf;
}

static bool view(const Py_buffer *buffer, Flat *flat)
{
    size_t count;
    const int32_t *run = integers(buffer, &count);
    if (!run)
        return false;
    if (flat_view(flat, run, count))
        return true;
    refuse("no flat arrays");
    return false;
}

/* The integers of a buffer of which there must be at least `least`. */
static const int32_t *at_least(const Py_buffer *buffer, int32_t least, const char *why)
{
    size_t count;
    const int32_t *found = integers(buffer, &count);
    if (found && count < (size_t)least) {
        refuse(why);
        return NULL;
    }
    return found;
}

/* Whether each node is there once; false with an exception set. */
static bool is_permutation(const int32_t *order, int32_t nodes, const char *why)
{
    uint8_t *seen = calloc((size_t)nodes + 1, 1);
    if (!seen) {
        PyErr_NoMemory();
        return false;
    }
    bool all = true;
    for (int32_t i = 0; all && i < nodes; i++) {
        all = order[i] >= 0 && order[i] < nodes && !seen[order[i]];
        if (all)
            seen[order[i]] = 1;
    }
    free(seen);
    if (!all)
        refuse(why);
    return all;
}

static PyObject *pack_flat(const Flat *flat, const int32_t *rank, Room room)
{
    Job job;
    if (!job_make(&job, flat))
        return PyErr_NoMemory();
    Part *parts = malloc(2 * (size_t)flat->nodes * sizeof *parts + 1);
    uint8_t *holding = malloc((size_t)flat->registers + 1);
    void *memory = malloc(packing_bytes(&job));
    Status status = OUT_OF_MEMORY;
    int32_t count = 0;
    Length length;
    Py_BEGIN_ALLOW_THREADS
    if (parts && holding && memory)
        status = job_pack(&job, rank, room, NO_LIMIT, memory, parts, &count, holding, &length);
    Py_END_ALLOW_THREADS
    PyObject *result = NULL;
    if (status == DONE)
        result = Py_BuildValue("Oy#", Py_True, (const char *)parts,
                               (Py_ssize_t)((size_t)count * sizeof *parts));
    else if (status == OUT_OF_SCRATCH)
        result = Py_BuildValue("Oy#", Py_False, (const char *)holding,
                               (Py_ssize_t)flat->registers);
    else
        PyErr_NoMemory();
    free(parts);
    free(holding);
    free(memory);
    job_free(&job);
    return result;
}

static PyObject *pack_run(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer run, ranks;
    Room room;
    if (!PyArg_ParseTuple(args, "y*y*ii", &run, &ranks, &room.window, &room.spare))
        return NULL;
    Flat flat;
    PyObject *result = NULL;
    const int32_t *rank = NULL;
    if (view(&run, &flat))
        rank = at_least(&ranks, flat.nodes, "a rank for each node is wanted");
    if (rank && is_permutation(rank, flat.nodes, "every node wants a rank of its own"))
        result = pack_flat(&flat, rank, room);
    PyBuffer_Release(&run);
    PyBuffer_Release(&ranks);
    return result;
}

/* A run that has been looked at, with a copy of it, for a search that packs it many times.
 * `memory` is what one ranking and packing wants; NULL while somebody has it. */
typedef struct {
    Flat flat;
    Job job;
    void *memory;
    int32_t run[];
} Held;

static const char HELD[] = "kernels.schedule.flat";

static void drop_held(Held *held)
{
    job_free(&held->job);
    free(held->memory);
    free(held);
}

static void drop(PyObject *capsule)
{
    drop_held(PyCapsule_GetPointer(capsule, HELD));
}

static PyObject *hold(const int32_t *run, size_t count)
{
    Held *held = malloc(sizeof *held + count * sizeof *run);
    if (!held)
        return PyErr_NoMemory();
    held->job = (Job){0};
    held->memory = NULL;
    if (count)
        memcpy(held->run, run, count * sizeof *run);
    PyObject *capsule = NULL;
    if (!flat_view(&held->flat, held->run, count))
        refuse("no flat arrays");
    else if (!is_permutation(held->flat.order, held->flat.nodes,
                             "every node wants a place of its own"))
        capsule = NULL;
    else if (!job_make(&held->job, &held->flat))
        PyErr_NoMemory();
    else
        capsule = PyCapsule_New(held, HELD, drop);
    if (!capsule)
        drop_held(held);
    return capsule;
}

static PyObject *hold_run(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer run;
    if (!PyArg_ParseTuple(args, "y*", &run))
        return NULL;
    size_t count;
    const int32_t *first = integers(&run, &count);
    PyObject *result = first ? hold(first, count) : NULL;
    PyBuffer_Release(&run);
    return result;
}

/* What a candidate is measured by. */
typedef struct {
    int32_t scale;
    const int32_t *offsets, *noise;
    Room room;
    Limit limit;
} Asked;

static size_t aligned(size_t bytes)
{
    return (bytes + VLEN - 1) / VLEN * VLEN;
}

/* Ranks and packs in `memory`, without keeping the parts; false where keys are too far apart. */
static bool measure(const Held *held, const Asked *asked, char *memory, Status *status,
                    Length *length)
{
    int32_t *rank = (void *)memory;
    void *rest = memory + aligned((size_t)held->flat.nodes * sizeof *rank);
    if (!flat_rank(&held->flat, asked->scale, asked->offsets, asked->noise, rest, rank))
        return false;
    int32_t count;
    *status = job_pack(&held->job, rank, asked->room, asked->limit, rest, NULL, &count, NULL, length);
    return true;
}

static size_t measuring_bytes(const Held *held)
{
    const size_t packing = packing_bytes(&held->job), ranking = ranking_bytes(&held->flat);
    return aligned((size_t)held->flat.nodes * sizeof(int32_t)) +
           (packing > ranking ? packing : ranking);
}

static PyObject *length_of(Held *held, const Asked *asked)
{
    char *memory = held->memory ? held->memory : malloc(measuring_bytes(held));
    if (!memory)
        return PyErr_NoMemory();
    held->memory = NULL;
    Status status = OUT_OF_SCRATCH;
    Length length = {0, 0, 0};
    bool ranked;
    Py_BEGIN_ALLOW_THREADS
    ranked = measure(held, asked, memory, &status, &length);
    Py_END_ALLOW_THREADS
    free(held->memory);
    held->memory = memory;
    if (!ranked)
        return refuse("keys are too far apart");
    if (status != DONE)
        Py_RETURN_NONE;
    return Py_BuildValue("iii", length.cycles, length.late, length.spent);
}

static PyObject *length_run(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *capsule;
    Py_buffer by_group, by_slot;
    Asked asked;
    if (!PyArg_ParseTuple(args, "Oiy*y*iiddd", &capsule, &asked.scale, &by_group, &by_slot,
                          &asked.room.window, &asked.room.spare, &asked.limit.weight,
                          &asked.limit.energy, &asked.limit.cycles))
        return NULL;
    PyObject *result = NULL;
    Held *held = PyCapsule_GetPointer(capsule, HELD);
    asked.offsets = asked.noise = NULL;
    if (held)
        asked.offsets =
            at_least(&by_group, held->flat.groups, "an offset for each group is wanted");
    if (asked.offsets)
        asked.noise = at_least(&by_slot, held->flat.slots, "noise for each slot is wanted");
    if (asked.noise)
        result = length_of(held, &asked);
    PyBuffer_Release(&by_group);
    PyBuffer_Release(&by_slot);
    return result;
}

static PyObject *link_objects(const Objects *objects)
{
    int32_t *run = NULL;
    size_t words = 0;
    Status status;
    Py_BEGIN_ALLOW_THREADS
    status = flat_link(objects, &run, &words);
    Py_END_ALLOW_THREADS
    if (status == OUT_OF_SCRATCH)
        return refuse("no operations");
    if (status == OUT_OF_MEMORY)
        return PyErr_NoMemory();
    PyObject *bytes =
        PyBytes_FromStringAndSize((const char *)run, (Py_ssize_t)(words * sizeof *run));
    free(run);
    return bytes;
}

static PyObject *link_run(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer records, bases;
    Objects objects;
    if (!PyArg_ParseTuple(args, "y*y*iii", &records, &bases, &objects.groups, &objects.slots,
                          &objects.places))
        return NULL;
    PyObject *result = NULL;
    size_t words = 0, vectors = 0;
    const int32_t *first = integers(&records, &words);
    objects.base = first ? integers(&bases, &vectors) : NULL;
    objects.records = (const Record *)(const void *)first;
    objects.count = (int32_t)(words * sizeof(int32_t) / sizeof(Record));
    objects.vectors = (int32_t)vectors - 1;
    if (objects.base && vectors && words * sizeof(int32_t) % sizeof(Record) == 0)
        result = link_objects(&objects);
    else if (objects.base)
        refuse("no operations");
    PyBuffer_Release(&records);
    PyBuffer_Release(&bases);
    return result;
}

static PyMethodDef METHODS[] = {
    {"pack", pack_run, METH_VARARGS,
     "pack(run, rank, window, spare) -> (True, parts) or (False, a byte for each register: 1 if held)"},
    {"hold", hold_run, METH_VARARGS, "hold(run) -> a run looked at once, for `length`"},
    {"length", length_run, METH_VARARGS,
     "length(held, scale, offsets, noise, window, spare, weight, energy, cycles) -> (cycles, late, spent);\n"
     "None if out of scratch, or if there are more cycles than that and cycles + weight * spent > energy"},
    {"link", link_run, METH_VARARGS, "link(records, base, groups, slots, places) -> run"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "kernels.schedule._core._pack",
    .m_doc = "The inner loop of list scheduling, and the linker of a search's operations.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC PyInit__pack(void)
{
    return PyModuleDef_Init(&MODULE);
}
