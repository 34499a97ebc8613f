/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes as people type them for options: "4096", "64K", "2G"; powers of 1024, an optional "B" or
 * "iB" behind the letter.
 */
#ifndef DB_BASE_SIZE_H
#define DB_BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* false when the text is no size, or one beyond 64 bits. */
bool size_parse(const char *text, uint64_t *ret_size);

/* Exactly, in the largest unit that divides it: 64 and "M"; 4095 and "". Of 0 the unit is "". */
uint64_t size_in_units(uint64_t size, const char **ret_unit);

#endif
