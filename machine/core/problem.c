/* Checking many inputs: their words, and what the reference kernel makes of them.
 *
 * The facts come from machine/problem.py with each call; here is only the speed. The memory images
 * of one problem stand one after the other.
 */
#include "module.h"
#include "wide.h"

#include <stdlib.h>
#include <string.h>

/* Where the parts of an image start, in this order, and where it ends. */
typedef struct {
    Py_ssize_t nodes, indices, values, words;
} Shape;

typedef struct {
    Shape shape;
    Py_buffer buffer;
    uint32_t *words;
    Py_ssize_t count;
} Images;

static bool is_shape(const Shape *shape)
{
    return 0 <= shape->nodes && shape->nodes < shape->indices && shape->indices <= shape->values &&
           shape->values <= shape->words && shape->words <= UINT32_MAX &&
           shape->values - shape->indices == shape->words - shape->values &&
           shape->indices - shape->nodes <= INT32_MAX / 2;
}

/* False with an exception set, and nothing to be released, where these are no images so shaped. */
static bool take_images(PyObject *object, PyObject *shape_object, Images *images)
{
    Shape *shape = &images->shape;
    if (!PyArg_Parse(shape_object, "(nnnn)", &shape->nodes, &shape->indices, &shape->values,
                     &shape->words) ||
        !take_buffer(object, &images->buffer, sizeof(uint32_t), true))
        return false;
    const Py_ssize_t all = images->buffer.len / (Py_ssize_t)sizeof(uint32_t);
    if (is_shape(shape) && all % shape->words == 0) {
        images->words = images->buffer.buf;
        images->count = all / shape->words;
        return true;
    }
    PyErr_SetString(PyExc_ValueError, "these are no images of this shape");
    PyBuffer_Release(&images->buffer);
    return false;
}

/* --- the reference kernel ----------------------------------------------------------------------- */

/* A stage of the hash: a = (a op1 c) op2 (a op3 s). */
typedef struct {
    char op1, op2, op3;
    uint32_t c, s;
} Stage;

enum { MOST_STAGES = 16, BLOCK = 256 };

typedef struct {
    Stage stages[MOST_STAGES];
    Py_ssize_t count;
} Hash;

/* Elements that walk side by side: `count`, and some more for nothing, to a multiple of VLEN. */
typedef struct {
    size_t count;
    uint32_t indices[BLOCK], values[BLOCK];
} Walkers;

#define EACH(walkers) for (size_t i = 0; i < ((walkers)->count + VLEN - 1) / VLEN * VLEN; i++)

ALWAYS_INLINE uint32_t apply(char operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case '+':
        return a + b;
    case '^':
        return a ^ b;
    case '<':
        return b < 32 ? a << b : 0;
    default:
        return b < 32 ? a >> b : 0;
    }
}

ALWAYS_INLINE void hash_stage(Walkers *walkers, const Stage *stage)
{
    const uint32_t c = stage->c, s = stage->s;
    uint32_t *const a = walkers->values;
    /* A loop for each kind of stage, so that the compiler makes vectors of it. */
#define KIND(op1, op2, op3) ((op1) << 16 | (op2) << 8 | (op3))
#define STAGE(op1, op2, op3)                                                  \
    case KIND(op1, op2, op3):                                                 \
        EACH(walkers)                                                         \
            a[i] = apply(op2, apply(op1, a[i], c), apply(op3, a[i], s));      \
        break;
#define STAGES(op1, op2) \
    STAGE(op1, op2, '+') STAGE(op1, op2, '^') STAGE(op1, op2, '<') STAGE(op1, op2, '>')
    switch (KIND(stage->op1, stage->op2, stage->op3)) {
        STAGES('+', '+')
        STAGES('+', '^')
        STAGES('^', '+')
        STAGES('^', '^')
        STAGES('<', '+')
        STAGES('<', '^')
        STAGES('>', '+')
        STAGES('>', '^')
    default:
        break;
    }
#undef STAGES
#undef STAGE
#undef KIND
}

/* Walk down the tree, each element from an index below n_nodes. */
ALWAYS_INLINE void walk(Walkers *walkers, const uint32_t *nodes, uint32_t n_nodes, int rounds,
                        const Hash *hash)
{
    uint32_t *const indices = walkers->indices, *const values = walkers->values;
    for (int round = 0; round < rounds; round++) {
        EACH(walkers)
            values[i] ^= nodes[indices[i]];
        for (const Stage *stage = hash->stages; stage < hash->stages + hash->count; stage++)
            hash_stage(walkers, stage);
        EACH(walkers)
        {
            const uint32_t child = 2 * indices[i] + 1 + (values[i] & 1);
            indices[i] = child < n_nodes ? child : 0;
        }
    }
}

static void walk_narrow(Walkers *walkers, const uint32_t *nodes, uint32_t n_nodes, int rounds,
                        const Hash *hash)
{
    walk(walkers, nodes, n_nodes, rounds, hash);
}

WIDE static void walk_wide(Walkers *walkers, const uint32_t *nodes, uint32_t n_nodes,
                           int rounds, const Hash *hash)
{
    walk(walkers, nodes, n_nodes, rounds, hash);
}

/* False where an index is no node's. */
static bool solve_image(uint32_t *image, const Shape *shape, int rounds, const Hash *hash)
{
    const size_t batch = (size_t)(shape->values - shape->indices);
    const uint32_t *const nodes = image + shape->nodes;
    const uint32_t n_nodes = (uint32_t)(shape->indices - shape->nodes);
    for (size_t first = 0; first < batch; first += BLOCK) {
        uint32_t *const indices = image + shape->indices + first;
        uint32_t *const values = image + shape->values + first;
        Walkers walkers = {.count = batch - first < BLOCK ? batch - first : BLOCK};
        memcpy(walkers.indices, indices, walkers.count * sizeof *indices);
        memcpy(walkers.values, values, walkers.count * sizeof *values);
        for (size_t i = 0; i < walkers.count; i++)
            if (walkers.indices[i] >= n_nodes)
                return false;
        (has_wide_vectors() ? walk_wide : walk_narrow)(&walkers, nodes, n_nodes, rounds, hash);
        memcpy(indices, walkers.indices, walkers.count * sizeof *indices);
        memcpy(values, walkers.values, walkers.count * sizeof *values);
    }
    return true;
}

static bool parse_hash(PyObject *rows, Hash *hash)
{
    hash->count = PySequence_Size(rows);
    if (hash->count < 0)
        return false;
    if (hash->count > MOST_STAGES) {
        PyErr_SetString(PyExc_ValueError, "too many stages");
        return false;
    }
    for (Py_ssize_t i = 0; i < hash->count; i++) {
        const char *op1, *op2, *op3;
        unsigned int c, s;
        PyObject *row = PySequence_GetItem(rows, i);
        const bool parsed = row && PyArg_Parse(row, "(sIssI)", &op1, &c, &op2, &op3, &s);
        if (parsed)
            hash->stages[i] = (Stage){op1[0], op2[0], op3[0], c, s};
        Py_XDECREF(row);
        if (!parsed)
            return false;
        const Stage *stage = &hash->stages[i];
        if (!stage->op1 || !stage->op2 || !stage->op3 || !strchr("+^<>", stage->op1) ||
            !strchr("+^", stage->op2) || !strchr("+^<>", stage->op3)) {
            PyErr_SetString(PyExc_ValueError, "the core does not know this stage of the hash");
            return false;
        }
    }
    return true;
}

/* solve(images, shape, rounds, stages): indices and values of each image become the final ones. */
static PyObject *solve(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *object, *shape, *rows;
    Images images;
    int rounds;
    Hash hash;
    bool solved = true;
    if (!PyArg_ParseTuple(arguments, "OOiO", &object, &shape, &rounds, &rows) ||
        !parse_hash(rows, &hash) || !take_images(object, shape, &images))
        return NULL;
    for (Py_ssize_t number = 0; solved && number < images.count; number++) {
        uint32_t *image = images.words + number * images.shape.words;
        Py_BEGIN_ALLOW_THREADS
        solved = solve_image(image, &images.shape, rounds, &hash);
        Py_END_ALLOW_THREADS
        if (!solved)
            PyErr_SetString(PyExc_ValueError, "an index is outside the tree");
        else if (PyErr_CheckSignals() < 0)
            solved = false;
    }
    PyBuffer_Release(&images.buffer);
    if (!solved)
        return NULL;
    Py_RETURN_NONE;
}

/* --- the words that compares look for ------------------------------------------------------------ */

static uint32_t do_stage(uint32_t a, const Stage *stage)
{
    return apply(stage->op2, apply(stage->op1, a, stage->c), apply(stage->op3, a, stage->s));
}

/* Walk as `solve_image` does, one element after the other, and write down each step in the order of
 * machine/problem.py. False where an index is no node's. */
static bool record_image(uint32_t *image, const Shape *shape, int rounds, const Hash *hash,
                         uint32_t *words)
{
    const Py_ssize_t batch = shape->values - shape->indices;
    const uint32_t n_nodes = (uint32_t)(shape->indices - shape->nodes);
    uint32_t *const indices = image + shape->indices, *const values = image + shape->values;
    for (int round = 0; round < rounds; round++)
        for (Py_ssize_t i = 0; i < batch; i++) {
            if (indices[i] >= n_nodes)
                return false;
            const uint32_t node = image[shape->nodes + indices[i]];
            *words++ = indices[i];
            *words++ = values[i];
            *words++ = node;
            values[i] ^= node;
            for (Py_ssize_t stage = 0; stage < hash->count; stage++)
                *words++ = values[i] = do_stage(values[i], &hash->stages[stage]);
            const uint32_t child = 2 * indices[i] + 1 + (values[i] & 1);
            indices[i] = child < n_nodes ? child : 0;
            *words++ = values[i];
            *words++ = child;
            *words++ = indices[i];
        }
    return true;
}

enum { WORDS_BESIDE_STAGES = 6 };

/* record(image, shape, rounds, stages, words): the words of each step; the image becomes solved. */
static PyObject *record(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *object, *shape, *rows, *target;
    Py_buffer words;
    Images images;
    int rounds;
    Hash hash;
    if (!PyArg_ParseTuple(arguments, "OOiOO", &object, &shape, &rounds, &rows, &target) ||
        !parse_hash(rows, &hash) || !take_images(object, shape, &images))
        return NULL;
    bool recorded = take_buffer(target, &words, sizeof(uint32_t), true);
    if (recorded) {
        const Py_ssize_t batch = images.shape.values - images.shape.indices;
        const Py_ssize_t each = (hash.count + WORDS_BESIDE_STAGES) * (Py_ssize_t)sizeof(uint32_t);
        recorded = images.count == 1 && rounds >= 0 &&
                   (batch == 0 || words.len / each / batch >= rounds) &&
                   record_image(images.words, &images.shape, rounds, &hash, words.buf);
        if (!recorded)
            PyErr_SetString(PyExc_ValueError, "an index is outside the tree, or words are too few");
        PyBuffer_Release(&words);
    }
    PyBuffer_Release(&images.buffer);
    if (!recorded)
        return NULL;
    Py_RETURN_NONE;
}

/* --- the words of seeds ------------------------------------------------------------------------- */

/* Python's generator, the MT19937 of Matsumoto and Nishimura, of some seeds side by side. */
enum { STATE = 624, MIDDLE = 397, SIDE_BY_SIDE = 16, PIECE = STATE / 13 };

typedef uint32_t Row[SIDE_BY_SIDE];

typedef struct {
    Row state[STATE];
    int place; /* in it, of the next output */
    /* Some outputs, as `randint(0, 2**30 - 1)` takes them: halved, and how many numbers each makes,
     * which is none where it was 2**31 or more. */
    Row halves[PIECE], numbers[PIECE];
} Generators;

/* The absolute value of a seed: digits of 32 bits, the least first. */
typedef struct {
    const uint8_t *bytes;
    size_t count;
} Digits;

ALWAYS_INLINE uint32_t digit_at(const Digits *digits, size_t place)
{
    const uint8_t *bytes = digits->bytes + 4 * place;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

ALWAYS_INLINE uint32_t mixed(uint32_t word, uint32_t factor)
{
    return (word ^ word >> 30) * factor;
}

/* Stir word i of the states, and return which is next. The last becomes the first as well. */
ALWAYS_INLINE int stir(Generators *generators, int i, uint32_t factor, const uint32_t *added)
{
    const uint32_t *before = generators->state[i - 1];
    uint32_t *word = generators->state[i];
    for (int g = 0; g < SIDE_BY_SIDE; g++)
        word[g] = (word[g] ^ mixed(before[g], factor)) + added[g];
    if (i < STATE - 1)
        return i + 1;
    memcpy(generators->state[0], word, sizeof(Row));
    return 1;
}

/* What the algorithm's authors call init_by_array, with the digits of each seed, at most STATE. */
ALWAYS_INLINE void seed_all(Generators *generators, const Digits seeds[SIDE_BY_SIDE])
{
    Row added, places = {0};
    uint32_t word = 19650218;
    int i = 1;
    for (int place = 0; place < STATE; place++) {
        for (int g = 0; g < SIDE_BY_SIDE; g++)
            generators->state[place][g] = word;
        word = mixed(word, 1812433253) + (uint32_t)place + 1;
    }
    for (int turn = 0; turn < STATE; turn++) {
        for (int g = 0; g < SIDE_BY_SIDE; g++) {
            added[g] = digit_at(&seeds[g], places[g]) + places[g];
            places[g] = places[g] + 1 < seeds[g].count ? places[g] + 1 : 0;
        }
        i = stir(generators, i, 1664525, added);
    }
    for (int turn = 1; turn < STATE; turn++) {
        for (int g = 0; g < SIDE_BY_SIDE; g++)
            added[g] = (uint32_t)-i;
        i = stir(generators, i, 1566083941, added);
    }
    for (int g = 0; g < SIDE_BY_SIDE; g++)
        generators->state[0][g] = 0x80000000;
    generators->place = 0;
}

/* The next outputs of each. */
ALWAYS_INLINE void generate(Generators *generators)
{
    for (int n = 0; n < PIECE; n++) {
        const int place = generators->place + n;
        uint32_t *word = generators->state[place];
        const uint32_t *next = generators->state[(place + 1) % STATE];
        const uint32_t *middle = generators->state[(place + MIDDLE) % STATE];
        for (int g = 0; g < SIDE_BY_SIDE; g++) {
            const uint32_t y = (word[g] & 0x80000000) | (next[g] & 0x7FFFFFFF);
            uint32_t output = middle[g] ^ y >> 1 ^ (y & 1 ? 0x9908B0DF : 0);
            word[g] = output;
            output ^= output >> 11;
            output ^= output << 7 & 0x9D2C5680;
            output ^= output << 15 & 0xEFC60000;
            output ^= output >> 18;
            generators->halves[n][g] = output >> 1;
            generators->numbers[n][g] = output >> 31 ^ 1;
        }
    }
    generators->place = (generators->place + PIECE) % STATE;
}

/* Words still to be drawn. */
typedef struct {
    uint32_t *next, *end;
} Part;

/* Draw from the outputs of one generator, some of which are used, until the part is full or all
 * are. Returns how many then are. */
ALWAYS_INLINE int draw_part(const Generators *generators, int g, int used, Part *part)
{
    while (used < PIECE && part->next < part->end) {
        const ptrdiff_t left = part->end - part->next;
        const int end = PIECE - used < left ? PIECE : used + (int)left;
        uint32_t *const words = part->next;
        size_t drawn = 0;
        UNROLLED for (; used < end; used++)
        {
            words[drawn] = generators->halves[used][g];
            drawn += generators->numbers[used][g];
        }
        part->next += drawn;
    }
    return used;
}

/* Draw as many images as there are seeds, at most SIDE_BY_SIDE. */
ALWAYS_INLINE void draw_some(Generators *generators, const Digits seeds[SIDE_BY_SIDE], int count,
                             uint32_t *images, const Shape *shape)
{
    Part nodes[SIDE_BY_SIDE], values[SIDE_BY_SIDE];
    for (int g = 0; g < count; g++) {
        uint32_t *image = images + g * shape->words;
        nodes[g] = (Part){image + shape->nodes, image + shape->indices};
        values[g] = (Part){image + shape->values, image + shape->words};
        memset(image + shape->indices, 0,
               (size_t)(shape->values - shape->indices) * sizeof *image);
    }
    seed_all(generators, seeds);
    for (bool all_full = false; !all_full;) {
        generate(generators);
        all_full = true;
        for (int g = 0; g < count; g++) {
            const int used = draw_part(generators, g, 0, &nodes[g]);
            draw_part(generators, g, used, &values[g]);
            all_full = all_full && nodes[g].next == nodes[g].end && values[g].next == values[g].end;
        }
    }
}

static void draw_narrow(Generators *generators, const Digits seeds[SIDE_BY_SIDE], int count,
                        uint32_t *images, const Shape *shape)
{
    draw_some(generators, seeds, count, images, shape);
}

WIDE static void draw_wide(Generators *generators, const Digits seeds[SIDE_BY_SIDE], int count,
                           uint32_t *images, const Shape *shape)
{
    draw_some(generators, seeds, count, images, shape);
}

/* The digits live as long as their owner. */
static bool take_digits(PyObject *seeds, Py_ssize_t index, Digits *digits, PyObject **owner)
{
    char *bytes;
    Py_ssize_t length;
    *owner = PySequence_GetItem(seeds, index);
    if (!*owner || PyBytes_AsStringAndSize(*owner, &bytes, &length) < 0)
        return false;
    *digits = (Digits){(const uint8_t *)bytes, (size_t)length / 4};
    if (0 < length && length <= 4 * STATE && length % 4 == 0)
        return true;
    PyErr_SetString(PyExc_ValueError, "a seed has 1 to 624 digits of 32 bits");
    return false;
}

/* Draw the images from number `first` on, at most SIDE_BY_SIDE. */
static bool draw_from(Generators *generators, PyObject *seeds, const Images *images,
                      Py_ssize_t first)
{
    const Py_ssize_t left = images->count - first;
    const int count = left < SIDE_BY_SIDE ? (int)left : SIDE_BY_SIDE;
    uint32_t *const words = images->words + first * images->shape.words;
    PyObject *owners[SIDE_BY_SIDE] = {NULL};
    Digits digits[SIDE_BY_SIDE] = {0};
    bool taken = true;
    for (int g = 0; taken && g < count; g++)
        taken = take_digits(seeds, first + g, &digits[g], &owners[g]);
    if (taken) {
        for (int g = count; g < SIDE_BY_SIDE; g++)
            digits[g] = digits[0]; /* nothing is drawn there */
        Py_BEGIN_ALLOW_THREADS
        (has_wide_vectors() ? draw_wide : draw_narrow)(generators, digits, count, words,
                                                       &images->shape);
        Py_END_ALLOW_THREADS
    }
    for (int g = 0; g < count; g++)
        Py_XDECREF(owners[g]);
    return taken;
}

static bool draw_images(PyObject *seeds, const Images *images)
{
    const Py_ssize_t count = PySequence_Size(seeds);
    if (count < 0)
        return false;
    if (count != images->count) {
        PyErr_SetString(PyExc_ValueError, "there is not one seed for each image");
        return false;
    }
    Generators *generators = malloc(sizeof *generators);
    if (!generators) {
        PyErr_NoMemory();
        return false;
    }
    bool drawn = true;
    for (Py_ssize_t first = 0; drawn && first < count; first += SIDE_BY_SIDE)
        drawn = draw_from(generators, seeds, images, first);
    free(generators);
    return drawn;
}

/* draw(seeds, images, shape): each image becomes that of its seed, from the nodes on. */
static PyObject *draw(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *seeds, *object, *shape;
    Images images;
    if (!PyArg_ParseTuple(arguments, "OOO", &seeds, &object, &shape) ||
        !take_images(object, shape, &images))
        return NULL;
    const bool drawn = draw_images(seeds, &images);
    PyBuffer_Release(&images.buffer);
    if (!drawn)
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef problem_methods[] = {
    {"solve", solve, METH_VARARGS, "solve(images, shape, rounds, stages)"},
    {"record", record, METH_VARARGS, "record(image, shape, rounds, stages, words)"},
    {"draw", draw, METH_VARARGS, "draw(seeds, images, shape)"},
    {0},
};
