// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/state/place.h"

static const char schema_sql[] =
#include "stage/state/schema.inc"
    ;

/* ---- the database ---- */

static int number_of(struct connection *sql, const char *text, int *ret_number, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(sql, text, &stmt, err);

	if (r == 0)
		r = statement_step(sql, stmt, err);
	if (r < 0)
		return r;
	*ret_number = r ? sqlite3_column_int(stmt, 0) : 0;
	return 0;
}

static int note_birth(struct connection *sql, struct error *err)
{
	_cleanup_(text_release) struct text uuid = TEXT_INIT;
	sqlite3_stmt *stmt;
	int r = io_read_file(AT_FDCWD, "/proc/sys/kernel/random/uuid", 64, &uuid, err);

	if (r == 0)
		r = statement_get(sql, "INSERT INTO state (one, uuid, created_ns) VALUES (1, ?, ?)",
				  &stmt, err);
	if (r < 0)
		return r;
	uuid.bytes[strcspn(uuid.bytes, "\n")] = '\0';
	bind_text(stmt, 1, uuid.bytes);
	bind_int(stmt, 2, clock_wall_ns());
	return statement_run(sql, stmt, err);
}

/* What an sfc of shell scripts left in JSON is nothing that we could read. */
static int refuse_older(const struct state *state, struct error *err)
{
	static const char *const parts[] = {"base", "dev", "prod", "packages"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (unlinkat(state->dirfd, parts[i], AT_REMOVEDIR) == 0 || errno != ENOTEMPTY)
			continue;
		if (i < 2)
			return error_set(
			    err, -EPROTONOSUPPORT,
			    "'%s/%s' is of an older sfc: move it away, and 'sfc dev create' "
			    "what is in it anew",
			    state->dir, parts[i]);
		return error_set(err, -EPROTONOSUPPORT,
				 "'%s/%s' is of an older sfc: stop by that what runs, move it away, and 'sfc "
				 "prod install' the packages anew",
				 state->dir, parts[i]);
	}
	return 0;
}

/* In one transaction, so that whoever is second finds it whole or not begun. */
static int lay_out(struct state *state, struct error *err)
{
	int id = 0, r = refuse_older(state, err);

	if (r == 0)
		r = connection_begin(&state->sql, err);
	if (r < 0)
		return r;
	r = number_of(&state->sql, "PRAGMA application_id", &id, err);
	if (r == 0 && id == 0)
		r = connection_execute(&state->sql, schema_sql, err);
	if (r == 0 && id == 0)
		r = note_birth(&state->sql, err);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r;
}

static int check_version(struct state *state, struct error *err)
{
	int id, version, tables, r;

	r = number_of(&state->sql, "PRAGMA application_id", &id, err);
	if (r == 0)
		r = number_of(&state->sql, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (r == 0 && id == 0 && tables == 0) {
		r = lay_out(state, err);
		id = STATE_APPLICATION_ID;
	}
	if (r == 0)
		r = number_of(&state->sql, "PRAGMA user_version", &version, err);
	if (r < 0)
		return r;
	if (id != STATE_APPLICATION_ID)
		return error_set(err, -EMEDIUMTYPE,
				 "'%s' is not a state: it is a database of something else",
				 state->sql.path);
	if (version != STATE_VERSION)
		return error_set(
		    err, -EPROTONOSUPPORT,
		    "state '%s' has version %d, and this sfc knows %d: use the sfc it is from",
		    state->sql.path, version, STATE_VERSION);
	return 0;
}

static int read_uuid(struct state *state, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_first(&state->sql, "SELECT uuid FROM state", &stmt, err);

	if (r < 0)
		return r;
	snprintf(state->uuid, sizeof(state->uuid), "%s", r ? column_text(stmt, 0) : "");
	return 0;
}

/* SQLite would make it with the modes of the umask. */
static int make_file(struct state *state, struct error *err)
{
	_cleanup_(closep) int fd =
	    openat(state->dirfd, "state.db", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "cannot open '%s'", state->sql.path);
	state->sql.dev = st.st_dev;
	state->sql.ino = st.st_ino;
	return 0;
}

/*
 * One at a time: SQLite waits for nobody who is just turning a new file into one with a WAL, and would
 * say that it is locked.
 */
static int connect_alone(struct state *state, struct error *err)
{
	int r = make_file(state, err);

	if (r == 0)
		r = connection_open(&state->sql, state->sql.path, "", SQLITE_OPEN_READWRITE, err);
	/* who is last has no time for what the log is for; it is gone through when it has grown */
	if (r == 0)
		sqlite3_db_config(state->sql.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/*
	 * FULL: a row must be on disk before what it is about is, in a power cut too. A tenth of the pages that
	 * SQLite would let the log have: who comes when nobody else is there reads them all
	 */
	if (r == 0)
		r = connection_execute(&state->sql,
				       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				       "PRAGMA wal_autocheckpoint = 100; PRAGMA foreign_keys = ON",
				       err);
	if (r == 0)
		r = check_version(state, err);
	return r < 0 ? r : read_uuid(state, err);
}

static int connect_database(struct state *state, struct error *err)
{
	int r;

	do {
		r = flock(state->dirfd, LOCK_EX);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_errno(err, "cannot lock '%s'", state->dir);
	r = connect_alone(state, err);
	flock(state->dirfd, LOCK_UN);
	return r;
}

int state_open(const char *dir, struct state **ret_state, struct error *err)
{
	_cleanup_(state_closep) struct state *state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		return error_oom(err);
	state->dirfd = -1;
	state->sql.noun = "state";
	state->sql.writing = true;
	r = place_open(dir, &state->dirfd, &state->dir, err);
	if (r < 0)
		return r;
	state->sql.path = state_path(state, "state.db");
	if (!state->sql.path)
		return error_oom(err);
	r = connect_database(state, err);
	if (r < 0)
		return r;
	*ret_state = take(state);
	return 0;
}

void state_close(struct state *state)
{
	int saved = errno;

	if (!state)
		return;
	connection_release(&state->sql);
	if (state->dirfd >= 0)
		close(state->dirfd);
	free(state->dir);
	free(state);
	errno = saved;
}

void state_closep(struct state **state)
{
	state_close(*state);
}

/* ---- what a power cut may undo ---- */

static void be_durable(struct state *state)
{
	connection_execute(&state->sql, "PRAGMA synchronous = FULL", NULL);
}

int state_begin_lightly(struct state *state, struct error *err)
{
	int r = connection_execute(&state->sql, "PRAGMA synchronous = NORMAL", err);

	if (r == 0)
		r = connection_begin(&state->sql, err);
	if (r < 0)
		be_durable(state);
	return r;
}

int state_commit_lightly(struct state *state, struct error *err)
{
	int r = connection_commit(&state->sql, err);

	if (r < 0)
		connection_rollback(&state->sql);
	be_durable(state);
	return r;
}

void state_rollback_lightly(struct state *state)
{
	connection_rollback(&state->sql);
	be_durable(state);
}

/* ---- what lies beside it ---- */

char *state_path(const struct state *state, const char *format, ...)
{
	struct text text = TEXT_INIT;
	char *rest = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&rest, format, args) < 0)
		rest = NULL;
	va_end(args);
	if (!rest)
		return NULL;
	text_printf(&text, "%s/%s", strcmp(state->dir, "/") == 0 ? "" : state->dir, rest);
	free(rest);
	return text_take(&text);
}

int state_directory(const struct state *state, const char *name, struct error *err)
{
	int fd;

	if (mkdirat(state->dirfd, name, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s/%s'", state->dir, name);
	fd = openat(state->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? error_errno(err, "cannot open '%s/%s'", state->dir, name) : fd;
}

int state_each(const struct state *state, const char *directory, state_visit *visit, void *data, struct error *err)
{
	int fd = state_directory(state, directory, err), r = 0;
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *item;

	if (fd < 0)
		return fd;
	if (!dir) {
		close(fd);
		return error_oom(err);
	}
	while (r == 0 && (item = readdir(dir)))
		if (item->d_name[0] != '.')
			r = visit(item->d_name, data, err);
	return r;
}

int state_check_name(const char *what, const char *name, struct error *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	if (*name && !strchr("_.-", *name) && strlen(name) <= 63 &&
	    strspn(name, allowed) == strlen(name))
		return 0;
	text_add_escaped(&shown, name);
	return error_set(
	    err, -EINVAL,
	    "'%s' is no good as the name of %s: letters, digits, '_', '.', '-', at most 63",
	    shown.bytes, what);
}

/* ---- time ---- */

void state_ago(int64_t at_ns, char *buffer, size_t size)
{
	long long seconds = (clock_wall_ns() - at_ns) / 1000000000LL;

	if (seconds < 60)
		snprintf(buffer, size, "just now");
	else if (seconds < 3600)
		snprintf(buffer, size, "%lld min ago", seconds / 60);
	else if (seconds < 172800)
		snprintf(buffer, size, "%lld h ago", seconds / 3600);
	else
		snprintf(buffer, size, "%lld days ago", seconds / 86400);
}

void state_stamp(int64_t at_ns, char *buffer, size_t size)
{
	time_t seconds = at_ns / 1000000000LL;
	struct tm tm;

	strftime(buffer, size, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
}
