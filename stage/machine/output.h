/* SPDX-License-Identifier: BSD-2-Clause */
/* Small texts of the machine: what a program prints, what a file of /proc or /sys holds, where a
 * program is. */
#ifndef STAGE_MACHINE_OUTPUT_H
#define STAGE_MACHINE_OUTPUT_H

#include "db/base/text.h"

/*
 * What the program, found by PATH, prints on its standard output, up to a MiB, with nothing to read
 * and its errors unheard: its exit status; 127 when it is not there; -errno when it could not be
 * run. Stands still for ten seconds at the most.
 */
int output_of(const char *const *argv, struct text *text);
/* A small file without its last newline; false: it cannot be read. */
bool output_of_file(const char *path, struct text *text);
/* PATH has it as an executable; /usr/sbin and /sbin count. */
bool output_is_there(const char *program);

#endif
