/* Bundles from Python's objects into the columns of a program, as far as they are plain.
 *
 * A plain bundle is a dict of engines with lists of slots, whose operands are integers in range or
 * the keys of compares. At the first that is anything else this stops, having taken all before it,
 * and machine/encode.py goes on, which knows what to make of it.
 *
 * Nothing here runs code of the objects it reads. But a key is copied, which may set off the
 * garbage collector, and that may run anything. So what is read from is held meanwhile, and its
 * length is asked for again before each item.
 */
#include "module.h"

#include <string.h>

static Py_ssize_t length_of(PyObject *sequence)
{
    if (PyList_CheckExact(sequence))
        return PyList_Size(sequence);
    return PyTuple_CheckExact(sequence) ? PyTuple_Size(sequence) : -1;
}

/* Borrowed; the index is in range. */
static PyObject *item_of(PyObject *sequence, Py_ssize_t index)
{
    return PyList_CheckExact(sequence) ? PyList_GetItem(sequence, index)
                                       : PyTuple_GetItem(sequence, index);
}

/* --- what can be plain -------------------------------------------------------------------------- */

enum { BUCKETS = 2 * MOST_OPCODES };

/* What an operand is if it is no integer; encoding.py has the same. */
enum { KEY = -1, KEYS = -2 };

typedef struct {
    char letters[LONGEST_NAME + 1];
    Py_ssize_t length;
} Name;

typedef struct {
    Name name;
    Py_ssize_t most_slots;
} EngineRow;

typedef struct {
    Name name;
    int engine;
    uint8_t code;
    Py_ssize_t arity;
    int64_t greatest[MAX_OPERANDS]; /* value of each operand, or KEY or KEYS */
} SlotRow;

static struct {
    int engine_count, slot_count;
    EngineRow engines[MOST_ENGINES];
    SlotRow slots[1 + MOST_OPCODES]; /* the first is none */
    uint16_t buckets[BUCKETS];       /* numbers of slots, hashed by engine and name */
} plain;

/* Borrowed letters of a text; NULL for anything else. */
static const char *letters_of(PyObject *text, Py_ssize_t *length)
{
    const char *letters =
        PyUnicode_CheckExact(text) ? PyUnicode_AsUTF8AndSize(text, length) : NULL;
    if (!letters)
        PyErr_Clear(); /* lone surrogates; whoever goes on says so */
    return letters;
}

static bool is_called(const Name *name, const char *letters, Py_ssize_t length)
{
    return name->length == length && memcmp(name->letters, letters, (size_t)length) == 0;
}

static int find_engine(PyObject *name)
{
    Py_ssize_t length;
    const char *letters = letters_of(name, &length);
    for (int engine = 0; letters && engine < plain.engine_count; engine++)
        if (is_called(&plain.engines[engine].name, letters, length))
            return engine;
    return -1;
}

/* The bucket of a slot, or the empty one where it would have to be. */
static uint16_t *find_bucket(int engine, const char *letters, Py_ssize_t length)
{
    uint32_t hash = (uint32_t)engine;
    for (Py_ssize_t i = 0; i < length; i++)
        hash = 31 * hash + (unsigned char)letters[i];
    uint16_t *bucket;
    const SlotRow *row;
    do {
        bucket = &plain.buckets[hash++ % BUCKETS];
        row = &plain.slots[*bucket];
    } while (*bucket && (row->engine != engine || !is_called(&row->name, letters, length)));
    return bucket;
}

static const SlotRow *find_slot(int engine, PyObject *name)
{
    Py_ssize_t length;
    const char *letters = letters_of(name, &length);
    const int number = letters ? *find_bucket(engine, letters, length) : 0;
    return number ? &plain.slots[number] : NULL;
}

static bool fits(bool does)
{
    if (!does)
        PyErr_SetString(PyExc_ValueError, "this does not fit into the encoder's tables");
    return does;
}

static bool copy_name(PyObject *text, Name *name)
{
    const char *letters = letters_of(text, &name->length);
    if (!fits(letters && name->length <= LONGEST_NAME))
        return false;
    memcpy(name->letters, letters, (size_t)name->length);
    return true;
}

static bool adopt_engine(PyObject *given)
{
    EngineRow row;
    PyObject *name;
    if (!PyArg_ParseTuple(given, "On", &name, &row.most_slots) || !copy_name(name, &row.name) ||
        !fits(plain.engine_count < MOST_ENGINES))
        return false;
    plain.engines[plain.engine_count++] = row;
    return true;
}

static bool adopt_slot(PyObject *given)
{
    SlotRow row;
    PyObject *name, *greatest;
    if (!PyArg_ParseTuple(given, "iObO!", &row.engine, &name, &row.code, &PyTuple_Type,
                          &greatest) ||
        !copy_name(name, &row.name))
        return false;
    row.arity = PyTuple_Size(greatest);
    for (Py_ssize_t i = 0; i < row.arity && i < MAX_OPERANDS; i++)
        row.greatest[i] = PyLong_AsLongLong(PyTuple_GetItem(greatest, i));
    if (PyErr_Occurred() || !fits(row.arity <= MAX_OPERANDS && plain.slot_count < MOST_OPCODES))
        return false;
    plain.slots[++plain.slot_count] = row;
    *find_bucket(row.engine, row.name.letters, row.name.length) = (uint16_t)plain.slot_count;
    return true;
}

static bool adopt_each(PyObject *rows, bool (*adopt)(PyObject *row))
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(rows); i++) {
        PyObject *row = PyTuple_GetItem(rows, i);
        if (!fits(PyTuple_Check(row)) || !adopt(row))
            return false;
    }
    return true;
}

/* adopt_plain(engines, slots): the name of each engine and the most slots it takes; of each slot
 * that can be plain the engine, name, code and greatest value of each operand. */
static PyObject *adopt_plain(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *engines, *slots;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyTuple_Type, &engines, &PyTuple_Type, &slots))
        return NULL;
    memset(&plain, 0, sizeof plain);
    if (!adopt_each(engines, adopt_engine) || !adopt_each(slots, adopt_slot))
        return NULL;
    Py_RETURN_NONE;
}

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
    size_t item_size;
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
    int64_t groups_before, slots_before, payloads_before; /* what the program has already */
    Py_ssize_t count[LEVELS], room[LEVELS];
    PyObject *arrays[COLUMNS]; /* bytearrays, as long as there is room */
    void *items[COLUMNS];
    PyObject *payloads; /* a list */
} Taken;

enum { FIRST_ROOM = 64 };

/* Lists inside each other in a key, beyond which machine/encode.py says what becomes of it. */
enum { MOST_LISTS = 8 };

static bool is_count(int64_t number)
{
    return number >= 0 && number <= UINT32_MAX;
}

static bool resize(Taken *taken, int level, Py_ssize_t items)
{
    if (items > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(int64_t)) {
        PyErr_NoMemory();
        return false;
    }
    for (int column = 0; column < COLUMNS; column++) {
        const Py_ssize_t bytes = items * (Py_ssize_t)layout[column].item_size;
        if (layout[column].level != level)
            continue;
        if (PyByteArray_Resize(taken->arrays[column], bytes) < 0)
            return false;
        taken->items[column] = PyByteArray_AsString(taken->arrays[column]);
    }
    taken->room[level] = items;
    return true;
}

static bool has_room(Taken *taken, int level)
{
    return taken->count[level] < taken->room[level] ||
           resize(taken, level, FIRST_ROOM + 2 * taken->room[level]);
}

/* A key as machine/encode.py stores it: lists, also nested ones, become tuples. NULL for what is
 * no plain key, or with an exception set. */
static PyObject *copy_key(PyObject *key, int lists)
{
    if (PyLong_CheckExact(key) || PyUnicode_CheckExact(key))
        return Py_NewRef(key);
    const Py_ssize_t length = lists ? length_of(key) : -1;
    if (length < 0)
        return NULL;
    Py_INCREF(key);
    PyObject *copy = PyTuple_New(length);
    for (Py_ssize_t i = 0; copy && i < length; i++) {
        PyObject *part = i < length_of(key) ? copy_key(item_of(key, i), lists - 1) : NULL;
        if (!part || PyTuple_SetItem(copy, i, part) < 0)
            Py_CLEAR(copy);
    }
    Py_DECREF(key);
    return copy;
}

static bool take_key(PyObject *given, Taken *taken, int64_t *operand)
{
    PyObject *key = copy_key(given, MOST_LISTS);
    *operand = taken->payloads_before + PyList_Size(taken->payloads);
    const bool done = key && PyList_Append(taken->payloads, key) == 0;
    Py_XDECREF(key);
    return done;
}

static bool take_number(PyObject *given, int64_t greatest, int64_t *operand)
{
    int overflow;
    if (!PyLong_CheckExact(given))
        return false;
    *operand = PyLong_AsLongLongAndOverflow(given, &overflow);
    return !overflow && *operand >= 0 && *operand <= greatest;
}

static bool take_operand(PyObject *given, int64_t greatest, Taken *taken, int64_t *operand)
{
    if (greatest >= 0)
        return take_number(given, greatest, operand);
    return (greatest == KEY || length_of(given) == VLEN) && take_key(given, taken, operand);
}

static bool take_slot(int engine, PyObject *slot, Taken *taken)
{
    const Py_ssize_t length = length_of(slot);
    const SlotRow *row = length > 0 ? find_slot(engine, item_of(slot, 0)) : NULL;
    if (!row || length != row->arity + 1 || !has_room(taken, SLOTS))
        return false;
    const Py_ssize_t index = taken->count[SLOTS]++;
    ((uint8_t *)taken->items[OPCODES])[index] = row->code;
    for (Py_ssize_t i = 0; i < MAX_OPERANDS; i++) {
        int64_t *operand = &((int64_t *)taken->items[OPERANDS + i])[index];
        *operand = 0;
        if (i >= row->arity)
            continue;
        if (1 + i >= length_of(slot) ||
            !take_operand(item_of(slot, 1 + i), row->greatest[i], taken, operand))
            return false;
    }
    return true;
}

static bool take_slots(int engine, PyObject *slots, Taken *taken)
{
    if (length_of(slots) < 0 || length_of(slots) > plain.engines[engine].most_slots)
        return false;
    for (Py_ssize_t i = 0; i < length_of(slots); i++) {
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
    const int64_t next_slot = taken->slots_before + taken->count[SLOTS];
    ((uint8_t *)taken->items[GROUP_ENGINE])[index] = (uint8_t)engine;
    ((uint32_t *)taken->items[FIRST_SLOT])[index] = (uint32_t)next_slot;
    return is_count(next_slot);
}

static bool take_bundle(PyObject *bundle, Taken *taken)
{
    PyObject *name, *slots;
    Py_ssize_t position = 0;
    if (!PyDict_CheckExact(bundle))
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
    const int64_t next_group = taken->groups_before + taken->count[GROUPS];
    ((uint32_t *)taken->items[FIRST_GROUP])[taken->count[BUNDLES]++] = (uint32_t)next_group;
    return is_count(next_group);
}

/* A bundle as a whole, or nothing of it. */
static bool take_whole_bundle(PyObject *bundle, Taken *taken)
{
    Py_ssize_t count[LEVELS];
    memcpy(count, taken->count, sizeof count);
    const Py_ssize_t payloads = PyList_Size(taken->payloads);
    Py_INCREF(bundle);
    const bool done = take_bundle(bundle, taken);
    Py_DECREF(bundle);
    if (!done && !PyErr_Occurred()) {
        memcpy(taken->count, count, sizeof count);
        PyList_SetSlice(taken->payloads, payloads, PY_SSIZE_T_MAX, NULL);
    }
    return done;
}

static PyObject *columns_of(Taken *taken)
{
    for (int level = 0; level < LEVELS; level++)
        if (!resize(taken, level, taken->count[level]))
            return NULL;
    PyObject *columns = PyTuple_New(COLUMNS);
    for (int column = 0; columns && column < COLUMNS; column++)
        PyTuple_SetItem(columns, column, Py_NewRef(taken->arrays[column]));
    return columns;
}

/* take_bundles(bundles, start, groups, slots, payloads) -> columns and payloads of the plain
 * bundles from `start` on, up to the first that is not; of the rest the program has so many. */
static PyObject *take_bundles(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *bundles;
    Py_ssize_t index, groups, slots, payloads;
    if (!PyArg_ParseTuple(arguments, "Onnnn", &bundles, &index, &groups, &slots, &payloads))
        return NULL;
    if (index < 0 || !is_count(groups) || !is_count(slots) || !is_count(payloads))
        return PyErr_Format(PyExc_ValueError, "no program has so many");
    Taken taken = {groups, slots, payloads, .payloads = PyList_New(0)};
    bool ready = taken.payloads;
    for (int column = 0; column < COLUMNS; column++)
        ready = (taken.arrays[column] = PyByteArray_FromStringAndSize(NULL, 0)) && ready;
    while (ready && index < length_of(bundles))
        ready = take_whole_bundle(item_of(bundles, index++), &taken);
    PyObject *columns = PyErr_Occurred() ? NULL : columns_of(&taken);
    PyObject *result = columns ? PyTuple_Pack(2, columns, taken.payloads) : NULL;
    Py_XDECREF(columns);
    Py_XDECREF(taken.payloads);
    for (int column = 0; column < COLUMNS; column++)
        Py_XDECREF(taken.arrays[column]);
    return result;
}

PyMethodDef encode_methods[] = {
    {"adopt_plain", adopt_plain, METH_VARARGS, "Take over which slots can be plain."},
    {"take_bundles", take_bundles, METH_VARARGS,
     "take_bundles(bundles, start, groups, slots, payloads) -> columns, payloads"},
    {0},
};
