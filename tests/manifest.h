/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests that need manifests: a directory of their own, quick manifests and sessions in it, and
 * the same file seen through plain SQL, as a person would.
 */
#ifndef TESTS_MANIFEST_H
#define TESTS_MANIFEST_H

#include <sqlite3.h>
#include <stdbool.h>
#include <unistd.h>

#include "db/manifest.h"
#include "db/session.h"
#include "tests/test.h"

static char scratch[64];

static void scratch_leave(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	if (chdir("/") < 0 || system(command) != 0)
		fprintf(stderr, "%s stays\n", scratch);
}

/* Make a directory and go there; it is removed when the program ends. */
static inline void scratch_enter(void)
{
	strcpy(scratch, "/var/tmp/sfc-test.XXXXXX");
	REQUIRE(mkdtemp(scratch));
	REQUIRE(chdir(scratch) == 0);
	atexit(scratch_leave);
}

static inline struct manifest *scratch_manifest(const char *name)
{
	struct manifest *manifest = NULL;
	struct error err = ERROR_INIT;
	int r = manifest_open(name, MANIFEST_CREATE, &manifest, &err);

	if (r < 0)
		fprintf(stderr, "%s\n", err.message);
	REQUIRE(r == 0);
	return manifest;
}

static inline int64_t scratch_session(struct manifest *manifest, const char *label)
{
	struct session_start start = {.label = label, .exact = true, .source = "/", .tool = "test",
				      .uid = -1, .gid = -1};
	struct error err = ERROR_INIT;
	int64_t id = 0;

	REQUIRE(session_begin(manifest, &start, &id, &err) == 0);
	return id;
}

/* The first column of the first row, on a connection of its own; -1 when that fails. */
static inline long long count_of(const char *path, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	long long count = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_busy_timeout(db, 10000) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		count = sqlite3_column_int64(stmt, 0);
	if (count < 0)
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return count;
}

static inline bool same_bytes(const char *a, const char *b)
{
	FILE *x = fopen(a, "r"), *y = fopen(b, "r");
	int c = 0, d = 0;

	while (x && y && c == d && c != EOF) {
		c = getc(x);
		d = getc(y);
	}
	if (x)
		fclose(x);
	if (y)
		fclose(y);
	return x && y && c == d;
}

#endif
