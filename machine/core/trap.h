/* What a run stops for, beyond flags: machine/conditions.py says what a Trap means. */
#ifndef VLIWDBG_TRAP_H
#define VLIWDBG_TRAP_H

#include "engine.h"

/* How many operations conditions have. */
extern const int condition_operations;

/* Whether a trap can be looked for: its condition fits the stack, its words exist. */
bool trap_verify(const Engine *engine, const Trap *trap);

/* The bundle at pc is staged, and met flags of memory: note which traps it touches. */
void traps_look_at_memory(Engine *engine);

/* Whether a flag that the bundle at pc met is one to stop for, a flag of memory or the one of its pc;
 * or one that the bundle just executed met, whose record this is. Without traps each flag counts. */
bool traps_met_before(const Engine *engine, bool in_memory);
bool traps_met_after(const Engine *engine, const Bundle *bundle, const uint32_t *record,
                     bool in_memory);

#endif
