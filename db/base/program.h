/* SPDX-License-Identifier: BSD-2-Clause */
/* A program of the host, run to its end: cp, skopeo, tracepack. It dies with us. */
#ifndef DB_BASE_PROGRAM_H
#define DB_BASE_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"

/*
 * argv[0] is looked up in PATH; the last is NULL. Its input is empty. What it writes to its standard output
 * and error is added to `output` and `said` (their first 64 MiB and 64 KiB); NULL: it goes where ours goes.
 * Returns its status as a shell has it, or a negative errno with err set: -ENOENT there is no such program.
 */
int program_run(const char *const *argv, struct text *output, struct text *said, struct error *err);
/* The same; when *cancel becomes non-zero it is asked to end, waited for, and the answer is -EINTR. */
int program_run_until(const char *const *argv, struct text *output, struct text *said,
		      const volatile int *cancel, struct error *err);

/* It is somewhere in PATH. */
bool program_is_there(const char *name);

/* The file this program was started from, wherever it has been moved to. */
int program_own_path(char path[PATH_MAX], struct error *err);

/* One line of it: the first that starts with `prefix` (or ""), else the last. Cut off in `said` itself. */
const char *program_line(struct text *said, const char *prefix);

#endif
