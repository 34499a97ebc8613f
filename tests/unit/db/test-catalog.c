// SPDX-License-Identifier: BSD-2-Clause
/* A catalog in memory, folded, and in a copy for others; and a manifest from before there was that. */
#include "db/catalog_fold.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/access.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/packed.h"
#include "db/session.h"
#include "tests/manifest.h"

static struct error err;
static const int never;

static void put_file(const char *path, const char *contents)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	REQUIRE(fd >= 0 && write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents));
	close(fd);
}

static void make_root(void)
{
	const char *directories[] = {"root", "root/a", "root/a/deep", "root/a-b", "root/a0",
				     "root/empty", "root/used"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		REQUIRE(mkdir(directories[i], 0755) == 0);
	put_file("root/a/1", "12345");
	put_file("root/a/2", "123");
	REQUIRE(symlink("1", "root/a/link") == 0);
	put_file("root/a/deep/\xff\n", "1");
	put_file("root/a-b/x", "12");
	put_file("root/a0/x", "");
	REQUIRE(chmod("root/a0/x", 04701) == 0);
	put_file("root/used/one", "1234");
	put_file("root/used/other", "1234567");
}

static void scan(struct catalog_list *list)
{
	uint64_t skipped = 9;

	REQUIRE(catalog_list_scan("root", true, &never, list, &skipped, &err) == 0);
	CHECK_INT(skipped, 0);
}

static int mode_of(const char *path)
{
	char below[64];
	struct stat st;

	snprintf(below, sizeof(below), "root%s", path);
	REQUIRE(lstat(below, &st) == 0);
	return st.st_mode & 07777;
}

static void a_walk_comes_in_byte_order_of_the_paths(void)
{
	static const char *const paths[] = {"/",      "/a",     "/a-b",  "/a-b/x", "/a/1",
					    "/a/2",   "/a/deep", "/a/deep/\xff\n", "/a/link", "/a0",
					    "/a0/x",  "/empty", "/used", "/used/one", "/used/other"};
	_cleanup_(catalog_list_release) struct catalog_list list = CATALOG_LIST_INIT;
	_cleanup_(catalog_list_cursor_release) struct catalog_list_cursor cursor =
		CATALOG_LIST_CURSOR_INIT;
	struct catalog_entry entry;
	size_t count = 0;

	scan(&list);
	while (catalog_list_next(&list, &cursor, &entry) > 0) {
		REQUIRE(count < sizeof(paths) / sizeof(*paths));
		CHECK_STRING(entry.path, paths[count++]);
		CHECK(!entry.folded && entry.has_mode);
		CHECK_INT(entry.mode, mode_of(entry.path));
	}
	CHECK_INT(count, list.count);
	CHECK_INT(count, sizeof(paths) / sizeof(*paths));
	CHECK_INT(list.files, 7);
	CHECK_INT(list.file_bytes, 22);
}

static void numbers_of_any_size_come_back(void)
{
	_cleanup_(catalog_list_release) struct catalog_list list = CATALOG_LIST_INIT;
	_cleanup_(catalog_list_cursor_release) struct catalog_list_cursor cursor =
		CATALOG_LIST_CURSOR_INIT;
	const struct catalog_entry first = {.path = "/", .kind = ENTRY_DIR, .size = UINT64_MAX,
					    .folded = true, .names = 1ULL << 40, .files = 127,
					    .digest = {0, 1, 2, 0x80, 0xff}},
				   second = {.path = "/s", .kind = ENTRY_SOCKET, .size = 128,
					     .mode = 07777, .has_mode = true};
	struct catalog_entry entry;

	REQUIRE(catalog_list_add(&list, &first) == 0 && catalog_list_add(&list, &second) == 0);
	REQUIRE(catalog_list_next(&list, &cursor, &entry) == 1);
	CHECK(entry.folded && entry.size == UINT64_MAX && entry.names == 1ULL << 40);
	CHECK(!entry.has_mode && entry.mode == 0);
	CHECK(entry.files == 127 && memcmp(entry.digest, first.digest, sizeof(entry.digest)) == 0);
	REQUIRE(catalog_list_next(&list, &cursor, &entry) == 1);
	CHECK(entry.has_mode && entry.mode == 07777);
	CHECK(!entry.folded && entry.size == 128 && entry.kind == ENTRY_SOCKET && entry.names == 0);
	CHECK_STRING(entry.path, "/s");
	CHECK_INT(catalog_list_next(&list, &cursor, &entry), 0);
	CHECK(list.folded);
}

static void digest_of(const char *names, size_t size, uint8_t ret_digest[CATALOG_DIGEST_SIZE])
{
	uint8_t whole[DIGEST_SIZE];

	REQUIRE(digest_once(names, size, whole) == 0);
	memcpy(ret_digest, whole, CATALOG_DIGEST_SIZE);
}

/* In "/used" something was used, below "/a0" something was looked for in vain. */
static struct manifest *manifest_of_use(const char *path)
{
	struct manifest *manifest = scratch_manifest(path);
	const struct found there = {.kind = ENTRY_FILE, .size = 4}, missing = {.kind = ENTRY_MISSING};
	const struct access_record records[] = {
		{.path = "/used/one", .found = &there, .exe = "/x", .comm = "x", .op = ACCESS_OPEN,
		 .count = 1, .first_seq = 1},
		{.path = "/a0/no/where", .found = &missing, .exe = "/x", .comm = "x",
		 .op = ACCESS_STAT, .error = ENOENT, .count = 1, .first_seq = 2},
	};
	int64_t id = scratch_session(manifest, "t");

	REQUIRE(access_record_batch(manifest, id, records, 2, 2, 0, &err) == 0);
	return manifest;
}

static void expect(const struct catalog_list *list, const char *path, bool folded, uint64_t names,
		   uint64_t files, uint64_t size)
{
	_cleanup_(catalog_list_cursor_release) struct catalog_list_cursor cursor =
		CATALOG_LIST_CURSOR_INIT;
	struct catalog_entry entry;

	while (catalog_list_next(list, &cursor, &entry) > 0)
		if (strcmp(entry.path, path) == 0) {
			CHECK_INT(entry.folded, folded);
			CHECK_INT(entry.names, names);
			CHECK_INT(entry.files, files);
			CHECK_INT(entry.size, size);
			return;
		}
	CHECK_STRING("not in the list", path);
}

static void fold(struct manifest *manifest, const struct catalog_list *list,
		 struct catalog_list *folded)
{
	struct catalog_near near = {0};

	REQUIRE(catalog_near_add_accessed(&near, manifest, &err) == 0);
	REQUIRE(catalog_fold(list, &near, folded, &err) == 0);
	catalog_near_release(&near);
}

static void what_is_far_is_one_row_a_directory(void)
{
	_cleanup_(catalog_list_release) struct catalog_list list = CATALOG_LIST_INIT,
							    folded = CATALOG_LIST_INIT,
							    again = CATALOG_LIST_INIT;
	_cleanup_(manifest_closep) struct manifest *manifest = manifest_of_use("fold.db");
	_cleanup_(catalog_list_cursor_release) struct catalog_list_cursor cursor =
		CATALOG_LIST_CURSOR_INIT;
	uint8_t digest[CATALOG_DIGEST_SIZE];
	struct catalog_entry entry;

	scan(&list);
	fold(manifest, &list, &folded);
	CHECK_INT(folded.count, 10);
	expect(&folded, "/", false, 0, 0, 0);
	expect(&folded, "/a", true, 4, 2, 8);
	expect(&folded, "/a-b", true, 1, 1, 2);
	expect(&folded, "/a/deep", true, 1, 1, 1);
	expect(&folded, "/a0", false, 0, 0, 0);
	expect(&folded, "/a0/x", false, 0, 0, 0);
	expect(&folded, "/empty", true, 0, 0, 0);
	expect(&folded, "/used/other", false, 0, 0, 7);
	CHECK_INT(folded.files, list.files);
	CHECK_INT(folded.file_bytes, list.file_bytes);
	digest_of("1\0002\0deep\0link", sizeof("1\0002\0deep\0link"), digest);
	while (catalog_list_next(&folded, &cursor, &entry) > 0)
		if (strcmp(entry.path, "/a") == 0)
			CHECK(memcmp(entry.digest, digest, sizeof(digest)) == 0);
	/* what was folded stays so, and nothing is counted twice */
	fold(manifest, &folded, &again);
	CHECK_INT(again.bytes.size, folded.bytes.size);
	CHECK(memcmp(again.bytes.bytes, folded.bytes.bytes, again.bytes.size) == 0);
}

static int64_t answer_of(struct manifest *manifest, const char *path)
{
	struct catalog_entry entry;
	enum catalog_answer answer;

	REQUIRE(catalog_ask(manifest, path, &answer, &entry, &err) == 0);
	return answer;
}

static void a_copy_for_others_has_the_catalog_it_is_given(void)
{
	const struct packed nothing = {0};
	_cleanup_(catalog_list_release) struct catalog_list list = CATALOG_LIST_INIT,
							    folded = CATALOG_LIST_INIT,
							    back = CATALOG_LIST_INIT;
	_cleanup_(manifest_closep) struct manifest *manifest = manifest_of_use("own.db"), *copy = NULL;
	uint64_t files, bytes;

	scan(&list);
	fold(manifest, &list, &folded);
	REQUIRE(catalog_take(manifest, &list, true, &err) == 0);
	CHECK_INT(manifest_copy_away(manifest, "root sha256:1", &folded, &nothing, "away.db", &err), 0);
	CHECK_INT(manifest_copy_away(manifest, "root sha256:1", &folded, &nothing, "away.db", &err), -EEXIST);
	CHECK_INT(manifest_copy_away(manifest, "root sha256:1", &folded, &nothing, "away2.db", &err), 0);
	CHECK(same_bytes("away.db", "away2.db"));
	REQUIRE(manifest_open("away.db", MANIFEST_READ, &copy, &err) == 0);
	CHECK_INT(count_of("away.db", "SELECT count(*) FROM session WHERE source = 'root sha256:1'"), 1);
	CHECK_INT(count_of("away.db", "SELECT count(*) FROM access"), 2);
	REQUIRE(catalog_list_read(copy, &back, &err) == 0);
	CHECK_INT(back.bytes.size, folded.bytes.size);
	CHECK(memcmp(back.bytes.bytes, folded.bytes.bytes, back.bytes.size) == 0);
	REQUIRE(catalog_total(copy, &files, &bytes, &err) == 0);
	CHECK_INT(files, 7);
	CHECK_INT(bytes, 22);
	CHECK_INT(answer_of(copy, "/used/other"), CATALOG_LISTED);
	CHECK_INT(answer_of(copy, "/used/never"), CATALOG_NEVER);
	CHECK_INT(answer_of(copy, "/a/any"), CATALOG_UNKNOWN);
	CHECK_INT(answer_of(copy, "/a/any/below"), CATALOG_NEVER);
	CHECK_INT(count_of("away.db", "SELECT count(*) FROM untouched"), 9); /* not what was used */
	CHECK_INT(count_of("away.db", "SELECT names FROM untouched WHERE path = '/a'"), 4);
}

static void a_source_that_changed_is_taken_as_it_is(void)
{
	_cleanup_(catalog_list_release) struct catalog_list list = CATALOG_LIST_INIT,
							    folded = CATALOG_LIST_INIT,
							    back = CATALOG_LIST_INIT;
	_cleanup_(manifest_closep) struct manifest *manifest = manifest_of_use("take.db");
	uint64_t skipped;

	scan(&list);
	fold(manifest, &list, &folded);
	REQUIRE(catalog_take(manifest, &folded, true, &err) == 0);
	put_file("root/a/2", "longer");
	put_file("root/a-b/y", "new");
	REQUIRE(chmod("root/used/one", 0600) == 0);
	REQUIRE(unlink("root/a0/x") == 0);
	CHECK_INT(catalog_scan(manifest, "root", true, &skipped, &err), 0);
	CHECK_INT(count_of("take.db", "SELECT count(*) FROM catalog"), 15);
	CHECK_INT(count_of("take.db", "SELECT count(names) FROM catalog"), 0);
	CHECK_INT(count_of("take.db", "SELECT size FROM catalog WHERE path = '/a/2'"), 6);
	CHECK_INT(count_of("take.db", "SELECT size FROM catalog WHERE path = '/a'"), 0);
	CHECK_INT(count_of("take.db", "SELECT mode FROM catalog WHERE path = '/used/one'"), 0600);
	CHECK_INT(count_of("take.db", "SELECT count(*) FROM catalog WHERE path = '/a0/x'"), 0);
	/* half a walk takes nothing out */
	REQUIRE(catalog_list_read(manifest, &back, &err) == 0);
	put_file("root/a0/x", "");
	CHECK_INT(catalog_take(manifest, &list, false, &err), 0);
	CHECK_INT(count_of("take.db", "SELECT count(*) FROM catalog WHERE path = '/a-b/y'"), 1);
}

/* From one version to the one before. */
static const char to_version_2[] = "DROP VIEW calls; DROP VIEW needed; DROP VIEW accesses;"
				   "DROP VIEW actor; DROP VIEW error;"
				   "DROP TABLE learned; DROP TABLE packed; DROP TABLE package; DROP TABLE phase;"
				   "ALTER TABLE catalog DROP COLUMN mode;"
				   "PRAGMA user_version = 2";
static const char to_version_1[] = "DROP VIEW untouched;"
				   "ALTER TABLE catalog DROP COLUMN names;"
				   "ALTER TABLE catalog DROP COLUMN files;"
				   "ALTER TABLE catalog DROP COLUMN digest;"
				   "CREATE VIEW untouched AS SELECT path, kind, size FROM catalog"
				   " WHERE NOT EXISTS (SELECT 1 FROM entry JOIN access"
				   " ON access.entry = entry.id WHERE entry.path = catalog.path);"
				   "PRAGMA user_version = 1";

static void age(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void scanned_manifest(const char *path)
{
	_cleanup_(manifest_closep) struct manifest *manifest = manifest_of_use(path);
	uint64_t skipped;

	CHECK_INT(catalog_scan(manifest, "root", true, &skipped, &err), 0);
}

/* Which tables and views there are, and of all but the catalog, whose columns came one by one, how they are made. */
static void is_as_a_new_one(const char *path)
{
	_cleanup_(manifest_closep) struct manifest *fresh = scratch_manifest("fresh.db");
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;

	REQUIRE(fresh && sqlite3_open(path, &db) == SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "ATTACH 'fresh.db' AS fresh", NULL, NULL, NULL), SQLITE_OK);
	REQUIRE(sqlite3_prepare_v2(db,
				   "WITH old AS (SELECT name, iif(name = 'catalog', '', sql) FROM main.sqlite_schema),"
				   " new AS (SELECT name, iif(name = 'catalog', '', sql) FROM fresh.sqlite_schema)"
				   " SELECT count(*) FROM (SELECT * FROM (SELECT * FROM old EXCEPT SELECT * FROM new)"
				   " UNION ALL SELECT * FROM (SELECT * FROM new EXCEPT SELECT * FROM old))",
				   -1, &stmt, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_step(stmt) == SQLITE_ROW);
	CHECK_INT(sqlite3_column_int(stmt, 0), 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void a_manifest_of_version_1_is_read_and_climbs(void)
{
	struct manifest *manifest;
	uint64_t files, bytes;

	scanned_manifest("old.db");
	age("old.db", to_version_2);
	age("old.db", to_version_1);
	REQUIRE(manifest_open("old.db", MANIFEST_READ, &manifest, &err) == 0);
	CHECK_INT(catalog_total(manifest, &files, &bytes, &err), 0);
	CHECK_INT(files, 8);
	manifest_close(manifest);
	CHECK_INT(count_of("old.db", "PRAGMA user_version"), 1);
	REQUIRE(manifest_open("old.db", MANIFEST_WRITE, &manifest, &err) == 0);
	manifest_close(manifest);
	CHECK_INT(count_of("old.db", "PRAGMA user_version"), 4);
	CHECK_INT(count_of("old.db", "SELECT count(*) - count(names) FROM untouched"), 15);
	CHECK(count_of("old.db", "SELECT count(*) FROM needed") > 0);
	CHECK_INT(count_of("old.db", "SELECT count(*) FROM packed"), 0);
	is_as_a_new_one("old.db");
}

static void what_was_listed_without_modes_learns_them_when_it_is_listed_again(void)
{
	struct manifest *manifest;
	struct catalog_entry entry;
	uint64_t skipped;

	scanned_manifest("modeless.db");
	age("modeless.db", to_version_2);
	REQUIRE(manifest_open("modeless.db", MANIFEST_READ, &manifest, &err) == 0);
	REQUIRE(catalog_find(manifest, "/a0/x", &entry, &err) == 1);
	CHECK(!entry.has_mode);
	manifest_close(manifest);
	REQUIRE(manifest_open("modeless.db", MANIFEST_WRITE, &manifest, &err) == 0);
	CHECK_INT(count_of("modeless.db", "SELECT count(mode) FROM catalog"), 0);
	CHECK_INT(catalog_scan(manifest, "root", true, &skipped, &err), 0);
	manifest_close(manifest);
	CHECK_INT(count_of("modeless.db", "SELECT count(*) - count(mode) FROM catalog"), 0);
}

int main(void)
{
	scratch_enter();
	make_root();
	RUN(a_walk_comes_in_byte_order_of_the_paths);
	RUN(numbers_of_any_size_come_back);
	RUN(what_is_far_is_one_row_a_directory);
	RUN(a_copy_for_others_has_the_catalog_it_is_given);
	RUN(a_source_that_changed_is_taken_as_it_is);
	RUN(a_manifest_of_version_1_is_read_and_climbs);
	RUN(what_was_listed_without_modes_learns_them_when_it_is_listed_again);
	return test_end();
}
