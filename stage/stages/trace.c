// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "db/sql/statement.h"

enum { TICK_MS = 2, APPEAR_MS = 60000, END_MS = 240000, LOG_MAX = 64 << 10 };

/* --- its options --- */

/* A value in a list of mount options, which commas part. */
static void add_value(struct text *text, const char *key, const char *value)
{
	text_printf(text, "%s%s=", text->size ? "," : "", key);
	for (; *value; value++) {
		if (*value == '\\' || *value == ',')
			text_add_char(text, '\\');
		text_add_char(text, *value);
	}
}

static int write_options(const struct trace_options *options, struct text *text, struct error *err)
{
	add_value(text, "manifest", options->manifest);
	add_value(text, "label", options->label);
	add_value(text, "scratch", options->scratch ? options->scratch : "tmpfs");
	if (options->more)
		text_printf(text, ",%s", options->more);
	return text_failed(text) ? error_oom(err) : 0;
}

/* --- the program --- */

static _Noreturn void become(const struct trace_options *options, const char *list, int log)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2)
		execlp("tracefs", "tracefs", "-f", "-o", list, options->source, options->mountpoint,
		       (char *)NULL);
	dprintf(log, "cannot start tracefs: %s\n", strerror(errno));
	_exit(127);
}

/* The last line that is no warning, without the name of the program. */
static int reason_of(struct text *said, const char *prefix, struct error *err)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;
	char *rest = said->size ? said->bytes : NULL, *found = NULL, *at;

	while (rest && (at = strsep(&rest, "\n"))) {
		if (strncmp(at, "tracefs: ", 9) == 0)
			at += 9;
		if (*at && strncmp(at, "warning: ", 9) != 0)
			found = at;
	}
	text_add_plain(&line, found ? found : "tracefs said nothing");
	return error_set(err, -EIO, "%s%s", prefix, line.bytes);
}

static int reason(const struct trace *trace, const char *prefix, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	char bytes[4096];
	ssize_t n;

	lseek(trace->log, 0, SEEK_SET);
	while (said.size < LOG_MAX && (n = read(trace->log, bytes, sizeof(bytes))) > 0)
		text_add_bytes(&said, bytes, (size_t)n);
	return reason_of(&said, prefix, err);
}

static bool is_mounted(const char *path)
{
	struct statx st;

	/* the mount's own word, without asking who serves it */
	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Its status, or -1: it runs on. */
static int ended_within(const struct trace *trace, int ms)
{
	struct pollfd waiting = {.fd = trace->pidfd, .events = POLLIN};
	int status = -1;

	if (poll(&waiting, 1, ms) != 1)
		return -1;
	while (waitpid(trace->pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void trace_close(struct trace *trace)
{
	closep(&trace->pidfd);
	closep(&trace->log);
	*trace = (struct trace)TRACE_INIT;
}

static int give_up(struct trace *trace)
{
	kill(trace->pid, SIGKILL);
	return ended_within(trace, -1);
}

static int wait_mounted(struct trace *trace, struct error *err)
{
	for (int waited = 0; waited < APPEAR_MS; waited += TICK_MS) {
		if (is_mounted(trace->mountpoint))
			return 0;
		if (ended_within(trace, TICK_MS) >= 0)
			return reason(trace, "", err);
	}
	give_up(trace);
	return error_set(err, -ETIME, "tracefs did not come up within %d s", APPEAR_MS / 1000);
}

int trace_begin(const struct trace_options *options, struct trace *ret_trace, struct error *err)
{
	_cleanup_(text_release) struct text list = TEXT_INIT;
	struct trace trace = {.pidfd = -1, .mountpoint = options->mountpoint};
	int r = write_options(options, &list, err);

	if (r < 0)
		return r;
	trace.log = memfd_create("tracefs", MFD_CLOEXEC);
	if (trace.log < 0)
		return error_errno(err, "cannot keep what tracefs says");
	fflush(NULL);
	trace.pid = fork();
	if (trace.pid == 0)
		become(options, list.bytes, trace.log);
	if (trace.pid < 0)
		r = error_errno(err, "cannot start tracefs");
	if (r == 0) {
		trace.pidfd = (int)syscall(SYS_pidfd_open, trace.pid, 0);
		r = trace.pidfd < 0 ? error_errno(err, "cannot wait for tracefs") : wait_mounted(&trace, err);
	}
	if (r < 0)
		trace_close(&trace);
	else
		*ret_trace = trace;
	return r;
}

int trace_end(struct trace *trace, struct error *err)
{
	int status, r = 0;

	if (!trace->pid)
		return 0;
	if (umount2(trace->mountpoint, UMOUNT_NOFOLLOW) < 0)
		umount2(trace->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
	status = ended_within(trace, END_MS);
	if (status < 0) {
		give_up(trace);
		r = error_set(err, -ETIME, "tracing failed: tracefs did not end within %d s", END_MS / 1000);
	} else if (status > 0) {
		r = reason(trace, "tracing failed: ", err);
	}
	trace_close(trace);
	return r;
}

int trace_leave(const struct trace_options *options, struct error *err)
{
	_cleanup_(text_release) struct text list = TEXT_INIT, said = TEXT_INIT;
	int r = write_options(options, &list, err);

	if (r == 0)
		r = program_run((const char *const[]){"tracefs", "-o", list.bytes, options->source,
						      options->mountpoint, NULL},
				NULL, &said, err);
	return r > 0 ? reason_of(&said, "", err) : r;
}

/* --- what was seen --- */

static const char count_sql[] =
	"WITH s AS (SELECT id, dropped FROM session ORDER BY id DESC LIMIT 1),"
	" f AS (SELECT DISTINCT a.entry FROM access a JOIN s ON a.session = s.id"
	"  JOIN entry e ON e.id = a.entry AND e.kind = 'file' WHERE a.errno = 0)"
	" SELECT (SELECT coalesce(sum(count), 0) FROM access WHERE session = s.id),"
	" (SELECT count(*) FROM f),"
	" (SELECT count(*) FROM f WHERE NOT EXISTS (SELECT 1 FROM access b WHERE b.entry = f.entry"
	"  AND b.session < s.id AND b.errno = 0)),"
	" (SELECT count(DISTINCT path) FROM missing), s.dropped FROM s";

int trace_count(const char *manifest, struct trace_counts *ret_counts, struct error *err)
{
	struct connection sql = {.noun = "manifest", .path = strdup(manifest)};
	sqlite3_stmt *row = NULL;
	int r = sql.path ? connection_open(&sql, manifest, "", SQLITE_OPEN_READONLY, err) : error_oom(err);

	if (r == 0)
		r = statement_first(&sql, count_sql, &row, err);
	if (r > 0)
		*ret_counts = (struct trace_counts){
			.accesses = column_count(row, 0),
			.files = column_count(row, 1),
			.files_new = column_count(row, 2),
			.missing = column_count(row, 3),
			.lost = column_count(row, 4),
		};
	statement_done(row);
	connection_release(&sql);
	if (r == 0)
		return error_set(err, -ENODATA, "'%s' holds no session", manifest);
	return r < 0 ? r : 0;
}

static void add_counts(const struct trace_counts *counts, struct text *text)
{
	text_add_count(text, counts->accesses);
	text_add(text, " accesses to ");
	text_add_count(text, counts->files);
	text_add(text, " files, ");
	text_add_count(text, counts->files_new);
	text_add(text, " of them new, ");
	text_add_count(text, counts->lost);
	text_add(text, " lost");
}

void trace_report(struct report *report, const struct trace_counts *counts)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	add_counts(counts, &text);
	report_step(report, "", text.bytes, -1);
	report_fact(report, "accesses", json_integer((json_int_t)counts->accesses));
	report_fact(report, "files", json_integer((json_int_t)counts->files));
	report_fact(report, "new", json_integer((json_int_t)counts->files_new));
	report_fact(report, "lost", json_integer((json_int_t)counts->lost));
}
