/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program says on stderr: one line each, with the program's name in front. For main() and
 * cmd_*.c only; libraries return errors and say nothing. Also the progress bar: on a terminal only,
 * redrawn at most ten times a second, gone without a trace when the work is done.
 */
#ifndef DB_BASE_LOG_H
#define DB_BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_QUIET = 0, LOG_NORMAL = 1, LOG_VERBOSE = 2, LOG_DEBUG = 3 };

/* The name in front of each line (borrowed for the life of the program) and what is shown. */
void log_init(const char *program, enum log_level level);
enum log_level log_level_now(void);

/* Always shown: "program: message". */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Always shown: "program: warning: message". */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* From LOG_NORMAL, LOG_VERBOSE, LOG_DEBUG on. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Show that `done` of `total` bytes are behind us: bar, percent, rate and time left. Does nothing
 * when stderr is no terminal or the level is LOG_QUIET. `what` is one word: "pack". Any thread may
 * call it. Every log line and progress_done() wipe the bar first.
 */
void progress_show(const char *what, uint64_t done, uint64_t total);
void progress_done(void);

#endif
