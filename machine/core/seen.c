/* Bundles that were encoded, to know them again.
 *
 * Where a slot is the very tuple that it was, and nobody can change that, no more is read of it. Any
 * other is read as if it were to be encoded: an equal one gives what the columns have. If nobody can
 * change that one either it takes the place of the old one, for the next time.
 */
#include "plain.h"
#include "wide.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    Known known;
    Py_buffer columns[COLUMNS]; /* of the program, once all its slots are known */
    PyObject *payloads;         /* a list; NULL until then */
} Seen;

static bool has_same_payload(const Seen *self, int64_t index, PyObject *payload)
{
    PyObject *kept = PyList_GetItem(self->payloads, (Py_ssize_t)index);
    if (!kept)
        PyErr_Clear();
    /* To compare what is made of tuples, integers and texts runs nobody's code. */
    return kept && (kept == payload ||
                    ((is_atom(kept) || is_frozen(kept, MOST_LISTS)) &&
                     PyObject_RichCompareBool(payload, kept, Py_EQ) == 1));
}

static bool has_same_operands(const Seen *self, Py_ssize_t number, const ReadSlot *read)
{
    for (int i = 0; i < MAX_OPERANDS; i++) {
        const int64_t operand = ((const int64_t *)self->columns[OPERANDS + i].buf)[number];
        if (read->payload && i == read->payload_at) {
            if (!has_same_payload(self, operand, read->payload))
                return false;
        } else if (operand != read->operands[i]) {
            return false;
        }
    }
    return true;
}

/* Whether what was read of a slot is what the columns have. If nobody can change the slot it is known
 * from now on. */
static bool is_same_slot(Seen *self, Py_ssize_t number, PyObject *slot, ReadSlot *read)
{
    const uint8_t *opcodes = self->columns[OPCODES].buf;
    PyObject **known = self->known.slots + number;
    const bool same = read->code == opcodes[number] && has_same_operands(self, number, read);
    Py_CLEAR(read->payload);
    if (same && read->for_good) {
        PyObject *old = *known;
        *known = Py_NewRef(slot);
        Py_XDECREF(old);
    }
    return same;
}

/* Whether slots are those that are known, or others that can be read quietly and are the same. For
 * that nothing has to be held, which would write to all of a program's memory. */
static bool are_same_quietly(Seen *self, int engine, PyObject *slots, Py_ssize_t first,
                             Py_ssize_t count)
{
    ReadSlot read;
    if (!PyList_CheckExact(slots) || Py_SIZE(slots) != count)
        return false;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *slot = PyList_GetItem(slots, i);
        if (slot != self->known.slots[first + i] &&
            !(read_quietly(engine, slot, &read) && is_same_slot(self, first + i, slot, &read)))
            return false;
    }
    return true;
}

static bool are_same_slots(Seen *self, int engine, PyObject *slots, Py_ssize_t first,
                           Py_ssize_t count)
{
    ReadSlot read;
    bool same = length_of(slots) == count;
    Py_INCREF(slots);
    for (Py_ssize_t i = 0; same && i < count; i++) {
        PyObject *slot = Py_XNewRef(item_of(slots, i));
        if (!slot)
            PyErr_Clear(); /* the list became shorter meanwhile */
        same = slot && (slot == self->known.slots[first + i] ||
                        (read_slot(engine, slot, WITH_INDICES, &read) &&
                         is_same_slot(self, first + i, slot, &read)));
        Py_XDECREF(slot);
    }
    Py_DECREF(slots);
    return same;
}

typedef bool Compare(Seen *self, int engine, PyObject *slots, Py_ssize_t first, Py_ssize_t count);

/* Whether a bundle is that at pc, its slots as they are compared. */
static inline bool is_same_bundle(Seen *self, Py_ssize_t pc, PyObject *bundle, Compare *compare)
{
    const uint32_t *first_group = self->columns[FIRST_GROUP].buf;
    const uint32_t *first_slot = self->columns[FIRST_SLOT].buf;
    const uint8_t *engines = self->columns[GROUP_ENGINE].buf;
    uint32_t group = first_group[pc];
    PyObject *name, *slots;
    Py_ssize_t position = 0;
    if (!is_mapping(bundle) || PyDict_Size(bundle) != (Py_ssize_t)first_group[pc + 1] - group)
        return false;
    for (; group < first_group[pc + 1]; group++) {
        if (!PyDict_Next(bundle, &position, &name, &slots) || !is_engine(name, engines[group]) ||
            !compare(self, engines[group], slots, first_slot[group],
                     first_slot[group + 1] - first_slot[group]))
            return false;
    }
    return true;
}

/* --- the very same ------------------------------------------------------------------------------- */

/* Bundles that are looked at together, so that nothing asked of one waits until what was asked of
 * another has come out of memory. */
enum { BLOCK = 16, MOST_LISTS_OF_BLOCK = BLOCK * MOST_ENGINES };

/* The lists of slots in a block of bundles, if these are dicts of the engines of those from pc on. */
static bool find_lists(const Seen *self, Py_ssize_t pc, PyObject *const *bundles, PyObject **lists)
{
    const uint32_t *first_group = (const uint32_t *)self->columns[FIRST_GROUP].buf + pc;
    const uint8_t *engine = (const uint8_t *)self->columns[GROUP_ENGINE].buf + first_group[0];
    PyObject *name;
    if (first_group[BLOCK] - first_group[0] > MOST_LISTS_OF_BLOCK)
        return false;
    for (int i = 0; i < BLOCK; i++)
        PREFETCH(bundles[i]);
    for (int i = 0; i < BLOCK; i++) {
        PyObject *bundle = bundles[i];
        Py_ssize_t position = 0, left = (Py_ssize_t)(first_group[i + 1] - first_group[i]);
        if (!is_mapping(bundle) || PyDict_Size(bundle) != left)
            return false;
        for (; left > 0; left--) {
            PyDict_Next(bundle, &position, &name, lists);
            PREFETCH(*lists++);
            if (!is_engine(name, *engine++))
                return false;
        }
    }
    return true;
}

/* Whether a block of bundles, which would be those from pc on, has the very slots that are known, in
 * lists, which are read where they have them. */
static bool is_known(const Seen *self, Py_ssize_t pc, PyObject *const *bundles)
{
    const uint32_t *first_group = (const uint32_t *)self->columns[FIRST_GROUP].buf + pc;
    const uint32_t *first_slot = (const uint32_t *)self->columns[FIRST_SLOT].buf + first_group[0];
    const uint32_t count = first_group[BLOCK] - first_group[0];
    PyObject *lists[MOST_LISTS_OF_BLOCK], *const *known = self->known.slots + first_slot[0];
    uintptr_t differ = 0;
    if (!find_lists(self, pc, bundles, lists))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const ListInside *list = (const ListInside *)lists[i];
        const Py_ssize_t slots = (Py_ssize_t)(first_slot[i + 1] - first_slot[i]);
        if (!PyList_CheckExact(lists[i]) || Py_SIZE(lists[i]) != slots)
            return false;
        for (Py_ssize_t j = 0; j < slots; j++)
            differ |= (uintptr_t)list->items[j] ^ (uintptr_t)known[j];
        known += slots;
    }
    return !differ;
}

/* The same of the bundles that are in a list from pc on, if there are as many. */
static bool has_known_block(const Seen *self, Py_ssize_t pc, PyObject *bundles, Py_ssize_t end)
{
    return inside.list && PyList_CheckExact(bundles) && pc + BLOCK <= end &&
           pc + BLOCK <= Py_SIZE(bundles) &&
           is_known(self, pc, ((const ListInside *)bundles)->items + pc);
}

/* holds(bundles): whether these are what was seen. */
static PyObject *seen_holds(PyObject *object, PyObject *bundles)
{
    Seen *self = (Seen *)object;
    const Py_ssize_t count = self->columns[FIRST_GROUP].len / (Py_ssize_t)sizeof(uint32_t) - 1;
    bool same = self->payloads && length_of(bundles) == count;
    Py_ssize_t pc = 0;
    /* Of a program that was built anew not even the first slots are the same objects. */
    while (same && has_known_block(self, pc, bundles, count))
        pc += BLOCK;
    for (; same && pc < count; pc++) {
        PyObject *bundle = pc < length_still(bundles) ? item_of(bundles, pc) : NULL;
        if (bundle && is_same_bundle(self, pc, bundle, are_same_quietly))
            continue;
        Py_XINCREF(bundle);
        same = bundle && !PyErr_Occurred() && is_same_bundle(self, pc, bundle, are_same_slots);
        Py_XDECREF(bundle);
    }
    return PyErr_Occurred() ? NULL : PyBool_FromLong(same);
}

/* --- the slots known ---------------------------------------------------------------------------- */

bool known_reserve(Known *known, Py_ssize_t slots)
{
    if (slots <= known->room)
        return true;
    PyObject **longer = PyMem_Realloc(known->slots, (size_t)slots * sizeof *longer);
    if (longer) {
        known->slots = longer;
        known->room = slots;
    } else {
        PyErr_NoMemory();
    }
    return longer;
}

void known_cut(Known *known, Py_ssize_t count)
{
    while (known->count > count)
        Py_XDECREF(known->slots[--known->count]);
}

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

/* Whether columns hang together, and have so many slots. */
static bool are_whole(const Py_buffer columns[COLUMNS], size_t slots)
{
    const size_t groups = (size_t)columns[GROUP_ENGINE].len;
    bool whole = climb(&columns[FIRST_GROUP], groups) && climb(&columns[FIRST_SLOT], slots) &&
                 (size_t)columns[FIRST_SLOT].len == (groups + 1) * sizeof(uint32_t) &&
                 (size_t)columns[OPCODES].len == slots;
    for (int column = OPERANDS; column < COLUMNS; column++)
        whole = whole && (size_t)columns[column].len == slots * sizeof(int64_t);
    return whole;
}

static void drop_columns(Py_buffer columns[COLUMNS])
{
    for (int column = 0; column < COLUMNS; column++)
        PyBuffer_Release(&columns[column]);
}

/* complete((first_group, group_engine, first_slot, opcodes, *operands), payloads): whether all slots
 * of these columns, and no others, are known. If so bundles can be compared with them. */
static PyObject *seen_complete(PyObject *object, PyObject *arguments)
{
    static const size_t sizes[COLUMNS] = {4, 1, 4, 1, 8, 8, 8, 8};
    Seen *self = (Seen *)object;
    PyObject *c[COLUMNS], *payloads;
    Py_buffer columns[COLUMNS] = {0};
    if (!PyArg_ParseTuple(arguments, "(OOOOOOOO)O!", &c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6],
                          &c[7], &PyList_Type, &payloads))
        return NULL;
    bool taken = true;
    for (int column = 0; taken && column < COLUMNS; column++)
        taken = take_buffer(c[column], &columns[column], sizes[column], false);
    const bool whole = taken && !self->payloads && are_whole(columns, (size_t)self->known.count);
    if (whole) {
        memcpy(self->columns, columns, sizeof columns);
        self->payloads = Py_NewRef(payloads);
    } else {
        drop_columns(columns);
    }
    return taken ? PyBool_FromLong(whole) : NULL;
}

/* --- making and unmaking ------------------------------------------------------------------------ */

static PyTypeObject *seen_type; /* for as long as the process lasts */

Known *known_of(PyObject *seen)
{
    if (!PyObject_TypeCheck(seen, seen_type))
        PyErr_SetString(PyExc_TypeError, "slots are told to a Seen");
    else if (((Seen *)seen)->payloads)
        PyErr_SetString(PyExc_ValueError, "it is complete");
    else
        return &((Seen *)seen)->known;
    return NULL;
}

/* What it holds are tuples of atoms, through which no cycle can go. */
static void seen_dealloc(PyObject *object)
{
    Seen *self = (Seen *)object;
    PyTypeObject *type = Py_TYPE(object);
    known_cut(&self->known, 0);
    PyMem_Free(self->known.slots);
    drop_columns(self->columns);
    Py_XDECREF(self->payloads);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyMethodDef seen_methods[] = {
    {"complete", seen_complete, METH_VARARGS,
     "complete(columns, payloads) -> whether just their slots are known"},
    {"holds", seen_holds, METH_O, "holds(bundles) -> whether these are what was seen"},
    {0},
};

static PyType_Slot seen_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)PyType_GenericNew},
    {Py_tp_dealloc, (void *)(uintptr_t)seen_dealloc},
    {Py_tp_methods, seen_methods},
    {Py_tp_doc, (void *)(uintptr_t) "Bundles that were encoded, to know them again."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "machine._core.Seen",
    .basicsize = sizeof(Seen),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = seen_slots,
};

PyTypeObject *make_seen_type(PyObject *module)
{
    seen_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return seen_type;
}
