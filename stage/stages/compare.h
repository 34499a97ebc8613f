/* SPDX-License-Identifier: BSD-2-Clause */
/* Does a package do what its source does? Two trials of the same command, side by side. */
#ifndef STAGE_STAGES_COMPARE_H
#define STAGE_STAGES_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "stage/stages/trial.h"

enum compare { COMPARE_OUTPUT, COMPARE_STATUS, COMPARE_NONE };

/* "output", "status" or "none"; NULL is output. -EINVAL. */
int compare_of(const char *word, enum compare *ret_compare);

/* true and in `said` what is the same, or false and what is not. */
bool compare_trials(const struct spec *spec, const struct trial *source, const struct trial *package,
		    enum compare compare, char *said, size_t size);

/* On stderr, behind "  | ": the last lines of what a trial printed; how the output of two differs. */
void compare_show_output(const struct trial *trial);
void compare_show_difference(const struct trial *source, const struct trial *package);

#endif
