/* From the columns of a program to what the engine executes. */
#include "engine.h"
#include "shape.h"

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
        .traced = row->besides == TRACES,
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

/* How the slots of an operation are lowered: which of their operands are what in a Slot. */
typedef struct {
    int addresses;
    struct {
        uint8_t operand, place;
        uint16_t greatest; /* of an address from which on all words are in scratch */
    } address[MAX_OPERANDS];
    int offset; /* which operand is one, or -1 */
    int number; /* and which an immediate or a target, or -1 */
    bool jumps, relative;
    uint8_t dest_width, store_lanes, compared, traced; /* words */
    bool falls_through; /* it asks for nothing beyond words, and leads to the next */
} Recipe;

enum { DEST, X, Y, Z, PLACES }; /* of addresses in a Slot */

static Recipe recipe_of(Operation operation)
{
    const Shape shape = shape_of(operation);
    Recipe recipe = {
        .offset = shape.offset,
        .number = -1,
        .dest_width = shape.dest_width,
        .store_lanes = shape.stores ? shape.memory_lanes : 0,
        .compared = shape.compared,
        .traced = shape.traced,
        .falls_through = operation_rows[operation].besides == NOTHING,
    };
    uint8_t source = X;
    for (int i = 0; i < shape.count; i++) {
        const char letter = shape.letters[i];
        const int width = is_address(letter) ? 1 : shape.widths[i];
        if (letter == 'd' || letter == 'u' || is_address(letter)) {
            recipe.address[recipe.addresses].operand = (uint8_t)i;
            recipe.address[recipe.addresses].place = letter == 'd' ? DEST : source++;
            recipe.address[recipe.addresses++].greatest = (uint16_t)(SCRATCH_WORDS - width);
        } else if (letter == 'i' || letter == 't' || letter == 'r') {
            recipe.number = i;
            recipe.jumps = letter != 'i';
            recipe.relative = letter == 'r';
        }
    }
    return recipe;
}

static void set_dispatch(Slot *slot, Operation operation, unsigned run_length)
{
    slot->dispatch = DISPATCH_OF(operation, run_length) & ((1u << DISPATCH_BITS) - 1);
}

/* What `lower_slot` has filled so far. */
typedef struct {
    Program *program;
    const Recipe *recipes;
    uint32_t writes, stores, targets, compared;
} Filled;

static const char *lower_slot(Filled *filled, const Columns *columns, size_t number, int64_t pc,
                              Operation operation, size_t write_order)
{
    Program *program = filled->program;
    Bundle *bundle = program->bundles + pc;
    Slot *slot = program->slots + number;
    const Recipe *recipe = &filled->recipes[operation];
    const int64_t offset = recipe->offset < 0 ? 0 : columns->operands[recipe->offset][number];
    uint32_t places[PLACES] = {0};

    /* Only columns that no loader made, for the engines have limits. */
    if (bundle->store_words > UINT16_MAX - 1 - VLEN || bundle->traced == UINT8_MAX)
        return TOO_LARGE;
    for (int i = 0; i < recipe->addresses; i++) {
        const int64_t address = columns->operands[recipe->address[i].operand][number];
        const uint64_t sum = (uint64_t)address + (uint64_t)offset;
        /* A sum that comes out wrong is that of two that are far below 0. */
        if (sum > recipe->address[i].greatest || (address & offset) < 0)
            return OUTSIDE;
        places[recipe->address[i].place] = (uint32_t)sum;
    }
    if (recipe->dest_width)
        program->writes[filled->writes++] =
            (ScratchWrite){(uint16_t)places[DEST], recipe->dest_width};
    if (recipe->store_lanes) {
        program->store_lanes[filled->stores++] = recipe->store_lanes;
        bundle->store_words = (uint16_t)(bundle->store_words + 1 + recipe->store_lanes);
        bundle->record_words += 1u + recipe->store_lanes;
    }
    if (recipe->jumps) {
        const int64_t target = columns->operands[recipe->number][number];
        places[Z] = filled->targets;
        program->targets[filled->targets++] = (Target){
            .pc = jump_target(target, recipe->relative, pc + 1, number),
            .slot = (uint32_t)number,
        };
    } else if (recipe->number >= 0) {
        places[Z] = (uint32_t)(uint64_t)columns->operands[recipe->number][number];
    } else if (recipe->compared) {
        places[Z] = filled->compared;
        for (int lane = 0; lane < recipe->compared; lane++)
            program->compares[filled->compared++] = (uint32_t)number;
    }
    *slot = (Slot){
        .write_order = write_order & ((1u << WRITE_ORDER_BITS) - 1),
        .dest = (uint16_t)places[DEST],
        .x = (uint16_t)places[X],
        .y = (uint16_t)places[Y],
        .z = places[Z],
    };
    set_dispatch(slot, operation, 1);
    bundle->traced = (uint8_t)(bundle->traced + recipe->traced);
    bundle->record_words += (uint32_t)recipe->dest_width + recipe->traced;
    return NULL;
}

/* --- the order of a bundle's slots --------------------------------------------------------------- */

/* What is known of one bundle while its slots are put in order. */
typedef struct {
    const Shape *shapes;
    uint16_t readers[SCRATCH_WORDS]; /* slots still to be placed that read the word; 0 between bundles */
    uint16_t writers[SCRATCH_WORDS]; /* and those that write it; 0 between bundles */
} Arranger;

static void count_reads(Arranger *arranger, const Slot *slot, int change)
{
    const Shape *shape = &arranger->shapes[operation_of(slot)];
    const uint32_t sources[] = {slot->x, slot->y, slot->z};
    for (int source = 0; source < 3; source++)
        for (uint32_t i = 0; i < shape->source_widths[source]; i++)
            arranger->readers[sources[source] + i] =
                (uint16_t)(arranger->readers[sources[source] + i] + change);
}

/* The most slots that write any of the words that this one writes, itself among them. */
static uint16_t most_writers(const Arranger *arranger, const Slot *slot)
{
    uint16_t most = 0;
    for (uint32_t i = 0; i < arranger->shapes[operation_of(slot)].dest_width; i++)
        if (arranger->writers[slot->dest + i] > most)
            most = arranger->writers[slot->dest + i];
    return most;
}

static void count_write(Arranger *arranger, const Slot *slot, int change)
{
    for (uint32_t i = 0; i < arranger->shapes[operation_of(slot)].dest_width; i++)
        arranger->writers[slot->dest + i] = (uint16_t)(arranger->writers[slot->dest + i] + change);
}

/* How often a slot reads a word. */
static uint16_t own_reads(const Shape *shape, const Slot *slot, uint32_t word)
{
    const uint32_t sources[] = {slot->x, slot->y, slot->z};
    uint16_t own = 0;
    for (int source = 0; source < 3; source++)
        own = (uint16_t)(own + (word - sources[source] < shape->source_widths[source]));
    return own;
}

/* Whether no slot still to be placed reads what this one writes, itself aside. */
static bool is_free(const Arranger *arranger, const Slot *slot)
{
    const Shape *shape = &arranger->shapes[operation_of(slot)];
    for (uint32_t i = 0; i < shape->dest_width; i++) {
        const uint32_t word = slot->dest + i;
        if (arranger->readers[word] && arranger->readers[word] > own_reads(shape, slot, word))
            return false;
    }
    return true;
}

/* Whether an earlier slot, as written, is among these and writes a word that this one writes. */
static bool has_to_wait(const Arranger *arranger, const Slot *slot, const Slot *left, size_t count)
{
    const uint32_t start = slot->dest, end = start + arranger->shapes[operation_of(slot)].dest_width;
    if (most_writers(arranger, slot) <= 1)
        return false;
    for (const Slot *other = left; other < left + count; other++) {
        const uint32_t width = arranger->shapes[operation_of(other)].dest_width;
        if (other->write_order < slot->write_order && other->dest < end &&
            start < other->dest + width)
            return true;
    }
    return false;
}

/* Those that write nothing in scratch first, in their order; then the others, equal operations side
 * by side, which processors guess better. */
static void sort_slots(const Arranger *arranger, Slot *slots, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const Slot slot = slots[i];
        const int operation = operation_of(&slot);
        const int key = arranger->shapes[operation].dest_width ? operation : -1;
        size_t j = i;
        for (; j > 0; j--) {
            const int before = operation_of(&slots[j - 1]);
            if ((arranger->shapes[before].dest_width ? before : -1) <= key)
                break;
            slots[j] = slots[j - 1];
        }
        slots[j] = slot;
    }
}

/* Move free slots from `left` to `placed` as long as there are any; whether all were moved. */
static bool place_slots(Arranger *arranger, Slot *left, size_t count, Slot *placed)
{
    size_t moved = 1;
    while (count && moved) {
        size_t kept = 0;
        moved = 0;
        for (size_t i = 0; i < count; i++) {
            const Slot slot = left[i];
            /* Those kept so far, and those still to be looked at. */
            if (is_free(arranger, &slot) && !has_to_wait(arranger, &slot, left, kept) &&
                !has_to_wait(arranger, &slot, left + i + 1, count - i - 1)) {
                count_reads(arranger, &slot, -1);
                count_write(arranger, &slot, -1);
                *placed++ = slot;
                moved++;
            } else {
                left[kept++] = slot;
            }
        }
        count = kept;
    }
    for (size_t i = 0; i < count; i++) {
        count_reads(arranger, &left[i], -1);
        count_write(arranger, &left[i], -1);
    }
    return count == 0;
}

/* Put a bundle's slots in an order in which none meets what another wrote, and the later of two
 * writes to a word comes later, if there is one. If not, and no word is written twice, the order does
 * not matter, and becomes one that processors guess better. */
static void arrange(Arranger *arranger, Program *program, Bundle *bundle, Slot *slots, size_t count)
{
    if (count > MOST_ARRANGED)
        return;
    Slot sorted[MOST_ARRANGED], left[MOST_ARRANGED], placed[MOST_ARRANGED];
    bool written_twice = false;
    memcpy(sorted, slots, count * sizeof *slots);
    sort_slots(arranger, sorted, count);
    memcpy(left, sorted, count * sizeof *slots);
    for (size_t i = 0; i < count; i++) {
        written_twice = written_twice || most_writers(arranger, &slots[i]) > 0;
        count_write(arranger, &slots[i], 1);
        count_reads(arranger, &slots[i], 1);
    }
    bundle->in_place = place_slots(arranger, left, count, placed);
    if (bundle->in_place)
        memcpy(slots, placed, count * sizeof *slots);
    else if (!written_twice)
        memcpy(slots, sorted, count * sizeof *slots);
    else
        return;
    ScratchWrite *write = program->writes + bundle->write;
    for (size_t i = 0; i < count; i++) {
        const uint8_t width = arranger->shapes[operation_of(&slots[i])].dest_width;
        if (width)
            *write++ = (ScratchWrite){slots[i].dest, width};
    }
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

/* --- the whole ---------------------------------------------------------------------------------- */

/* Whether first_group and first_slot climb from 0 to their ends. */
static bool climbs(const uint32_t *starts, size_t count, size_t end)
{
    for (size_t i = 0; i < count; i++)
        if (starts[i] > starts[i + 1])
            return false;
    return starts[0] == 0 && starts[count] == end;
}

/* How much room the arrays of a program need. */
typedef struct {
    size_t targets, compared;
} Counts;

static const char *count(const Columns *columns, const OperationOfCode operations,
                         const Recipe *recipes, Counts *counts)
{
    for (size_t slot = 0; slot < columns->slots; slot++) {
        const uint8_t operation = operations[columns->opcodes[slot]];
        if (operation >= OPERATIONS)
            return NO_OPCODE;
        counts->targets += recipes[operation].jumps;
        counts->compared += recipes[operation].compared;
    }
    return NULL;
}

static Program *allocate(const Columns *columns, Counts counts)
{
    Program *program = calloc(1, sizeof *program);
    if (!program)
        return NULL;
    /* One more of each, so that none is empty. */
    program->bundles = calloc(columns->bundles + 1, sizeof *program->bundles);
    program->first_slots = calloc(columns->bundles + 1, sizeof *program->first_slots);
    program->cycles_before = calloc(columns->bundles + 1, sizeof *program->cycles_before);
    program->fallthrough = calloc(columns->bundles + 1, sizeof *program->fallthrough);
    program->slots = calloc(columns->slots + 1, sizeof *program->slots);
    program->writes = calloc(columns->slots + 1, sizeof *program->writes);
    program->store_lanes = calloc(columns->slots + 1, sizeof *program->store_lanes);
    program->targets = calloc(counts.targets + 1, sizeof *program->targets);
    program->compares = calloc(counts.compared + 1, sizeof *program->compares);
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

static const char *lower(Filled *filled, Arranger *arranger, const Columns *columns,
                         const OperationOfCode operations)
{
    Program *program = filled->program;
    for (size_t pc = 0; pc < columns->bundles; pc++) {
        Bundle *bundle = program->bundles + pc;
        const uint32_t slot = columns->first_slot[columns->first_group[pc]];
        const uint32_t end = columns->first_slot[columns->first_group[pc + 1]];
        program->first_slots[pc] = slot;
        const bool cost = takes_a_cycle(columns, pc);
        program->cycles_before[pc + 1] = program->cycles_before[pc] + cost;
        *bundle = (Bundle){
            .write = filled->writes,
            .store = filled->stores,
            .record_words = 1,
            .cost = cost,
            .in_place = end - slot <= 1,
        };
        bool falls_through = true;
        for (uint32_t i = slot; i < end; i++) {
            const Operation operation = (Operation)operations[columns->opcodes[i]];
            const char *error = lower_slot(filled, columns, i, (int64_t)pc, operation, i - slot);
            if (error)
                return error;
            falls_through = falls_through && filled->recipes[operation].falls_through;
        }
        if (end - slot > 1) {
            arrange(arranger, program, bundle, program->slots + slot, end - slot);
            count_runs(program->slots + slot, end - slot);
        }
        program->fallthrough[pc] = falls_through && bundle->in_place;
        program->all_records += bundle->record_words;
        if (bundle->record_words > program->longest_record)
            program->longest_record = bundle->record_words;
        if (bundle->traced > program->most_traced)
            program->most_traced = bundle->traced;
    }
    program->first_slots[columns->bundles] = (uint32_t)columns->slots;
    program->bundles[columns->bundles] = (Bundle){.write = filled->writes, .store = filled->stores};
    program->length = (uint32_t)columns->bundles;
    program->target_count = filled->targets;
    program->compared = filled->compared;
    count_fallthrough(program);
    return NULL;
}

Program *program_lower(const Columns *columns, const OperationOfCode operations,
                       const char **error)
{
    const size_t most = INT32_MAX / VLEN;
    Counts counts = {0};
    Shape shapes[OPERATIONS];
    Recipe recipes[OPERATIONS];
    for (int operation = 0; operation < OPERATIONS; operation++) {
        shapes[operation] = shape_of((Operation)operation);
        recipes[operation] = recipe_of((Operation)operation);
    }
    *error = NULL;
    if (columns->bundles > most || columns->slots > most)
        *error = TOO_LARGE;
    else if (!climbs(columns->first_group, columns->bundles, columns->groups) ||
             !climbs(columns->first_slot, columns->groups, columns->slots))
        *error = NOT_COLUMNS;
    else
        *error = count(columns, operations, recipes, &counts);
    if (*error)
        return NULL;
    Filled filled = {.program = allocate(columns, counts), .recipes = recipes};
    Arranger *arranger = calloc(1, sizeof *arranger);
    bool lowered = false;
    if (filled.program && arranger) {
        arranger->shapes = shapes;
        *error = lower(&filled, arranger, columns, operations);
        lowered = !*error;
    }
    free(arranger);
    if (lowered)
        return filled.program;
    program_free(filled.program);
    return NULL;
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
