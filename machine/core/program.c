/* From the columns of a program to what the engine executes. */
#include "bits.h"
#include "engine.h"
#include "shape.h"
#include "wide.h"

#include <stdlib.h>
#include <string.h>

static const char *const NOT_COLUMNS = "the columns of this program do not hang together";
static const char *const NO_OPCODE = "the program has an opcode that the core does not know";
static const char *const OUTSIDE = "an operand of the program lies outside scratch";
static const char *const TOO_LARGE = "the program is too large for the core";

static bool is_address(char letter)
{
    return letter == 'l' || letter == 's';
}

Shape shape_of(Operation operation)
{
    const OperationRow *row = &operation_rows[operation];
    Shape shape = {
        .offset = -1,
        .debug = strcmp(row->engine, "debug") == 0,
        .traced = row->besides == TRACES,
    };
    int source = 0;
    for (const char *at = row->operands; *at; at++) {
        if (*at == ' ')
            continue;
        const char letter = *at;
        const uint8_t width = at[1] > '0' && at[1] <= '9' ? (uint8_t)(*++at - '0') : 0;
        if (letter == 'd')
            shape.dest_width = width;
        else if (letter == 'u' || is_address(letter))
            shape.source_widths[source++] = is_address(letter) ? 1 : width;
        else if (letter == 'o')
            shape.offset = shape.count;
        else if (letter == 't' || letter == 'r')
            shape.targets++;
        else if (letter == 'k' || letter == 'K')
            shape.compared = letter == 'K' ? VLEN : 1;
        if (is_address(letter)) {
            shape.memory_lanes = width;
            shape.stores = letter == 's';
        }
        shape.letters[shape.count] = letter;
        shape.widths[shape.count++] = width;
    }
    return shape;
}

static int64_t jump_target(int64_t target, bool relative, int64_t next_pc, size_t slot)
{
    if (target >= FAR / 2)
        return FAR + (int64_t)slot;
    if (target <= -FAR / 2)
        return -FAR - (int64_t)slot;
    return relative ? next_pc + target : target;
}

/* How the slots of an operation are lowered. */
typedef struct {
    struct {
        uint8_t place;     /* where it goes in a Slot */
        int64_t shifted;   /* all bits set for an address, which the offset is added to; or none */
        uint64_t greatest; /* address from which on all words are in scratch; or number */
    } operands[MAX_OPERANDS];
    int offset;    /* which operand is one, or -1 */
    int target;    /* and which is one, or -1; */
    bool relative; /* to the next bundle */
    uint8_t rank;  /* where it comes in a bundle that is sorted */
    uint8_t stores, store_lanes;
    uint8_t dest_width, compared, traced, store_words, record_words; /* words */
    uint8_t source_widths[MOST_SOURCES];
    bool falls_through; /* it asks for nothing beyond words, and leads to the next */
} Recipe;

/* Of the operands in a Slot. */
enum { DEST, X, Y, Z, NOWHERE, PLACES };

/* What writes nothing in scratch comes first; then the others, equal operations side by side, which
 * processors guess better. */
enum { RANKS = 1 + OPERATIONS };
_Static_assert(RANKS <= 64, "a set of them has a bit for each");

static Recipe recipe_of(Operation operation)
{
    const Shape shape = shape_of(operation);
    Recipe recipe = {
        .offset = shape.offset,
        .target = -1,
        .rank = (uint8_t)(shape.dest_width ? 1 + operation : 0),
        .dest_width = shape.dest_width,
        .store_lanes = shape.stores ? shape.memory_lanes : 0,
        .compared = shape.compared,
        .traced = shape.traced,
        .falls_through = operation_rows[operation].besides == NOTHING,
    };
    recipe.stores = shape.stores;
    recipe.store_words = (uint8_t)(recipe.stores + recipe.store_lanes);
    recipe.record_words = (uint8_t)(recipe.store_words + recipe.dest_width + recipe.traced);
    uint8_t source = X;
    memcpy(recipe.source_widths, shape.source_widths, sizeof shape.source_widths);
    for (int i = 0; i < MAX_OPERANDS; i++) {
        const char letter = i < shape.count ? shape.letters[i] : 'x';
        recipe.operands[i].place = letter == 'i' ? Z : NOWHERE;
        recipe.operands[i].greatest = UINT64_MAX;
        if (letter == 'd' || letter == 'u' || is_address(letter)) {
            recipe.operands[i].place = letter == 'd' ? DEST : source++;
            recipe.operands[i].shifted = -1;
            recipe.operands[i].greatest =
                (uint64_t)(SCRATCH_WORDS - (is_address(letter) ? 1 : shape.widths[i]));
        } else if (letter == 't' || letter == 'r') {
            recipe.target = i;
            recipe.relative = letter == 'r';
        }
    }
    return recipe;
}

/* Slots of a bundle, a bit for each, as written. */
typedef uint64_t SlotSet;
_Static_assert(MOST_ARRANGED <= 64, "a set of slots has a bit for each");

/* What a program is lowered with. */
typedef struct {
    Program *program;
    const Columns *columns;
    const uint8_t *operations; /* of each opcode's number */
    Recipe recipes[OPERATIONS];
    uint32_t writes, stores, targets, compared; /* filled so far */
    bool falls_through; /* the bundle being lowered, so far */
    /* Of the bundle whose slots are put in order; empty between bundles: */
    SlotSet readers[SCRATCH_WORDS]; /* of each word, */
    SlotSet writers[SCRATCH_WORDS];
    SlotSet ranked[RANKS]; /* and those of each rank */
} Lowering;

static void set_dispatch(Slot *slot, Operation operation, unsigned run_length)
{
    slot->dispatch = DISPATCH_OF(operation, run_length) & ((1u << DISPATCH_BITS) - 1);
}

/* What a jump leads to, or a compare expects: its index among the program's. */
static uint32_t lower_reference(Lowering *lowering, const Recipe *recipe, size_t number, int64_t pc)
{
    Program *program = lowering->program;
    if (recipe->target >= 0) {
        const int64_t target = lowering->columns->operands[recipe->target][number];
        program->targets[lowering->targets] = (Target){
            .pc = jump_target(target, recipe->relative, pc + 1, number),
            .slot = (uint32_t)number,
        };
        return lowering->targets++;
    }
    for (int lane = 0; lane < recipe->compared; lane++)
        program->compares[lowering->compared++] = (uint32_t)number;
    return lowering->compared - recipe->compared;
}

static const char *lower_slot(Lowering *lowering, size_t number, int64_t pc, size_t write_order,
                              Bundle *bundle)
{
    const Columns *columns = lowering->columns;
    const Operation operation = (Operation)lowering->operations[columns->opcodes[number]];
    const Recipe *recipe = &lowering->recipes[operation];
    const int64_t offset = recipe->offset < 0 ? 0 : columns->operands[recipe->offset][number];
    uint32_t places[PLACES] = {0};
    int64_t both = 0;
    bool outside = false;

    /* Only columns that no loader made, for the engines have limits. */
    if (bundle->store_words > UINT16_MAX - 1 - VLEN || bundle->traced == UINT8_MAX)
        return TOO_LARGE;
    for (int i = 0; i < MAX_OPERANDS; i++) {
        const int64_t operand = columns->operands[i][number];
        const int64_t shift = offset & recipe->operands[i].shifted;
        const uint64_t sum = (uint64_t)operand + (uint64_t)shift;
        outside |= sum > recipe->operands[i].greatest;
        both |= operand & shift;
        places[recipe->operands[i].place] = (uint32_t)sum;
    }
    /* A sum that comes out wrong is that of two that are far below 0. */
    if (outside || both < 0)
        return OUTSIDE;
    if (recipe->target >= 0 || recipe->compared)
        places[Z] = lower_reference(lowering, recipe, number, pc);
    lowering->program->slots[number] = (Slot){
        .dispatch = DISPATCH_OF(operation, 1) & ((1u << DISPATCH_BITS) - 1),
        .write_order = write_order & ((1u << WRITE_ORDER_BITS) - 1),
        .dest = (uint16_t)places[DEST],
        .x = (uint16_t)places[X],
        .y = (uint16_t)places[Y],
        .z = places[Z],
    };
    lowering->program->store_lanes[lowering->stores] = recipe->store_lanes;
    lowering->stores += recipe->stores;
    bundle->store_words = (uint16_t)(bundle->store_words + recipe->store_words);
    bundle->traced = (uint8_t)(bundle->traced + recipe->traced);
    bundle->record_words += recipe->record_words;
    lowering->falls_through &= recipe->falls_through;
    return NULL;
}

/* --- the order of a bundle's slots --------------------------------------------------------------- */

/* Of the words of an operand, which are none, one or a vector. */

static inline void add_to(SlotSet *words, uint8_t width, SlotSet slot)
{
    if (width == VLEN)
        for (int i = 0; i < VLEN; i++)
            words[i] |= slot;
    else if (width)
        *words |= slot;
}

static inline SlotSet any_of(const SlotSet *words, uint8_t width)
{
    SlotSet any = width ? *words : 0;
    if (width == VLEN)
        for (int i = 1; i < VLEN; i++)
            any |= words[i];
    return any;
}

static inline void clear(SlotSet *words, uint8_t width)
{
    if (width == VLEN)
        memset(words, 0, VLEN * sizeof *words);
    else if (width)
        *words = 0;
}

static inline const Recipe *recipe_for(const Lowering *lowering, const Slot *slot)
{
    return &lowering->recipes[operation_of(slot)];
}

static void note_accesses(Lowering *lowering, const Slot *slot, SlotSet bit)
{
    const Recipe *recipe = recipe_for(lowering, slot);
    add_to(lowering->readers + slot->x, recipe->source_widths[0], bit);
    add_to(lowering->readers + slot->y, recipe->source_widths[1], bit);
    if (recipe->source_widths[2])
        add_to(lowering->readers + slot->z, recipe->source_widths[2], bit);
    add_to(lowering->writers + slot->dest, recipe->dest_width, bit);
    lowering->ranked[recipe->rank] |= bit;
}

static void forget_accesses(Lowering *lowering, const Slot *slot)
{
    const Recipe *recipe = recipe_for(lowering, slot);
    clear(lowering->readers + slot->x, recipe->source_widths[0]);
    clear(lowering->readers + slot->y, recipe->source_widths[1]);
    if (recipe->source_widths[2])
        clear(lowering->readers + slot->z, recipe->source_widths[2]);
    clear(lowering->writers + slot->dest, recipe->dest_width);
}

/* The slots by rank, and of each rank as they are written; from here on no rank has any. */
static void sort_slots(Lowering *lowering, uint64_t ranks, uint8_t *sorted)
{
    for (; ranks; ranks &= ranks - 1) {
        SlotSet *ranked = &lowering->ranked[trailing_zeros(ranks)];
        for (; *ranked; *ranked &= *ranked - 1)
            *sorted++ = (uint8_t)trailing_zeros(*ranked);
    }
}

/* Place each of these slots once none is left that has to come before it, time and again as long as
 * any can be; whether all were. */
static bool place_slots(const SlotSet *before, const uint8_t *sorted, size_t count, uint8_t *placed)
{
    SlotSet left = count ? ~(SlotSet)0 >> (64 - count) : 0;
    for (bool moved = true; left && moved;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            const SlotSet bit = (SlotSet)1 << sorted[i];
            if (left & bit && !(left & before[sorted[i]])) {
                left ^= bit;
                *placed++ = sorted[i];
                moved = true;
            }
        }
    }
    return !left;
}

/* Put a bundle's slots in an order in which none meets what another wrote, and the later of two
 * writes to a word comes later, if there is one; whether there is. If not, and no word is written
 * twice, the order does not matter, and becomes one that processors guess better. */
static bool arrange(Lowering *lowering, Slot *slots, size_t count)
{
    Slot written[MOST_ARRANGED];
    SlotSet before[MOST_ARRANGED], twice = 0;
    uint8_t sorted[MOST_ARRANGED], placed[MOST_ARRANGED];
    uint64_t ranks = 0;
    memcpy(written, slots, count * sizeof *slots);
    for (size_t i = 0; i < count; i++) {
        note_accesses(lowering, &written[i], (SlotSet)1 << i);
        ranks |= (uint64_t)1 << recipe_for(lowering, &written[i])->rank;
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t width = recipe_for(lowering, &written[i])->dest_width;
        const SlotSet bit = (SlotSet)1 << i;
        const SlotSet readers = any_of(lowering->readers + written[i].dest, width);
        const SlotSet writers = any_of(lowering->writers + written[i].dest, width);
        before[i] = (readers & ~bit) | (writers & (bit - 1));
        twice |= writers & ~bit;
    }
    for (size_t i = 0; i < count; i++)
        forget_accesses(lowering, &written[i]);
    sort_slots(lowering, ranks, sorted);
    const bool in_place = place_slots(before, sorted, count, placed);
    for (size_t i = 0; i < count && (in_place || !twice); i++)
        slots[i] = written[in_place ? placed[i] : sorted[i]];
    return in_place;
}

static void count_runs(Slot *slots, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        const Operation operation = operation_of(&slots[i]);
        const bool same = i + 1 < count && operation_of(&slots[i + 1]) == operation;
        const unsigned run_length = same ? run_length_of(&slots[i + 1]) : 0;
        const unsigned longest = operation_rows[operation].longest_run;
        set_dispatch(&slots[i], operation, run_length < longest ? run_length + 1 : 1);
    }
}

static void add_writes(Lowering *lowering, Bundle *bundle, const Slot *slots, size_t count)
{
    bundle->write = lowering->writes;
    for (size_t i = 0; i < count; i++) {
        const uint8_t width = recipe_for(lowering, &slots[i])->dest_width;
        lowering->program->writes[lowering->writes] = (ScratchWrite){slots[i].dest, width};
        lowering->writes += width > 0;
    }
}

/* --- the whole ---------------------------------------------------------------------------------- */

/* Whether first_group and first_slot climb from 0 to their ends. */
static bool climbs(const uint32_t *starts, size_t count, size_t end)
{
    uint32_t falls = 0;
    for (size_t i = 0; i < count; i++)
        falls |= starts[i] > starts[i + 1];
    return !falls && starts[0] == 0 && starts[count] == end;
}

/* How much room the arrays of a program need. */
typedef struct {
    size_t targets, compared;
} Counts;

static const char *count(const Lowering *lowering, Counts *counts)
{
    const Columns *columns = lowering->columns;
    for (size_t slot = 0; slot < columns->slots; slot++) {
        const uint8_t operation = lowering->operations[columns->opcodes[slot]];
        if (operation >= OPERATIONS)
            return NO_OPCODE;
        counts->targets += lowering->recipes[operation].target >= 0;
        counts->compared += lowering->recipes[operation].compared;
    }
    return NULL;
}

static Program *allocate(const Columns *columns, Counts counts)
{
    Program *program = calloc(1, sizeof *program);
    if (!program)
        return NULL;
    /* One more of each, so that none is empty. */
    program->bundles = malloc((columns->bundles + 1) * sizeof *program->bundles);
    program->first_slots = malloc((columns->bundles + 1) * sizeof *program->first_slots);
    program->cycles_before = malloc((columns->bundles + 1) * sizeof *program->cycles_before);
    program->fallthrough = malloc((columns->bundles + 1) * sizeof *program->fallthrough);
    program->slots = malloc((columns->slots + 1) * sizeof *program->slots);
    program->writes = malloc((columns->slots + 1) * sizeof *program->writes);
    program->store_lanes = malloc((columns->slots + 1) * sizeof *program->store_lanes);
    program->targets = malloc((counts.targets + 1) * sizeof *program->targets);
    program->compares = malloc((counts.compared + 1) * sizeof *program->compares);
    if (program->bundles && program->first_slots && program->cycles_before &&
        program->fallthrough && program->slots && program->writes && program->store_lanes &&
        program->targets && program->compares)
        return program;
    program_free(program);
    return NULL;
}

/* From whether each bundle falls through to how many do from there on. */
static void count_fallthrough(Program *program)
{
    for (uint32_t pc = program->length; pc-- > 0;)
        if (program->fallthrough[pc])
            program->fallthrough[pc] += program->fallthrough[pc + 1];
}

static bool takes_a_cycle(const Columns *columns, size_t pc)
{
    for (uint32_t group = columns->first_group[pc]; group < columns->first_group[pc + 1]; group++)
        if (columns->works[columns->group_engine[group]])
            return true;
    return false;
}

static const char *lower_bundle(Lowering *lowering, size_t pc)
{
    Program *program = lowering->program;
    const Columns *columns = lowering->columns;
    const uint32_t first = columns->first_slot[columns->first_group[pc]];
    const size_t count = columns->first_slot[columns->first_group[pc + 1]] - first;
    Slot *slots = program->slots + first;
    Bundle *bundle = program->bundles + pc;
    lowering->falls_through = true;
    *bundle = (Bundle){
        .store = lowering->stores,
        .record_words = 1,
        .cost = takes_a_cycle(columns, pc),
        .in_place = count <= 1,
    };
    for (size_t i = 0; i < count; i++) {
        const char *error = lower_slot(lowering, first + i, (int64_t)pc, i, bundle);
        if (error)
            return error;
    }
    if (count > 1 && count <= MOST_ARRANGED)
        bundle->in_place = arrange(lowering, slots, count);
    if (count > 1)
        count_runs(slots, count);
    add_writes(lowering, bundle, slots, count);
    program->first_slots[pc] = first;
    program->cycles_before[pc + 1] = program->cycles_before[pc] + bundle->cost;
    program->fallthrough[pc] = lowering->falls_through && bundle->in_place;
    program->all_records += bundle->record_words;
    if (bundle->record_words > program->longest_record)
        program->longest_record = bundle->record_words;
    if (bundle->traced > program->most_traced)
        program->most_traced = bundle->traced;
    return NULL;
}

static const char *lower(Lowering *lowering)
{
    Program *program = lowering->program;
    const Columns *columns = lowering->columns;
    program->cycles_before[0] = 0;
    for (size_t pc = 0; pc < columns->bundles; pc++) {
        const char *error = lower_bundle(lowering, pc);
        if (error)
            return error;
    }
    program->first_slots[columns->bundles] = (uint32_t)columns->slots;
    program->fallthrough[columns->bundles] = 0;
    program->slots[columns->slots] = (Slot){0};
    program->bundles[columns->bundles] =
        (Bundle){.write = lowering->writes, .store = lowering->stores};
    program->length = (uint32_t)columns->bundles;
    program->target_count = lowering->targets;
    program->compared = lowering->compared;
    count_fallthrough(program);
    return NULL;
}

static const char *lower_all(Lowering *lowering)
{
    const Columns *columns = lowering->columns;
    const size_t most = INT32_MAX / VLEN;
    Counts counts = {0};
    if (columns->bundles > most || columns->slots > most)
        return TOO_LARGE;
    if (!climbs(columns->first_group, columns->bundles, columns->groups) ||
        !climbs(columns->first_slot, columns->groups, columns->slots))
        return NOT_COLUMNS;
    const char *error = count(lowering, &counts);
    if (error || !(lowering->program = allocate(columns, counts)))
        return error;
    error = lower(lowering);
    if (error) {
        program_free(lowering->program);
        lowering->program = NULL;
    }
    return error;
}

Program *program_lower(const Columns *columns, const OperationOfCode operations,
                       const char **error)
{
    Lowering *lowering = calloc(1, sizeof *lowering);
    *error = NULL;
    if (!lowering)
        return NULL;
    lowering->columns = columns;
    lowering->operations = operations;
    for (int operation = 0; operation < OPERATIONS; operation++)
        lowering->recipes[operation] = recipe_of((Operation)operation);
    *error = lower_all(lowering);
    Program *program = lowering->program;
    free(lowering);
    return program;
}

void program_free(Program *program)
{
    if (!program)
        return;
    free(program->bundles);
    free(program->first_slots);
    free(program->cycles_before);
    free(program->fallthrough);
    free(program->slots);
    free(program->writes);
    free(program->store_lanes);
    free(program->targets);
    free(program->compares);
    free(program);
}

static int by_slot(const void *slot, const void *target)
{
    const uint32_t wanted = *(const uint32_t *)slot, here = ((const Target *)target)->slot;
    return (wanted > here) - (wanted < here);
}

bool program_set_far(Program *program, uint32_t slot, bool negative)
{
    Target *target =
        bsearch(&slot, program->targets, program->target_count, sizeof *target, by_slot);
    if (target)
        target->pc = negative ? -FAR - (int64_t)slot : FAR + (int64_t)slot;
    return target != NULL;
}
