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
    Py_ssize_t items[LEVELS]; /* of each column */
    Py_ssize_t payloads;
} Counts;

typedef struct {
    PyObject *arrays[COLUMNS];
    Py_ssize_t before[COLUMNS]; /* items that an array has had, */
    Py_buffer views[COLUMNS];   /* with the room after them, */
    void *items[COLUMNS];       /* where that starts, */
    Py_ssize_t room[LEVELS];    /* for so many items of each column */
    Counts counts, whole;       /* what was taken, and what of it are whole bundles */
    Py_ssize_t bundles;         /* how many there are to be taken */
    int64_t next_group, next_slot;
    PyObject *payloads;      /* a list */
    Known *known;            /* or NULL, where nobody has to know the slots again */
    Py_ssize_t known_before; /* slots */
    Reading reading;
} Taken;

/* Slots of a bundle beyond which it is not taken quietly. */
enum { MOST_QUIET = 128 };

/* Items that there is room for at first; and when that is full, for as many times those taken. */
enum { FIRST_ROOM = 2 * MOST_QUIET, MOST_GROWTH = 256 };

/* --- room in the columns ------------------------------------------------------------------------ */

/* Some items more at the end of an array, as many as wanted or fewer; it does not matter which. */
static PyObject *lengthened(PyObject *array, Py_ssize_t length, Py_ssize_t more, Py_ssize_t item_size)
{
    static const char none[FIRST_ROOM * sizeof(int64_t)];
    if (length == 0)
        return PyObject_CallMethod(array, "frombytes", "y#", none,
                                   (more < FIRST_ROOM ? more : FIRST_ROOM) * item_size);
    if (more >= length)
        return PySequence_InPlaceRepeat(array, more / length + 1);
    PyObject *some = PySequence_GetSlice(array, 0, more);
    PyObject *done = some ? PySequence_InPlaceConcat(array, some) : NULL;
    Py_XDECREF(some);
    return done;
}

/* Have an array of so many items. */
static bool lengthen(PyObject *array, Py_ssize_t items, Py_ssize_t item_size)
{
    for (Py_ssize_t length = PyObject_Size(array); length != items;) {
        PyObject *done = length < 0 ? NULL : lengthened(array, length, items - length, item_size);
        if (!done)
            return false;
        Py_DECREF(done);
        const Py_ssize_t longer = PyObject_Size(array);
        if (longer <= length || longer > items)
            return PyErr_Format(PyExc_ValueError, "a column does not get longer");
        length = longer;
    }
    return true;
}

/* How much room will do: in the end, if each bundle has as much as those so far. */
static Py_ssize_t room_for(const Taken *taken, int level)
{
    const double count = (double)taken->counts.items[level];
    const double done = (double)taken->counts.items[BUNDLES] + 1;
    const double all = 1.02 * count * (double)taken->bundles / done;
    const double most = MOST_GROWTH * count, least = 1.25 * count;
    const double wanted = FIRST_ROOM + (all < least ? least : all > most ? most : all);
    return (Py_ssize_t)wanted;
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
            return PyErr_Format(PyExc_ValueError, "a column is not as long as it says");
        taken->items[column] = (char *)view->buf + before * item_size;
    }
    return level != SLOTS || !taken->known ||
           known_reserve(taken->known, taken->before[OPCODES] + items);
}

static bool has_room(Taken *taken, int level, Py_ssize_t items)
{
    return taken->counts.items[level] + items <= taken->room[level] || give_room(taken, level);
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
        const Py_ssize_t end = taken->before[column] + taken->counts.items[layout[column].level];
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
    taken->counts.payloads = *operand + 1;
    const bool done = PyList_Append(taken->payloads, payload) == 0;
    Py_DECREF(payload);
    return done;
}

/* What was read of a slot goes to the end of the columns, where there is room. */
static inline bool add_slot(Taken *taken, PyObject *slot, ReadSlot *read)
{
    if (read->payload && !add_payload(read->payload, taken, &read->operands[read->payload_at]))
        return false;
    const Py_ssize_t index = taken->counts.items[SLOTS]++;
    ((uint8_t *)taken->items[OPCODES])[index] = read->code;
    for (int i = 0; i < MAX_OPERANDS; i++)
        ((int64_t *)taken->items[OPERANDS + i])[index] = read->operands[i];
    return !taken->known || known_add(taken->known, read->for_good ? slot : NULL);
}

/* What is stored of a group, and of a bundle, is where the next one starts. */

static inline bool add_group(Taken *taken, int engine)
{
    const Py_ssize_t index = taken->counts.items[GROUPS]++;
    const int64_t next_slot = taken->next_slot + taken->counts.items[SLOTS];
    ((uint8_t *)taken->items[GROUP_ENGINE])[index] = (uint8_t)engine;
    ((uint32_t *)taken->items[FIRST_SLOT])[index] = (uint32_t)next_slot;
    return is_count(next_slot);
}

static inline bool add_bundle(Taken *taken)
{
    const int64_t next_group = taken->next_group + taken->counts.items[GROUPS];
    ((uint32_t *)taken->items[FIRST_GROUP])[taken->counts.items[BUNDLES]++] = (uint32_t)next_group;
    return is_count(next_group);
}

static bool take_slots(int engine, PyObject *slots, Taken *taken)
{
    const Py_ssize_t length = length_of(slots);
    ReadSlot read;
    if (length < 0 || length > most_slots[engine])
        return false;
    for (Py_ssize_t i = 0; i < length_still(slots); i++) {
        PyObject *slot = Py_NewRef(item_of(slots, i));
        const bool done = has_room(taken, SLOTS, 1) &&
                          read_slot(engine, slot, taken->reading, &read) &&
                          add_slot(taken, slot, &read);
        Py_DECREF(slot);
        if (!done)
            return false;
    }
    return true;
}

static bool take_bundle(PyObject *bundle, Taken *taken)
{
    PyObject *name, *slots;
    Py_ssize_t position = 0;
    if (!is_mapping(bundle))
        return false;
    while (PyDict_Next(bundle, &position, &name, &slots)) {
        const int engine = find_engine(name);
        Py_INCREF(slots);
        const bool done = engine >= 0 && take_slots(engine, slots, taken) &&
                          has_room(taken, GROUPS, 1) && add_group(taken, engine);
        Py_DECREF(slots);
        if (!done)
            return false;
    }
    return has_room(taken, BUNDLES, 1) && add_bundle(taken);
}

/* The same, as far as it can be done quietly, for which there is room: then nothing has to be held,
 * which would write to all of a program's memory. */
static bool take_quietly(PyObject *bundle, Taken *taken)
{
    PyObject *name, *slots, *copies[MOST_QUIET];
    Py_ssize_t position = 0, left = MOST_QUIET;
    ReadSlot read;
    if (!is_mapping(bundle))
        return false;
    for (Py_ssize_t groups = PyDict_Size(bundle); groups > 0; groups--) {
        PyDict_Next(bundle, &position, &name, &slots);
        const int engine = find_engine(name);
        const Py_ssize_t length = PyList_CheckExact(slots) ? Py_SIZE(slots) : left + 1;
        left -= length;
        if (engine < 0 || left < 0 || length > most_slots[engine])
            return false;
        PyObject *const *items = items_of_list(slots, 0, length, copies);
        for (Py_ssize_t i = 0; i < length; i++)
            if (!read_quietly(engine, items[i], &read) || !add_slot(taken, items[i], &read))
                return false;
        if (!add_group(taken, engine))
            return false;
    }
    return add_bundle(taken);
}

/* Forget what was taken of a bundle that turned out not to be plain. */
static void drop_part(Taken *taken)
{
    taken->counts = taken->whole;
    PyList_SetSlice(taken->payloads, taken->whole.payloads, PY_SSIZE_T_MAX, NULL);
    if (taken->known)
        known_cut(taken->known, taken->known_before + taken->whole.items[SLOTS]);
}

/* A bundle as a whole, or nothing of it. */
static inline bool take_whole_bundle(PyObject *bundle, Taken *taken,
                                     bool (*take)(PyObject *, Taken *))
{
    const bool done = take(bundle, taken);
    if (done)
        taken->whole = taken->counts;
    else if (!PyErr_Occurred())
        drop_part(taken);
    return done;
}

static bool take_either_way(PyObject *bundles, Py_ssize_t pc, Taken *taken)
{
    /* To give room may run somebody's code, so the bundle is asked for afterwards. */
    if (!has_room(taken, BUNDLES, 1) || !has_room(taken, GROUPS, MOST_ENGINES) ||
        !has_room(taken, SLOTS, MOST_QUIET) || pc >= length_still(bundles))
        return false;
    PyObject *bundle = item_of(bundles, pc);
    if (take_whole_bundle(bundle, taken, take_quietly))
        return true;
    if (PyErr_Occurred())
        return false;
    Py_INCREF(bundle);
    const bool done = take_whole_bundle(bundle, taken, take_bundle);
    Py_DECREF(bundle);
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
    taken.reading = indices ? WITH_INDICES : WITHOUT_INDICES;
    taken.bundles = length_of(bundles) - start;
    taken.counts.payloads = PyList_Size(taken.payloads);
    taken.known_before = taken.known ? taken.known->count : 0;
    taken.whole = taken.counts;
    bool taking = true;
    for (Py_ssize_t i = start; taking && i < length_of(bundles); i++)
        taking = take_either_way(bundles, i, &taken);
    return finish(&taken) ? PyLong_FromSsize_t(taken.counts.items[BUNDLES]) : NULL;
}

PyMethodDef encode_methods[] = {
    {"adopt_plain", adopt_plain, METH_VARARGS, "Take over which slots can be plain."},
    {"take_bundles", take_bundles, METH_VARARGS,
     "take_bundles(bundles, start, columns, payloads, indices, seen) -> how many were taken"},
    {0},
};
