// SPDX-License-Identifier: BSD-2-Clause
/* The state directory: made once however many ask, closed to others, and nowhere it cannot work. */
#include "stage/state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stage/state/event.h"
#include "tests/manifest.h"

static void it_is_made_and_closed_to_others(void)
{
	struct state *state = NULL;
	struct error err = ERROR_INIT;
	char uuid[37];
	struct stat st;

	REQUIRE(state_open("a/b/state", &state, &err) == 0);
	CHECK(stat("a/b/state", &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK(stat("a/b/state/state.db", &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(state->dir[0] == '/' && strstr(state->dir, "/a/b/state"));
	CHECK_INT(strlen(state->uuid), 36);
	strcpy(uuid, state->uuid);
	state_close(state);
	REQUIRE(state_open("a/b/state", &state, &err) == 0);
	CHECK_STRING(state->uuid, uuid);
	state_close(state);
}

static void an_open_door_is_shut(void)
{
	struct state *state = NULL;
	struct stat st;

	REQUIRE(mkdir("open", 0755) == 0 && chmod("open", 0755) == 0 &&
		mkdir("open/prod", 0755) == 0);
	REQUIRE(state_open("open", &state, NULL) == 0);
	CHECK(stat("open", &st) == 0 && (st.st_mode & 07777) == 0700);
	state_close(state);
}

static void a_directory_of_something_else_is_left_alone(void)
{
	struct state *state = NULL;
	struct error err = ERROR_INIT;
	struct stat st;

	REQUIRE(mkdir("home", 0755) == 0 && chmod("home", 0755) == 0 &&
		mkdir("home/letters", 0755) == 0);
	CHECK_INT(state_open("home", &state, &err), -ENOTEMPTY);
	CHECK(strstr(err.message, "holds 'letters'"));
	CHECK(stat("home", &st) == 0 && (st.st_mode & 07777) == 0755);
	CHECK(access("home/state.db", F_OK) < 0);
}

static void another_users_is_refused(void)
{
	struct state *state = NULL;
	struct error err = ERROR_INIT;

	if (geteuid() != 0)
		return;
	REQUIRE(mkdir("theirs", 0777) == 0 && chown("theirs", 1234, 1234) == 0);
	CHECK_INT(state_open("theirs", &state, &err), -EPERM);
	CHECK(strstr(err.message, "belongs to user 1234"));
}

static void what_older_scripts_left_is_refused(void)
{
	struct state *state = NULL;
	struct error err = ERROR_INIT;

	REQUIRE(mkdir("older", 0755) == 0 && mkdir("older/dev", 0755) == 0 &&
		mkdir("older/dev/web", 0755) == 0);
	CHECK_INT(state_open("older", &state, &err), -EPROTONOSUPPORT);
	CHECK(strstr(err.message, "older/dev' is of an older sfc"));
}

static void a_newer_one_and_one_of_something_else_are_refused(void)
{
	struct state *state = NULL;
	struct error err = ERROR_INIT;

	REQUIRE(state_open("newer", &state, NULL) == 0);
	REQUIRE(connection_execute(&state->sql, "PRAGMA user_version = 99", NULL) == 0);
	state_close(state);
	CHECK_INT(state_open("newer", &state, &err), -EPROTONOSUPPORT);
	CHECK(strstr(err.message, "has version 99"));

	REQUIRE(mkdir("else", 0700) == 0);
	REQUIRE(system("sqlite3 else/state.db 'CREATE TABLE t (x)'") == 0);
	CHECK_INT(state_open("else", &state, &err), -EMEDIUMTYPE);
	REQUIRE(mkdir("text", 0700) == 0);
	REQUIRE(system("yes state | head -c 8192 >text/state.db") == 0);
	CHECK_INT(state_open("text", &state, &err), -EMEDIUMTYPE);
	CHECK(strstr(err.message, "'") && strstr(err.message, "text/state.db' is not a state"));
}

static void many_make_it_at_once(void)
{
	enum { PROCESSES = 8 };
	int status, ended = 0;
	pid_t pid;

	for (int i = 0; i < PROCESSES; i++) {
		pid = fork();
		if (pid == 0) {
			struct state *state = NULL;
			struct error err = ERROR_INIT;

			if (state_open("many", &state, &err) < 0) {
				fprintf(stderr, "%s\n", err.message);
				_exit(1);
			}
			_exit(event_note(state, "dev/x", NULL, "one of many") < 0);
		}
	}
	while (waitpid(-1, &status, 0) > 0)
		ended += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	CHECK_INT(ended, PROCESSES);
	CHECK_INT(count_of("many/state.db", "SELECT count(*) FROM state"), 1);
	CHECK_INT(count_of("many/state.db", "SELECT count(*) FROM event"), PROCESSES);
}

static void where_memory_cannot_be_shared_is_told_by_name(void)
{
	CHECK(!state_filesystem_shares("nfs"));
	CHECK(!state_filesystem_shares("nfs4"));
	CHECK(!state_filesystem_shares("cifs"));
	CHECK(state_filesystem_shares("ext4"));
	CHECK(state_filesystem_shares("overlay"));
	CHECK(state_filesystem_shares("tmpfs"));
}

static void names_are_checked(void)
{
	static const char *const good[] = {"a", "web", "v1.2-3_x", "0"};
	static const char *const bad[] = {
	    "",
	    ".",
	    "..",
	    "-x",
	    "_x",
	    ".x",
	    "a/b",
	    "a b",
	    "a\n",
	    "\xc3\xa4",
	    "0123456789012345678901234567890123456789012345678901234567890123"};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK_INT(state_check_name("a root", good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(state_check_name("a root", bad[i], &err), -EINVAL);
	CHECK_INT(state_check_name("a root", "a\033[m", &err), -EINVAL);
	CHECK(strstr(err.message, "'a\\x1b[m' is no good as the name of a root"));
}

static int count_event(const struct event_row *event, void *data)
{
	char *all = data;

	strcat(all, event->what);
	strcat(all, ";");
	CHECK(*event->who && event->at_ns > 0);
	return 0;
}

static void events_are_of_one_thing_in_order(void)
{
	struct state *state = NULL;
	char all[256] = "";

	REQUIRE(state_open("events", &state, NULL) == 0);
	CHECK_INT(event_note(state, "dev/a", NULL, "created from %s", "x"), 0);
	CHECK_INT(event_note(state, "dev/b", NULL, "other"), 0);
	CHECK_INT(event_note(state, "dev/a", NULL, "reset"), 0);
	CHECK_INT(event_each(state, "dev/a", count_event, all, NULL), 0);
	CHECK_STRING(all, "created from x;reset;");
	CHECK_INT(event_forget(state, "dev/a", NULL), 0);
	CHECK_INT(count_of("events/state.db", "SELECT count(*) FROM event"), 1);
	state_close(state);
}

int main(void)
{
	scratch_enter();
	RUN(it_is_made_and_closed_to_others);
	RUN(an_open_door_is_shut);
	RUN(a_directory_of_something_else_is_left_alone);
	RUN(another_users_is_refused);
	RUN(what_older_scripts_left_is_refused);
	RUN(a_newer_one_and_one_of_something_else_are_refused);
	RUN(many_make_it_at_once);
	RUN(where_memory_cannot_be_shared_is_told_by_name);
	RUN(names_are_checked);
	RUN(events_are_of_one_thing_in_order);
	return test_end();
}
