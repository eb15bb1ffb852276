/* `kernels.schedule.pack_input.PackInput` as one run of 32-bit integers: a header of counts, then arrays.
 *
 * FLAT_ARRAYS is the layout, and the only place that knows it: name, length, least and greatest
 * value of each array, in the order of the run. `kernels.schedule.compiled` writes the same.
 */
#ifndef VLIWDBG_FLAT_H
#define VLIWDBG_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VLEN = 8, MOST_NODES = INT32_MAX / 2 - 1 };
enum { FLOW, LOAD, STORE, ALU, VALU, SPLITTABLE, JOIN, DEBUG, KINDS };

#define FLAT_COUNTS(COUNT)                                                                         \
    COUNT(nodes)                                                                                   \
    COUNT(edges)                                                                                   \
    COUNT(registers)                                                                               \
    COUNT(vectors)                                                                                 \
    COUNT(written)                                                                                 \
    COUNT(read)                                                                                    \
    COUNT(places)                                                                                  \
    COUNT(reserve)                                                                                 \
    COUNT(groups)                                                                                  \
    COUNT(slots)

#define FLAT_ARRAYS(ARRAY)                                                                         \
    ARRAY(first, nodes + 1, 0, edges)                                                              \
    ARRAY(target, edges, 0, nodes - 1)                                                             \
    ARRAY(latency, edges, 0, 1)                                                                    \
    ARRAY(waiting, nodes, 0, edges)                                                                \
    ARRAY(kind, nodes, 0, KINDS - 1)                                                               \
    ARRAY(height, nodes, 0, nodes)                                                                 \
    ARRAY(vector, nodes, -1, vectors - 1)                                                          \
    ARRAY(in_vector, vectors, 0, nodes)                                                            \
    ARRAY(write_first, nodes + 1, 0, written)                                                      \
    ARRAY(writes, written, 0, registers - 1)                                                       \
    ARRAY(read_first, nodes + 1, 0, read)                                                          \
    ARRAY(reads, read, 0, registers - 1)                                                           \
    ARRAY(readers, registers, 0, read)                                                             \
    ARRAY(width, registers, 0, VLEN)                                                               \
    ARRAY(group, nodes, 0, groups - 1)                                                             \
    ARRAY(slot, nodes, 0, slots - 1)                                                               \
    ARRAY(order, nodes, 0, nodes - 1)

/* Beyond the fields of Flat: `group` and `slot` are the node's places in the offsets and the noise
 * of a search, `order` the nodes in the order in which equal priority is decided. */
typedef struct {
#define COUNT(name) int32_t name;
    FLAT_COUNTS(COUNT)
#undef COUNT
#define ARRAY(name, length, least, greatest) const int32_t *name;
    FLAT_ARRAYS(ARRAY)
#undef ARRAY
} Flat;

/* Looks at a run of integers as a Flat; false where it is none. */
bool flat_view(Flat *flat, const int32_t *run, size_t length);

/* A Flat as a packing goes through it: what is looked at together lies together. */
enum { MOST_READS = 3 };
typedef struct {
    int32_t first, end; /* of its edges */
    int32_t write, reads[MOST_READS]; /* twice a register, and 1 more for a scalar; -1 for none */
    int32_t vector, kind;
} Node;

typedef struct {
    int32_t node_count, registers, vectors, places, reserve;
    int32_t count_of[KINDS];
    int32_t work; /* what all of it is worth, in thousandths of a cycle */
    const int32_t *waiting, *in_vector, *readers; /* the Flat's own */
    Node *nodes;
    int32_t *edges; /* twice the node one leads to, and its latency */
} Job;

/* Makes a Job of a Flat, which has to stay as long; false where there is no memory. */
bool job_make(Job *job, const Flat *flat);
void job_free(Job *job);

/* An operation's part: `lanes` alu lanes from `lane` on; all of it if 0. */
typedef struct {
    int32_t cycle, node, lane, lanes;
} Part;

/* In thousandths of a cycle: what a slot less of each kind is worth where all are near full. */
extern const int32_t WORTH[KINDS];

/* What a search wants to know of a packing: its cycles, how much is done in the last few of them,
 * and what all its slots are worth, in thousandths of a cycle: those that are used anywhere, and
 * those that stand idle before the last TAIL cycles. */
typedef struct {
    int32_t cycles, late, spent;
} Length;

/* A packing is of interest up to so many cycles, and up to so much energy: that is cycles, and
 * what is spent weighed by `weight`. */
typedef struct {
    double weight, energy, cycles;
} Limit;

typedef struct {
    int32_t window, spare;
} Room;

typedef enum { DONE, OUT_OF_SCRATCH, TOO_LONG, OUT_OF_MEMORY } Status;

/* The bytes that a packing wants for itself, aligned as malloc does. */
size_t packing_bytes(const Job *job);

/* The parts of all operations in the order of issue (at most two a node go to `parts`, which may
 * be NULL), and their number. `holding`, if there is one, has a 1 for each register with words at
 * its end. `rank` orders the nodes, 0 first. It is TOO_LONG as soon as it cannot be of interest
 * any more. */
Status job_pack(const Job *job, const int32_t *rank, Room room, Limit limit, void *memory,
                Part *parts, int32_t *count, uint8_t *holding, Length *length);

/* The bytes that a ranking wants for itself. */
size_t ranking_bytes(const Flat *flat);

/* By node, its rank under key = height * scale - offsets[group] + noise[slot]; the greatest
 * first, in `order` where equal. False where keys are too far apart to tell. */
bool flat_rank(const Flat *flat, int32_t scale, const int32_t *offsets, const int32_t *noise,
               void *memory, int32_t *rank);

/* Sorts items by their keys, the least first; equal ones keep their order. Either array may be the
 * one returned. */
typedef struct {
    uint32_t key;
    int32_t node;
} Item;
const Item *sort_items(Item *items, Item *other, int32_t count);

/* An operation before its dependences are known: what `kernels.tune.link` writes down.
 *
 * `reg` is a register's first word: of those that vectors share if >= 0, else ~word of the
 * operation's vector's own. `lane` and `width` are the words reached, `whole` the register's; it
 * is 0 for a pinned one, which takes no place. */
typedef struct {
    int32_t reg, lane, width, whole;
} Reach;

/* `access` is LOAD or STORE of the memory words from `start` to `end`, else ABSENT; so is the
 * `reg` of what there is not. Of equal priority the least `tie` goes first. */
enum { MAX_REACHES = 4, ABSENT = INT32_MIN };
typedef struct {
    int32_t kind, vector, group, slot, tie, access, start, end;
    Reach def, uses[MAX_REACHES - 1];
} Record;

/* Operations in program order; group 0 is set-up's. `base` has by vector the first word of its own registers, and at
 * its end the number of words. */
typedef struct {
    const Record *records;
    int32_t count;
    const int32_t *base;
    int32_t vectors, groups, slots, places;
} Objects;

/* Their dependences as the run of a Flat, which the caller frees. OUT_OF_SCRATCH stands for
 * objects that are none. */
Status flat_link(const Objects *objects, int32_t **run, size_t *length);

#endif
