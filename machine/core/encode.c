/* Bundles from Python's objects into the columns of a program, as far as they are plain.
 *
 * A plain bundle is a dict of engines with lists of slots, whose operands are integers in range or
 * the keys of compares, or which are comments of integers and texts. At the first that is anything
 * else this stops, having taken all before it, and machine/encode.py goes on, which knows what to
 * make of it.
 *
 * What was taken can be frozen: a tuple for each slot that nobody can change, the slot itself if it is
 * one. With those a `Seen` tells later whether bundles still are what they were.
 *
 * The code of the objects that are read is run at one place, the `__index__` of what is no int where
 * that counts as one. But copying a key may set off the garbage collector, and that may run anything
 * too. So what is read from is held meanwhile, and its length is asked for again before each item.
 */
#include "objects.h"

#include <string.h>

/* --- what can be plain -------------------------------------------------------------------------- */

enum { BUCKETS = 2 * MOST_OPCODES, RECENT = 128 };

/* What an operand is if it is no integer, or one that is added to the others; encoding.py has the
 * same. */
enum { KEY = -1, KEYS = -2, OFFSET = -3, ANYTHING = -4 };

typedef struct {
    PyObject *text; /* which most programs have too, so that the letters need not be compared */
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
    Py_ssize_t offset;              /* which operand is one, or -1 */
    int64_t greatest[MAX_OPERANDS]; /* value of each operand, or what it is instead */
} SlotRow;

static struct {
    int engine_count, slot_count;
    EngineRow engines[MOST_ENGINES];
    SlotRow slots[1 + MOST_OPCODES]; /* the first is none */
    uint16_t buckets[BUCKETS];       /* numbers of slots, hashed by engine and name */
    struct {
        PyObject *name;
        const SlotRow *row;
    } recent[RECENT]; /* by engine and address of the name, which is held */
    const SlotRow *comment;          /* what a name is that no other slot of its engine has */
    PyObject *mapping;               /* a type whose instances are read as the dicts that they are */
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

int find_engine(PyObject *name)
{
    Py_ssize_t length;
    for (int engine = 0; engine < plain.engine_count; engine++)
        if (plain.engines[engine].name.text == name)
            return engine;
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
    const size_t place = ((uintptr_t)name / 16 + 31 * (size_t)engine) % RECENT;
    const SlotRow *row = plain.recent[place].row;
    if (plain.recent[place].name == name && row->engine == engine)
        return row;
    Py_ssize_t length;
    const char *letters = letters_of(name, &length);
    const int number = letters ? *find_bucket(engine, letters, length) : 0;
    if (!number)
        return letters && plain.comment && plain.comment->engine == engine ? plain.comment : NULL;
    row = &plain.slots[number];
    Py_XDECREF(plain.recent[place].name);
    plain.recent[place].name = Py_NewRef(name);
    plain.recent[place].row = row;
    return row;
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
    name->text = text;
    return true;
}

static bool adopt_engine(PyObject *given)
{
    EngineRow row;
    PyObject *name;
    if (!PyArg_ParseTuple(given, "On", &name, &row.most_slots) || !copy_name(name, &row.name) ||
        !fits(plain.engine_count < MOST_ENGINES))
        return false;
    Py_INCREF(row.name.text);
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
    row.offset = -1;
    for (Py_ssize_t i = 0; i < row.arity && i < MAX_OPERANDS; i++) {
        row.greatest[i] = PyLong_AsLongLong(PyTuple_GetItem(greatest, i));
        if (row.greatest[i] == OFFSET)
            row.offset = i;
    }
    if (PyErr_Occurred() || !fits(row.arity <= MAX_OPERANDS && plain.slot_count < MOST_OPCODES))
        return false;
    plain.slots[++plain.slot_count] = row;
    if (row.arity && row.greatest[0] == ANYTHING)
        plain.comment = &plain.slots[plain.slot_count];
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

/* adopt_plain(engines, slots, mapping): the name of each engine and the most slots it takes; of each
 * slot that can be plain the engine, name, code and greatest value of each operand; the type beside
 * dict that a bundle may have. */
static PyObject *adopt_plain(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *engines, *slots, *mapping;
    if (!PyArg_ParseTuple(arguments, "O!O!O!", &PyTuple_Type, &engines, &PyTuple_Type, &slots,
                          &PyType_Type, &mapping))
        return NULL;
    Py_XDECREF(plain.mapping);
    for (int engine = 0; engine < plain.engine_count; engine++)
        Py_DECREF(plain.engines[engine].name.text);
    for (int place = 0; place < RECENT; place++)
        Py_XDECREF(plain.recent[place].name);
    memset(&plain, 0, sizeof plain);
    plain.mapping = Py_NewRef(mapping);
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
    PyObject *frozen;   /* a list, or NULL where nothing is frozen */
    bool indices;       /* whatever has an `__index__` counts as an integer */
} Taken;

enum { FIRST_ROOM = 64 };

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
static PyObject *copy_key(PyObject *key, int lists, bool indices)
{
    if (is_atom(key) || is_frozen(key, MOST_LISTS))
        return Py_NewRef(key);
    const Py_ssize_t length = lists ? length_of(key) : -1;
    if (length < 0)
        return integer_of(key, indices);
    Py_INCREF(key);
    PyObject *copy = PyTuple_New(length);
    for (Py_ssize_t i = 0; copy && i < length; i++) {
        PyObject *part = i < length_still(key) ? copy_key(item_of(key, i), lists - 1, indices) : NULL;
        if (!part || PyTuple_SetItem(copy, i, part) < 0)
            Py_CLEAR(copy);
    }
    Py_DECREF(key);
    return copy;
}

static bool add_payload(PyObject *payload, Taken *taken, int64_t *operand)
{
    *operand = taken->payloads_before + PyList_Size(taken->payloads);
    const bool done = payload && PyList_Append(taken->payloads, payload) == 0;
    Py_XDECREF(payload);
    return done;
}

static bool take_number(PyObject *given, int64_t least, int64_t greatest, bool indices,
                        int64_t *operand)
{
    int overflow;
    if (PyLong_CheckExact(given)) {
        *operand = PyLong_AsLongLongAndOverflow(given, &overflow);
    } else {
        PyObject *integer = integer_of(given, indices);
        if (!integer)
            return false;
        *operand = PyLong_AsLongLongAndOverflow(integer, &overflow);
        Py_DECREF(integer);
    }
    return !overflow && *operand >= least && *operand <= greatest;
}

/* An offset beyond this is left to machine/encode.py, which sums without bounds. */
enum { MOST_OFFSET = 1 << 30 };

static bool take_operand(PyObject *given, int64_t greatest, int64_t offset, Taken *taken,
                         int64_t *operand)
{
    if (greatest == INT64_MAX) /* an immediate, which may be negative */
        return take_number(given, -INT64_MAX, INT64_MAX, taken->indices, operand);
    if (greatest >= 0)
        return take_number(given, -offset, greatest - offset, taken->indices, operand);
    if (greatest == OFFSET) {
        *operand = offset;
        return true;
    }
    return (greatest == KEY || length_of(given) == VLEN) &&
           add_payload(copy_key(given, MOST_LISTS, taken->indices), taken, operand);
}

static bool keep_frozen(Taken *taken, PyObject *frozen)
{
    const bool done = frozen && PyList_Append(taken->frozen, frozen) == 0;
    Py_XDECREF(frozen);
    return done;
}

/* A comment of integers and texts, all of which is its payload. */
static bool take_comment(PyObject *slot, const SlotRow *row, Taken *taken)
{
    for (Py_ssize_t i = 0; i < length_still(slot); i++)
        if (!is_atom(item_of(slot, i)))
            return false;
    const Py_ssize_t index = taken->count[SLOTS]++;
    ((uint8_t *)taken->items[OPCODES])[index] = row->code;
    for (Py_ssize_t i = 1; i < MAX_OPERANDS; i++)
        ((int64_t *)taken->items[OPERANDS + i])[index] = 0;
    PyObject *payload = copy_key(slot, 1, false);
    return payload && (!taken->frozen || keep_frozen(taken, Py_NewRef(payload))) &&
           add_payload(payload, taken, &((int64_t *)taken->items[OPERANDS])[index]);
}

static bool take_slot(int engine, PyObject *slot, Taken *taken)
{
    const Py_ssize_t length = length_of(slot);
    const SlotRow *row = length > 0 ? find_slot(engine, item_of(slot, 0)) : NULL;
    if (!row || !has_room(taken, SLOTS))
        return false;
    if (row == plain.comment)
        return take_comment(slot, row, taken);
    int64_t offset = 0;
    if (length != row->arity + 1 ||
        (row->offset >= 0 && !take_number(item_of(slot, 1 + row->offset), -MOST_OFFSET, MOST_OFFSET,
                                          taken->indices, &offset)))
        return false;
    const Py_ssize_t index = taken->count[SLOTS]++;
    const bool can_shrink = !PyTuple_CheckExact(slot);
    bool for_good = !can_shrink; /* nobody can change it */
    ((uint8_t *)taken->items[OPCODES])[index] = row->code;
    for (Py_ssize_t i = 0; i < MAX_OPERANDS; i++) {
        int64_t *operand = &((int64_t *)taken->items[OPERANDS + i])[index];
        *operand = 0;
        if (i >= row->arity)
            continue;
        if (can_shrink && 1 + i >= length_still(slot))
            return false;
        PyObject *given = item_of(slot, 1 + i);
        for_good = for_good && PyLong_CheckExact(given);
        if (!take_operand(given, row->greatest[i], offset, taken, operand))
            return false;
    }
    if (!taken->frozen)
        return true;
    return keep_frozen(taken, for_good ? Py_NewRef(slot)
                                       : copy_key(slot, MOST_LISTS, taken->indices));
}

static bool take_slots(int engine, PyObject *slots, Taken *taken)
{
    const Py_ssize_t length = length_of(slots);
    if (length < 0 || length > plain.engines[engine].most_slots)
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
    const int64_t next_slot = taken->slots_before + taken->count[SLOTS];
    ((uint8_t *)taken->items[GROUP_ENGINE])[index] = (uint8_t)engine;
    ((uint32_t *)taken->items[FIRST_SLOT])[index] = (uint32_t)next_slot;
    return is_count(next_slot);
}

bool is_mapping(PyObject *bundle)
{
    return PyDict_CheckExact(bundle) || (PyObject *)Py_TYPE(bundle) == plain.mapping;
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
    const Py_ssize_t frozen = taken->frozen ? PyList_Size(taken->frozen) : 0;
    Py_INCREF(bundle);
    const bool done = take_bundle(bundle, taken);
    Py_DECREF(bundle);
    if (!done && !PyErr_Occurred()) {
        memcpy(taken->count, count, sizeof count);
        PyList_SetSlice(taken->payloads, payloads, PY_SSIZE_T_MAX, NULL);
        if (taken->frozen)
            PyList_SetSlice(taken->frozen, frozen, PY_SSIZE_T_MAX, NULL);
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

/* take_bundles(bundles, start, groups, slots, payloads, indices, frozen) -> columns and payloads of
 * the plain bundles from `start` on, up to the first that is not; of the rest the program has so
 * many. With `indices` whatever has an `__index__` is an integer; `frozen` gets a tuple for each slot,
 * or is None. */
static PyObject *take_bundles(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *bundles, *frozen;
    Py_ssize_t index, groups, slots, payloads;
    int indices;
    if (!PyArg_ParseTuple(arguments, "OnnnnpO", &bundles, &index, &groups, &slots, &payloads,
                          &indices, &frozen))
        return NULL;
    if (index < 0 || !is_count(groups) || !is_count(slots) || !is_count(payloads))
        return PyErr_Format(PyExc_ValueError, "no program has so many");
    if (frozen != Py_None && !PyList_CheckExact(frozen))
        return PyErr_Format(PyExc_TypeError, "frozen slots go into a list");
    Taken taken = {groups, slots, payloads, .payloads = PyList_New(0), .indices = indices};
    taken.frozen = frozen == Py_None ? NULL : frozen;
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
     "take_bundles(bundles, start, groups, slots, payloads, indices, frozen) -> columns, payloads"},
    {0},
};
