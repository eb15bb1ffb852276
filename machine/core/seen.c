/* Bundles that were encoded, to know them again: what they are made of, frozen.
 *
 * Where a slot is the very tuple that was frozen nothing can have changed, and no more is read of it.
 * Another one is compared part by part, and if it is a tuple that nobody can change it takes the
 * place of the old one, for the next time.
 */
#include "objects.h"

typedef struct {
    PyObject_HEAD
    Py_buffer first_group, group_engine, first_slot; /* as the columns of a program have them */
    Py_ssize_t bundles;
    PyObject *frozen; /* a list with a tuple for each slot */
    PyObject **known; /* the same tuples, which the list holds */
} Seen;

/* How lists and tuples show all that they hold. */
static traverseproc visit_list, visit_tuple;

static bool is_same_part(PyObject *part, PyObject *frozen);

/* Whether a list or tuple has the parts of a tuple. */
static bool has_same_parts(PyObject *sequence, PyObject *frozen)
{
    const Py_ssize_t length = Py_SIZE(frozen);
    bool same = length_of(sequence) == length;
    Py_INCREF(sequence);
    for (Py_ssize_t i = 0; same && i < length; i++) {
        PyObject *kept = PyTuple_GetItem(frozen, i);
        PyObject *part = item_of(sequence, i);
        if (!part)
            PyErr_Clear(); /* the list became shorter meanwhile */
        same = part && (part == kept || is_same_part(part, kept));
    }
    Py_DECREF(sequence);
    return same;
}

static bool is_same_part(PyObject *part, PyObject *frozen)
{
    if (part == frozen)
        return true;
    if (PyTuple_CheckExact(frozen))
        return has_same_parts(part, frozen);
    if (PyUnicode_CheckExact(frozen))
        return PyUnicode_CheckExact(part) && PyUnicode_Compare(part, frozen) == 0;
    if (PyLong_CheckExact(part))
        return PyObject_RichCompareBool(part, frozen, Py_EQ) == 1;
    PyObject *integer = integer_of(part, true);
    const bool same = integer && PyObject_RichCompareBool(integer, frozen, Py_EQ) == 1;
    Py_XDECREF(integer);
    return same;
}

static bool is_same_slot(const Seen *self, Py_ssize_t number, PyObject *slot)
{
    PyObject *frozen = Py_XNewRef(PyList_GetItem(self->frozen, number));
    Py_INCREF(slot);
    const bool same = frozen && is_same_part(slot, frozen);
    if (same && is_frozen(slot, MOST_LISTS) &&
        PyList_SetItem(self->frozen, number, Py_NewRef(slot)) == 0)
        self->known[number] = slot;
    Py_DECREF(slot);
    Py_XDECREF(frozen);
    return same;
}

/* Objects that are still expected, the last of them first. */
typedef struct {
    PyObject *const *first, *const *end;
} Expected;

static int differs(PyObject *slot, void *expected)
{
    Expected *left = expected;
    return left->first == left->end || slot != *--left->end;
}

/* Whether a list or tuple holds just these objects, as its own way to visit them tells: from the last
 * to the first, or if that should change this says no. Faster than to ask for one after the other. */
static bool holds_just(PyObject *sequence, PyObject *const *known, Py_ssize_t count)
{
    PyTypeObject *type = Py_TYPE(sequence);
    Expected expected = {known, known + count};
    traverseproc visit = type == &PyList_Type    ? visit_list
                         : type == &PyTuple_Type ? visit_tuple
                                                 : NULL;
    return visit && visit(sequence, differs, &expected) == 0 && expected.end == expected.first;
}

static bool are_same_slots(const Seen *self, PyObject *slots, Py_ssize_t first, Py_ssize_t count)
{
    PyObject *const *known = self->known + first;
    if (holds_just(slots, known, count))
        return true;
    if (length_of(slots) != count)
        return false;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *slot = item_of(slots, i);
        if (!slot)
            PyErr_Clear(); /* the list became shorter meanwhile */
        if (!slot || (slot != known[i] && !is_same_slot(self, first + i, slot)))
            return false;
    }
    return true;
}

static bool is_same_bundle(const Seen *self, Py_ssize_t pc, PyObject *bundle)
{
    const uint32_t *first_group = self->first_group.buf, *first_slot = self->first_slot.buf;
    const uint8_t *engines = self->group_engine.buf;
    uint32_t group = first_group[pc];
    PyObject *name, *slots;
    Py_ssize_t position = 0;
    if (!is_mapping(bundle))
        return false;
    for (; PyDict_Next(bundle, &position, &name, &slots); group++) {
        if (group == first_group[pc + 1] || find_engine(name) != engines[group])
            return false;
        Py_INCREF(slots);
        const bool same = are_same_slots(self, slots, first_slot[group],
                                         first_slot[group + 1] - first_slot[group]);
        Py_DECREF(slots);
        if (!same)
            return false;
    }
    return group == first_group[pc + 1];
}

/* holds(bundles): whether these are what was seen. */
static PyObject *seen_holds(PyObject *object, PyObject *bundles)
{
    const Seen *self = (Seen *)object;
    bool same = length_of(bundles) == self->bundles;
    for (Py_ssize_t pc = 0; same && pc < self->bundles; pc++) {
        if (pc >= length_still(bundles))
            same = false;
        else {
            PyObject *bundle = Py_NewRef(item_of(bundles, pc));
            same = is_same_bundle(self, pc, bundle);
            Py_DECREF(bundle);
        }
    }
    return PyErr_Occurred() ? NULL : PyBool_FromLong(same);
}

/* --- making and unmaking ------------------------------------------------------------------------ */

/* Whether starts climb from 0 to an end. */
static bool climb(const Py_buffer *starts, size_t end)
{
    const uint32_t *items = starts->buf;
    const size_t count = (size_t)starts->len / sizeof *items;
    for (size_t i = 0; i + 1 < count; i++)
        if (items[i] > items[i + 1])
            return false;
    return count && items[0] == 0 && items[count - 1] == end;
}

static bool take_frozen(Seen *self, PyObject *frozen)
{
    const Py_ssize_t count = PyList_Size(frozen);
    self->frozen = Py_NewRef(frozen);
    PyObject_GC_UnTrack(frozen); /* of tuples of atoms, among which no collector need look for cycles */
    self->known = PyMem_Calloc((size_t)count + 1, sizeof *self->known);
    if (!self->known) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t slot = 0; slot < count; slot++)
        self->known[slot] = PyList_GetItem(frozen, slot);
    const size_t groups = (size_t)self->group_engine.len;
    self->bundles = self->first_group.len / (Py_ssize_t)sizeof(uint32_t) - 1;
    if (climb(&self->first_group, groups) && climb(&self->first_slot, (size_t)count) &&
        (size_t)self->first_slot.len == (groups + 1) * sizeof(uint32_t))
        return true;
    PyErr_SetString(PyExc_ValueError, "the columns do not hang together");
    return false;
}

/* Seen(first_group, group_engine, first_slot, frozen): the list of tuples is its own from now on. */
static PyObject *seen_new(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(named))
{
    PyObject *first_group, *group_engine, *first_slot, *frozen;
    if (!PyArg_ParseTuple(arguments, "OOOO!", &first_group, &group_engine, &first_slot, &PyList_Type,
                          &frozen))
        return NULL;
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    Seen *self = (Seen *)allocate(type, 0);
    if (self && take_buffer(first_group, &self->first_group, sizeof(uint32_t), false) &&
        take_buffer(group_engine, &self->group_engine, 1, false) &&
        take_buffer(first_slot, &self->first_slot, sizeof(uint32_t), false) &&
        take_frozen(self, frozen))
        return (PyObject *)self;
    Py_XDECREF((PyObject *)self);
    return NULL;
}

static int seen_traverse(PyObject *object, visitproc visit, void *arg)
{
    const Seen *self = (Seen *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->frozen);
    return 0;
}

static void seen_dealloc(PyObject *object)
{
    Seen *self = (Seen *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    Py_XDECREF(self->frozen);
    PyMem_Free(self->known);
    PyBuffer_Release(&self->first_group);
    PyBuffer_Release(&self->group_engine);
    PyBuffer_Release(&self->first_slot);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyMethodDef seen_methods[] = {
    {"holds", seen_holds, METH_O, "holds(bundles) -> whether these are what was seen"},
    {0},
};

static PyType_Slot seen_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)seen_new},
    {Py_tp_dealloc, (void *)(uintptr_t)seen_dealloc},
    {Py_tp_traverse, (void *)(uintptr_t)seen_traverse},
    {Py_tp_methods, seen_methods},
    {Py_tp_doc, (void *)(uintptr_t) "Bundles that were encoded, to know them again."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "machine._core.Seen",
    .basicsize = sizeof(Seen),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = seen_slots,
};

PyTypeObject *make_seen_type(PyObject *module)
{
    visit_list = (traverseproc)(uintptr_t)PyType_GetSlot(&PyList_Type, Py_tp_traverse);
    visit_tuple = (traverseproc)(uintptr_t)PyType_GetSlot(&PyTuple_Type, Py_tp_traverse);
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
