// SPDX-License-Identifier: BSD-2-Clause
/* A manifest: what is written is read back, by paths, sessions and programs. */
#include "db/access.h"
#include "db/catalog.h"
#include "db/manifest.h"
#include "db/session.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "db/base/cleanup.h"
#include "tests/manifest.h"
#include "tests/test.h"

static const struct found a_file = {.kind = ENTRY_FILE, .size = 100, .mode = 0644, .nlink = 1};
static const struct found a_link = {.kind = ENTRY_LINK, .size = 4, .mode = 0777, .nlink = 1};
static const struct found made = {.kind = ENTRY_FILE, .origin = ENTRY_CREATED, .size = 7};
static const struct found nothing = {.kind = ENTRY_MISSING};

static void a_new_manifest_is_there_whole_and_can_be_read(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	struct error err = ERROR_INIT;

	manifest = scratch_manifest("new.db");
	CHECK_STRING(manifest_path(manifest), "new.db");
	manifest_close(take(manifest));
	CHECK_INT(manifest_open("new.db", MANIFEST_READ, &manifest, &err), 0);
	CHECK_STRING(err.message, "");
	manifest_close(take(manifest));
	CHECK(access("new.db-wal", F_OK) < 0);
	CHECK(access("new.db-shm", F_OK) < 0);
}

static void a_session_is_read_as_it_was_written(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("session.db");
	_cleanup_(session_list_release) struct session_list list = {0};
	struct session_start start = {
		.label = "smoke", .kind = SESSION_PROD, .mode = SESSION_FIRST, .exact = false,
		.source = "/srv/\xff root", .command = "[\"a\"]", .cwd = "/", .uid = 0, .gid = -1,
		.env = "{}", .tool = "test 1",
	};
	struct error err = ERROR_INIT;
	int64_t id = 0;

	REQUIRE(session_begin(manifest, &start, &id, &err) == 0);
	CHECK_INT(session_note(manifest, id, 5, 0, NULL, &err), 0);
	REQUIRE(session_list_read(manifest, &list, &err) == 0);
	REQUIRE(list.count == 1);
	CHECK_INT(list.items[0].id, id);
	CHECK_INT(strlen(list.items[0].uuid), 36);
	CHECK_STRING(list.items[0].label, "smoke");
	CHECK_INT(list.items[0].kind, SESSION_PROD);
	CHECK_INT(list.items[0].mode, SESSION_FIRST);
	CHECK_INT(list.items[0].exact, 0);
	CHECK_STRING(list.items[0].source, "/srv/\xff root");
	CHECK_STRING(list.items[0].command, "[\"a\"]");
	CHECK_INT(list.items[0].uid, 0);
	CHECK_INT(list.items[0].gid, -1);
	CHECK_INT(list.items[0].state, SESSION_OPEN);
	CHECK_INT(list.items[0].events, 5);
	CHECK_INT(list.items[0].ended_ns, 0);
	session_list_release(&list);

	start.label = "other";
	start.command = NULL;
	CHECK_INT(session_describe(manifest, id, &start, &err), 0);
	CHECK_INT(session_end(manifest, id, SESSION_COMPLETE, &err), 0);
	REQUIRE(session_list_read(manifest, &list, &err) == 0);
	CHECK_STRING(list.items[0].label, "other");
	CHECK_STRING(list.items[0].command, NULL);
	CHECK_INT(list.items[0].state, SESSION_COMPLETE);
	CHECK(list.items[0].ended_ns >= list.items[0].started_ns);
	CHECK_INT(session_note(manifest, 99, 1, 0, NULL, &err), -ENOENT);
	CHECK_STRING(err.message, "manifest 'session.db' has no session 99");
}

static void a_session_that_lost_something_is_not_complete(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("lost.db");
	_cleanup_(session_list_release) struct session_list list = {0};
	int64_t dropped = scratch_session(manifest, "dropped");
	int64_t problem = scratch_session(manifest, "problem");
	struct error err = ERROR_INIT;

	CHECK_INT(session_note(manifest, dropped, 1, 1, NULL, &err), 0);
	CHECK_INT(session_note(manifest, problem, 1, 0, "disk full", &err), 0);
	CHECK_INT(session_note(manifest, problem, 1, 0, "something else", &err), 0);
	CHECK_INT(session_end(manifest, dropped, SESSION_COMPLETE, &err), 0);
	CHECK_INT(session_end(manifest, problem, SESSION_COMPLETE, &err), 0);
	REQUIRE(session_list_read(manifest, &list, &err) == 0);
	REQUIRE(list.count == 2);
	CHECK_INT(list.items[0].state, SESSION_INTERRUPTED);
	CHECK_INT(list.items[1].state, SESSION_INTERRUPTED);
	CHECK_STRING(list.items[1].problem, "disk full");
}

static void accesses_add_up_and_come_back_by_path(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("access.db");
	struct access_record batch[] = {
		{.path = "/z", .found = &a_file, .exe = "/bin/a", .comm = "a", .op = ACCESS_OPEN,
		 .flags = ACCESS_READING, .count = 2, .first_seq = 5, .first_ns = 50, .last_ns = 60},
		{.path = "/a\n\xff'\"", .found = &nothing, .exe = "", .comm = "x",
		 .op = ACCESS_STAT, .error = ENOENT, .count = 1, .first_seq = 2, .first_ns = 20,
		 .last_ns = 20},
		{.path = "/z", .found = NULL, .exe = "/bin/b", .comm = "b", .op = ACCESS_EXEC,
		 .count = 1, .first_seq = 4, .first_ns = 40, .last_ns = 40},
	};
	int64_t id = scratch_session(manifest, "s"), other = scratch_session(manifest, "t");
	struct access_walk *walk = NULL;
	struct access_row row;
	struct error err = ERROR_INIT;

	CHECK_INT(access_record_batch(manifest, id, batch, 3, 4, 0, &err), 0);
	batch[0].flags = ACCESS_WRITING;
	batch[0].first_seq = 9;
	batch[0].first_ns = 45;
	batch[0].last_ns = 90;
	CHECK_INT(access_record_batch(manifest, id, batch, 1, 2, 0, &err), 0);
	CHECK_INT(access_record_batch(manifest, other, &batch[2], 1, 1, 0, &err), 0);

	REQUIRE(access_walk_begin(manifest, &id, 1, &walk, &err) == 0);
	REQUIRE(access_walk_next(walk, &row, &err) == 1);
	CHECK_STRING(row.entry.path, "/a\n\xff'\"");
	CHECK_INT(row.entry.found.kind, ENTRY_MISSING);
	CHECK_INT(row.error, ENOENT);
	CHECK_STRING(row.exe, "");
	REQUIRE(access_walk_next(walk, &row, &err) == 1);
	CHECK_STRING(row.exe, "/bin/b");
	CHECK_INT(row.op, ACCESS_EXEC);
	REQUIRE(access_walk_next(walk, &row, &err) == 1);
	CHECK_STRING(row.entry.path, "/z");
	CHECK_INT(row.entry.found.kind, ENTRY_FILE);
	CHECK_INT(row.entry.found.size, 100);
	CHECK_INT(row.count, 4);
	CHECK_INT(row.flags, ACCESS_READING | ACCESS_WRITING);
	CHECK_INT(row.first_seq, 5);
	CHECK_INT(row.first_ns, 45);
	CHECK_INT(row.last_ns, 90);
	CHECK_INT(access_walk_next(walk, &row, &err), 0);
	access_walk_end(walk);

	REQUIRE(access_walk_begin_path(manifest, "/z", NULL, 0, &walk, &err) == 0);
	for (int i = 0; i < 3; i++)
		CHECK_INT(access_walk_next(walk, &row, &err), 1);
	CHECK_INT(row.session, other);
	CHECK_INT(access_walk_next(walk, &row, &err), 0);
	access_walk_end(walk);
}

/* See one path several times, and what the entry says then. */
static void sightings(struct manifest *manifest, int64_t session, const char *path,
		      const struct found **found, struct entry *ret_entry)
{
	struct error err = ERROR_INIT;

	for (; *found; found++) {
		struct access_record record = {.path = path, .found = *found, .op = ACCESS_STAT,
					       .count = 1, .first_seq = 1};

		CHECK_INT(access_record_batch(manifest, session, &record, 1, 1, 0, &err), 0);
	}
	CHECK_INT(entry_find(manifest, path, ret_entry, &err), 1);
}

static void an_entry_only_learns(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("learn.db");
	int64_t id = scratch_session(manifest, "s");
	struct found read_link = a_link, unseen = {.kind = ENTRY_UNKNOWN, .origin = ENTRY_CREATED};
	struct error err = ERROR_INIT;
	struct entry entry;

	read_link.target = "/else";
	sightings(manifest, id, "/kept", (const struct found *[]){&a_file, &nothing, &made, NULL},
		  &entry);
	CHECK_INT(entry.found.size, 100);
	CHECK_INT(entry.found.origin, ENTRY_SOURCE);
	sightings(manifest, id, "/made", (const struct found *[]){&nothing, &made, NULL}, &entry);
	CHECK_INT(entry.found.size, 7);
	CHECK_INT(entry.found.origin, ENTRY_CREATED);
	sightings(manifest, id, "/made-unseen", (const struct found *[]){&nothing, &unseen, NULL},
		  &entry);
	CHECK_INT(entry.found.kind, ENTRY_MISSING);
	CHECK_INT(entry.found.origin, ENTRY_CREATED);
	sightings(manifest, id, "/both", (const struct found *[]){&made, &a_file, NULL}, &entry);
	CHECK_INT(entry.found.size, 100);
	CHECK_INT(entry.found.origin, ENTRY_SOURCE);
	sightings(manifest, id, "/link", (const struct found *[]){&a_link, NULL}, &entry);
	CHECK_STRING(entry.found.target, NULL);
	sightings(manifest, id, "/link", (const struct found *[]){&read_link, NULL}, &entry);
	CHECK_STRING(entry.found.target, "/else");
	CHECK_INT(entry_find(manifest, "/nowhere", &entry, &err), 0);
}

/* Somebody changed the source between two mounts; what a run does later is no such change. */
static void the_next_mount_finds_what_the_source_has_become(void)
{
	struct found grown = a_file, later = a_file, link_read = a_link, link_unread = a_link;
	struct manifest *first = scratch_manifest("anew.db");
	_cleanup_(manifest_closep) struct manifest *second = NULL;
	struct error err = ERROR_INIT;
	struct entry entry;
	int64_t id;

	grown.size = 5000;
	later.size = 9000;
	link_read.target = "/else";
	id = scratch_session(first, "s");
	sightings(first, id, "/file", (const struct found *[]){&a_file, NULL}, &entry);
	sightings(first, id, "/gone", (const struct found *[]){&a_file, NULL}, &entry);
	sightings(first, id, "/link", (const struct found *[]){&link_read, NULL}, &entry);
	manifest_close(first);

	REQUIRE(manifest_open("anew.db", MANIFEST_WRITE, &second, &err) == 0);
	id = scratch_session(second, "t");
	sightings(second, id, "/file", (const struct found *[]){&grown, &later, NULL}, &entry);
	CHECK_INT(entry.found.size, 5000);
	sightings(second, id, "/gone", (const struct found *[]){&nothing, &made, NULL}, &entry);
	CHECK_INT(entry.found.size, 100);
	CHECK_INT(entry.found.origin, ENTRY_SOURCE);
	sightings(second, id, "/link", (const struct found *[]){&link_unread, NULL}, &entry);
	CHECK_STRING(entry.found.target, "/else");
	id = scratch_session(second, "u"); /* tracefs --mark: the same mount */
	sightings(second, id, "/file", (const struct found *[]){&later, NULL}, &entry);
	CHECK_INT(entry.found.size, 5000);
}

static void paths_of_any_bytes_and_length_survive(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("bytes.db");
	int64_t id = scratch_session(manifest, "s");
	struct error err = ERROR_INIT;
	struct entry entry;
	char path[9002];

	for (size_t length = 255; length < sizeof(path); length += 2915) {
		struct access_record record = {.path = path, .found = &a_file, .count = 1};

		for (size_t i = 0; i < length; i++)
			path[i] = i % 200 == 0 ? '/' : (char)(1 + (i * 7 + length) % 255);
		path[length] = '\0';
		CHECK_INT(access_record_batch(manifest, id, &record, 1, 1, 0, &err), 0);
		CHECK_INT(entry_find(manifest, path, &entry, &err), 1);
		CHECK_STRING(entry.path, path);
	}
}

static void a_batch_that_fails_leaves_nothing_and_can_be_tried_again(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("fail.db");
	struct access_record record = {.path = "/x", .found = &a_file, .exe = "/e", .count = 1};
	int64_t id = scratch_session(manifest, "s");
	struct error err = ERROR_INIT;
	struct entry entry;

	/* no such session: the rows written before are taken back, and so are the ids kept for them */
	CHECK_INT(access_record_batch(manifest, 77, &record, 1, 1, 0, &err), -ENOENT);
	CHECK_INT(entry_find(manifest, "/x", &entry, &err), 0);
	CHECK_INT(access_record_batch(manifest, id, &record, 1, 1, 0, &err), 0);
	CHECK_INT(entry_find(manifest, "/x", &entry, &err), 1);
	CHECK_INT(count_of(manifest_path(manifest), "SELECT count(*) FROM accesses"), 1);
}

static void raw_events_are_kept_in_order(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("event.db");
	int64_t id = scratch_session(manifest, "s");
	struct event_record events[] = {
		{.seq = 1, .ns = 10, .pid = 3, .path = "/a", .exe = "/e", .comm = "e"},
		{.seq = 2, .ns = 11, .pid = 3, .path = "/a", .op = ACCESS_OPEN, .error = EACCES},
	};
	struct error err = ERROR_INIT;

	CHECK_INT(event_record_batch(manifest, id, events, 2, &err), 0);
	CHECK_INT(count_of("event.db", "SELECT count(*) FROM event WHERE op = 'open' AND errno = 13"
				       " AND seq = 2"), 1);
	CHECK_INT(event_record_batch(manifest, id, events, 2, &err), -EUCLEAN);
	CHECK_INT(count_of("event.db", "SELECT count(*) FROM event"), 2);
}

static void the_catalog_names_what_is_in_the_source(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("catalog.db");
	struct catalog_entry entry;
	struct catalog_walk *walk;
	struct error err = ERROR_INIT;
	uint64_t skipped = 99, files = 99, bytes = 99;
	bool exists = true;
	int fd, count = 0;

	CHECK_INT(mkdir("root", 0755), 0);
	CHECK_INT(mkdir("root/d", 0755), 0);
	fd = open("root/d/f\n", O_CREAT | O_WRONLY, 0644);
	CHECK_INT(write(fd, "12345", 5), 5);
	close(fd);
	CHECK_INT(symlink("d", "root/l"), 0);
	CHECK_INT(catalog_exists(manifest, &exists, &err), 0);
	CHECK(!exists);
	CHECK_INT(catalog_total(manifest, &files, &bytes, &err), 0);
	CHECK_INT(files + bytes, 0);
	CHECK_INT(catalog_scan(manifest, "root", false, &skipped, &err), 0);
	CHECK_INT(close(open("root/gone", O_CREAT | O_WRONLY, 0644)), 0);
	CHECK_INT(catalog_scan(manifest, "root", true, &skipped, &err), 0);
	CHECK_INT(catalog_find(manifest, "/gone", &entry, &err), 1);
	CHECK_INT(unlink("root/gone"), 0);
	CHECK_INT(catalog_scan(manifest, "root", true, &skipped, &err), 0);
	CHECK_INT(skipped, 0);
	CHECK_INT(catalog_find(manifest, "/gone", &entry, &err), 0);
	CHECK_INT(catalog_total(manifest, &files, &bytes, &err), 0);
	CHECK_INT(files, 1);
	CHECK_INT(bytes, 5);
	CHECK_INT(catalog_exists(manifest, &exists, &err), 0);
	CHECK(exists);
	CHECK_INT(catalog_find(manifest, "/d/f\n", &entry, &err), 1);
	CHECK_INT(entry.kind, ENTRY_FILE);
	CHECK_INT(entry.size, 5);
	CHECK_INT(catalog_find(manifest, "/l", &entry, &err), 1);
	CHECK_INT(entry.kind, ENTRY_LINK);
	CHECK_INT(catalog_find(manifest, "/n", &entry, &err), 0);
	REQUIRE(catalog_walk_begin(manifest, &walk, &err) == 0);
	while (catalog_walk_next(walk, &entry, &err) > 0)
		count++;
	catalog_walk_end(walk);
	CHECK_INT(count, 4);
	CHECK_INT(catalog_scan(manifest, "gone", false, &skipped, &err), -ENOENT);
	CHECK_STRING(err.message, "cannot list 'gone': No such file or directory");
}

static void a_copy_is_one_file_and_the_same_each_time(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("whole.db");
	_cleanup_(manifest_closep) struct manifest *copy = NULL;
	struct access_record record = {.path = "/x", .found = &a_file, .exe = "/e", .count = 1};
	struct error err = ERROR_INIT;

	CHECK_INT(access_record_batch(manifest, scratch_session(manifest, "s"), &record, 1, 1, 0,
				      &err), 0);
	CHECK_INT(manifest_copy(manifest, "copy.db", &err), 0);
	CHECK_INT(manifest_copy(manifest, "copy.db", &err), -EEXIST);
	CHECK_INT(manifest_copy(manifest, "copy2.db", &err), 0);
	CHECK(same_bytes("copy.db", "copy2.db"));
	CHECK_INT(manifest_open("copy.db", MANIFEST_READ, &copy, &err), 0);
	CHECK_INT(manifest_copy(copy, "copy3.db", &err), 0);
	CHECK(access("copy.db-wal", F_OK) < 0);
}

int main(void)
{
	scratch_enter();
	RUN(a_new_manifest_is_there_whole_and_can_be_read);
	RUN(a_session_is_read_as_it_was_written);
	RUN(a_session_that_lost_something_is_not_complete);
	RUN(accesses_add_up_and_come_back_by_path);
	RUN(an_entry_only_learns);
	RUN(the_next_mount_finds_what_the_source_has_become);
	RUN(paths_of_any_bytes_and_length_survive);
	RUN(a_batch_that_fails_leaves_nothing_and_can_be_tried_again);
	RUN(raw_events_are_kept_in_order);
	RUN(the_catalog_names_what_is_in_the_source);
	RUN(a_copy_is_one_file_and_the_same_each_time);
	return test_end();
}
