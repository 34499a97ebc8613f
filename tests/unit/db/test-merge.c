// SPDX-License-Identifier: BSD-2-Clause
/* Manifests merged: sessions of several in one, each once. */
#include "db/access.h"
#include "db/catalog.h"
#include "db/coverage.h"
#include "db/merge.h"
#include "db/phase.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "tests/manifest.h"
#include "tests/test.h"

static const struct found file_of_10 = {.kind = ENTRY_FILE, .size = 10};
static const struct found file_of_100 = {.kind = ENTRY_FILE, .size = 100};
static const struct found made = {.kind = ENTRY_FILE, .size = 5, .origin = ENTRY_CREATED};
static const struct found nothing = {.kind = ENTRY_MISSING};

static void saw(struct manifest *manifest, int64_t session, const char *path,
		const struct found *found)
{
	struct access_record record = {
		.path = path, .found = found, .exe = "/bin/x", .comm = "x", .op = ACCESS_OPEN,
		.error = found == &nothing ? ENOENT : 0, .count = 2, .first_seq = 1,
	};
	struct error err = ERROR_INIT;

	CHECK_INT(access_record_batch(manifest, session, &record, 1, 2, 0, &err), 0);
}

static int64_t ended(struct manifest *manifest, int64_t session)
{
	struct error err = ERROR_INIT;

	CHECK_INT(session_end(manifest, session, SESSION_COMPLETE, &err), 0);
	return session;
}

/* Two machines: each has a path of its own and one both saw, differently. */
static void two_manifests(struct manifest **a, struct manifest **b, const char *names[2])
{
	int64_t id;

	*a = scratch_manifest(names[0]);
	id = scratch_session(*a, "a");
	saw(*a, id, "/a", &file_of_10);
	saw(*a, id, "/both", &made);
	saw(*a, id, "/miss", &nothing);
	ended(*a, id);
	*b = scratch_manifest(names[1]);
	id = scratch_session(*b, "b");
	saw(*b, id, "/b", &file_of_100);
	saw(*b, id, "/both", &file_of_100);
	saw(*b, id, "/miss", &nothing);
	ended(*b, id);
	CHECK(ended(*b, scratch_session(*b, "c")) > id);
}

static int add_name(const struct phase *phase, void *data)
{
	char *names = data;

	strcat(strcat(names, phase->name), " ");
	return 0;
}

static void phases_are_of_the_last_session_and_come_along(void)
{
	static const struct phase phases[] = {{"started", 3000}, {"ready", 2000}, {"probe", 0}};
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL;
	struct merge_counts counts;
	struct error err = ERROR_INIT;
	char names[64] = "";
	int64_t id;

	two_manifests(&a, &b, (const char *[]){"a-phase.db", "b-phase.db"});
	CHECK_INT(phase_note(b, phases, 3, &err), 0);
	CHECK_INT(count_of("b-phase.db", "SELECT count(*) FROM phase JOIN session ON id = session"
					 " WHERE label = 'c'"), 2);
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	id = count_of("a-phase.db", "SELECT id FROM session WHERE label = 'c'");
	CHECK_INT(phase_each(a, id, add_name, names, &err), 0);
	CHECK_STRING(names, "ready started ");
}

static void sessions_come_over_with_all_they_saw(void)
{
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL;
	struct merge_counts counts;
	struct error err = ERROR_INIT;
	struct entry entry;

	two_manifests(&a, &b, (const char *[]){"a1.db", "b1.db"});
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(counts.sessions, 2);
	CHECK_INT(counts.known, 0);
	CHECK_INT(counts.entries, 1);
	CHECK_INT(counts.accesses, 3);
	CHECK_INT(entry_find(a, "/both", &entry, &err), 1);
	CHECK_INT(entry.found.size, 100);
	CHECK_INT(entry.found.origin, ENTRY_SOURCE);
	CHECK_INT(count_of("a1.db", "SELECT count(*) FROM accesses WHERE label = 'b'"), 3);
	CHECK_INT(count_of("a1.db", "SELECT sum(count) FROM missing"), 4);
	CHECK_INT(count_of("a1.db", "SELECT count(*) FROM needed"), 3);
	CHECK_INT(count_of("a1.db", "SELECT sessions FROM needed WHERE path = '/both'"), 2);
	/* ids found in the cache after a merge are right */
	saw(a, 1, "/b", &file_of_100);
	CHECK_INT(count_of("a1.db", "SELECT count(*) FROM accesses WHERE path = '/b'"), 2);
}

static void merging_twice_changes_nothing(void)
{
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL;
	struct merge_counts counts;
	struct error err = ERROR_INIT;

	two_manifests(&a, &b, (const char *[]){"a2.db", "b2.db"});
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(manifest_copy(a, "once.db", &err), 0);
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(counts.sessions, 0);
	CHECK_INT(counts.known, 2);
	CHECK_INT(manifest_copy(a, "twice.db", &err), 0);
	CHECK(same_bytes("once.db", "twice.db"));
}

static void a_running_session_waits_for_its_end(void)
{
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL;
	struct merge_counts counts;
	struct error err = ERROR_INIT;
	int64_t id;

	two_manifests(&a, &b, (const char *[]){"a3.db", "b3.db"});
	id = scratch_session(b, "live");
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(counts.running, 1);
	CHECK_INT(counts.sessions, 2);
	ended(b, id);
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(counts.running, 0);
	CHECK_INT(counts.sessions, 1);
}

static void a_manifest_is_not_merged_into_itself(void)
{
	_cleanup_(manifest_closep) struct manifest *a = scratch_manifest("self.db"), *again = NULL;
	struct merge_counts counts;
	struct error err = ERROR_INIT;

	CHECK_INT(manifest_open("./self.db", MANIFEST_READ, &again, &err), 0);
	CHECK_INT(manifest_merge(a, again, &counts, &err), -EINVAL);
	CHECK_STRING(err.message, "cannot merge 'self.db' into itself");
}

static void add_to_catalog(struct manifest *manifest, const char *path, uint64_t size)
{
	struct catalog_entry entry = {.path = path, .kind = ENTRY_FILE, .size = size};
	struct error err = ERROR_INIT;

	CHECK_INT(catalog_add(manifest, &entry, &err), 0);
}

static void catalogs_unite_when_they_are_of_one_source(void)
{
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL, *c = NULL;
	struct session_start elsewhere = {.label = "c", .source = "/srv", .tool = "t"};
	struct merge_counts counts;
	struct error err = ERROR_INIT;
	int64_t id;

	two_manifests(&a, &b, (const char *[]){"a4.db", "b4.db"});
	add_to_catalog(b, "/x", 1);
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(counts.catalog, 1);
	add_to_catalog(b, "/x", 2);
	add_to_catalog(b, "/y", 2);
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(counts.catalog, 1);
	CHECK(!counts.catalog_differs);
	CHECK_INT(count_of("a4.db", "SELECT size FROM catalog WHERE path = '/x'"), 1);

	c = scratch_manifest("c4.db");
	CHECK_INT(session_begin(c, &elsewhere, &id, &err), 0);
	ended(c, id);
	add_to_catalog(c, "/z", 3);
	CHECK_INT(manifest_merge(a, c, &counts, &err), 0);
	CHECK(counts.catalog_differs);
	CHECK_INT(counts.sessions, 1);
	CHECK_INT(count_of("a4.db", "SELECT count(*) FROM catalog"), 2);
}

static void fold_in_catalog(struct manifest *manifest, const char *path)
{
	struct catalog_entry entry = {.path = path, .kind = ENTRY_DIR, .size = 9, .folded = true,
				      .names = 2, .files = 2};
	struct error err = ERROR_INIT;

	CHECK_INT(catalog_add(manifest, &entry, &err), 0);
}

static void a_directory_that_one_of_them_knows_whole_is_whole(void)
{
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL;
	const struct catalog_entry far = {.path = "/far", .kind = ENTRY_DIR};
	struct merge_counts counts;
	struct error err = ERROR_INIT;
	uint64_t files, bytes;

	two_manifests(&a, &b, (const char *[]){"a6.db", "b6.db"});
	fold_in_catalog(a, "/far");
	fold_in_catalog(a, "/also");
	CHECK_INT(catalog_add(b, &far, &err), 0);
	add_to_catalog(b, "/far/x", 4);
	add_to_catalog(b, "/far/y", 5);
	fold_in_catalog(b, "/farther");
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(counts.catalog, 3);
	CHECK_INT(count_of("a6.db", "SELECT count(*) FROM catalog WHERE names IS NOT NULL"), 2);
	CHECK_INT(count_of("a6.db", "SELECT count(*) FROM catalog WHERE path = '/far' AND"
				    " coalesce(names, files, digest) IS NULL AND size = 0"), 1);
	CHECK_INT(catalog_total(a, &files, &bytes, &err), 0);
	CHECK_INT(files, 6);
	CHECK_INT(bytes, 27);
}

static void add_with_mode(struct manifest *manifest, const char *path, bool has_mode, uint16_t mode)
{
	const struct catalog_entry entry = {.path = path, .kind = ENTRY_FILE, .mode = mode,
					    .has_mode = has_mode};
	struct error err = ERROR_INIT;

	CHECK_INT(catalog_add(manifest, &entry, &err), 0);
}

static void what_one_of_them_knows_no_mode_of_learns_it(void)
{
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL;
	struct merge_counts counts;
	struct error err = ERROR_INIT;

	two_manifests(&a, &b, (const char *[]){"a7.db", "b7.db"});
	add_with_mode(a, "/learns", false, 0);
	add_with_mode(b, "/learns", true, 04755);
	add_with_mode(a, "/knows", true, 0600);
	add_with_mode(b, "/knows", true, 0644);
	add_with_mode(a, "/alone", false, 0);
	add_with_mode(b, "/comes", true, 0);
	CHECK_INT(manifest_merge(a, b, &counts, &err), 0);
	CHECK_INT(count_of("a7.db", "SELECT mode FROM catalog WHERE path = '/learns'"), 04755);
	CHECK_INT(count_of("a7.db", "SELECT mode FROM catalog WHERE path = '/knows'"), 0600);
	CHECK_INT(count_of("a7.db", "SELECT mode IS NULL FROM catalog WHERE path = '/alone'"), 1);
	CHECK_INT(count_of("a7.db", "SELECT mode = 0 FROM catalog WHERE path = '/comes'"), 1);
}

static void a_merge_that_fails_changes_nothing(void)
{
	_cleanup_(manifest_closep) struct manifest *a = NULL, *b = NULL;
	struct merge_counts counts;
	struct error err = ERROR_INIT;
	sqlite3 *db = NULL;

	two_manifests(&a, &b, (const char *[]){"a5.db", "b5.db"});
	manifest_close(take(b));
	REQUIRE(sqlite3_open("b5.db", &db) == SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "PRAGMA ignore_check_constraints = ON;"
				   "UPDATE access SET op = 'nonsense' WHERE entry = 1",
			       NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	CHECK_INT(manifest_open("b5.db", MANIFEST_READ, &b, &err), 0);
	CHECK_INT(manifest_merge(a, b, &counts, &err), -EUCLEAN);
	CHECK(strncmp(err.message, "cannot merge 'b5.db': CHECK constraint failed", 45) == 0);
	CHECK_INT(count_of("a5.db", "SELECT count(*) FROM session"), 1);
	CHECK_INT(count_of("a5.db", "SELECT count(*) FROM entry"), 3);
}

static void coverage_tells_what_each_label_alone_brought_in(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("coverage.db");
	_cleanup_(program_total_list_release) struct program_total_list programs = {0};
	_cleanup_(coverage_list_release) struct coverage_list list = {0};
	_cleanup_(freep) uint64_t *incidence = NULL;
	int64_t first = scratch_session(manifest, "start"), again, other;
	struct error err = ERROR_INIT;
	size_t runs = 0;

	saw(manifest, first, "/shared", &file_of_10);
	saw(manifest, first, "/one", &file_of_100);
	saw(manifest, first, "/none", &nothing);
	saw(manifest, first, "/made", &made);
	again = scratch_session(manifest, "start");
	saw(manifest, again, "/one", &file_of_100);
	saw(manifest, again, "/shared", &file_of_10);
	other = scratch_session(manifest, "reload");
	saw(manifest, other, "/shared", &file_of_10);

	REQUIRE(coverage_read(manifest, COVERAGE_BY_LABEL, NULL, 0, &list, &err) == 0);
	REQUIRE(list.count == 2);
	CHECK_STRING(list.items[0].label, "start");
	CHECK_INT(list.items[0].sessions, 2);
	CHECK_INT(list.items[0].files, 2);
	CHECK_INT(list.items[0].bytes, 110);
	CHECK_INT(list.items[0].only_files, 1);
	CHECK_INT(list.items[0].only_bytes, 100);
	CHECK_INT(list.items[0].new_files, 2);
	CHECK_INT(list.items[0].new_bytes, 110);
	CHECK_INT(list.items[0].in_vain, 1);
	CHECK_INT(list.items[0].operations, 12);
	CHECK_STRING(list.items[1].label, "reload");
	CHECK_INT(list.items[1].paths, 1);
	CHECK_INT(list.items[1].only_paths, 0);
	CHECK_INT(list.items[1].new_files, 0);

	coverage_list_release(&list);
	REQUIRE(coverage_read(manifest, COVERAGE_BY_SESSION, &other, 1, &list, &err) == 0);
	REQUIRE(list.count == 1);
	CHECK_INT(list.items[0].session, other);
	CHECK_INT(list.items[0].only_bytes, 10);

	REQUIRE(coverage_incidence(manifest, COVERAGE_BY_SESSION, NULL, 0, &incidence, &runs,
				   &err) == 0);
	REQUIRE(runs == 3);
	CHECK_INT(incidence[1], 0);
	CHECK_INT(incidence[2], 1);
	CHECK_INT(incidence[3], 1);

	REQUIRE(program_totals_read(manifest, NULL, 0, &programs, &err) == 0);
	REQUIRE(programs.count == 1);
	CHECK_STRING(programs.items[0].exe, "/bin/x");
	CHECK_INT(programs.items[0].paths, 2);
	CHECK_INT(programs.items[0].bytes, 110);
	CHECK_INT(programs.items[0].in_vain, 1);
	CHECK_INT(programs.items[0].operations, 14);
}

static void an_empty_manifest_has_no_coverage(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("empty.db");
	_cleanup_(coverage_list_release) struct coverage_list list = {0};
	_cleanup_(freep) uint64_t *incidence = NULL;
	struct error err = ERROR_INIT;
	size_t runs = 9;

	CHECK_INT(coverage_read(manifest, COVERAGE_BY_LABEL, NULL, 0, &list, &err), 0);
	CHECK_INT(list.count, 0);
	CHECK_INT(coverage_incidence(manifest, COVERAGE_BY_LABEL, NULL, 0, &incidence, &runs, &err),
		  0);
	CHECK_INT(runs, 0);
}

int main(void)
{
	scratch_enter();
	RUN(sessions_come_over_with_all_they_saw);
	RUN(phases_are_of_the_last_session_and_come_along);
	RUN(merging_twice_changes_nothing);
	RUN(a_running_session_waits_for_its_end);
	RUN(a_manifest_is_not_merged_into_itself);
	RUN(catalogs_unite_when_they_are_of_one_source);
	RUN(a_directory_that_one_of_them_knows_whole_is_whole);
	RUN(what_one_of_them_knows_no_mode_of_learns_it);
	RUN(a_merge_that_fails_changes_nothing);
	RUN(coverage_tells_what_each_label_alone_brought_in);
	RUN(an_empty_manifest_has_no_coverage);
	return test_end();
}
