// SPDX-License-Identifier: BSD-2-Clause
/* From the accesses of sessions to what is selected, and which sessions are meant. */
#include "pack/need/selection.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "tests/manifest.h"

static const struct found a_file = {.kind = ENTRY_FILE, .size = 10, .mode = 0644, .nlink = 1};
static const struct found a_directory = {.kind = ENTRY_DIR, .mode = 0755, .nlink = 2};
static const struct found created = {.kind = ENTRY_FILE, .origin = ENTRY_CREATED, .nlink = 1};
static const struct found nothing = {.kind = ENTRY_MISSING};

static struct manifest *manifest;
static struct selection selection;
static struct error err;
static uint64_t sequence;

static void record(int64_t session, struct access_record row)
{
	row.exe = row.exe ? row.exe : "/bin/x";
	row.comm = "x";
	row.count = row.count ? row.count : 1;
	row.first_seq = ++sequence;
	row.first_ns = row.last_ns = (int64_t)sequence;
	REQUIRE(access_record_batch(manifest, session, &row, 1, 1, 0, &err) == 0);
}

#define RECORD(session, ...) record(session, (struct access_record){__VA_ARGS__})

static int64_t session_of(const char *label, enum session_kind kind)
{
	struct session_start start = {.label = label, .kind = kind, .exact = true, .source = "/",
				      .tool = "test", .uid = -1, .gid = -1};
	int64_t id = 0;

	REQUIRE(session_begin(manifest, &start, &id, &err) == 0);
	return id;
}

static void begin(const char *name)
{
	err = (struct error)ERROR_INIT;
	sequence = 0;
	manifest = scratch_manifest(name);
	selection = (struct selection)SELECTION_INIT;
}

static void finish(int64_t session)
{
	REQUIRE(session_end(manifest, session, SESSION_COMPLETE, &err) == 0);
}

static int select_by(const struct selection_filter *filter)
{
	selection_release(&selection);
	selection = (struct selection)SELECTION_INIT;
	return selection_from_sessions(manifest, filter, &selection, &err);
}

static void end(void)
{
	selection_release(&selection);
	manifest_close(manifest);
}

/* "/a /b", what is selected. */
static const char *paths(void)
{
	static char text[512];

	text[0] = '\0';
	for (size_t i = 0; i < selection.count; i++)
		strcat(strcat(text, i ? " " : ""), selection.items[i].path);
	return text;
}

static void what_was_found_is_selected_and_nothing_else(void)
{
	int64_t session;

	begin("found.db");
	session = session_of("run", SESSION_TEST);
	RECORD(session, .path = "/z", .found = &a_file, .op = ACCESS_OPEN, .flags = ACCESS_READING);
	RECORD(session, .path = "/etc", .found = &a_directory, .op = ACCESS_READDIR);
	RECORD(session, .path = "/none", .found = &nothing, .op = ACCESS_STAT, .error = ENOENT,
	       .count = 3);
	RECORD(session, .path = "/none/x", .found = &nothing, .op = ACCESS_STAT, .error = ENOTDIR);
	RECORD(session, .path = "/run/pid", .found = &created, .op = ACCESS_CREATE);
	/* it is there, or the answer would be another one */
	RECORD(session, .path = "/var", .found = &a_directory, .op = ACCESS_MKDIR, .error = EEXIST);
	RECORD(session, .path = "/secret", .found = &a_file, .op = ACCESS_OPEN, .error = EACCES);
	finish(session);
	CHECK_INT(select_by(&(struct selection_filter){0}), 0);
	CHECK_STRING(paths(), "/etc /secret /var /z");
	CHECK_INT(selection.created, 1);
	CHECK_INT(selection.vain, 2);
	CHECK_INT(selection.accesses, 9);
	CHECK_INT(selection_find(&selection, "/etc")->uses, USE_LISTED);
	CHECK_INT(selection_find(&selection, "/secret")->uses, USE_SEEN);
	CHECK_INT(selection_find(&selection, "/z")->uses, USE_READ);
	CHECK(!selection_find(&selection, "/none"));
	CHECK(!selection_find(&selection, "/zz"));
	end();
}

static void uses_add_up_and_the_most_telling_operation_stays(void)
{
	const struct selected *selected;
	int64_t first, second;

	begin("uses.db");
	first = session_of("first", SESSION_TEST);
	second = session_of("second", SESSION_TEST);
	RECORD(second, .path = "/p", .found = &a_file, .op = ACCESS_UNLINK, .exe = "/bin/rm");
	RECORD(first, .path = "/p", .found = &a_file, .op = ACCESS_STAT, .exe = "/bin/ls");
	RECORD(first, .path = "/p", .found = &a_file, .op = ACCESS_OPEN, .exe = "/bin/sh",
	       .flags = ACCESS_READING | ACCESS_WRITING);
	RECORD(first, .path = "/p", .found = &a_file, .op = ACCESS_OPEN, .exe = "/bin/cat",
	       .flags = ACCESS_READING);
	finish(first);
	finish(second);
	CHECK_INT(select_by(&(struct selection_filter){0}), 0);
	REQUIRE(selection.count == 1);
	selected = &selection.items[0];
	CHECK_INT(selected->uses, USE_SEEN | USE_READ | USE_WRITTEN | USE_CHANGED);
	CHECK_INT(selected->sessions, 2);
	CHECK_INT(selected->session, 0); /* the first that began, not the first that was written */
	CHECK_INT(selected->first_seq, 2);
	CHECK_INT(selected->op, ACCESS_OPEN);
	CHECK_STRING(selected->exe, "/bin/sh");
	end();
}

static void an_open_without_flags_counts_as_reading(void)
{
	int64_t session;

	begin("flags.db");
	session = session_of("run", SESSION_TEST);
	RECORD(session, .path = "/exec", .found = &a_file, .op = ACCESS_EXEC);
	RECORD(session, .path = "/none", .found = &a_file, .op = ACCESS_OPEN);
	RECORD(session, .path = "/run", .found = &a_file, .op = ACCESS_OPEN,
	       .flags = ACCESS_EXECUTING | ACCESS_READING);
	RECORD(session, .path = "/write", .found = &a_file, .op = ACCESS_OPEN,
	       .flags = ACCESS_WRITING);
	finish(session);
	CHECK_INT(select_by(&(struct selection_filter){0}), 0);
	CHECK_INT(selection_find(&selection, "/exec")->uses, USE_EXECUTED);
	CHECK_INT(selection_find(&selection, "/none")->uses, USE_READ);
	CHECK_INT(selection_find(&selection, "/run")->uses, USE_EXECUTED | USE_READ);
	CHECK_INT(selection_find(&selection, "/write")->uses, USE_WRITTEN);
	end();
}

static void what_production_missed_is_selected(void)
{
	int64_t test, production;

	begin("missed.db");
	test = session_of("test", SESSION_TEST);
	production = session_of("web-1", SESSION_PROD);
	RECORD(test, .path = "/a", .found = &nothing, .op = ACCESS_STAT, .error = ENOENT);
	RECORD(production, .path = "/b", .found = &a_file, .op = ACCESS_OPEN, .error = ENOENT);
	finish(test);
	finish(production);
	CHECK_INT(select_by(&(struct selection_filter){0}), 0);
	CHECK_STRING(paths(), "/b");
	CHECK_INT(selection.items[0].uses, USE_MISSED);
	end();
}

static void sessions_are_chosen_by_label_pattern_and_uuid(void)
{
	static const struct {
		const char *only[3], *without[3], *wanted; /* NULL: -ENOENT */
	} cases[] = {
		{{NULL}, {NULL}, "/get /put /start"},
		{{"get"}, {NULL}, "/get"},
		{{"get", "put"}, {NULL}, "/get /put"},
		{{"*t"}, {NULL}, "/get /put /start"},
		{{"?et"}, {NULL}, "/get"},
		{{NULL}, {"start"}, "/get /put"},
		{{"*t"}, {"p*"}, "/get /start"},
		{{"get"}, {"get"}, NULL},
		{{"got"}, {NULL}, NULL},
		{{NULL}, {"got"}, NULL},
	};
	static const char *const labels[] = {"start", "get", "put"};
	const char *uuid;

	begin("filter.db");
	for (size_t i = 0; i < 3; i++) {
		int64_t session = session_of(labels[i], SESSION_TEST);
		char path[16];

		snprintf(path, sizeof(path), "/%s", labels[i]);
		RECORD(session, .path = path, .found = &a_file, .op = ACCESS_OPEN);
		finish(session);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct selection_filter filter = {.only = cases[i].only,
						  .without = cases[i].without};

		while (cases[i].only[filter.only_count])
			filter.only_count++;
		while (cases[i].without[filter.without_count])
			filter.without_count++;
		CHECK_INT(select_by(&filter), cases[i].wanted ? 0 : -ENOENT);
		if (cases[i].wanted)
			CHECK_STRING(paths(), cases[i].wanted);
	}
	CHECK_INT(select_by(&(struct selection_filter){0}), 0);
	CHECK_STRING(selection_session(&selection.sessions, "last")->label, "put");
	CHECK_STRING(selection_session(&selection.sessions, "get")->label, "get");
	CHECK(!selection_session(&selection.sessions, "g*"));
	uuid = selection.sessions.items[1].uuid;
	CHECK_STRING(selection_session(&selection.sessions, uuid)->label, "get");
	end();
}

static void sessions_that_are_not_whole_need_a_word(void)
{
	const struct selection_filter anyway = {.allow_interrupted = true};
	int64_t session;

	begin("whole.db");
	CHECK_INT(select_by(&anyway), -ENOENT); /* there is none at all */
	session = session_of("run", SESSION_TEST);
	RECORD(session, .path = "/a", .found = &a_file, .op = ACCESS_OPEN);
	CHECK_INT(select_by(&(struct selection_filter){0}), -EBUSY);
	CHECK(strstr(err.message, "still running"));
	REQUIRE(session_end(manifest, session, SESSION_INTERRUPTED, &err) == 0);
	CHECK_INT(select_by(&(struct selection_filter){0}), -EUCLEAN);
	CHECK(strstr(err.message, "--allow-interrupted"));
	CHECK_INT(select_by(&anyway), 0);
	CHECK_STRING(paths(), "/a");
	REQUIRE(session_note(manifest, session, 0, 7, NULL, &err) == 0);
	CHECK_INT(select_by(&(struct selection_filter){0}), -EUCLEAN);
	CHECK(strstr(err.message, "lost 7 accesses"));
	end();
}

int main(void)
{
	scratch_enter();
	RUN(what_was_found_is_selected_and_nothing_else);
	RUN(uses_add_up_and_the_most_telling_operation_stays);
	RUN(an_open_without_flags_counts_as_reading);
	RUN(what_production_missed_is_selected);
	RUN(sessions_are_chosen_by_label_pattern_and_uuid);
	RUN(sessions_that_are_not_whole_need_a_word);
	return test_end();
}
