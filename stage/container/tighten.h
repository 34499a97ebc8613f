/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes to the rules of a profile that are chosen (profile.h): families of calls taken away, or watched. Neither
 * ever allows what was not.
 */
#ifndef STAGE_CONTAINER_TIGHTEN_H
#define STAGE_CONTAINER_TIGHTEN_H

#include <jansson.h>
#include <stdint.h>

/* Without these families (pack/elf/families.h): 0 or -ENOMEM. */
int tighten_rules(json_t *rules, uint32_t families);

/*
 * Whoever listens is asked before each call of these names, of every family, and of clone(2) with a new namespace;
 * clone3(2), whose flags no filter reads, is answered as where namespaces are taken away. names: NULL at their end.
 */
int tighten_watch(json_t *rules, const char *const *names);

#endif
