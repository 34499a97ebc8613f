// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod logs: what instances printed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/output.h"
#include "stage/spec/values.h"

/* How long a change may go unnoticed: of a log that was put aside nothing is told. */
enum { LOOK_MS = 500 };

struct log {
	char *path, *name;
	FILE *file; /* NULL: it is not there yet */
	dev_t device;
	ino_t inode;
};

struct logs {
	struct log *items;
	size_t count, capacity;
	int64_t since_ns;
	bool terminal, several;
	const struct log *shown; /* whose lines were printed last */
	int watch; /* inotify */
};

static void logs_release(struct logs *logs)
{
	for (size_t i = 0; i < logs->count; i++) {
		free(logs->items[i].path);
		free(logs->items[i].name);
		fclosep(&logs->items[i].file);
	}
	array_release(logs);
	closep(&logs->watch);
}

/* ---- since when ---- */

/* "90", "10m", "2h", "3d" ago; or a time, of this place where it does not say Z. */
static int read_since(const char *word, int64_t *ret_ns, struct error *err)
{
	static const struct {
		const char *format;
		bool universal;
	} forms[] = {{"%Y-%m-%dT%H:%M:%SZ", true}, {"%Y-%m-%dT%H:%M:%S", false}, {"%Y-%m-%d %H:%M:%S", false}};
	static const char letters[] = "smhd";
	static const int64_t seconds[] = {1, 60, 3600, 86400};
	size_t length = strlen(word);
	const char *letter = length ? strchr(letters, word[length - 1]) : NULL;
	_cleanup_(freep) char *number = strndup(word, letter ? length - 1 : length);
	uint64_t ms;

	if (!number)
		return error_oom(err);
	if (value_thousandths(number, &ms) == 0) {
		*ret_ns = clock_wall_ns() - (int64_t)ms * 1000000 * (letter ? seconds[letter - letters] : 1);
		return 0;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(word, forms[i].format, &tm);

		if (!end || *end)
			continue;
		*ret_ns = (forms[i].universal ? timegm(&tm) : mktime(&tm)) * INT64_C(1000000000);
		return 0;
	}
	return error_set(err, -EINVAL, "--since is a time, as 2026-11-28T09:00:00Z, or how long ago, as 90 or 10m, "
				       "not '%s'",
			 word);
}

/* ---- showing ---- */

/*
 * For a terminal: colours stay, nothing else drives it. Who reads it otherwise gets the bytes. C1 controls in
 * UTF-8 are 0xC2 and one of 0x80 to 0x9F.
 */
static void print_tamed(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		size_t colour = i + 2;

		if (c == 0x1b && i + 1 < size && text[i + 1] == '[') {
			while (colour < size && strchr("0123456789;", text[colour]) && text[colour])
				colour++;
			if (colour < size && text[colour] == 'm') {
				fwrite(text + i, 1, colour + 1 - i, stdout);
				i = colour;
				continue;
			}
		}
		if (c == 0xc2 && i + 1 < size && ((unsigned char)text[i + 1] & 0xe0) == 0x80) {
			putchar('?');
			i++;
		} else {
			putchar((c < 0x20 && c != '\t') || c == 0x7f ? '?' : c);
		}
	}
}

struct showing {
	struct logs *logs;
	const struct log *log;
};

static int show(const struct output_line *line, void *data)
{
	const struct showing *showing = data;
	struct logs *logs = showing->logs;

	if (line->at_ns && line->at_ns < logs->since_ns)
		return 0;
	if (logs->several && logs->shown != showing->log)
		printf("%s==> %s <==\n", logs->shown ? "\n" : "", showing->log->name);
	logs->shown = showing->log;
	if (logs->terminal)
		print_tamed(line->text, line->size);
	else
		fwrite(line->text, 1, line->size, stdout);
	if (line->whole)
		putchar('\n');
	return !ferror(stdout) ? 0 : errno ? -errno : -EIO;
}

/* ---- reading ---- */

/* One that began anew is another file. */
static bool is_other_file(const struct log *log)
{
	struct stat st;

	return stat(log->path, &st) == 0 && (st.st_dev != log->device || st.st_ino != log->inode);
}

static void open_log(struct logs *logs, struct log *log)
{
	struct stat st;

	log->file = fopen(log->path, "re");
	if (!log->file || fstat(fileno(log->file), &st) < 0)
		return;
	log->device = st.st_dev;
	log->inode = st.st_ino;
	if (logs->watch >= 0)
		inotify_add_watch(logs->watch, log->path, IN_MODIFY);
}

static int show_log(struct logs *logs, struct log *log)
{
	struct showing showing = {logs, log};
	int r = log->file ? output_each(log->file, show, &showing) : 0;

	if (r == 0 && log->file && is_other_file(log))
		fclosep(&log->file), log->file = NULL;
	if (r == 0 && !log->file) {
		open_log(logs, log);
		r = log->file ? output_each(log->file, show, &showing) : 0;
	}
	return r;
}

static int show_all(struct logs *logs)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < logs->count; i++)
		r = show_log(logs, &logs->items[i]);
	return fflush(stdout) == EOF ? -errno : r;
}

static int follow(struct logs *logs)
{
	struct pollfd changed = {.fd = logs->watch, .events = POLLIN};
	char buffer[4096];
	int r = 0;

	while (r == 0) {
		if (poll(&changed, 1, LOOK_MS) > 0)
			(void)!read(logs->watch, buffer, sizeof(buffer));
		r = show_all(logs);
	}
	return r;
}

static int add_log(struct state *state, struct logs *logs, const struct target *target, struct error *err)
{
	struct log log = {.path = state_path(state, "app/%s/%s/log", target->app, target->name)};
	int r = 0;

	if (!log.path || asprintf(&log.name, "%s/%s", target->app, target->name) < 0)
		log.name = NULL;
	if (!log.name || array_push(logs, log) < 0)
		r = error_oom(err);
	if (r < 0) {
		free(log.path);
		free(log.name);
	}
	return r;
}

/* What an instance printed that did not come up, and is no more. */
static int add_failure(struct state *state, struct logs *logs, const char *app, struct error *err)
{
	struct log log = {.path = state_path(state, "app/%s/last-failure.log", app), .name = strdup(app)};

	if (!log.path || !log.name)
		return error_oom(err);
	if (access(log.path, F_OK) == 0 && array_push(logs, log) == 0)
		return 0;
	free(log.path);
	free(log.name);
	return 0;
}

static int prepare(struct state *state, const struct asked *asked, struct logs *logs, struct error *err)
{
	_cleanup_(targets_release) struct targets targets = TARGETS_INIT;
	int r = asked->since ? read_since(asked->since, &logs->since_ns, err) : 0;

	if (r == 0)
		r = targets_find(state, asked, &targets, err);
	for (size_t i = 0; r == 0 && i < targets.count; i++)
		r = add_log(state, logs, &targets.items[i], err);
	if (r < 0)
		return r;
	if (!logs->count && asked->operand_count == 1)
		r = add_failure(state, logs, asked->operands[0], err);
	if (r < 0)
		return r;
	if (!logs->count)
		return error_set(err, -ENOENT, "'%s' has no instance that could have printed something",
				 asked->operands[0]);
	logs->several = logs->count > 1;
	logs->terminal = isatty(STDOUT_FILENO);
	logs->watch = asked->follow ? inotify_init1(IN_CLOEXEC) : -1;
	return asked->follow && logs->watch < 0 ? error_errno(err, "cannot watch the logs") : 0;
}

int cmd_prod_logs(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(logs_release) struct logs logs = {.watch = -1};
	struct error err = ERROR_INIT;
	int r = cmd_state_look(&state, &err);

	if (r == 0)
		r = prepare(state, asked, &logs, &err);
	if (r < 0)
		return command_answer(command, r, &err);
	r = show_all(&logs);
	if (r == 0 && asked->follow)
		r = follow(&logs);
	/* whoever read it has had enough */
	if (r < 0 && r != -EPIPE)
		return command_failed(command, (error_code(&err, r, "cannot show what they printed"), &err));
	return EXIT_DONE;
}
