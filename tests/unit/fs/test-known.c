// SPDX-License-Identifier: BSD-2-Clause
/* Which paths are worth recording, by a catalog and by another directory. */
#include "fs/known.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "db/base/cleanup.h"
#include "db/catalog.h"
#include "fs/caller.h"
#include "tests/manifest.h"

enum { MANY = 5000 };

static struct known known = KNOWN_INIT;
static struct error err;

static void catalog_put(struct manifest *manifest, const char *path, enum entry_kind kind)
{
	const struct catalog_entry entry = {.path = path, .kind = kind};

	REQUIRE(catalog_add(manifest, &entry, &err) == 0);
}

static void make_catalog(void)
{
	struct manifest *manifest = scratch_manifest("catalog.db");
	char path[40];

	REQUIRE(manifest_begin(manifest, &err) == 0);
	catalog_put(manifest, "/", ENTRY_DIR);
	catalog_put(manifest, "/kept", ENTRY_DIR);
	catalog_put(manifest, "/kept/file", ENTRY_FILE);
	catalog_put(manifest, "/opt/deep", ENTRY_DIR);
	catalog_put(manifest, "/opt/deep/deep", ENTRY_DIR);
	catalog_put(manifest, "/opt/deep/deep/file", ENTRY_FILE);
	catalog_put(manifest, "/opt/deep/now", ENTRY_LINK);
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/many/%d", i);
		catalog_put(manifest, path, ENTRY_FILE);
	}
	REQUIRE(manifest_commit(manifest, &err) == 0);
	manifest_close(manifest);
}

static void what_the_catalog_has_is_known(void)
{
	char path[40];
	int found = 0;

	REQUIRE(known_open(&known, "catalog.db", NULL, &err) == 0);
	CHECK_INT(known.count, MANY + 7);
	for (int i = 0; i < 2 * MANY; i++) {
		snprintf(path, sizeof(path), "/many/%d", i);
		found += known_has(&known, path);
	}
	CHECK_INT(found, MANY);
	CHECK(known_has(&known, "/kept/file"));
	CHECK(!known_has(&known, "/kept/file/"));
	known_release(&known);
}

static void what_is_in_the_other_directory_is_an_exception(void)
{
	REQUIRE(mkdir("package", 0755) == 0 && mkdir("package/kept", 0755) == 0);
	REQUIRE(symlink("/nowhere", "package/kept/file") == 0);
	REQUIRE(known_open(&known, "catalog.db", "package", &err) == 0);
	CHECK(!known_has(&known, "/"));
	CHECK(!known_has(&known, "/kept"));
	CHECK(!known_has(&known, "/kept/file"));
	CHECK(known_has(&known, "/opt/deep"));
	CHECK(!known_has(&known, "/never"));
	known_release(&known);
}

static void in_a_folded_directory_any_name_may_have_been(void)
{
	const struct catalog_entry far = {.path = "/far", .kind = ENTRY_DIR, .folded = true,
					  .names = 2, .files = 1},
				   deep = {.path = "/far/deep", .kind = ENTRY_DIR, .folded = true,
					   .names = 1, .files = 1};
	struct manifest *manifest = scratch_manifest("folded.db");
	char *wanted;

	catalog_put(manifest, "/", ENTRY_DIR);
	catalog_put(manifest, "/near", ENTRY_DIR);
	REQUIRE(catalog_add(manifest, &far, &err) == 0 && catalog_add(manifest, &deep, &err) == 0);
	manifest_close(manifest);
	REQUIRE(known_open(&known, "folded.db", NULL, &err) == 0);
	CHECK(known_has(&known, "/far"));
	CHECK(known_has(&known, "/far/any"));
	CHECK(known_has(&known, "/far/deep/any"));
	CHECK(!known_has(&known, "/far/any/below")); /* every directory has its entry */
	CHECK(!known_has(&known, "/near/any"));
	CHECK(!known_has(&known, "/never"));
	wanted = known_below(&known, "/far", "/far/deep/any");
	CHECK_STRING(wanted ? wanted : "-", "/far/deep/any");
	free(wanted);
	wanted = known_below(&known, "/far", "/far/never/any");
	CHECK_STRING(wanted ? wanted : "-", "/far/never");
	free(wanted);
	known_release(&known);
}

static void without_a_catalog_everything_is_or_nothing_works(void)
{
	struct known all = KNOWN_INIT;

	CHECK(known_has(&all, "/whatever"));
	manifest_close(scratch_manifest("empty.db"));
	CHECK_INT(known_open(&known, "empty.db", NULL, &err), -ENODATA);
	CHECK_STRING(err.message, "empty.db has no catalog: what was left out cannot be told");
	known_release(&known);
	CHECK_INT(known_open(&known, "nothing.db", NULL, &err), -ENOENT);
	known_release(&known);
	CHECK_INT(known_open(&known, "catalog.db", "nothing", &err), -ENOENT);
	known_release(&known);
}

static void what_was_wanted_is_told_from_what_was_named(void)
{
	static const struct {
		const char *missing, *named, *wanted;
	} rows[] = {
		{"/opt/deep", "/opt/deep/deep/file", "/opt/deep/deep/file"},
		{"/opt/deep", "deep/deep/file", "/opt/deep/deep/file"},
		{"/opt/deep", "../opt//./deep/deep/../deep/file/", "/opt/deep/deep/file"},
		{"/opt/deep", "/link-to-opt/deep/deep/file", "/opt/deep/deep/file"},
		{"/opt/deep", "/opt/deep/now/file", "/opt/deep/now"}, /* through a link: that much */
		{"/opt/deep", "/opt/deep/never", NULL},
		{"/opt/deep", "/opt/deep", NULL},
		{"/opt/deep", "/opt/deep/..", NULL},
		{"/opt/deep", "/opt/deep/../../kept/file", NULL},
		{"/opt/deep", "/somewhere/else", NULL},
		{"/opt/deep", "", NULL},
		{"/opt/deep/deep/file", "/opt/deep/deep/file", NULL},
	};

	REQUIRE(known_open(&known, "catalog.db", NULL, &err) == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(freep) char *wanted = known_below(&known, rows[i].missing, rows[i].named);

		CHECK_STRING(wanted ? wanted : "-", rows[i].wanted ? rows[i].wanted : "-");
	}
	known_release(&known);
}

/* A child that waits in open(2) for somebody to write; -1 when this kernel does not show calls. */
static pid_t child_in_open(const char *path)
{
	pid_t child;

	if (access("/proc/self/syscall", R_OK) < 0)
		return -1;
	child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		alarm(60);
		_exit(open(path, O_RDONLY) < 0);
	}
	return child;
}

static void a_call_that_waits_shows_its_path(void)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	int proc_fd = open("/proc", O_PATH | O_DIRECTORY), r = -ESRCH;
	char named[64] = "";
	pid_t child;

	REQUIRE(mkfifo("fifo", 0600) == 0);
	child = child_in_open(".//fifo");
	if (child < 0)
		return;
	for (int i = 0; i < 3000 && strcmp(named, ".//fifo") != 0; i++) {
		r = caller_path(proc_fd, child, named, sizeof(named));
		nanosleep(&moment, NULL);
	}
	CHECK_INT(r, 0);
	CHECK_STRING(named, ".//fifo");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK_INT(caller_path(proc_fd, child, named, sizeof(named)), -ESRCH);
	CHECK_INT(caller_path(proc_fd, 0, named, sizeof(named)), -ESRCH);
	close(proc_fd);
}

int main(void)
{
	scratch_enter();
	make_catalog();
	RUN(what_the_catalog_has_is_known);
	RUN(what_is_in_the_other_directory_is_an_exception);
	RUN(in_a_folded_directory_any_name_may_have_been);
	RUN(without_a_catalog_everything_is_or_nothing_works);
	RUN(what_was_wanted_is_told_from_what_was_named);
	RUN(a_call_that_waits_shows_its_path);
	return test_end();
}
