// SPDX-License-Identifier: BSD-2-Clause
/* Looking at what runs: what a group uses on either version of the kernel's groups, who was killed, what was missed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/access.h"
#include "db/base/text.h"
#include "db/catalog.h"
#include "stage/watch/misses.h"
#include "stage/watch/oom.h"
#include "stage/watch/usage.h"
#include "tests/manifest.h"

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	REQUIRE(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* ---- groups ---- */

static void version_2_is_one_tree(void)
{
	char path[] = "/sfc/x";
	struct cgroup cgroup = {.version = CGROUP_V2, .path = path};
	struct usage usage;

	REQUIRE(system("mkdir -p v2/sfc/x") == 0);
	write_file("v2/sfc/x/memory.current", "1048576\n");
	write_file("v2/sfc/x/cpu.stat", "nr_usage_usec 7\nusage_usec 2500000\nuser_usec 1\n");
	write_file("v2/sfc/x/pids.current", "3\n");
	write_file("v2/sfc/x/memory.events", "low 0\noom 4\noom_kill 2\noom_group_kill 9\n");
	usage_read("v2", &cgroup, &usage);
	CHECK_INT(usage.memory, 1048576);
	CHECK_INT(usage.cpu_us, 2500000);
	CHECK_INT(usage.processes, 3);
	CHECK_INT(usage.oom_kills, 2);
}

static void version_1_is_a_tree_a_controller(void)
{
	char path[] = "/sfc/x";
	struct cgroup cgroup = {.version = CGROUP_V1, .path = path};
	struct usage usage;

	REQUIRE(system("mkdir -p v1/memory/sfc/x v1/cpuacct/sfc/x v1/pids/sfc/x") == 0);
	write_file("v1/memory/sfc/x/memory.usage_in_bytes", "4096\n");
	write_file("v1/cpuacct/sfc/x/cpuacct.usage", "2500000999\n");
	write_file("v1/pids/sfc/x/pids.current", "12\n");
	write_file("v1/memory/sfc/x/memory.oom_control",
		   "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
	usage_read("v1", &cgroup, &usage);
	CHECK_INT(usage.memory, 4096);
	CHECK_INT(usage.cpu_us, 2500000);
	CHECK_INT(usage.processes, 12);
	CHECK_INT(usage.oom_kills, 1);
	CHECK_INT(usage_oom_kills("v1", &cgroup), 1);
}

static void what_is_not_counted_is_not_known(void)
{
	char path[] = "/sfc/gone", half[] = "/sfc/half";
	struct cgroup cgroup = {.version = CGROUP_V2, .path = path};
	struct usage usage;

	usage_read("v2", &cgroup, &usage);
	CHECK_INT(usage.memory, -1);
	CHECK_INT(usage.cpu_us, -1);
	CHECK_INT(usage.processes, -1);
	CHECK_INT(usage.oom_kills, -1);
	/* a kernel without the counter; no number where one should be */
	REQUIRE(system("mkdir -p v2/sfc/half") == 0);
	write_file("v2/sfc/half/memory.events", "low 0\n");
	write_file("v2/sfc/half/memory.current", "max\n");
	cgroup.path = half;
	usage_read("v2", &cgroup, &usage);
	CHECK_INT(usage.memory, -1);
	CHECK_INT(usage.oom_kills, -1);
	cgroup.version = CGROUP_NONE;
	usage_read("v2", &cgroup, &usage);
	CHECK_INT(usage.memory, -1);
}

/* ---- out of memory ---- */

/* A journal in which the kernel's killer was at this unit. */
static void write_journalctl(const char *unit)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "#!/bin/sh\ncase \" $* \" in *\" UNIT=%s MESSAGE_ID=fe6faa94e7774663a0da52717891d8ef \"*) echo killed ;; esac\n",
		 unit);
	write_file("bin/journalctl", text);
	REQUIRE(chmod("bin/journalctl", 0755) == 0);
}

static void what_the_kernel_forgot_conmon_or_the_journal_has_noted(void)
{
	static const char group[] = "/system.slice/sfc-web-1.scope/container";
	char here[PATH_MAX], path[PATH_MAX + 8];

	REQUIRE(getcwd(here, sizeof(here)) && mkdir("conmon", 0700) == 0 && mkdir("bin", 0700) == 0);
	snprintf(path, sizeof(path), "%s/bin", here);
	REQUIRE(setenv("PATH", path, 1) == 0);
	write_journalctl("sfc-web-1.scope");
	CHECK(oom_befell("conmon", group, true));
	CHECK(oom_befell("conmon", "/system.slice/sfc-web-1.scope", true));
	/* nobody is asked */
	CHECK(!oom_befell("conmon", group, false));
	CHECK(!oom_befell("conmon", "/sfc/sfc-web-1", true));
	CHECK(!oom_befell("conmon", "/sfc/sfc-web-1.scoped", true));
	CHECK(!oom_befell("conmon", "", true));
	write_journalctl("sfc-web-2.scope");
	CHECK(!oom_befell("conmon", group, true));
	write_file("conmon/oom", "");
	CHECK(oom_befell("conmon", group, true));
	CHECK(oom_befell("conmon", "", false));
}

static void it_is_said_with_the_limit_that_was_asked_for(void)
{
	static const struct {
		int64_t kills;
		bool first;
		uint64_t limit;
		const char *said;
	} cases[] = {
		{1, true, 64 << 20, "killed: out of memory, limit 64 MB"},
		{1, false, 64 << 20, "one of its processes was killed: out of memory, limit 64 MB"},
		{2, false, 1536 << 20, "2 of its processes were killed: out of memory, limit 1536 MB"},
		{1, true, UINT64_C(2) << 30, "killed: out of memory, limit 2 GB"},
		{1, true, 0, "killed: out of memory"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text text = TEXT_INIT;

		oom_describe(&text, cases[i].kills, cases[i].first, cases[i].limit);
		CHECK_STRING(text.bytes, cases[i].said);
		text_release(&text);
	}
}

/* ---- misses ---- */

static void note(struct manifest *manifest, int64_t session, const char *path, const char *exe,
		 int error, uint64_t count, int64_t ns)
{
	static uint64_t seq;
	const struct access_record record = {
		.path = path, .exe = exe, .comm = "sh", .op = ACCESS_LOOKUP, .error = error,
		.count = count, .first_seq = ++seq, .first_ns = ns, .last_ns = ns + 5};
	struct error err = ERROR_INIT;

	REQUIRE(access_record_batch(manifest, session, &record, 1, 0, 0, &err) == 0);
}

static const struct miss *miss_of(const struct misses *misses, const char *path)
{
	for (size_t i = 0; i < misses->count; i++)
		if (strcmp(misses->items[i].path, path) == 0)
			return &misses->items[i];
	return NULL;
}

static void misses_add_up_by_path_and_stand_in_the_order_of_time(void)
{
	struct misses misses = ARRAY_INIT;
	struct error err = ERROR_INIT;
	struct manifest *manifest = scratch_manifest("seen.db");
	int64_t first = scratch_session(manifest, "app/1"), second = scratch_session(manifest, "app/1");
	const struct miss *miss;
	bool any;

	CHECK_INT(misses_any("seen.db", &any, &err), 0);
	CHECK(!any);
	note(manifest, first, "/etc/z", "/bin/sh", ENOENT, 2, 100);
	note(manifest, first, "/etc/a", "/bin/cat", ENOENT, 1, 200);
	note(manifest, second, "/etc/z", "/bin/cat", ENOENT, 3, 300);
	note(manifest, second, "/etc/z", "", ENOENT, 1, 50);
	CHECK_INT(misses_any("seen.db", &any, &err), 0);
	CHECK(any);
	REQUIRE(misses_read("seen.db", NULL, &misses, &err) == 0);
	CHECK_INT(misses.count, 2);
	CHECK_STRING(misses.items[0].path, "/etc/z");
	CHECK_INT(misses.items[0].count, 6);
	CHECK_INT(misses.items[0].first_ns, 50);
	CHECK_INT(misses.items[0].last_ns, 305);
	CHECK_INT(misses.items[0].known, MISS_UNJUDGED);
	miss = miss_of(&misses, "/etc/z");
	REQUIRE(miss);
	CHECK_INT(miss->by.count, 2);
	CHECK_STRING(miss->by.items[0], "/bin/sh");
	CHECK_STRING(miss->by.items[1], "/bin/cat");
	misses_release(&misses);
	manifest_close(manifest);
}

static void a_directory_stands_for_itself_only_where_nothing_below_it_was_wanted(void)
{
	struct misses misses = ARRAY_INIT;
	struct error err = ERROR_INIT;
	struct manifest *manifest = scratch_manifest("below.db");
	int64_t session = scratch_session(manifest, "app/1");

	note(manifest, session, "/opt/deep", "/bin/sh", ENOENT, 1, 1);
	note(manifest, session, "/opt/deep-er", "/bin/sh", ENOENT, 1, 2);
	note(manifest, session, "/opt/deep/file", "/bin/sh", ENOENT, 1, 3);
	note(manifest, session, "/opt/other", "/bin/sh", ENOENT, 1, 4);
	/* of one that is healed its directories were looked up with success: they are missed, too */
	note(manifest, session, "/srv/web", "/bin/sh", 0, 1, 5);
	note(manifest, session, "/srv/web", "/bin/sh", ENOENT, 7, 6);
	note(manifest, session, "/srv/web/index", "/bin/sh", 0, 1, 7);
	REQUIRE(misses_read("below.db", NULL, &misses, &err) == 0);
	CHECK(!miss_of(&misses, "/opt/deep"));
	CHECK(miss_of(&misses, "/opt/deep/file"));
	CHECK(miss_of(&misses, "/opt/deep-er"));
	CHECK(miss_of(&misses, "/opt/other"));
	REQUIRE(miss_of(&misses, "/srv/web"));
	CHECK_INT(miss_of(&misses, "/srv/web")->count, 1);
	CHECK_INT(misses.count, 5);
	misses_release(&misses);
	manifest_close(manifest);
}

static void the_packages_catalog_says_what_the_source_had(void)
{
	static const struct catalog_entry known = {.path = "/etc/unused", .kind = ENTRY_FILE};
	struct misses misses = ARRAY_INIT;
	struct error err = ERROR_INIT;
	struct manifest *manifest = scratch_manifest("judged.db"), *package = scratch_manifest("package.db");
	int64_t session = scratch_session(manifest, "app/1");

	note(manifest, session, "/etc/unused", "/bin/sh", ENOENT, 1, 1);
	note(manifest, session, "/srv/folded", "/bin/sh", ENOENT, 1, 2);
	REQUIRE(misses_read("judged.db", package, &misses, &err) == 0);
	CHECK_INT(misses.items[0].known, MISS_UNJUDGED);
	misses_release(&misses);
	REQUIRE(manifest_begin(package, &err) == 0 && catalog_add(package, &known, &err) == 0 &&
		manifest_commit(package, &err) == 0);
	REQUIRE(misses_read("judged.db", package, &misses, &err) == 0);
	CHECK_INT(misses.items[0].known, MISS_KNOWN);
	CHECK_INT(misses.items[1].known, MISS_UNKNOWN);
	misses_release(&misses);
	manifest_close(package);
	manifest_close(manifest);
}

static void no_manifest_is_no_misses_and_rubbish_is_refused(void)
{
	struct misses misses = ARRAY_INIT;
	struct error err = ERROR_INIT;
	bool any = true;

	CHECK_INT(misses_read("nowhere.db", NULL, &misses, &err), 0);
	CHECK_INT(misses.count, 0);
	CHECK_INT(misses_any("nowhere.db", &any, &err), 0);
	CHECK(!any);
	write_file("rubbish.db", "this is no manifest, however one looks at it");
	CHECK_INT(misses_read("rubbish.db", NULL, &misses, &err), -EMEDIUMTYPE);
	CHECK(strstr(err.message, "rubbish.db") != NULL);
}

int main(void)
{
	scratch_enter();
	RUN(version_2_is_one_tree);
	RUN(version_1_is_a_tree_a_controller);
	RUN(what_is_not_counted_is_not_known);
	RUN(what_the_kernel_forgot_conmon_or_the_journal_has_noted);
	RUN(it_is_said_with_the_limit_that_was_asked_for);
	RUN(misses_add_up_by_path_and_stand_in_the_order_of_time);
	RUN(a_directory_stands_for_itself_only_where_nothing_below_it_was_wanted);
	RUN(the_packages_catalog_says_what_the_source_had);
	RUN(no_manifest_is_no_misses_and_rubbish_is_refused);
	return test_end();
}
