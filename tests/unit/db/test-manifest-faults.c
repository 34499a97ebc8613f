// SPDX-License-Identifier: BSD-2-Clause
/*
 * What can go wrong with a manifest: files that are none, places that cannot be written, disks that
 * are full, writers that are killed, and two of them at once.
 */
#include "db/access.h"
#include "db/manifest_private.h"
#include "db/schema.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "db/base/cleanup.h"
#include "tests/manifest.h"
#include "tests/test.h"

enum { BATCH = 50 };

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "w");

	REQUIRE(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

static void sql_on(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Write `batches` batches of new paths, numbered from `first`; the result of the last. */
static int write_batches(struct manifest *manifest, int64_t session, int first, int batches,
			 struct error *err)
{
	struct access_record records[BATCH] = {0};
	char paths[BATCH][64];
	int r = 0;

	for (int i = 0; r == 0 && i < batches; i++) {
		for (int j = 0; j < BATCH; j++) {
			snprintf(paths[j], sizeof(paths[j]), "/some/longer/directory/%d/%d",
				 first + i, j);
			records[j] = (struct access_record){.path = paths[j], .exe = "/bin/x",
							    .count = 1, .first_seq = 1};
		}
		r = access_record_batch(manifest, session, records, BATCH, BATCH, 0, err);
	}
	return r;
}

/* Refused in both modes with this code and message, and not one byte of it changed. */
static void refused(const char *path, int code, const char *message)
{
	static const enum manifest_mode modes[] = {MANIFEST_READ, MANIFEST_WRITE, MANIFEST_CREATE};
	struct stat before, after;
	char copy[] = "before";

	REQUIRE(stat(path, &before) == 0);
	if (S_ISREG(before.st_mode)) {
		char command[256];

		snprintf(command, sizeof(command), "cp '%s' %s", path, copy);
		REQUIRE(system(command) == 0);
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct manifest *manifest = NULL;
		struct error err = ERROR_INIT;

		CHECK_INT(manifest_open(path, modes[i], &manifest, &err), code);
		CHECK_STRING(err.message, message);
		CHECK(manifest == NULL);
	}
	REQUIRE(stat(path, &after) == 0);
	CHECK_INT(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	if (S_ISREG(before.st_mode))
		CHECK(same_bytes(path, copy));
}

static void what_is_no_manifest_is_refused_and_untouched(void)
{
	struct manifest *manifest = NULL;
	struct error err = ERROR_INIT;

	CHECK_INT(manifest_open("gone.db", MANIFEST_READ, &manifest, &err), -ENOENT);
	CHECK_STRING(err.message, "cannot open manifest 'gone.db': No such file or directory");
	CHECK_INT(manifest_open("gone/x.db", MANIFEST_CREATE, &manifest, &err), -ENOENT);

	CHECK_INT(mkdir("directory", 0755), 0);
	refused("directory", -EISDIR, "'directory' is not a manifest: it is a directory");
	CHECK_INT(mkfifo("fifo", 0644), 0);
	refused("fifo", -EMEDIUMTYPE, "'fifo' is not a manifest: it is no regular file");
	write_file("empty", "", 0);
	refused("empty", -EMEDIUMTYPE, "'empty' is not a manifest: it is empty");
	write_file("text", "just some words, more than a header has, so that it is read as one: "
			   "and here are some more of them", 98);
	refused("text", -EMEDIUMTYPE, "'text' is not a manifest: it is no database");
	sql_on("other", "CREATE TABLE session (x); PRAGMA user_version = 1");
	refused("other", -EMEDIUMTYPE,
		"'other' is not a manifest: it is a database of something else");
}

static void a_newer_or_broken_manifest_is_refused_and_untouched(void)
{
	manifest_close(scratch_manifest("newer"));
	sql_on("newer", "PRAGMA journal_mode = DELETE; PRAGMA user_version = 7");
	refused("newer", -EPROTONOSUPPORT,
		"manifest 'newer' has version 7, newer than the 4 known here: use newer tools");
	manifest_close(scratch_manifest("cut"));
	CHECK_INT(truncate("cut", 8192), 0);
	refused("cut", -EUCLEAN, "manifest 'cut' is corrupt: database disk image is malformed");
	manifest_close(scratch_manifest("half"));
	CHECK_INT(truncate("half", 300), 0);
	refused("half", -EUCLEAN, "manifest 'half' is corrupt: database disk image is malformed");
}

static void a_table_that_is_none_is_refused(void)
{
	struct manifest *manifest = NULL;
	struct error err = ERROR_INIT;

	manifest_close(scratch_manifest("view"));
	sql_on("view", "DROP TABLE catalog; CREATE VIEW catalog AS SELECT 1 AS path");
	CHECK_INT(manifest_open("view", MANIFEST_READ, &manifest, &err), -EUCLEAN);
	CHECK_STRING(err.message, "manifest 'view' is corrupt: a table is missing");
}

static void a_name_is_only_a_name(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	struct error err = ERROR_INIT;

	manifest_close(scratch_manifest("file:a?mode=memory#b%41"));
	CHECK(access("file:a?mode=memory#b%41", F_OK) == 0);
	CHECK_INT(manifest_open("file:a?mode=memory#b%41", MANIFEST_READ, &manifest, &err), 0);
	CHECK_INT(manifest_copy(manifest, "file:c?#", &err), 0);
	CHECK(access("file:c?#", F_OK) == 0);
}

static void an_older_manifest_climbs_all_the_way_or_not_at_all(void)
{
	static const struct schema_step good[] = {
		{1, "CREATE TABLE never (x)", NULL},
		{2, "ALTER TABLE entry ADD COLUMN two", NULL},
		{3, "ALTER TABLE entry ADD COLUMN three", NULL},
	};
	static const struct schema_step bad[] = {{4, "ALTER TABLE entry ADD COLUMN four", NULL},
						 {5, "no such statement", NULL}};
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("climb.db");
	struct error err = ERROR_INIT;

	CHECK_INT(schema_climb(manifest, 1, good, 3, &err), 0);
	CHECK_INT(count_of("climb.db", "PRAGMA user_version"), 3);
	CHECK_INT(count_of("climb.db", "SELECT count(two) + count(three) FROM entry"), 0);
	CHECK_INT(schema_climb(manifest, 3, bad, 2, &err), -EUCLEAN);
	CHECK_INT(count_of("climb.db", "PRAGMA user_version"), 3);
	CHECK_INT(count_of("climb.db",
			   "SELECT count(*) FROM pragma_table_info('entry') WHERE name = 'four'"), 0);
}

/* Run in a child that may lower its rights and limits; its exit status. */
static int in_child(int (*function)(void))
{
	pid_t pid;
	int status = 0;

	fflush(NULL);
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0) {
		test_failures = 0;
		_exit(function() || test_failures ? 1 : 0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int as_nobody_in_a_read_only_directory(void)
{
	_cleanup_(session_list_release) struct session_list list = {0};
	struct manifest *manifest = NULL;
	struct error err = ERROR_INIT;

	if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return 1;
	CHECK_INT(manifest_open("locked/m.db", MANIFEST_READ, &manifest, &err), 0);
	CHECK_STRING(err.message, "");
	CHECK_INT(session_list_read(manifest, &list, &err), 0);
	CHECK_INT(list.count, 1);
	manifest_close(manifest);
	CHECK_INT(manifest_open("locked/m.db", MANIFEST_WRITE, &manifest, &err), -EACCES);
	CHECK_STRING(err.message, "cannot write manifest 'locked/m.db': Permission denied");
	CHECK_INT(manifest_open("locked/new.db", MANIFEST_CREATE, &manifest, &err), -EACCES);
	CHECK_STRING(err.message, "cannot create 'locked/new.db': Permission denied");
	return 0;
}

static void a_read_only_place_can_be_read(void)
{
	struct manifest *manifest;

	if (getuid() != 0) {
		printf("not root: reading in a read-only directory is not tried\n");
		return;
	}
	CHECK_INT(mkdir("locked", 0755), 0);
	manifest = scratch_manifest("locked/m.db");
	scratch_session(manifest, "s");
	manifest_close(manifest);
	CHECK_INT(chmod(scratch, 0755), 0);
	CHECK_INT(in_child(as_nobody_in_a_read_only_directory), 0);
	CHECK(access("locked/m.db-wal", F_OK) < 0);
	CHECK(access("locked/m.db-shm", F_OK) < 0);
}

/* Whole batches, and each with its part of the session's count. */
static void whole_batches(const char *path)
{
	CHECK(count_of(path, "SELECT count(*) FROM access") > 0);
	CHECK_INT(count_of(path, "SELECT count(*) FROM access") % BATCH, 0);
	CHECK_INT(count_of(path, "SELECT count(*) - (SELECT events FROM session) FROM access"), 0);
	CHECK_INT(count_of(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

static int on_a_file_system_of_1_mb(void)
{
	struct manifest *manifest = NULL;
	struct error err = ERROR_INIT;
	int64_t session;
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mkdir("small", 0755) < 0 || mount("tmpfs", "small", "tmpfs", 0, "size=1m") < 0)
		return 1;
	manifest = scratch_manifest("small/full.db");
	session = scratch_session(manifest, "s");
	CHECK_INT(write_batches(manifest, session, 0, 1000, &err), -ENOSPC);
	CHECK_STRING(err.message, "cannot write manifest 'small/full.db': No space left on device");
	manifest_close(manifest);
	fd = open("small/filler", O_CREAT | O_WRONLY, 0644);
	while (write(fd, scratch, sizeof(scratch)) > 0)
		;
	CHECK_INT(manifest_open("small/none.db", MANIFEST_CREATE, &manifest, &err), -ENOSPC);
	CHECK(access("small/none.db", F_OK) < 0);
	CHECK_INT(unlink("small/filler"), 0);
	close(fd);
	whole_batches("small/full.db");
	return 0;
}

static void a_full_disk_is_an_error_and_what_was_committed_stays(void)
{
	if (getuid() != 0) {
		printf("not root: a full disk is not tried\n");
		return;
	}
	CHECK_INT(in_child(on_a_file_system_of_1_mb), 0);
}

static int with_files_of_a_limited_size(void)
{
	struct manifest *manifest = scratch_manifest("limited.db");
	struct rlimit limit = {200000, 200000};
	int64_t session = scratch_session(manifest, "s");
	struct error err = ERROR_INIT;
	int r;

	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	r = write_batches(manifest, session, 0, 1000, &err);
	CHECK(r == -EFBIG || r == -EIO); /* SQLite does not always keep the errno */
	CHECK(strncmp(err.message, "cannot write manifest 'limited.db': ", 36) == 0);
	manifest_close(manifest);
	return 0;
}

static void a_failed_write_leaves_what_was_committed(void)
{
	CHECK_INT(in_child(with_files_of_a_limited_size), 0);
	whole_batches("limited.db");
}

static void a_manifest_removed_under_its_writer_is_noticed(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("removed.db");
	int64_t session = scratch_session(manifest, "s");
	struct error err = ERROR_INIT;

	CHECK_INT(unlink("removed.db"), 0);
	CHECK_INT(write_batches(manifest, session, 0, 1, &err), -ESTALE);
	CHECK_STRING(err.message,
		     "manifest 'removed.db' was removed or replaced while it was in use");
}

/* A child writes batches and says after each how far it is; it is killed in the middle of one. */
static int killed_writer(int round)
{
	int said[2], done = 0;
	char byte;
	pid_t pid;

	REQUIRE(pipe(said) == 0);
	fflush(NULL);
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0) {
		struct manifest *manifest = scratch_manifest("killed.db");
		int64_t session = scratch_session(manifest, "s");

		for (int i = 0;; i++)
			if (write_batches(manifest, session, round * 100000 + i, 1, NULL) < 0 ||
			    write(said[1], "", 1) != 1)
				_exit(1);
	}
	close(said[1]);
	while (done < 3 + round % 7 && read(said[0], &byte, 1) == 1)
		done++;
	usleep((useconds_t)(round * 37 % 1000));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(said[0], &byte, 1) == 1)
		done++;
	close(said[0]);
	return done;
}

static void a_killed_writer_loses_at_most_its_last_batch(void)
{
	for (int round = 0; round < 30; round++) {
		_cleanup_(session_list_release) struct session_list list = {0};
		_cleanup_(manifest_closep) struct manifest *manifest = NULL;
		int done = killed_writer(round);
		struct error err = ERROR_INIT;
		struct session *last;

		/* odd rounds look without the right to write what they see */
		REQUIRE(manifest_open("killed.db", round % 2 ? MANIFEST_READ : MANIFEST_WRITE,
				      &manifest, &err) == 0);
		REQUIRE(session_list_read(manifest, &list, &err) == 0);
		REQUIRE(list.count == (size_t)round + 1);
		last = &list.items[round];
		CHECK_INT(last->state, SESSION_INTERRUPTED);
		CHECK_STRING(last->problem, "its writer died");
		/* killed between a commit and saying so, there is one more than it said */
		CHECK(last->events == (uint64_t)done * BATCH ||
		      last->events == (uint64_t)(done + 1) * BATCH);
	}
	CHECK_INT(count_of("killed.db",
			   "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
	CHECK_INT(count_of("killed.db", "SELECT count(*) - (SELECT sum(events) FROM session)"
					" FROM access"), 0);
	/* the last round but one was marked by a writer, the last only reported by a reader */
	CHECK_INT(count_of("killed.db", "SELECT count(*) FROM session WHERE state = 'open'"), 1);
}

static void a_living_writer_is_not_interrupted(void)
{
	_cleanup_(manifest_closep) struct manifest *manifest = scratch_manifest("live.db");
	_cleanup_(manifest_closep) struct manifest *other = NULL;
	_cleanup_(session_list_release) struct session_list list = {0};
	struct error err = ERROR_INIT;

	scratch_session(manifest, "s");
	CHECK_INT(manifest_open("live.db", MANIFEST_WRITE, &other, &err), 0);
	CHECK_INT(session_list_read(other, &list, &err), 0);
	CHECK_INT(list.items[0].state, SESSION_OPEN);
	/* the same pid with another start is another process; so is any of another boot */
	sql_on("live.db", "UPDATE session SET pid_started = pid_started + 1");
	session_list_release(&list);
	CHECK_INT(session_list_read(other, &list, &err), 0);
	CHECK_INT(list.items[0].state, SESSION_INTERRUPTED);
	sql_on("live.db", "UPDATE session SET pid_started = pid_started - 1, boot = 'x'");
	session_list_release(&list);
	CHECK_INT(session_list_read(other, &list, &err), 0);
	CHECK_INT(list.items[0].state, SESSION_INTERRUPTED);
}

/* As a tracer does it: who was kept out for too long tries again, however long a busy machine takes. */
static void write_in_turns(struct manifest *manifest, int64_t session, int first, int batches)
{
	struct error err = ERROR_INIT;
	int r;

	for (int i = 0; i < batches; i++) {
		do
			r = write_batches(manifest, session, first + i, 1, &err);
		while (r == -EBUSY);
		CHECK_INT(r, 0);
	}
}

static int second_writer(void)
{
	struct manifest *manifest = scratch_manifest("two.db");
	int64_t session = scratch_session(manifest, "second");
	struct error err = ERROR_INIT;

	write_in_turns(manifest, session, 0, 100);
	CHECK_INT(session_end(manifest, session, SESSION_COMPLETE, &err), 0);
	manifest_close(manifest);
	return 0;
}

static void two_writers_at_once_are_both_whole(void)
{
	struct error err = ERROR_INIT;
	struct manifest *manifest;
	int64_t session;
	int status = 1;
	pid_t pid;

	fflush(NULL);
	pid = fork(); /* both create it, too */
	REQUIRE(pid >= 0);
	if (pid == 0) {
		test_failures = 0;
		_exit(second_writer() || test_failures ? 1 : 0);
	}
	manifest = scratch_manifest("two.db");
	session = scratch_session(manifest, "first");
	write_in_turns(manifest, session, 50, 100);
	CHECK_INT(session_end(manifest, session, SESSION_COMPLETE, &err), 0);
	manifest_close(manifest);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(count_of("two.db", "SELECT count(*) FROM session WHERE state = 'complete'"
				     " AND events = 5000"), 2);
	CHECK_INT(count_of("two.db", "SELECT count(*) FROM access"), 10000);
	CHECK_INT(count_of("two.db", "SELECT count(*) FROM entry"), 7500);
}

int main(void)
{
	scratch_enter();
	RUN(what_is_no_manifest_is_refused_and_untouched);
	RUN(a_newer_or_broken_manifest_is_refused_and_untouched);
	RUN(a_table_that_is_none_is_refused);
	RUN(a_name_is_only_a_name);
	RUN(an_older_manifest_climbs_all_the_way_or_not_at_all);
	RUN(a_read_only_place_can_be_read);
	RUN(a_full_disk_is_an_error_and_what_was_committed_stays);
	RUN(a_failed_write_leaves_what_was_committed);
	RUN(a_manifest_removed_under_its_writer_is_noticed);
	RUN(a_killed_writer_loses_at_most_its_last_batch);
	RUN(a_living_writer_is_not_interrupted);
	RUN(two_writers_at_once_are_both_whole);
	return test_end();
}
