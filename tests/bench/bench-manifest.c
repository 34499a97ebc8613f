// SPDX-License-Identifier: BSD-2-Clause
/*
 * How fast batches go into a manifest and questions come out of it: `make bench-manifest`. Medians of
 * some rounds, on a manifest in $TMPDIR or /var/tmp. --json prints one object.
 */
#include "db/access.h"
#include "db/catalog.h"
#include "db/coverage.h"
#include "tests/manifest.h"

#include <time.h>

enum { PATHS = 200000, HOT = 20000, BATCH = 20000, ROUNDS = 5 };

static char *paths[PATHS];
static struct access_record records[PATHS];
static int json;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

static void say(const char *what, const char *unit, double value)
{
	if (json)
		printf("%s\"%s, %s\": %.4g", json++ > 1 ? ", " : "{", what, unit, value);
	else
		printf("%-44s %12.4g %s\n", what, value, unit);
}

/* Paths as a root file system has them, in no order. */
static void records_make(void)
{
	static const struct found found = {.kind = ENTRY_FILE, .size = 4096, .mode = 0644};

	for (size_t i = 0; i < PATHS; i++) {
		size_t n = i * 7919 % PATHS; /* a prime: every number once */
		int length = asprintf(&paths[i],
				      "/usr/lib/python3/dist-packages/package%zu/module%zu/file%zu.py",
				      n / 500, n / 20 % 25, n);

		REQUIRE(length > 0);
		records[i] = (struct access_record){
			.path = paths[i], .found = &found, .exe = "/usr/bin/python3.11",
			.comm = "python3", .op = ACCESS_OPEN, .flags = ACCESS_READING, .count = 3,
			.first_seq = i + 1, .first_ns = 1700000000000000000 + (int64_t)i,
			.last_ns = 1700000000000000000 + (int64_t)i,
		};
	}
}

static double record(struct manifest *manifest, int64_t session, size_t count)
{
	struct error err = ERROR_INIT;
	double start = now();

	for (size_t i = 0; i < count; i += BATCH)
		REQUIRE(access_record_batch(manifest, session, records + i, BATCH, BATCH, 0, &err) ==
			0);
	return (double)count / (now() - start);
}

static void bench_records(void)
{
	double fresh[ROUNDS], again[ROUNDS], session[ROUNDS];
	char name[32];

	for (int i = 0; i < ROUNDS; i++) {
		struct manifest *manifest;
		int64_t id;

		snprintf(name, sizeof(name), "%d.db", i);
		manifest = scratch_manifest(name);
		id = scratch_session(manifest, "first");
		fresh[i] = record(manifest, id, PATHS);
		record(manifest, id, HOT);
		again[i] = record(manifest, id, HOT);
		for (int j = 0; j < 4; j++)
			again[i] = (again[i] + record(manifest, id, HOT)) / 2;
		session[i] = record(manifest, scratch_session(manifest, "second"), PATHS);
		manifest_close(manifest);
	}
	say("new paths", "records/s", median(fresh, ROUNDS));
	say("known accesses of 20,000 paths", "records/s", median(again, ROUNDS));
	say("known paths, new session", "records/s", median(session, ROUNDS));
}

static void bench_query(const char *what, const char *sql)
{
	double times[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();

		REQUIRE(count_of("0.db", sql) >= 0);
		times[i] = (now() - start) * 1000;
	}
	say(what, "ms", median(times, ROUNDS));
}

static void bench_queries(void)
{
	struct manifest *manifest;
	struct coverage_list list;
	struct access_walk *walk;
	struct access_row row;
	struct error err = ERROR_INIT;
	double start;

	REQUIRE(manifest_open("0.db", MANIFEST_WRITE, &manifest, &err) == 0);
	REQUIRE(manifest_begin(manifest, &err) == 0);
	for (size_t i = 0; i < PATHS; i++) {
		struct catalog_entry entry = {paths[i], ENTRY_FILE, 4096};

		REQUIRE(catalog_add(manifest, &entry, &err) == 0);
	}
	REQUIRE(manifest_commit(manifest, &err) == 0);
	start = now();
	REQUIRE(access_walk_begin(manifest, NULL, 0, &walk, &err) == 0);
	while (access_walk_next(walk, &row, &err) > 0)
		;
	access_walk_end(walk);
	say("walk of 400,000 accesses", "ms", (now() - start) * 1000);
	start = now();
	REQUIRE(coverage_read(manifest, COVERAGE_BY_LABEL, NULL, 0, &list, &err) == 0);
	coverage_list_release(&list);
	say("coverage of 2 sessions", "ms", (now() - start) * 1000);
	manifest_close(manifest);
	bench_query("needed, all of 200,000", "SELECT count(first_seq) FROM needed");
	bench_query("missing", "SELECT count(*) FROM missing");
	bench_query("untouched", "SELECT count(*) FROM untouched");
	bench_query("accesses of one path",
		    "SELECT count(*) FROM accesses WHERE path = '/usr/lib/python3/dist-packages/"
		    "package3/module7/file1640.py'");
	bench_query("accesses of one program",
		    "SELECT count(*) FROM accesses WHERE exe LIKE '%/python3.11'");
}

int main(int argc, char **argv)
{
	json = argc > 1 && !strcmp(argv[1], "--json");
	scratch_enter();
	records_make();
	bench_records();
	bench_queries();
	if (json)
		puts("}");
	for (size_t i = 0; i < PATHS; i++)
		free(paths[i]);
	return 0;
}
