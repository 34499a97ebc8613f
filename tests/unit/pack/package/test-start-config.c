// SPDX-License-Identifier: BSD-2-Clause
/* A config.json of somebody else's: what is taken, what is refused, what is only named. */
#include "pack/package/start_config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/oci/signal.h"
#include "pack/package/description.h"
#include "tests/test.h"

static struct error err;

#define WITH(process) "{\"ociVersion\": \"1.0.2\", \"process\": {\"args\": [\"x\"]" process
#define PLAIN WITH("}")

static int parse(const char *text, struct start_config *config)
{
	err = (struct error)ERROR_INIT;
	return start_config_parse(text, strlen(text), config, &err);
}

/* It is refused, in words that name the field. */
static void refused(const char *text, const char *field)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;

	CHECK_INT(parse(text, &config), -EBADMSG);
	CHECK(strstr(err.message, "config.json"));
	if (!strstr(err.message, field))
		printf("said '%s', wanted '%s'\n", err.message, field);
	CHECK(strstr(err.message, field));
}

static void what_is_not_said_is_the_default(void)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;

	REQUIRE(parse(PLAIN "}", &config) == 0);
	CHECK_INT(config.args.count, 1);
	CHECK_INT(config.env.count, 0);
	CHECK_STRING(config.cwd, "/");
	CHECK_INT(config.uid, 0);
	CHECK_INT(config.capabilities, (1 << 14) - 1);
	CHECK(!config.stop_signal && !config.hostname);
}

static void every_known_field_is_taken(void)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;

	REQUIRE(parse(WITH(", \"env\": [\"A=b=c\", \"B=\"], \"cwd\": \"/a//b/../c/\","
			   "\"user\": {\"uid\": 7, \"gid\": 8, \"additionalGids\": [9, 10]},"
			   "\"noNewPrivileges\": true, \"capabilities\": {\"bounding\": [\"CAP_KILL\"]}},"
			   "\"hostname\": \"web-1\", \"root\": {\"path\": \"rootfs\", \"readonly\": true},"
			   "\"mounts\": [{\"destination\": \"/run/./x\", \"type\": \"tmpfs\","
			   "\"options\": [\"mode=755\", \"size=50%\"]}],"
			   "\"linux\": {\"resources\": {\"memory\": {\"limit\": 5}, \"pids\": {\"limit\": -1}}},"
			   "\"annotations\": {\"org.opencontainers.image.stopSignal\": \"SIGRTMIN+3\"}}"),
		      &config) == 0);
	CHECK_STRING(config.env.items[0], "A=b=c");
	CHECK_STRING(config.cwd, "/a/c");
	CHECK_INT(config.uid, 7);
	CHECK_INT(config.gid, 8);
	CHECK_INT(config.groups.count, 2);
	CHECK(config.no_new_privileges && config.readonly);
	CHECK_INT(__builtin_popcount(config.capabilities), 1);
	CHECK_STRING(config.hostname, "web-1");
	REQUIRE(config.tmpfs.count == 1);
	CHECK_STRING(config.tmpfs.items[0].destination, "/run/x");
	CHECK_INT(config.memory, 5);
	CHECK_INT(config.pids, 0);
	CHECK_STRING(config.stop_signal, "SIGRTMIN+3");
}

static void what_is_wrong_is_named(void)
{
	static const char *const cases[][2] = {
		{"", "not one JSON document"},
		{"[]", "not a JSON object"},
		{PLAIN "}{}", "not one JSON document"},
		{PLAIN "} null", "not one JSON document"},
		{"{\"ociVersion\": \"1\", \"ociVersion\": \"1\"}", "duplicate"},
		{"{}", "ociVersion"},
		{"{\"ociVersion\": \"1\"}", "process"},
		{WITH(", \"env\": [\"A=b\", \"/bin/sh\"]}}"), "process.env[1] is '/bin/sh'"},
		{WITH(", \"env\": [\"=b\"]}}"), "process.env[0]"},
		{WITH(", \"env\": \"A=b\"}}"), "process.env is not a list"},
		{WITH(", \"cwd\": \"a\"}}"), "process.cwd"},
		{WITH(", \"user\": {\"uid\": 4294967295}}}"), "process.user.uid"},
		{WITH(", \"capabilities\": {\"ambient\": [\"x\"]}}}"), "process.capabilities.ambient[0]"},
		{PLAIN ", \"mounts\": [{\"destination\": \"/x/..\"}]}", "mounts[0].destination"},
		{PLAIN ", \"mounts\": [{\"destination\": \"/x\", \"type\": \"tmpfs\", \"options\": [\"suid\"]}]}",
		 "mounts[0].options: 'suid'"},
		{PLAIN ", \"hostname\": \"a\\nb\"}", "hostname"},
		{PLAIN ", \"annotations\": {\"org.opencontainers.image.stopSignal\": \"x\"}}", "stop signal"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refused(cases[i][0], cases[i][1]);
}

static void what_is_too_large_is_not_read(void)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;
	_cleanup_(freep) char *spaces = malloc(START_CONFIG_MAX + 2);

	REQUIRE(spaces);
	memset(spaces, ' ', START_CONFIG_MAX + 1);
	spaces[START_CONFIG_MAX + 1] = '\0';
	memcpy(spaces, PLAIN "}", strlen(PLAIN "}"));
	CHECK_INT(parse(spaces, &config), -EFBIG);
	spaces[START_CONFIG_MAX] = '\0';
	CHECK_INT(parse(spaces, &config), 0);
}

static void what_it_asks_for_is_named_and_not_written(void)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;
	json_auto_t *json = NULL;

	REQUIRE(parse(PLAIN ", \"hooks\": {\"prestart\": [1]}, \"annotations\": {\"run.oci.x\": \"y\"},"
			    "\"linux\": {\"seccomp\": {\"listenerPath\": \"/x\"}, \"namespaces\": [{\"type\": \"pid\"},"
			    "{\"type\": \"ipc\"}, {\"type\": \"uts\"}, {\"type\": \"network\"}]},"
			    "\"mounts\": [{\"destination\": \"//sys/\", \"type\": \"bind\", \"source\": \"/sys\"},"
			    "{\"destination\": \"/h\", \"type\": \"bind\", \"source\": \"/\"}]}",
		      &config) == 0);
	CHECK_INT(config.asks.count, 6);
	CHECK_INT(config.tmpfs.count, 0);
	json = start_config_json(&config);
	REQUIRE(json);
	CHECK(!json_object_get(json, "hooks") && !json_object_get(json, "annotations"));
	CHECK(!json_object_get(json_object_get(json, "linux"), "seccomp"));
	CHECK_INT(json_array_size(json_object_get(json, "mounts")), 6);
}

static void a_known_signal_is_the_one_that_is_sent(void)
{
	CHECK_INT(oci_signal_number("SIGWINCH"), SIGWINCH);
	CHECK_INT(oci_signal_number("PIPE"), SIGPIPE);
	CHECK_INT(oci_signal_number("SIGXCPU"), SIGXCPU);
	CHECK_INT(oci_signal_number("3"), 3);
	CHECK_INT(oci_signal_number("SIGRTMIN+3"), SIGRTMIN + 3);
	CHECK_INT(oci_signal_number("RTMAX-1"), SIGRTMAX - 1);
	CHECK_INT(oci_signal_number("RTMIN+60"), 0);
	CHECK_INT(oci_signal_number("SIGNONE"), 0);
}

static void signals_are_known_by_name_and_number(void)
{
	static const char *const good[] = {"SIGTERM", "TERM", "15", "64", "SIGRTMIN+3", "RTMAX-14", "1"};
	static const char *const bad[] = {"", "0", "65", "SIG", "term", "TERM+1", "RTMIN+", "15 ",
					  "TERM; id", ".*", "RTMIN+123"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK(oci_signal_is_known(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!oci_signal_is_known(bad[i]));
}

static void a_description_has_types(void)
{
	static const char *const bad[] = {"", "[]", "{}{}", "{\"name\": 1}", "{\"parts\": []}",
					  "{\"parts\": {\"x\": {\"size\": -1}}}",
					  "{\"parts\": {\"x\": {\"size\": 1, \"sha256\": \"00\"}}}"};
	_cleanup_(description_release) struct description description = {0};
	const char *good = "{\"name\": \"a\", \"version\": null}";

	CHECK_INT(description_parse(good, strlen(good), &description, &err), 0);
	CHECK_STRING(description.name, "a");
	CHECK(!description.version);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		description_release(&description);
		CHECK_INT(description_parse(bad[i], strlen(bad[i]), &description, &err), -EBADMSG);
	}
}

int main(void)
{
	RUN(what_is_not_said_is_the_default);
	RUN(every_known_field_is_taken);
	RUN(what_is_wrong_is_named);
	RUN(what_is_too_large_is_not_read);
	RUN(what_it_asks_for_is_named_and_not_written);
	RUN(signals_are_known_by_name_and_number);
	RUN(a_known_signal_is_the_one_that_is_sent);
	RUN(a_description_has_types);
	return test_end();
}
