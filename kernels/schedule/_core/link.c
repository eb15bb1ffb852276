/* From operations to a Flat: `kernels.analysis.dependences` and `kernels.schedule.pack_input`, which
 * are its oracle, for a search that exchanges operations thousands of times a minute.
 *
 *     RAW  1   WAW  1   WAR  0     of words, and of memory where regions meet
 *
 * Where many wait for many accesses to memory, a join stands between them, as in the oracle.
 */
#include "flat.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODY = -1, FEW = 2, WORDS = 3, MOST_SOURCES = 64 * WORDS };

typedef struct {
    int32_t *items;
    int32_t count, room;
} List;

/* A region of memory: who has been there, the stores to all regions that it meets, and those. */
typedef struct {
    int32_t start, end;
    List loads, stores, stored, meeting;
} Region;

typedef struct {
    int32_t before, after, latency;
} Edge;

/* A set of sources: operations of set-up that vectors wait for. */
typedef struct {
    uint64_t words[WORDS];
} Sources;

/* What is known of a node: the last edge from it, its number among the sources, those that it waits
 * for, and those that others it waits for do. */
typedef struct {
    int32_t known_from, known_edge, source;
    Sources behind, further;
} Known;

typedef struct {
    const Objects *objects;
    int32_t nodes, node_room;
    bool failed;
    int32_t *writer, *times_written, *last_reader; /* by word */
    Known *known;                                  /* by node */
    List reader, reader_before;                    /* chains of readers, newest first */
    Region *regions;
    int32_t region_count, region_room;
    Edge *edges;
    int32_t edge_count, edge_room;
    int32_t source_count;
} Link;

/* Room for one more item; false, and the link has failed, if there is no memory. */
static bool grow(Link *link, void **items, int32_t count, int32_t *room, size_t size)
{
    if (count < *room)
        return true;
    const int32_t more = *room ? 2 * *room : 16;
    void *grown = realloc(*items, (size_t)more * size);
    if (!grown) {
        link->failed = true;
        return false;
    }
    *items = grown;
    *room = more;
    return true;
}

static void push(Link *link, List *list, int32_t item)
{
    void *items = list->items;
    if (!grow(link, &items, list->count, &list->room, sizeof item))
        return;
    list->items = items;
    list->items[list->count++] = item;
}

static bool in_set_up(const Link *link, int32_t node)
{
    return node < link->objects->count && link->objects->records[node].vector < 0;
}

/* What `before` waits for `after` does too; if it is of set-up itself, that is a source. */
static void inherit(Link *link, int32_t after, int32_t before, int32_t latency)
{
    Known *known = &link->known[after], *earlier = &link->known[before];
    for (int i = 0; i < WORDS; i++) {
        known->further.words[i] |= earlier->behind.words[i];
        known->behind.words[i] |= earlier->behind.words[i];
    }
    if (!latency || !in_set_up(link, before) || in_set_up(link, after))
        return;
    if (earlier->source == NOBODY && link->source_count < MOST_SOURCES)
        earlier->source = link->source_count++;
    const int32_t source = earlier->source;
    if (source != NOBODY)
        known->behind.words[source / 64] |= UINT64_C(1) << source % 64;
}

/* Whether it says nothing that others do not: constants are waited for once a vector. */
static bool implied(const Link *link, const Edge *edge)
{
    const int32_t source = link->known[edge->before].source;
    return source != NOBODY &&
           link->known[edge->after].further.words[source / 64] >> source % 64 & 1;
}

static void wait_for(Link *link, int32_t after, int32_t before, int32_t latency)
{
    if (before == after)
        return;
    inherit(link, after, before, latency);
    Known *known = &link->known[before];
    if (known->known_from == after) {
        Edge *edge = &link->edges[known->known_edge];
        edge->latency = latency > edge->latency ? latency : edge->latency;
        return;
    }
    void *edges = link->edges;
    if (!grow(link, &edges, link->edge_count, &link->edge_room, sizeof(Edge)))
        return;
    link->edges = edges;
    known->known_from = after;
    known->known_edge = link->edge_count;
    link->edges[link->edge_count++] = (Edge){before, after, latency};
}

static int32_t first_word(const Objects *objects, int32_t vector, const Reach *reach)
{
    return reach->reg >= 0 ? reach->reg : objects->base[vector] + ~reach->reg;
}

static void read_words(Link *link, int32_t node, int32_t word, int32_t width)
{
    int32_t known = NOBODY;
    for (int32_t end = word + width; word < end; word++) {
        if (link->writer[word] != known) {
            known = link->writer[word];
            if (known != NOBODY)
                wait_for(link, node, known, 1);
        }
        if (link->times_written[word] > 1) {
            push(link, &link->reader, node);
            push(link, &link->reader_before, link->last_reader[word]);
            link->last_reader[word] = link->reader_before.count - 1;
        }
    }
}

static void write_words(Link *link, int32_t node, int32_t word, int32_t width)
{
    int32_t known = NOBODY;
    for (int32_t end = word + width; word < end; word++) {
        int32_t i = link->last_reader[word];
        for (; i != NOBODY; i = link->reader_before.items[i])
            wait_for(link, node, link->reader.items[i], 0);
        if (link->writer[word] != known) {
            known = link->writer[word];
            if (known != NOBODY)
                wait_for(link, node, known, 1);
        }
        link->writer[word] = node;
        link->last_reader[word] = NOBODY;
    }
}

/* A join has already waited. */
static int32_t latency_from(const Link *link, int32_t node, int32_t latency)
{
    return node < link->objects->count ? latency : 0;
}

/* A node more, of which nothing is known yet; NOBODY, and the link has failed, if there is no
 * memory. */
static int32_t add_node(Link *link)
{
    void *known = link->known;
    if (!grow(link, &known, link->nodes, &link->node_room, sizeof(Known)))
        return NOBODY;
    link->known = known;
    link->known[link->nodes] = (Known){NOBODY, 0, NOBODY, {{0}}, {{0}}};
    return link->nodes++;
}

/* Waits for all of them: through a join that stands for them from now on, if many. */
static void wait_for_all(Link *link, int32_t node, List *all, int32_t latency)
{
    if (all->count > FEW) {
        const int32_t join = add_node(link);
        if (join == NOBODY)
            return;
        for (int32_t i = 0; i < all->count; i++)
            wait_for(link, join, all->items[i], latency_from(link, all->items[i], latency));
        all->items[0] = join;
        all->count = 1;
    }
    for (int32_t i = 0; i < all->count; i++)
        wait_for(link, node, all->items[i], latency_from(link, all->items[i], latency));
}

/* Notes which regions a new one meets, itself among them, and that they meet it. */
static void meet(Link *link, int32_t number)
{
    Region *mine = &link->regions[number];
    for (int32_t other = 0; other <= number; other++) {
        Region *known = &link->regions[other];
        if (known->start >= mine->end || mine->start >= known->end)
            continue;
        push(link, &mine->meeting, other);
        if (other == number)
            continue;
        push(link, &known->meeting, number);
        for (int32_t i = 0; i < known->stores.count; i++)
            push(link, &mine->stored, known->stores.items[i]);
    }
}

/* The number of a region, which may be new; NOBODY if there is no memory. */
static int32_t find_region(Link *link, int32_t start, int32_t end)
{
    for (int32_t i = 0; i < link->region_count; i++)
        if (link->regions[i].start == start && link->regions[i].end == end)
            return i;
    void *regions = link->regions;
    if (!grow(link, &regions, link->region_count, &link->region_room, sizeof(Region)))
        return NOBODY;
    link->regions = regions;
    link->regions[link->region_count] = (Region){.start = start, .end = end};
    meet(link, link->region_count);
    return link->region_count++;
}

static void touch(Link *link, int32_t node, const Record *record)
{
    const int32_t number = find_region(link, record->start, record->end);
    if (number == NOBODY)
        return;
    Region *mine = &link->regions[number];
    wait_for_all(link, node, &mine->stored, 1);
    if (record->access != STORE) {
        push(link, &mine->loads, node);
        return;
    }
    push(link, &mine->stores, node);
    mine->stored.count = 0;
    for (int32_t i = 0; i < mine->meeting.count; i++) {
        Region *met = &link->regions[mine->meeting.items[i]];
        wait_for_all(link, node, &met->loads, 0);
        push(link, &met->stored, node);
    }
    /* Who waits for the store waits for all that it has waited for. */
    mine->loads.count = 0;
}

static void add_operation(Link *link, int32_t node)
{
    const Record *record = &link->objects->records[node];
    for (int i = 0; i < MAX_REACHES - 1; i++) {
        const Reach *use = &record->uses[i];
        if (use->reg != ABSENT) {
            const int32_t first = first_word(link->objects, record->vector, use);
            read_words(link, node, first + use->lane, use->width);
        }
    }
    if (record->def.reg != ABSENT) {
        const int32_t first = first_word(link->objects, record->vector, &record->def);
        write_words(link, node, first + record->def.lane, record->def.width);
    }
    if (record->access != ABSENT)
        touch(link, node, record);
}

/* Whether all that the records name is there. */
static bool reach_fits(const Objects *objects, int32_t vector, const Reach *reach)
{
    if (reach->reg == ABSENT)
        return true;
    const bool shared = reach->reg >= 0;
    if (!shared && vector < 0)
        return false;
    const int64_t first = shared ? reach->reg : (int64_t)objects->base[vector] + ~reach->reg;
    const int64_t end = objects->base[objects->vectors];
    const int32_t whole = reach->whole ? reach->whole : VLEN;
    return (whole == 1 || whole == VLEN) && reach->lane >= 0 && reach->width > 0 &&
           (int64_t)reach->lane + reach->width <= whole && first + whole <= end;
}

static bool objects_fit(const Objects *objects)
{
    for (int32_t vector = 0; vector <= objects->vectors; vector++)
        if (objects->base[vector] < 0)
            return false;
    for (int32_t i = 0; i < objects->count; i++) {
        const Record *record = &objects->records[i];
        bool fits = record->kind >= 0 && record->kind < JOIN && record->vector >= -1 &&
                    record->vector < objects->vectors && record->slot >= 0 &&
                    record->slot < objects->slots && record->group >= 0 &&
                    record->group < objects->groups && record->tie >= 0;
        fits = fits && reach_fits(objects, record->vector, &record->def);
        for (int use = 0; use < MAX_REACHES - 1; use++)
            fits = fits && reach_fits(objects, record->vector, &record->uses[use]);
        if (!fits)
            return false;
    }
    return objects->slots > 0 && objects->groups > 0;
}

static int32_t *new_words(Link *link, size_t count, int32_t value)
{
    int32_t *words = malloc(count * sizeof *words + 1);
    link->failed = link->failed || !words;
    for (size_t i = 0; words && i < count; i++)
        words[i] = value;
    return words;
}

/* Edges by the node they lead to: those to a node are numbers[first[node]] and on. */
typedef struct {
    int32_t *first, *numbers;
} Incoming;

static void sort_by_target(const Link *link, Incoming *to)
{
    for (int32_t i = 0; i < link->edge_count; i++)
        to->first[link->edges[i].after]++;
    for (int32_t node = 0; node < link->nodes; node++)
        to->first[node + 1] += to->first[node];
    for (int32_t i = link->edge_count - 1; i >= 0; i--)
        to->numbers[--to->first[link->edges[i].after]] = i;
}

/* Drops the edges to a node that another one's two say as well. `direct` is, by node, an edge from
 * it: the one to this node, if there is any. */
static void drop_shortcuts(const Link *link, const Incoming *to, int32_t node, int32_t *direct,
                           int32_t *dropped)
{
    const Edge *edges = link->edges;
    for (int32_t i = to->first[node]; i < to->first[node + 1]; i++)
        direct[edges[to->numbers[i]].before] = to->numbers[i];
    for (int32_t i = to->first[node]; i < to->first[node + 1]; i++) {
        const Edge *last = &edges[to->numbers[i]];
        for (int32_t j = to->first[last->before]; j < to->first[last->before + 1]; j++) {
            const Edge *first = &edges[to->numbers[j]];
            const int32_t edge = direct[first->before];
            if (edge != NOBODY && edges[edge].after == node &&
                edges[edge].latency <= (first->latency | last->latency))
                dropped[edge] = 1;
        }
    }
}

static void drop_implied(Link *link)
{
    const size_t nodes = (size_t)link->nodes, edges = (size_t)link->edge_count;
    Incoming to = {new_words(link, nodes + 1, 0), new_words(link, edges, 0)};
    int32_t *direct = new_words(link, nodes, NOBODY), *dropped = new_words(link, edges, 0);
    if (!link->failed) {
        int32_t kept = 0;
        sort_by_target(link, &to);
        for (int32_t node = 0; node < link->nodes; node++)
            drop_shortcuts(link, &to, node, direct, dropped);
        for (int32_t i = 0; i < link->edge_count; i++)
            if (!dropped[i] && !implied(link, &link->edges[i]))
                link->edges[kept++] = link->edges[i];
        link->edge_count = kept;
    }
    free(to.first);
    free(to.numbers);
    free(direct);
    free(dropped);
}

static void count_writes(Link *link)
{
    const Objects *objects = link->objects;
    for (int32_t node = 0; node < objects->count; node++) {
        const Record *record = &objects->records[node];
        if (record->def.reg == ABSENT)
            continue;
        const int32_t word = first_word(objects, record->vector, &record->def) + record->def.lane;
        for (int32_t lane = 0; lane < record->def.width; lane++)
            link->times_written[word + lane]++;
    }
}

static void find_edges(Link *link)
{
    const size_t words = (size_t)link->objects->base[link->objects->vectors];
    link->writer = new_words(link, words, NOBODY);
    link->last_reader = new_words(link, words, NOBODY);
    link->times_written = new_words(link, words, 0);
    for (int32_t node = 0; node < link->objects->count && !link->failed; node++)
        add_node(link);
    if (!link->failed)
        count_writes(link);
    for (int32_t node = 0; node < link->objects->count && !link->failed; node++)
        add_operation(link, node);
    if (!link->failed)
        drop_implied(link);
}

static void free_link(Link *link)
{
    for (int32_t i = 0; i < link->region_count; i++) {
        free(link->regions[i].loads.items);
        free(link->regions[i].stores.items);
        free(link->regions[i].stored.items);
        free(link->regions[i].meeting.items);
    }
    free(link->regions);
    free(link->edges);
    free(link->reader.items);
    free(link->reader_before.items);
    free(link->writer);
    free(link->last_reader);
    free(link->times_written);
    free(link->known);
}

/* The arrays of the Flat, to be filled: those of its view, but writable. */
typedef struct {
#define ARRAY(name, length, least, greatest) int32_t *name;
    FLAT_ARRAYS(ARRAY)
#undef ARRAY
} Arrays;

/* Lays out a zeroed run by the counts of a Flat; NULL if there is no memory. */
static int32_t *lay_out(const Flat *flat, Arrays *arrays, size_t *length)
{
    const int32_t nodes = flat->nodes, edges = flat->edges, registers = flat->registers;
    const int32_t vectors = flat->vectors, written = flat->written, read = flat->read;
    size_t words = 0;
#define COUNT(name) words++;
    FLAT_COUNTS(COUNT)
#undef COUNT
#define ARRAY(name, count, least, greatest) words += (size_t)(count);
    FLAT_ARRAYS(ARRAY)
#undef ARRAY
    int32_t *run = calloc(words, sizeof *run), *at = run;
    if (!run)
        return NULL;
#define COUNT(name) *at++ = flat->name;
    FLAT_COUNTS(COUNT)
#undef COUNT
#define ARRAY(name, count, least, greatest)                                                        \
    arrays->name = at;                                                                             \
    at += count;
    FLAT_ARRAYS(ARRAY)
#undef ARRAY
    *length = words;
    return run;
}

/* Edges by the node they come from. */
static void fill_edges(const Link *link, const Flat *flat, Arrays *arrays)
{
    for (int32_t i = 0; i < link->edge_count; i++) {
        arrays->first[link->edges[i].before + 1]++;
        arrays->waiting[link->edges[i].after]++;
    }
    for (int32_t node = 0; node < flat->nodes; node++)
        arrays->first[node + 1] += arrays->first[node];
    for (int32_t i = link->edge_count - 1; i >= 0; i--) {
        /* Filled from its end, each node's first one ends up at its own beginning. */
        const Edge *edge = &link->edges[i];
        const int32_t at = --arrays->first[edge->before + 1];
        arrays->target[at] = edge->after;
        arrays->latency[at] = edge->latency;
    }
    for (int32_t node = 0; node < flat->nodes; node++)
        arrays->first[node] = arrays->first[node + 1];
    arrays->first[flat->nodes] = flat->edges;
}

/* Kinds, vectors and what a search knows an operation by. */
static void fill_operations(const Link *link, const Flat *flat, Arrays *arrays)
{
    for (int32_t node = 0; node < flat->nodes; node++) {
        if (node >= link->objects->count) {
            arrays->kind[node] = JOIN;
            continue;
        }
        const Record *record = &link->objects->records[node];
        arrays->kind[node] = record->kind;
        arrays->vector[node] = record->vector;
        arrays->group[node] = record->group;
        arrays->slot[node] = record->slot;
    }
}

/* Nodes in an order in which all edges lead forward. */
static void order_nodes(const Flat *flat, const Arrays *arrays, int32_t *waiting, int32_t *order)
{
    int32_t count = 0;
    memcpy(waiting, arrays->waiting, (size_t)flat->nodes * sizeof *waiting);
    for (int32_t node = 0; node < flat->nodes; node++)
        if (!waiting[node])
            order[count++] = node;
    for (int32_t i = 0; i < count; i++)
        for (int32_t e = arrays->first[order[i]]; e < arrays->first[order[i] + 1]; e++)
            if (!--waiting[arrays->target[e]])
                order[count++] = arrays->target[e];
}

/* Longest paths; and all that set-up waits for is set-up. */
static void fill_heights(const Flat *flat, Arrays *arrays, const int32_t *order)
{
    for (int32_t i = flat->nodes - 1; i >= 0; i--) {
        const int32_t node = order[i];
        for (int32_t e = arrays->first[node]; e < arrays->first[node + 1]; e++) {
            const int32_t length = arrays->latency[e] + arrays->height[arrays->target[e]];
            if (arrays->vector[arrays->target[e]] < 0) {
                arrays->vector[node] = -1;
                arrays->group[node] = 0;
            }
            if (length > arrays->height[node])
                arrays->height[node] = length;
        }
    }
    for (int32_t node = 0; node < flat->nodes; node++)
        if (arrays->vector[node] >= 0 && arrays->kind[node] < JOIN && arrays->kind[node] != STORE)
            arrays->in_vector[arrays->vector[node]]++;
}

/* Whether it reaches a register that is given scratch on the way. */
static bool takes_place(const Reach *reach)
{
    return reach->reg != ABSENT && reach->whole;
}

/* By node, the registers that it writes and reads, once each. */
static void fill_registers(const Link *link, const Flat *flat, const int32_t *number,
                           Arrays *arrays)
{
    const Objects *objects = link->objects;
    int32_t written = 0, read = 0;
    for (int32_t node = 0; node < objects->count; node++) {
        const Record *record = &objects->records[node];
        arrays->write_first[node] = written;
        arrays->read_first[node] = read;
        if (takes_place(&record->def)) {
            const int32_t reg = number[first_word(objects, record->vector, &record->def)];
            arrays->width[reg] = record->def.whole;
            arrays->writes[written++] = reg;
        }
        for (int i = 0; i < MAX_REACHES - 1; i++) {
            const Reach *use = &record->uses[i];
            if (!takes_place(use))
                continue;
            const int32_t reg = number[first_word(objects, record->vector, use)];
            bool again = false;
            for (int32_t j = arrays->read_first[node]; j < read; j++)
                again = again || arrays->reads[j] == reg;
            if (!again) {
                arrays->width[reg] = use->whole;
                arrays->readers[reg]++;
                arrays->reads[read++] = reg;
            }
        }
    }
    for (int32_t node = objects->count; node <= flat->nodes; node++) {
        arrays->write_first[node] = written;
        arrays->read_first[node] = read;
    }
}

/* Numbers registers as they come, and counts them, their writes and reads. */
static void number_reach(const Objects *objects, int32_t vector, const Reach *reach,
                         int32_t *number, Flat *flat)
{
    if (!takes_place(reach))
        return;
    const int32_t word = first_word(objects, vector, reach);
    if (number[word] == NOBODY)
        number[word] = flat->registers++;
}

static bool reads_again(const Record *record, int use)
{
    for (int i = 0; i < use; i++)
        if (record->uses[i].reg == record->uses[use].reg)
            return true;
    return false;
}

static void number_registers(const Objects *objects, int32_t *number, Flat *flat)
{
    for (int32_t node = 0; node < objects->count; node++) {
        const Record *record = &objects->records[node];
        number_reach(objects, record->vector, &record->def, number, flat);
        flat->written += takes_place(&record->def);
        for (int i = 0; i < MAX_REACHES - 1; i++) {
            number_reach(objects, record->vector, &record->uses[i], number, flat);
            flat->read += takes_place(&record->uses[i]) && !reads_again(record, i);
        }
    }
}

/* Operations by their ties, then joins. */
static bool fill_order(const Objects *objects, const Flat *flat, Arrays *arrays)
{
    Item *items = malloc(2 * (size_t)flat->nodes * sizeof *items + 1);
    if (!items)
        return false;
    for (int32_t node = 0; node < flat->nodes; node++) {
        const bool join = node >= objects->count;
        items[node] = (Item){join ? INT32_MAX : (uint32_t)objects->records[node].tie, node};
    }
    const Item *sorted = sort_items(items, items + flat->nodes, flat->nodes);
    for (int32_t place = 0; place < flat->nodes; place++)
        arrays->order[place] = sorted[place].node;
    free(items);
    return true;
}

static int32_t *fill(Link *link, int32_t *number, size_t *length)
{
    const Objects *objects = link->objects;
    Flat flat = {.nodes = link->nodes,
                 .edges = link->edge_count,
                 .vectors = objects->vectors,
                 .places = objects->places,
                 .reserve = true,
                 .groups = objects->groups,
                 .slots = objects->slots};
    number_registers(objects, number, &flat);
    Arrays arrays;
    int32_t *run = lay_out(&flat, &arrays, length);
    int32_t *order = malloc(2 * (size_t)flat.nodes * sizeof *order + 1);
    if (!run || !order) {
        free(run);
        free(order);
        return NULL;
    }
    fill_operations(link, &flat, &arrays);
    fill_edges(link, &flat, &arrays);
    order_nodes(&flat, &arrays, order + flat.nodes, order);
    fill_heights(&flat, &arrays, order);
    fill_registers(link, &flat, number, &arrays);
    const bool ordered = fill_order(objects, &flat, &arrays);
    free(order);
    if (!ordered) {
        free(run);
        return NULL;
    }
    return run;
}

Status flat_link(const Objects *objects, int32_t **run, size_t *length)
{
    if (!objects_fit(objects))
        return OUT_OF_SCRATCH;
    Link link = {.objects = objects};
    *run = NULL;
    find_edges(&link);
    if (!link.failed) {
        /* The writers are not needed any more: their words number the registers. */
        const size_t words = (size_t)objects->base[objects->vectors];
        for (size_t word = 0; word < words; word++)
            link.writer[word] = NOBODY;
        *run = fill(&link, link.writer, length);
    }
    free_link(&link);
    return *run ? DONE : OUT_OF_MEMORY;
}
