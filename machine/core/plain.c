/* Slots from Python's objects to the numbers that the columns of a program have, as far as they are
 * plain: a list or tuple of an opcode and of integers in range or the keys of compares, or a comment
 * of integers and texts.
 *
 * The code of the objects that are read is run at one place, the `__index__` of what is no int where
 * that counts as one. But copying a key may set off the garbage collector, and that may run anything
 * too. So what is read from is held meanwhile, and a list may be shorter than it was.
 */
#include "plain.h"
#include "wide.h"

#include <string.h>

enum { BUCKETS = 2 * MOST_OPCODES };

/* Places for names by their address: so many that hardly two names of a program have the same. */
enum { RECENT = 1024 };

/* Integers of which Python has just one object each, and bytes from one to the next. */
enum { LEAST_SHARED = -5, GREATEST_SHARED = 256, INTEGER_SIZE = 32 };

/* What an operand is if it is no integer, or one that is added to the others; machine/encode_fast.py
 * has the same. */
enum { KEY = -1, KEYS = -2, OFFSET = -3, ANYTHING = -4 };

typedef struct {
    char letters[LONGEST_NAME + 1];
    Py_ssize_t length;
} Name;

typedef struct {
    Name name;
    int engine;
    uint8_t code;
    Py_ssize_t arity;
    bool numbers;                   /* all operands are, and none is an offset */
    Py_ssize_t offset;              /* which operand is one, or -1 */
    int64_t greatest[MAX_OPERANDS]; /* value of each operand, or what it is instead */
    int64_t least[MAX_OPERANDS];    /* value of each; an immediate may be negative, */
    uint64_t span[MAX_OPERANDS];    /* and how far from it the greatest is */
} SlotRow;

static struct {
    int engine_count, slot_count;
    Name engines[MOST_ENGINES];
    SlotRow slots[1 + MOST_OPCODES]; /* the first is none */
    uint16_t buckets[BUCKETS];       /* numbers of slots, hashed by engine and name */
    struct {
        PyObject *name;
        const SlotRow *row;
    } recent[RECENT]; /* by engine and address of the name, which is held */
    uintptr_t shared, shared_bytes;  /* where those integers lie: an address tells which one it is */
    const SlotRow *comment;          /* what a name is that no other slot of its engine has */
} plain;

Py_ssize_t most_slots[MOST_ENGINES];
PyTypeObject *mapping_type;
PyObject *engine_names[UINT8_MAX + 1]; /* which most programs have too; they are held */

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
        if (engine_names[engine] == name)
            return engine;
    const char *letters = letters_of(name, &length);
    for (int engine = 0; letters && engine < plain.engine_count; engine++)
        if (is_called(&plain.engines[engine], letters, length))
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

static const SlotRow *find_slot_by_letters(int engine, PyObject *name, size_t place)
{
    Py_ssize_t length;
    const char *letters = letters_of(name, &length);
    const int number = letters ? *find_bucket(engine, letters, length) : 0;
    if (!number)
        return letters && plain.comment && plain.comment->engine == engine ? plain.comment : NULL;
    const SlotRow *row = &plain.slots[number];
    Py_XDECREF(plain.recent[place].name);
    plain.recent[place].name = Py_NewRef(name);
    plain.recent[place].row = row;
    return row;
}

static inline const SlotRow *find_slot(int engine, PyObject *name)
{
    const size_t place = ((uintptr_t)name / 16 + 31 * (size_t)engine) % RECENT;
    const SlotRow *row = plain.recent[place].row;
    return plain.recent[place].name == name && row->engine == engine
               ? row
               : find_slot_by_letters(engine, name, place);
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
    Name row;
    PyObject *name;
    Py_ssize_t most;
    if (!PyArg_ParseTuple(given, "On", &name, &most) || !copy_name(name, &row) ||
        !fits(plain.engine_count < MOST_ENGINES))
        return false;
    most_slots[plain.engine_count] = most;
    engine_names[plain.engine_count] = Py_NewRef(name);
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
    row.numbers = true;
    bool immediate = false;
    int payloads = 0;
    for (Py_ssize_t i = 0; i < row.arity && i < MAX_OPERANDS; i++) {
        row.greatest[i] = PyLong_AsLongLong(PyTuple_GetItem(greatest, i));
        row.least[i] = row.greatest[i] == INT64_MAX ? -INT64_MAX : 0;
        row.span[i] = (uint64_t)row.greatest[i] - (uint64_t)row.least[i];
        immediate = immediate || row.least[i];
        row.numbers = row.numbers && row.greatest[i] >= 0;
        payloads += row.greatest[i] < 0 && row.greatest[i] != OFFSET;
        if (row.greatest[i] == OFFSET)
            row.offset = i;
    }
    if (PyErr_Occurred() || !fits(row.arity <= MAX_OPERANDS && plain.slot_count < MOST_OPCODES &&
                                  payloads <= 1 && !(immediate && row.offset >= 0)))
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

/* They lie side by side; where they do not, none is known by its address. */
static bool find_shared_integers(void)
{
    const Py_ssize_t count = GREATEST_SHARED - LEAST_SHARED + 1;
    bool side_by_side = true;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *integer = PyLong_FromSsize_t(LEAST_SHARED + i);
        PyObject *same = PyLong_FromSsize_t(LEAST_SHARED + i);
        if (i == 0)
            plain.shared = (uintptr_t)integer;
        side_by_side = side_by_side && same == integer &&
                       (uintptr_t)integer == plain.shared + (uintptr_t)i * INTEGER_SIZE;
        Py_XDECREF(integer);
        Py_XDECREF(same);
    }
    plain.shared_bytes = side_by_side ? (uintptr_t)count * INTEGER_SIZE : 0;
    return !PyErr_Occurred();
}

PyObject *adopt_plain(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *engines, *slots, *mapping;
    if (!PyArg_ParseTuple(arguments, "O!O!O!", &PyTuple_Type, &engines, &PyTuple_Type, &slots,
                          &PyType_Type, &mapping))
        return NULL;
    Py_XDECREF(mapping_type);
    for (int engine = 0; engine < plain.engine_count; engine++)
        Py_CLEAR(engine_names[engine]);
    for (int place = 0; place < RECENT; place++)
        Py_XDECREF(plain.recent[place].name);
    memset(&plain, 0, sizeof plain);
    mapping_type = (PyTypeObject *)Py_NewRef(mapping);
    if (!find_shared_integers() || !adopt_each(engines, adopt_engine) ||
        !adopt_each(slots, adopt_slot))
        return NULL;
    Py_RETURN_NONE;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* A key as machine/encode.py stores it: lists, also nested ones, become tuples. The key itself where
 * nobody can change it; NULL for what is no plain key, or with an exception set. */
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

/* The number that an integer is, if it is not too large. */
static inline bool read_integer(PyObject *given, int64_t *number)
{
    const uintptr_t after = (uintptr_t)given - plain.shared;
    if (after < plain.shared_bytes) {
        *number = (int64_t)(after / INTEGER_SIZE) + LEAST_SHARED;
        return true;
    }
    int overflow = 1;
    if (PyLong_CheckExact(given))
        *number = PyLong_AsLongLongAndOverflow(given, &overflow);
    return !overflow;
}

/* The number that anything else counts as. */
static bool read_index(PyObject *given, bool indices, int64_t *number)
{
    PyObject *integer = PyLong_CheckExact(given) ? NULL : integer_of(given, indices);
    const bool done = integer && read_integer(integer, number);
    Py_XDECREF(integer);
    return done;
}

/* An offset beyond this is left to machine/encode.py, which sums without bounds. */
enum { MOST_OFFSET = 1 << 30 };

/* What is to be read as a number, unless that may run somebody's code and none is to be run. */
static inline bool read_number(PyObject *given, Reading reading, int64_t *number, bool *for_good)
{
    if (read_integer(given, number))
        return true;
    *for_good = false;
    return reading != QUIETLY && read_index(given, reading == WITH_INDICES, number);
}

/* And as a key, or a comment: see copy_key. */
static inline PyObject *read_key(PyObject *given, int lists, Reading reading)
{
    if (is_atom(given) || is_frozen(given, MOST_LISTS))
        return Py_NewRef(given);
    return reading == QUIETLY ? NULL : copy_key(given, lists, reading == WITH_INDICES);
}

/* Whether a number plus the offset is in range. */
static inline bool is_in_range(const SlotRow *row, Py_ssize_t i, int64_t number, int64_t offset)
{
    return (uint64_t)number + (uint64_t)offset - (uint64_t)row->least[i] <= row->span[i];
}

static inline bool read_numbers(const SlotRow *row, PyObject *const *operands, Reading reading,
                                ReadSlot *read)
{
    for (Py_ssize_t i = 0; i < row->arity; i++) {
        int64_t number;
        if (!read_number(operands[i], reading, &number, &read->for_good) ||
            !is_in_range(row, i, number, 0))
            return false;
        read->operands[i] = number;
    }
    return true;
}

static bool read_operands(const SlotRow *row, PyObject *const *operands, Reading reading,
                          ReadSlot *read)
{
    int64_t offset = 0;
    if (row->offset >= 0 &&
        (!read_number(operands[row->offset], reading, &offset, &read->for_good) ||
         offset < -MOST_OFFSET || offset > MOST_OFFSET))
        return false;
    for (Py_ssize_t i = 0; i < row->arity; i++) {
        const int64_t greatest = row->greatest[i];
        int64_t *number = &read->operands[i];
        if (greatest >= 0) {
            if (!read_number(operands[i], reading, number, &read->for_good) ||
                !is_in_range(row, i, *number, offset))
                return false;
        } else if (greatest == OFFSET) {
            *number = offset;
        } else {
            if (greatest == KEYS && length_of(operands[i]) != VLEN)
                return false;
            read->payload_at = (int)i;
            read->payload = read_key(operands[i], MOST_LISTS, reading);
            if (!read->payload)
                return false;
            read->for_good = read->for_good && read->payload == operands[i];
        }
    }
    return true;
}

/* A comment of integers and texts, all of which is its payload. */
static bool read_comment(PyObject *slot, Reading reading, ReadSlot *read)
{
    const Py_ssize_t length = Py_SIZE(slot);
    for (Py_ssize_t i = 0; i < length; i++)
        if (!is_atom(item_of(slot, i)))
            return false;
    read->payload_at = 0;
    read->payload = read_key(slot, 1, reading == WITH_INDICES ? WITHOUT_INDICES : reading);
    read->for_good = read->payload == slot;
    return read->payload;
}

/* A slot that has these items, or more of them if it is a comment. */
ALWAYS_INLINE bool read_items(int engine, PyObject *slot, Py_ssize_t length, PyObject *const *items,
                              Reading reading, ReadSlot *read)
{
    const SlotRow *row = length > 0 ? find_slot(engine, items[0]) : NULL;
    if (!row)
        return false;
    *read = (ReadSlot){.code = row->code, .for_good = PyTuple_CheckExact(slot)};
    if (row->numbers) /* as most have, and nothing else that would take looking after */
        return length == row->arity + 1 && read_numbers(row, items + 1, reading, read);
    if (row == plain.comment         ? read_comment(slot, reading, read)
        : length == row->arity + 1 && read_operands(row, items + 1, reading, read))
        return true;
    Py_CLEAR(read->payload);
    return false;
}

enum { MOST_ITEMS = 1 + MAX_OPERANDS };

bool read_slot(int engine, PyObject *slot, Reading reading, ReadSlot *read)
{
    const Py_ssize_t length = length_of(slot), count = length < MOST_ITEMS ? length : MOST_ITEMS;
    PyObject *items[MOST_ITEMS];
    for (Py_ssize_t i = 0; i < count; i++)
        items[i] = Py_NewRef(item_of(slot, i));
    const bool done = read_items(engine, slot, length, items, reading, read);
    for (Py_ssize_t i = 0; i < count; i++)
        Py_DECREF(items[i]);
    return done;
}

bool read_quietly(int engine, PyObject *slot, ReadSlot *read)
{
    PyObject *copies[MOST_ITEMS];
    const bool tuple = PyTuple_CheckExact(slot);
    if (!tuple && !PyList_CheckExact(slot))
        return false;
    const Py_ssize_t length = Py_SIZE(slot), count = length < MOST_ITEMS ? length : MOST_ITEMS;
    PyObject *const *items =
        tuple ? items_of_tuple(slot, count, copies) : items_of_list(slot, 0, count, copies);
    return read_items(engine, slot, length, items, QUIETLY, read);
}
