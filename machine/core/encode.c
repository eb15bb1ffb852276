/* Bundles from Python's objects into the columns of a program, as far as they are plain.
 *
 * A plain bundle is a dict of engines with lists of slots that are plain (plain.c). At the first that
 * is anything else this stops, having taken all before it, and machine/encode.py goes on, which knows
 * what to make of it.
 *
 * A `Seen` (seen.c) can be told of the slots meanwhile, to know them again.
 *
 * Reading a slot may run anybody's code. So what is read from is held meanwhile, and its length is
 * asked for again before each item.
 */
#include "plain.h"

#include <string.h>

/* --- what was taken ----------------------------------------------------------------------------- */

enum { BUNDLES, GROUPS, SLOTS, LEVELS };
enum {
    FIRST_GROUP,
    GROUP_ENGINE,
    FIRST_SLOT,
    OPCODES,
    OPERANDS,
    COLUMNS = OPERANDS + MAX_OPERANDS
};

/* What each column has an item for, and the item's size. */
static const struct {
    int level;
    Py_ssize_t item_size;
} layout[COLUMNS] = {
    [FIRST_GROUP] = {BUNDLES, sizeof(uint32_t)},
    [GROUP_ENGINE] = {GROUPS, sizeof(uint8_t)},
    [FIRST_SLOT] = {GROUPS, sizeof(uint32_t)},
    [OPCODES] = {SLOTS, sizeof(uint8_t)},
    [OPERANDS] = {SLOTS, sizeof(int64_t)},
    [OPERANDS + 1] = {SLOTS, sizeof(int64_t)},
    [OPERANDS + 2] = {SLOTS, sizeof(int64_t)},
    [OPERANDS + 3] = {SLOTS, sizeof(int64_t)},
};
_Static_assert(MAX_OPERANDS == 4, "the layout has a row for each column of operands");

typedef struct {
    PyObject *arrays[COLUMNS];
    Py_ssize_t before[COLUMNS]; /* items that an array has had, */
    Py_buffer views[COLUMNS];   /* with the room after them, */
    void *items[COLUMNS];       /* where that starts, */
    Py_ssize_t room[LEVELS];    /* for how many items of each column there is some, */
    Py_ssize_t count[LEVELS];   /* and how many were taken */
    Py_ssize_t bundles;         /* how many there are to be taken */
    int64_t next_group, next_slot;
    PyObject *payloads; /* a list */
    Known *known;       /* or NULL, where nobody has to know the slots again */
    bool indices;       /* whatever has an `__index__` counts as an integer */
} Taken;

enum { FIRST_ROOM = 64, MOST_GROWTH = 16 };

/* --- room in the columns ------------------------------------------------------------------------ */

/* Have an array of no fewer items; what they are does not matter. */
static bool lengthen(PyObject *array, Py_ssize_t items, Py_ssize_t item_size)
{
    static const char none[FIRST_ROOM * sizeof(int64_t)];
    Py_ssize_t length = PyObject_Size(array);
    if (length == 0) {
        PyObject *done =
            PyObject_CallMethod(array, "frombytes", "y#", none, FIRST_ROOM * item_size);
        Py_XDECREF(done);
        length = done ? FIRST_ROOM : -1;
    }
    if (length < 0)
        return false;
    /* As it is, several times: so none of it is copied more than once. */
    PyObject *lengthened = PySequence_InPlaceRepeat(array, (items + length - 1) / length);
    Py_XDECREF(lengthened);
    return lengthened;
}

/* How much room will do: in the end, if each bundle has as much as those so far. */
static Py_ssize_t room_for(const Taken *taken, int level)
{
    const double count = (double)taken->count[level], done = (double)taken->count[BUNDLES] + 1;
    const double all = 1.02 * count * (double)taken->bundles / done;
    const double most = MOST_GROWTH * count, least = 2 * count;
    return FIRST_ROOM + (Py_ssize_t)(all < least ? least : all > most ? most : all);
}

static bool give_room(Taken *taken, int level)
{
    const Py_ssize_t items = room_for(taken, level);
    taken->room[level] = items;
    for (int column = 0; column < COLUMNS; column++) {
        const Py_ssize_t item_size = layout[column].item_size, before = taken->before[column];
        Py_buffer *view = &taken->views[column];
        if (layout[column].level != level)
            continue;
        PyBuffer_Release(view);
        if (!lengthen(taken->arrays[column], before + items, item_size) ||
            !take_buffer(taken->arrays[column], view, (size_t)item_size, true))
            return false;
        if (view->len < (before + items) * item_size)
            return PyErr_Format(PyExc_ValueError, "a column does not get longer");
        taken->items[column] = (char *)view->buf + before * item_size;
    }
    return true;
}

static bool has_room(Taken *taken, int level)
{
    return taken->count[level] < taken->room[level] || give_room(taken, level);
}

static bool is_count(int64_t number)
{
    return number >= 0 && number <= UINT32_MAX;
}

/* Where the next group or slot is, as the last item of a column tells. */
static bool read_last(PyObject *array, int64_t *number)
{
    PyObject *last = PySequence_GetItem(array, -1);
    *number = last ? PyLong_AsLongLong(last) : -1;
    Py_XDECREF(last);
    if (!is_count(*number) && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "no program has so many");
    return is_count(*number);
}

/* Begin at the end of the columns, where there is no room yet. */
static bool begin(Taken *taken)
{
    for (int column = 0; column < COLUMNS; column++)
        if ((taken->before[column] = PyObject_Size(taken->arrays[column])) < 0)
            return false;
    return read_last(taken->arrays[FIRST_GROUP], &taken->next_group) &&
           read_last(taken->arrays[FIRST_SLOT], &taken->next_slot);
}

/* Have no more in the columns than was taken. */
static bool finish(Taken *taken)
{
    bool done = !PyErr_Occurred();
    for (int column = 0; column < COLUMNS; column++) {
        const Py_ssize_t end = taken->before[column] + taken->count[layout[column].level];
        PyBuffer_Release(&taken->views[column]);
        done = done && (!taken->items[column] ||
                        PySequence_DelSlice(taken->arrays[column], end, PY_SSIZE_T_MAX) == 0);
    }
    return done;
}

/* --- taking ------------------------------------------------------------------------------------- */

static bool add_payload(PyObject *payload, Taken *taken, int64_t *operand)
{
    *operand = PyList_Size(taken->payloads);
    const bool done = PyList_Append(taken->payloads, payload) == 0;
    Py_DECREF(payload);
    return done;
}

static bool take_slot(int engine, PyObject *slot, Taken *taken)
{
    ReadSlot read;
    if (!has_room(taken, SLOTS) || !read_slot(engine, slot, taken->indices, &read))
        return false;
    if (read.payload && !add_payload(read.payload, taken, &read.operands[read.payload_at]))
        return false;
    const Py_ssize_t index = taken->count[SLOTS]++;
    ((uint8_t *)taken->items[OPCODES])[index] = read.code;
    for (int i = 0; i < MAX_OPERANDS; i++)
        ((int64_t *)taken->items[OPERANDS + i])[index] = read.operands[i];
    return !taken->known || known_add(taken->known, read.for_good ? slot : NULL);
}

static bool take_slots(int engine, PyObject *slots, Taken *taken)
{
    const Py_ssize_t length = length_of(slots);
    if (length < 0 || length > most_slots_of(engine))
        return false;
    for (Py_ssize_t i = 0; i < length_still(slots); i++) {
        PyObject *slot = Py_NewRef(item_of(slots, i));
        const bool done = take_slot(engine, slot, taken);
        Py_DECREF(slot);
        if (!done)
            return false;
    }
    return true;
}

/* What is stored of a group, and of a bundle, is where the next one starts. */

static bool take_group(PyObject *name, PyObject *slots, Taken *taken)
{
    const int engine = find_engine(name);
    if (engine < 0 || !take_slots(engine, slots, taken) || !has_room(taken, GROUPS))
        return false;
    const Py_ssize_t index = taken->count[GROUPS]++;
    const int64_t next_slot = taken->next_slot + taken->count[SLOTS];
    ((uint8_t *)taken->items[GROUP_ENGINE])[index] = (uint8_t)engine;
    ((uint32_t *)taken->items[FIRST_SLOT])[index] = (uint32_t)next_slot;
    return is_count(next_slot);
}

static bool take_bundle(PyObject *bundle, Taken *taken)
{
    PyObject *name, *slots;
    Py_ssize_t position = 0;
    if (!is_mapping(bundle))
        return false;
    while (PyDict_Next(bundle, &position, &name, &slots)) {
        Py_INCREF(slots);
        const bool done = take_group(name, slots, taken);
        Py_DECREF(slots);
        if (!done)
            return false;
    }
    if (!has_room(taken, BUNDLES))
        return false;
    const int64_t next_group = taken->next_group + taken->count[GROUPS];
    ((uint32_t *)taken->items[FIRST_GROUP])[taken->count[BUNDLES]++] = (uint32_t)next_group;
    return is_count(next_group);
}

/* A bundle as a whole, or nothing of it. */
static bool take_whole_bundle(PyObject *bundle, Taken *taken)
{
    const Py_ssize_t bundles = taken->count[BUNDLES], groups = taken->count[GROUPS];
    const Py_ssize_t slots = taken->count[SLOTS], payloads = PyList_Size(taken->payloads);
    const Py_ssize_t known = taken->known ? taken->known->count : 0;
    Py_INCREF(bundle);
    const bool done = take_bundle(bundle, taken);
    Py_DECREF(bundle);
    if (!done && !PyErr_Occurred()) {
        taken->count[BUNDLES] = bundles;
        taken->count[GROUPS] = groups;
        taken->count[SLOTS] = slots;
        PyList_SetSlice(taken->payloads, payloads, PY_SSIZE_T_MAX, NULL);
        if (taken->known)
            known_cut(taken->known, known);
    }
    return done;
}

/* take_bundles(bundles, start, (first_group, group_engine, first_slot, opcodes, *operands), payloads,
 * indices, seen) -> how many were taken, at the end of these arrays: the plain bundles from `start`
 * on, up to the first that is not. With `indices` whatever has an `__index__` is an integer; `seen`
 * is a Seen, which is told of all slots, or None. After an exception the arrays are of no use. */
static PyObject *take_bundles(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Taken taken = {0};
    PyObject **c = taken.arrays, *bundles, *seen;
    Py_ssize_t start;
    int indices;
    if (!PyArg_ParseTuple(arguments, "On(OOOOOOOO)O!pO", &bundles, &start, &c[0], &c[1], &c[2], &c[3],
                          &c[4], &c[5], &c[6], &c[7], &PyList_Type, &taken.payloads, &indices, &seen))
        return NULL;
    if (start < 0)
        return PyErr_Format(PyExc_ValueError, "there is no such bundle");
    if ((seen != Py_None && !(taken.known = known_of(seen))) || !begin(&taken))
        return NULL;
    taken.indices = indices;
    taken.bundles = length_of(bundles) - start;
    bool taking = true;
    for (Py_ssize_t i = start; taking && i < length_of(bundles); i++)
        taking = take_whole_bundle(item_of(bundles, i), &taken);
    return finish(&taken) ? PyLong_FromSsize_t(taken.count[BUNDLES]) : NULL;
}

PyMethodDef encode_methods[] = {
    {"adopt_plain", adopt_plain, METH_VARARGS, "Take over which slots can be plain."},
    {"take_bundles", take_bundles, METH_VARARGS,
     "take_bundles(bundles, start, columns, payloads, indices, seen) -> how many were taken"},
    {0},
};
