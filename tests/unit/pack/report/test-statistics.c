// SPDX-License-Identifier: BSD-2-Clause
/* What a manifest says of its runs: the inventory of what was needed, and the statistics. */
#include "db/access.h"
#include "db/base/cleanup.h"
#include "db/catalog.h"
#include "pack/report/inventory.h"
#include "pack/report/statistics.h"
#include "pack/report/statistics_json.h"
#include "tests/manifest.h"

#include <errno.h>

static const struct found file_of_10 = {.kind = ENTRY_FILE, .size = 10, .mode = 0644, .nlink = 1};
static const struct found file_of_100 = {.kind = ENTRY_FILE, .size = 100, .mode = 0755, .nlink = 1};
static const struct found directory = {.kind = ENTRY_DIR, .mode = 0755, .nlink = 2};
static const struct found a_link = {.kind = ENTRY_LINK, .mode = 0777, .target = "bin"};
static const struct found made = {.kind = ENTRY_FILE, .origin = ENTRY_CREATED, .size = 5};
static const struct found nothing = {.kind = ENTRY_MISSING};

static uint64_t sequence;

static void access_as(struct manifest *manifest, int64_t session, const char *path,
		      const struct found *found, enum access_op op, int error)
{
	struct access_record record = {.path = path, .found = found, .exe = "/bin/x", .comm = "x",
				       .op = op, .error = error, .count = 2,
				       .first_seq = ++sequence, .first_ns = 1, .last_ns = 1};
	struct error err = ERROR_INIT;

	REQUIRE(access_record_batch(manifest, session, &record, 1, 2, 0, &err) == 0);
}

static void opened(struct manifest *manifest, int64_t session, const char *path,
		   const struct found *found)
{
	access_as(manifest, session, path, found, ACCESS_OPEN, 0);
}

static void add_to_catalog(struct manifest *manifest, const char *path, uint64_t size)
{
	struct catalog_entry entry = {.path = path, .kind = ENTRY_FILE, .size = size};
	struct error err = ERROR_INIT;

	REQUIRE(manifest_begin(manifest, &err) == 0);
	REQUIRE(catalog_add(manifest, &entry, &err) == 0);
	REQUIRE(manifest_commit(manifest, &err) == 0);
}

/* Three labels; the last adds nothing. */
static struct manifest *three_runs(const char *name)
{
	struct manifest *manifest = scratch_manifest(name);
	int64_t first = scratch_session(manifest, "start"), second, third;

	sequence = 0;
	opened(manifest, first, "/usr/lib/deep/a", &file_of_100);
	opened(manifest, first, "/usr", &directory);
	opened(manifest, first, "/etc/hosts", &file_of_10);
	access_as(manifest, first, "/bin", &a_link, ACCESS_READLINK, 0);
	access_as(manifest, first, "/none", &nothing, ACCESS_OPEN, ENOENT);
	access_as(manifest, first, "/none", &nothing, ACCESS_OPEN, ENOENT);
	access_as(manifest, first, "/none", &nothing, ACCESS_STAT, ENOENT);
	opened(manifest, first, "/run/pid", &made);
	second = scratch_session(manifest, "get");
	opened(manifest, second, "/usr/bin/b", &file_of_10);
	opened(manifest, second, "/etc/hosts", &file_of_10);
	third = scratch_session(manifest, "reload");
	opened(manifest, third, "/etc/hosts", &file_of_10);
	opened(manifest, third, "/usr/lib/deep/a", &file_of_100);
	add_to_catalog(manifest, "/etc/hosts", 10);
	add_to_catalog(manifest, "/etc/unused", 1000);
	add_to_catalog(manifest, "/usr/lib/deep/a", 100);
	add_to_catalog(manifest, "/usr/lib/deep/z", 7);
	return manifest;
}

static void an_inventory_is_what_was_needed_by_path(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = three_runs("needed.db");
	_cleanup_(inventory_release) struct inventory inventory = INVENTORY_INIT;
	static const char *const paths[] = {"/bin", "/etc/hosts", "/usr", "/usr/bin/b",
					    "/usr/lib/deep/a"};
	static const int orders[] = {4, 3, 2, 5, 1};
	struct error err = ERROR_INIT;

	REQUIRE(inventory_from_manifest(manifest, INVENTORY_NEEDED, &inventory, &err) == 0);
	REQUIRE(inventory.count == 5);
	for (size_t i = 0; i < 5; i++) {
		CHECK_STRING(inventory.items[i].path, paths[i]);
		CHECK_INT(inventory.items[i].order, orders[i]);
	}
	CHECK_STRING(inventory.items[0].found.target, "bin");
	CHECK_INT(inventory.items[1].sessions, 3);
	CHECK_INT(inventory.items[1].operations, 6);
	CHECK_STRING(inventory.items[1].program, "/bin/x");
	CHECK(inventory_find(&inventory, "/usr/bin/b") == &inventory.items[3]);
	CHECK(!inventory_find(&inventory, "/usr/bin"));
}

static void misses_are_told_apart_by_how_they_were_asked(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = three_runs("missing.db");
	_cleanup_(inventory_release) struct inventory inventory = INVENTORY_INIT;
	struct error err = ERROR_INIT;

	REQUIRE(inventory_from_manifest(manifest, INVENTORY_MISSING, &inventory, &err) == 0);
	REQUIRE(inventory.count == 2);
	CHECK_STRING(inventory.items[0].path, "/none");
	CHECK_INT(inventory.items[0].error, ENOENT);
	CHECK_INT(inventory.items[0].op == ACCESS_OPEN ? inventory.items[0].operations
						       : inventory.items[1].operations, 4);
}

static void what_nobody_touched_is_the_rest_of_the_catalog(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = three_runs("untouched.db");
	_cleanup_(inventory_release) struct inventory inventory = INVENTORY_INIT;
	struct error err = ERROR_INIT;

	REQUIRE(inventory_from_manifest(manifest, INVENTORY_UNTOUCHED, &inventory, &err) == 0);
	REQUIRE(inventory.count == 2);
	CHECK_STRING(inventory.items[0].path, "/etc/unused");
	CHECK_INT(inventory.items[0].found.size, 1000);
	CHECK_STRING(inventory.items[1].path, "/usr/lib/deep/z");
}

static void statistics_count_files_and_what_is_left_out(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = three_runs("stat.db");
	_cleanup_(statistics_release) struct statistics statistics = {0};
	struct error err = ERROR_INIT;

	REQUIRE(statistics_read(manifest, STATISTICS_LABEL, 0, &statistics, &err) == 0);
	REQUIRE(statistics.runs.count == 3);
	CHECK_INT(statistics.runs.items[0].new_files, 2);
	CHECK_INT(statistics.runs.items[0].only_files, 0);
	CHECK_INT(statistics.runs.items[1].only_files, 1);
	CHECK_INT(statistics.runs.items[2].files, 2);
	CHECK_INT(statistics.runs.items[2].new_files, 0);
	CHECK_INT(statistics.all.files, 3);
	CHECK_INT(statistics.all.bytes, 120);
	CHECK_INT(statistics.all.in_vain, 1);
	CHECK(statistics.has_catalog);
	CHECK_INT(statistics.source_files, 4);
	CHECK_INT(statistics.source_bytes, 1117);
	CHECK_INT(statistics.left_files, 2);
	CHECK_INT(statistics.left_bytes, 1007);
	CHECK_INT(statistics.tests, 3);
	CHECK_INT(statistics.alone_files, 1); /* /usr/bin/b; and no directory or link */
	CHECK(statistics_miss_rate(&statistics) > 0.333 && statistics_miss_rate(&statistics) < 0.334);
	CHECK_INT(statistics.estimate.twice, 1);
}

static void directories_are_cut_to_a_depth(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = three_runs("directories.db");
	_cleanup_(statistics_release) struct statistics statistics = {0};
	struct error err = ERROR_INIT;

	REQUIRE(statistics_read(manifest, STATISTICS_DIRECTORY, 2, &statistics, &err) == 0);
	REQUIRE(statistics.directories.count == 3);
	CHECK_STRING(statistics.directories.items[0]->path, "/usr/lib");
	CHECK_INT(statistics.directories.items[0]->bytes, 100);
	CHECK_INT(statistics.directories.items[0]->source_bytes, 107);
	CHECK_STRING(statistics.directories.items[1]->path, "/etc");
	CHECK_INT(statistics.directories.items[1]->source_files, 2);
	CHECK_STRING(statistics.directories.items[2]->path, "/usr/bin");
	CHECK_INT(statistics.directories.items[2]->source_files, 0);
	statistics_release(&statistics);
	statistics = (struct statistics){0};
	REQUIRE(statistics_read(manifest, STATISTICS_DIRECTORY, 1, &statistics, &err) == 0);
	REQUIRE(statistics.directories.count == 2);
	CHECK_STRING(statistics.directories.items[0]->path, "/usr");
}

static void every_kind_of_statistics_is_json(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = three_runs("json.db");
	enum statistics_by by = STATISTICS_LABEL;
	struct error err = ERROR_INIT;

	CHECK(!statistics_by_of_name("colour", &by));
	for (int i = STATISTICS_LABEL; i <= STATISTICS_DIRECTORY; i++) {
		_cleanup_(statistics_release) struct statistics statistics = {0};
		json_auto_t *json = NULL;

		REQUIRE(statistics_by_of_name(statistics_by_name((enum statistics_by)i), &by));
		REQUIRE(statistics_read(manifest, by, 1, &statistics, &err) == 0);
		json = statistics_json(&statistics, by);
		REQUIRE(json);
		CHECK(json_array_size(json_object_get(json, "rows")) > 0);
	}
}

static void an_empty_manifest_has_empty_statistics(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("empty.db");
	_cleanup_(statistics_release) struct statistics statistics = {0};
	struct error err = ERROR_INIT;

	REQUIRE(statistics_read(manifest, STATISTICS_LABEL, 1, &statistics, &err) == 0);
	CHECK_INT(statistics.runs.count, 0);
	CHECK_INT(statistics.all.files, 0);
	CHECK_INT(statistics.tests, 0);
	CHECK(!statistics.has_catalog);
}

int main(void)
{
	scratch_enter();
	RUN(an_inventory_is_what_was_needed_by_path);
	RUN(misses_are_told_apart_by_how_they_were_asked);
	RUN(what_nobody_touched_is_the_rest_of_the_catalog);
	RUN(statistics_count_files_and_what_is_left_out);
	RUN(directories_are_cut_to_a_depth);
	RUN(every_kind_of_statistics_is_json);
	RUN(an_empty_manifest_has_empty_statistics);
	return test_end();
}
