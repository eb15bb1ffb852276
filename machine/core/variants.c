/* Runs of a program with one slot changed, thousands of them.
 *
 * A variant has one slot replaced, or has it at another bundle, or has one more. All variants of a
 * slot differ from the program from the same bundle on: the run up to there is made once, and each
 * goes on from a copy of its words. Compares and pauses are passed over.
 */
#include "module.h"
#include "shape.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_SLOTS = 128, /* of a bundle, all engines at their limits, and one more */
    AT_ONCE = 64,     /* variants between looks at signals */
    FIELDS = 3,       /* numbers that tell a variant */
};
/* The number of a slot that no program has: nothing is left out. */
static const uint32_t NO_SLOT = UINT32_MAX;

typedef enum { UNDER_WAY, ENDED, FAULTED, OUT_OF_TIME } Progress;

typedef struct {
    uint32_t *scratch, *memory;
    int64_t pc, bundles;
} State;

/* One slot changed: that with this number as written is left out, and `slot` is executed in its
 * place, or after all others of bundle `to`. */
typedef struct {
    uint32_t number;
    int64_t from, to;
    const Slot *slot;
    const Target *targets; /* of `slot` */
} Change;

typedef struct {
    const Program *program, *patches;
    Shape shapes[OPERATIONS];
    uint32_t memory_words;
    int64_t most; /* bundles of a run */
    State fork, now;
    /* The bundles of the change that the fork is before, -1 at first, and what the run came to if it
     * does not come to them. */
    int64_t forked_from, forked_to;
    Progress forked;
} Trials;

static void copy_state(const Trials *trials, State *to, const State *from)
{
    memcpy(to->scratch, from->scratch, SCRATCH_WORDS * sizeof *to->scratch);
    memcpy(to->memory, from->memory, trials->memory_words * sizeof *to->memory);
    to->pc = from->pc;
    to->bundles = from->bundles;
}

/* --- one bundle --------------------------------------------------------------------------------- */

static void write_scratch(State *state, const Shape *shape, const Slot *slot, const uint32_t *words)
{
    memcpy(state->scratch + slot->dest, words, shape->dest_width * sizeof *words);
}

/* All of these slots, the one at `patched` with targets of its own, and the pc after them. */
static Progress execute(const Trials *trials, State *state, const Slot *slots, size_t count,
                        bool in_place, const Change *change, size_t patched)
{
    uint32_t made[MOST_SLOTS][VLEN], addresses[MOST_SLOTS];
    Words words = {trials->program->targets, state->scratch, state->memory, trials->memory_words};
    int64_t next = state->pc + 1;
    bool halts = false;
    for (size_t i = 0; i < count; i++) {
        words.targets = i == patched ? change->targets : trials->program->targets;
        if (!make_words(&words, slots + i, made[i], addresses + i, &next, &halts))
            return FAULTED;
        if (in_place)
            write_scratch(state, &trials->shapes[operation_of(slots + i)], slots + i, made[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const Shape *shape = &trials->shapes[operation_of(slots + i)];
        if (!in_place)
            write_scratch(state, shape, slots + i, made[i]);
        if (shape->stores)
            memcpy(state->memory + addresses[i], made[i], shape->memory_lanes * sizeof **made);
    }
    state->pc = next;
    state->bundles++;
    return halts ? ENDED : UNDER_WAY;
}

/* The bundle at pc with the change. */
static Progress execute_changed(const Trials *trials, State *state, const Change *change)
{
    const Program *program = trials->program;
    const Slot *written = slots_of(program, state->pc);
    const size_t count = (size_t)(slots_of(program, state->pc + 1) - written);
    Slot arranged[MOST_ARRANGED], slots[MOST_SLOTS];
    size_t kept = 0, patched = MOST_SLOTS;
    written = as_written(written, count, arranged);
    for (size_t i = 0; i < count; i++) {
        const bool here = program->first_slots[state->pc] + i == change->number;
        if (here && change->to == change->from)
            slots[patched = kept++] = *change->slot;
        else if (!here)
            slots[kept++] = written[i];
    }
    if (state->pc == change->to && patched == MOST_SLOTS)
        slots[patched = kept++] = *change->slot;
    return execute(trials, state, slots, kept, false, change, patched);
}

/* To the end with the change, or up to where it begins to matter. */
static Progress run(const Trials *trials, State *state, const Change *change, bool stops_before)
{
    const Program *program = trials->program;
    for (;;) {
        if (state->pc >= program->length)
            return ENDED;
        const bool changed = state->pc == change->from || state->pc == change->to;
        if (changed && stops_before)
            return UNDER_WAY;
        if (state->bundles >= trials->most)
            return OUT_OF_TIME;
        Progress progress;
        if (changed)
            progress = execute_changed(trials, state, change);
        else {
            const Slot *slots = slots_of(program, state->pc);
            const size_t count = (size_t)(slots_of(program, state->pc + 1) - slots);
            const bool in_place = program->bundles[state->pc].in_place;
            Slot arranged[MOST_ARRANGED];
            if (!in_place)
                slots = as_written(slots, count, arranged);
            progress = execute(trials, state, slots, count, in_place, NULL, MOST_SLOTS);
        }
        if (progress != UNDER_WAY)
            return progress;
    }
}

/* --- all variants ------------------------------------------------------------------------------- */

/* Have the run up to a change, which is kept for the next variant. */
static void fork_before(Trials *trials, const uint32_t *image, const Change *change)
{
    if (trials->forked_from == change->from && trials->forked_to == change->to)
        return;
    memset(trials->fork.scratch, 0, SCRATCH_WORDS * sizeof *trials->fork.scratch);
    memcpy(trials->fork.memory, image, trials->memory_words * sizeof *image);
    trials->fork.pc = trials->fork.bundles = 0;
    trials->forked = run(trials, &trials->fork, change, true);
    trials->forked_from = change->from;
    trials->forked_to = change->to;
}

static int64_t bundle_of(const Program *program, uint32_t number)
{
    int64_t low = 0, high = program->length; /* the slot is in one of low:high */
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (program->first_slots[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Whether a variant leaves the expected words. */
static bool is_right(Trials *trials, const uint32_t *image, const uint32_t *fields,
                     const uint32_t *outputs, size_t count)
{
    const int64_t from = fields[0] == NO_SLOT ? fields[1] : bundle_of(trials->program, fields[0]);
    const Change change = {fields[0], from, fields[1], slots_of(trials->patches, fields[2]),
                           trials->patches->targets};
    fork_before(trials, image, &change);
    copy_state(trials, &trials->now, &trials->fork);
    Progress progress = trials->forked;
    if (progress == UNDER_WAY)
        progress = run(trials, &trials->now, &change, false);
    if (progress != ENDED)
        return false;
    for (size_t i = 0; i < count; i++)
        if (trials->now.memory[outputs[2 * i]] != outputs[2 * i + 1])
            return false;
    return true;
}

static bool are_valid(const Trials *trials, const uint32_t *variants, size_t count,
                      const uint32_t *outputs, size_t output_count)
{
    const Program *program = trials->program, *patches = trials->patches;
    for (size_t i = 0; i < count; i++) {
        const uint32_t *fields = variants + FIELDS * i;
        const bool known =
            fields[0] < program->first_slots[program->length] || fields[0] == NO_SLOT;
        if (!known || fields[1] >= program->length ||
            fields[2] >= patches->length ||
            slots_of(patches, fields[2] + 1) - slots_of(patches, fields[2]) != 1)
            return false;
    }
    for (size_t i = 0; i < output_count; i++)
        if (outputs[2 * i] >= trials->memory_words)
            return false;
    for (uint32_t pc = 0; pc < program->length; pc++)
        if (program->first_slots[pc + 1] - program->first_slots[pc] >= MOST_SLOTS)
            return false;
    return true;
}

static bool start(Trials *trials)
{
    for (int operation = 0; operation < OPERATIONS; operation++)
        trials->shapes[operation] = shape_of((Operation)operation);
    bool there = true;
    for (int i = 0; i < 2; i++) {
        State *state = i ? &trials->fork : &trials->now;
        state->scratch = malloc(SCRATCH_WORDS * sizeof *state->scratch);
        state->memory = malloc((trials->memory_words + 1) * sizeof *state->memory);
        there = there && state->scratch && state->memory;
    }
    trials->forked_from = -1;
    return there;
}

static void end(Trials *trials)
{
    free(trials->fork.scratch);
    free(trials->fork.memory);
    free(trials->now.scratch);
    free(trials->now.memory);
    free(trials);
}

/* By variant 1 where it is right; NULL with an exception set. */
static PyObject *judge(Trials *trials, const uint32_t *image, const uint32_t *variants, size_t count,
                       const uint32_t *outputs, size_t output_count)
{
    char *right = calloc(count + 1, 1);
    if (!right || !start(trials)) {
        free(right);
        return PyErr_NoMemory();
    }
    PyObject *result = NULL;
    if (!are_valid(trials, variants, count, outputs, output_count))
        PyErr_SetString(PyExc_ValueError, "these are no variants of the program");
    else {
        size_t done = 0;
        bool goes_on = true;
        while (goes_on && done < count) {
            const size_t stop = count - done > AT_ONCE ? done + AT_ONCE : count;
            Py_BEGIN_ALLOW_THREADS
            for (; done < stop; done++)
                right[done] = is_right(trials, image, variants + FIELDS * done, outputs, output_count);
            Py_END_ALLOW_THREADS
            goes_on = PyErr_CheckSignals() >= 0;
        }
        if (goes_on)
            result = PyBytes_FromStringAndSize(right, (Py_ssize_t)count);
    }
    free(right);
    return result;
}

/* try_variants(machine, patches, variants, memory, outputs, most) -> a byte for each variant, 1 where
 * it is right. A variant is three words: the number of a slot as written, NO_SLOT for one more; the
 * bundle it is to be in; and that of the patches whose only slot takes its place. Outputs are pairs
 * of words, an address and what is to be left there. At most so many bundles are executed. */
static PyObject *try_variants(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *machine, *patches_machine, *objects[3], *result = NULL;
    Py_buffer variants = {0}, memory = {0}, outputs = {0};
    long long most;
    if (!PyArg_ParseTuple(arguments, "OOOOOL", &machine, &patches_machine, objects, objects + 1,
                          objects + 2, &most))
        return NULL;
    const Program *program = program_of(machine);
    const Program *patches = program ? program_of(patches_machine) : NULL;
    if (!patches || !take_buffer(objects[0], &variants, sizeof(uint32_t), false))
        return NULL;
    if (take_buffer(objects[1], &memory, sizeof(uint32_t), false)) {
        if (take_buffer(objects[2], &outputs, sizeof(uint32_t), false)) {
            Trials *trials = calloc(1, sizeof *trials);
            const size_t numbers = (size_t)variants.len / 4, words = (size_t)outputs.len / 4;
            if (!trials)
                PyErr_NoMemory();
            else if (numbers % FIELDS || words % 2 || memory.len / 4 >= UINT32_MAX)
                PyErr_SetString(PyExc_ValueError, "these are no variants of the program");
            else {
                trials->program = program;
                trials->patches = patches;
                trials->memory_words = (uint32_t)(memory.len / 4);
                trials->most = most;
                result = judge(trials, memory.buf, variants.buf, numbers / FIELDS, outputs.buf,
                               words / 2);
            }
            if (trials)
                end(trials);
            PyBuffer_Release(&outputs);
        }
        PyBuffer_Release(&memory);
    }
    PyBuffer_Release(&variants);
    return result;
}

PyMethodDef variants_methods[] = {
    {"try_variants", try_variants, METH_VARARGS,
     "try_variants(machine, patches, variants, memory, outputs, most) -> which are right"},
    {0},
};
