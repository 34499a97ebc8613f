/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an instance printed, as conmon keeps it: lines "TIME STREAM F TEXT", with P for F where the program's
 * line goes on in the next.
 */
#ifndef STAGE_INSTANCE_OUTPUT_H
#define STAGE_INSTANCE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "db/base/error.h"

struct output_line {
	int64_t at_ns;
	bool errors;      /* of its standard error */
	bool whole;       /* it ends here */
	const char *text; /* any bytes, without the line break */
	size_t size;
};

/*
 * Every line from where the file stands to its end; a line that is not whole yet is left for the next time.
 * What is no such line is passed on as it is. A visitor that returns non-zero ends it: that comes back.
 */
int output_each(FILE *file, int (*visit)(const struct output_line *line, void *data), void *data);

/* The last line behind `offset` that has text; the caller frees. NULL: there is none. */
char *output_last(const char *path, uint64_t offset);

/* A log that has grown large is put aside as PATH.1. */
void output_rotate(const char *path);

#endif
