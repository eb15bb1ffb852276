/* The Python type of a program as the engine executes it, which any number of machines share. */
#include "module.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    Program *program;
} Lowered;

enum { ARRAYS = 4 + MAX_OPERANDS, ENGINE_CODES = 256 };

static bool take_columns(PyObject *const objects[], Py_buffer *views, Columns *columns)
{
    /* first_group, group_engine, first_slot, opcodes, operands… */
    static const size_t sizes[ARRAYS] = {4, 1, 4, 1, 8, 8, 8, 8};
    for (size_t i = 0; i < ARRAYS; i++)
        if (!take_buffer(objects[i], &views[i], sizes[i], false))
            return false;
    columns->bundles = (size_t)views[0].len / 4 - 1;
    columns->groups = (size_t)views[1].len;
    columns->slots = (size_t)views[3].len;
    bool fits = views[0].len >= 4 && (size_t)views[2].len == (columns->groups + 1) * 4;
    for (int i = 0; i < MAX_OPERANDS; i++) {
        fits = fits && views[4 + i].len == (Py_ssize_t)columns->slots * 8;
        columns->operands[i] = views[4 + i].buf;
    }
    columns->first_group = views[0].buf;
    columns->group_engine = views[1].buf;
    columns->first_slot = views[2].buf;
    columns->opcodes = views[3].buf;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the columns differ in length");
    return fits;
}

static Program *lower(PyObject *const objects[], const uint8_t *works)
{
    Py_buffer views[ARRAYS];
    Columns columns = {.works = works};
    Program *program = NULL;
    const char *error = NULL;
    memset(views, 0, sizeof views);
    if (take_columns(objects, views, &columns)) {
        program = program_lower(&columns, operation_of_code, &error);
        if (error)
            PyErr_SetString(PyExc_ValueError, error);
        else if (!program)
            PyErr_NoMemory();
    }
    for (int i = 0; i < ARRAYS; i++)
        PyBuffer_Release(&views[i]);
    return program;
}

/* Lowered((first_group, group_engine, first_slot, opcodes, *operands), works): `works` has a byte for
 * each number of an engine, whether a bundle that names it takes a cycle. */
static PyObject *lowered_new(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(named))
{
    PyObject *c[ARRAYS];
    const char *works;
    Py_ssize_t engines;
    if (!PyArg_ParseTuple(arguments, "(OOOOOOOO)y#", &c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6],
                          &c[7], &works, &engines))
        return NULL;
    if (engines != ENGINE_CODES)
        return PyErr_Format(PyExc_ValueError, "there is not a byte for each of 256 engines");
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    Lowered *self = (Lowered *)allocate(type, 0);
    if (self && (self->program = lower(c, (const uint8_t *)works)))
        return (PyObject *)self;
    Py_XDECREF((PyObject *)self);
    return NULL;
}

static void lowered_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    program_free(((Lowered *)object)->program);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* compared(): the slot number of each compared word. */
static PyObject *lowered_compared(PyObject *object, PyObject *Py_UNUSED(none))
{
    const Program *program = ((Lowered *)object)->program;
    PyObject *slots = PyList_New((Py_ssize_t)program->compared);
    for (uint32_t i = 0; slots && i < program->compared; i++) {
        PyObject *slot = PyLong_FromUnsignedLong(program->compares[i]);
        if (!slot || PyList_SetItem(slots, (Py_ssize_t)i, slot) < 0)
            Py_CLEAR(slots);
    }
    return slots;
}

/* set_far(slot, negative): the target of this jump, as written, is beyond 64 bits. */
static PyObject *lowered_set_far(PyObject *object, PyObject *arguments)
{
    unsigned int slot;
    int negative;
    if (!PyArg_ParseTuple(arguments, "Ip", &slot, &negative))
        return NULL;
    return PyBool_FromLong(program_set_far(((Lowered *)object)->program, slot, negative));
}

static PyMethodDef lowered_methods[] = {
    {"compared", lowered_compared, METH_NOARGS, "The slot number of each compared word."},
    {"set_far", lowered_set_far, METH_VARARGS, "set_far(slot, negative) -> whether it jumps"},
    {0},
};

static PyType_Slot lowered_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)lowered_new},
    {Py_tp_dealloc, (void *)(uintptr_t)lowered_dealloc},
    {Py_tp_methods, lowered_methods},
    {Py_tp_doc, (void *)(uintptr_t) "A program as the engine executes it."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "machine._core.Lowered",
    .basicsize = sizeof(Lowered),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = lowered_slots,
};

static PyTypeObject *lowered_type; /* for as long as the process lasts */

PyTypeObject *make_lowered_type(PyObject *module)
{
    lowered_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return lowered_type;
}

const Program *lowered_program(PyObject *lowered)
{
    if (PyObject_TypeCheck(lowered, lowered_type))
        return ((Lowered *)lowered)->program;
    PyErr_SetString(PyExc_TypeError, "this is no program as the engine executes it");
    return NULL;
}
