// SPDX-License-Identifier: BSD-2-Clause
/* How to start what is packed: from a session, from a command line, into a config.json. */
#include "pack/package/launch.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "tests/test.h"

static struct error err;

static json_t *in(const json_t *json, const char *a, const char *b)
{
	return json_object_get(json_object_get(json, a), b);
}

/* The strings of a list, commas between. */
static const char *joined(const json_t *list)
{
	static char text[512];
	const json_t *item;
	size_t i;

	text[0] = '\0';
	json_array_foreach((json_t *)list, i, item)
		strcat(strcat(text, i ? "," : ""), json_string_value(item));
	return text;
}

static void what_is_said_first_stays(void)
{
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;
	const struct session session = {.label = (char *)"run",
					.command = (char *)"[\"web\", \"-d\", \"\"]",
					.env = (char *)"{\"A\": \"1\", \"B\": \"x=y\"}",
					.cwd = (char *)"/srv//web/.",
					.uid = 33,
					.gid = 34};

	CHECK_INT(launch_set_env(&launch, "A=mine", &err), 0);
	CHECK_INT(launch_from_session(&launch, &session, &err), 0);
	REQUIRE(launch.args.count == 3);
	CHECK_STRING(launch.args.items[0], "web");
	CHECK_STRING(launch.args.items[2], "");
	CHECK_STRING(launch_env(&launch, "A"), "mine");
	CHECK_STRING(launch_env(&launch, "B"), "x=y");
	CHECK(!launch_env(&launch, "C"));
	CHECK_STRING(launch.cwd, "/srv/web");
	CHECK_INT(launch.uid, 33);
	CHECK_INT(launch.gid, 34);
	launch_release(&launch);
	CHECK_INT(launch_add_arg(&launch, "other", &err), 0);
	CHECK_INT(launch_set_user(&launch, "7", &err), 0);
	CHECK_INT(launch_set_cwd(&launch, "/", &err), 0);
	CHECK_INT(launch_from_session(&launch, &session, &err), 0);
	CHECK_INT(launch.args.count, 1);
	CHECK_INT(launch.uid, 7);
	CHECK_INT(launch.gid, 7);
	CHECK_STRING(launch.cwd, "/");
}

static void variables_are_set_replaced_and_taken_out(void)
{
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;

	CHECK_INT(launch_set_env(&launch, "PATH=/bin", &err), 0);
	CHECK_INT(launch_set_env(&launch, "PATHS=/a", &err), 0);
	CHECK_STRING(launch_env(&launch, "PATH"), "/bin");
	CHECK_INT(launch_set_env(&launch, "PATH=", &err), 0);
	CHECK_STRING(launch_env(&launch, "PATH"), "");
	CHECK_INT(launch.env.count, 2);
	CHECK_INT(launch_set_env(&launch, "PATH", &err), 0);
	CHECK(!launch_env(&launch, "PATH"));
	CHECK_STRING(launch_env(&launch, "PATHS"), "/a");
	CHECK_INT(launch_set_env(&launch, "NEVER", &err), 0);
	CHECK_INT(launch.env.count, 1);
	CHECK_INT(launch_set_env(&launch, "=x", &err), -EINVAL);
}

static void users_and_directories_are_checked(void)
{
	static const char *const users[] = {"", "a", "-1", "1:", "1:b", "1:2:3", "4294967296",
					    "1:4294967296", "1 "};
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;

	for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++)
		CHECK_INT(launch_set_user(&launch, users[i], &err), -EINVAL);
	CHECK_INT(launch.uid, -1);
	CHECK_INT(launch_set_user(&launch, "0:4294967295", &err), 0);
	CHECK_INT(launch.gid, UINT32_MAX);
	CHECK_INT(launch_set_cwd(&launch, "srv", &err), -EINVAL);
	CHECK_INT(launch_set_cwd(&launch, "", &err), -EINVAL);
	CHECK(!launch.cwd);
}

static void odd_sessions_are_refused(void)
{
	static const struct {
		const char *command, *env;
	} cases[] = {
		{"\"web\"", NULL}, {"[1]", NULL},   {"[\"web\"", NULL}, {"", NULL},
		{NULL, "[]"},      {NULL, "{\"A\": 1}"}, {NULL, "{"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;
		const struct session session = {.label = (char *)"run",
						.command = (char *)cases[i].command,
						.env = (char *)cases[i].env,
						.uid = -1,
						.gid = -1};

		CHECK_INT(launch_from_session(&launch, &session, &err), -EINVAL);
		CHECK(strstr(err.message, cases[i].command ? "its command" : "its env"));
	}
}

static void a_config_says_how_to_start_it(void)
{
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;
	json_auto_t *config = NULL;

	CHECK_INT(launch_add_arg(&launch, "web", &err), 0);
	CHECK_INT(launch_set_env(&launch, "Z=1", &err), 0);
	CHECK_INT(launch_set_env(&launch, "A=2", &err), 0);
	launch.tmp_is_empty = true;
	CHECK_INT(launch_config(&launch, NULL, &config, &err), 0);
	CHECK_STRING(joined(in(config, "process", "args")), "web");
	CHECK(strncmp(joined(in(config, "process", "env")), "A=2,PATH=/", 10) == 0);
	CHECK_STRING(json_string_value(in(config, "process", "cwd")), "/");
	CHECK_INT(json_integer_value(json_object_get(in(config, "process", "user"), "uid")), 0);
	CHECK_STRING(json_string_value(in(config, "root", "path")), "rootfs");
	CHECK(json_is_true(in(config, "root", "readonly")));
}

static void members_are_merged_and_lists_replaced(void)
{
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;
	json_auto_t *config = NULL;
	json_auto_t *over = json_pack("{s:{s:[s], s:s}, s:s, s:{s:i}}", "process", "args", "else",
				      "cwd", "/x", "hostname", "h", "linux", "mine", 1);

	CHECK_INT(launch_config(&launch, over, &config, &err), 0); /* it says the command */
	CHECK_STRING(joined(in(config, "process", "args")), "else");
	CHECK_STRING(json_string_value(in(config, "process", "cwd")), "/x");
	CHECK(in(config, "process", "capabilities"));
	CHECK_STRING(json_string_value(json_object_get(config, "hostname")), "h");
	CHECK_INT(json_integer_value(in(config, "linux", "mine")), 1);
	CHECK(in(config, "linux", "namespaces"));
}

static void what_no_config_can_hold_is_refused(void)
{
	_cleanup_(launch_release) struct launch launch = LAUNCH_INIT;
	json_auto_t *config = NULL;

	CHECK_INT(launch_config(&launch, NULL, &config, &err), -EINVAL); /* no command */
	CHECK_INT(launch_add_arg(&launch, "caf\xe9", &err), 0);
	CHECK_INT(launch_config(&launch, NULL, &config, &err), -EILSEQ);
	launch_release(&launch);
	CHECK_INT(launch_add_arg(&launch, "web", &err), 0);
	CHECK_INT(launch_set_env(&launch, "A=\xe9", &err), 0);
	CHECK_INT(launch_config(&launch, NULL, &config, &err), -EILSEQ);
	CHECK(!config);
}

int main(void)
{
	RUN(what_is_said_first_stays);
	RUN(variables_are_set_replaced_and_taken_out);
	RUN(users_and_directories_are_checked);
	RUN(odd_sessions_are_refused);
	RUN(a_config_says_how_to_start_it);
	RUN(members_are_merged_and_lists_replaced);
	RUN(what_no_config_can_hold_is_refused);
	return test_end();
}
