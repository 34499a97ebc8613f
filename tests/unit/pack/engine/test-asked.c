// SPDX-License-Identifier: BSD-2-Clause
/* What is asked for beyond what a package says, in the facts; what is none, or a kind cannot say, is refused by name. */
#include "pack/engine/asked.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/engine/facts_json.h"
#include "pack/engine/written.h"
#include "pack/oci/config.h"
#include "tests/test.h"

static json_t *start, *image_json;

/* The facts of a web server with this asked of it. */
static int facts_of(const char *asked, struct facts *facts, struct error *err)
{
	_cleanup_(json_freep) json_t *json = json_loads(asked, 0, NULL);
	struct image_config image = {.json = image_json};
	int r = facts_read(start, &image, "registry.example:5000/a/web:1.2", facts, err);

	REQUIRE(json);
	return r < 0 ? r : asked_apply(json, facts, err);
}

static const char all[] =
	"{\"publish\": [\"80:8080\", \"[::1]:53:5353/udp\", \"8081-8083:80\"], \"memory\": \"64M\", \"cpus\": \"1.5\","
	" \"pids\": 7, \"count\": 3, \"env\": [\"A=c\"], \"user\": \"5:6\", \"volume\": [\"/a:/b:ro\"], \"tmpfs\": [\"/t:1M\"],"
	" \"ready\": \"http://x:81/p?q\", \"http-probe\": [\"/y\"], \"restart\": \"on-failure:2\", \"cap-drop\": [\"ALL\"],"
	" \"cap-add\": [\"CAP_NET_RAW\"], \"read-only\": true, \"network\": \"private\", \"grace\": \"2.5\","
	" \"cwd\": \"/a\\\\x20b\"}";

static void each_setting_has_its_place(void)
{
	_cleanup_(facts_release) struct facts facts = {0};
	struct error err = ERROR_INIT;

	REQUIRE(facts_of(all, &facts, &err) == 0);
	CHECK_STRING(facts.name, "web");
	CHECK_INT(facts.publish.count, 3);
	CHECK_INT(facts.publish.items[0].host, 80);
	CHECK_INT(facts.publish.items[0].port, 8080);
	CHECK(!facts.publish.items[0].address && !facts.publish.items[0].udp && !facts.publish.items[0].last);
	CHECK_STRING(facts.publish.items[1].address, "::1");
	CHECK_INT(facts.publish.items[1].host, 53);
	CHECK(facts.publish.items[1].udp);
	CHECK_INT(facts.publish.items[2].last, 8083);
	CHECK_INT(facts.memory, 64 << 20);
	CHECK_INT(facts.cpus_milli, 1500);
	CHECK_INT(facts.processes, 7);
	CHECK_INT(facts.replicas, 3);
	CHECK_INT(facts.grace_ms, 2500);
	CHECK_INT(facts.uid, 5);
	CHECK_INT(facts.gid, 6);
	CHECK_INT(facts.capabilities.count, 1);
	CHECK_INT(facts.cap_added.count, 1);
	CHECK_STRING(facts.cap_added.items[0], "CAP_NET_RAW");
	CHECK_INT(facts.env.count, 2);
	CHECK_STRING(facts.env.items[1], "A=c");
	CHECK_STRING(facts.mounts.items[0].destination, "/b");
	CHECK(facts.mounts.items[0].read_only && facts.read_only);
	CHECK_INT(facts.tmpfs.items[0].size, 1 << 20);
	CHECK_INT(facts.ready.how, CHECK_HTTP);
	CHECK_INT(facts.ready.port, 81);
	CHECK_STRING(facts.ready.path, "/p?q");
	CHECK_INT(facts.probe.port, 81);
	CHECK_STRING(facts.restart, "on-failure:2");
	CHECK_INT(facts.network, FACT_NETWORK_PRIVATE);
	/* a string is spelled as paths are in JSON */
	CHECK_STRING(facts.cwd, "/a b");
}

static void an_image_says_ports_volumes_and_health(void)
{
	_cleanup_(facts_release) struct facts facts = {0}, without = {0}, other = {0};
	struct error err = ERROR_INIT;

	REQUIRE(facts_of("{}", &facts, &err) == 0);
	CHECK_INT(facts.ports.count, 1);
	CHECK_INT(facts.ports.items[0].port, 8080);
	CHECK_STRING(facts.ports.items[0].protocol, "tcp");
	CHECK_STRING(facts.volumes.items[0], "/data");
	CHECK_INT(facts.health.how, CHECK_EXEC);
	CHECK_INT(facts.health.command.count, 3);
	CHECK_STRING(facts.health.command.items[0], "/bin/sh");
	CHECK_INT(facts.health.interval_ns, 5000000000);
	CHECK_STRING(facts.stop_signal, "SIGINT");
	REQUIRE(facts_of("{\"no-healthcheck\": true}", &without, &err) == 0);
	CHECK_INT(without.health.how, CHECK_NONE);
	/* the command of the image's is given back: of the sanitizers' seeing */
	REQUIRE(facts_of("{\"health\": \"tcp:81\"}", &other, &err) == 0);
	CHECK_INT(other.health.how, CHECK_TCP);
	CHECK_INT(other.health.command.count, 0);
}

static void what_is_none_is_refused_by_name(void)
{
	static const struct {
		const char *asked, *said;
	} cases[] = {
		{"{\"none\": 1}", "no setting is called 'none'"},
		{"{\"memory\": \"x\"}", "--memory cannot be 'x'"},
		{"{\"memory\": -1}", "--memory cannot be"},
		{"{\"publish\": [\"0:80\"]}", "--publish cannot be '0:80'"},
		{"{\"publish\": [\"9-8:80\"]}", "--publish cannot be '9-8:80'"},
		{"{\"publish\": [\"a.example:1:80\"]}", "--publish cannot be"},
		{"{\"publish\": [\"80:80/sctp\"]}", "--publish cannot be"},
		{"{\"volume\": [\"a:/b\"]}", "--volume cannot be 'a:/b'"},
		{"{\"volume\": [\"/a:/b:z\"]}", "--volume cannot be"},
		{"{\"user\": \"web\"}", "--user: engines want numbers"},
		{"{\"user\": \"-1\"}", "--user: engines want numbers"},
		{"{\"ready\": \"curl x\"}", "--ready curl x: a command of this host"},
		{"{\"http-probe\": [\"/a\", \"/b\"]}", "'/b' is one too many"},
		{"{\"network\": \"app:a/1\"}", "--network app:a/1"},
		{"{\"restart\": \"sometimes\"}", "--restart cannot be 'sometimes'"},
		{"{\"cpus\": \"1e3\"}", "--cpus cannot be '1e3'"},
		{"{\"read-only\": \"yes\"}", "--read-only cannot be"},
		{"{\"env\": [\"A\"]}", "--env cannot be 'A'"},
		{"{\"cwd\": \"\\\\xff\"}", "--cwd: not UTF-8"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(facts_release) struct facts facts = {0};
		struct error err = ERROR_INIT;

		CHECK_INT(facts_of(cases[i].asked, &facts, &err), -EINVAL);
		if (!strstr(err.message, cases[i].said))
			CHECK_STRING(err.message, cases[i].said);
	}
}

static void what_a_kind_has_no_words_for_is_refused_by_name(void)
{
	static const char *const can[] = {"memory", NULL};
	static const struct {
		const char *asked, *said;
	} cases[] = {
		{"{\"memory\": 1, \"device\": [\"/dev/x\\n\"]}", "toaster cannot express --device /dev/x\\n"},
		{"{\"ephemeral\": true}", "toaster cannot express --ephemeral"},
		{"{\"userns\": \"auto\"}", "toaster cannot express --userns auto"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(facts_release) struct facts facts = {0};
		struct error err = ERROR_INIT;

		REQUIRE(facts_of(cases[i].asked, &facts, &err) == 0);
		CHECK_INT(asked_within(&facts, "toaster", can, &err), -EINVAL);
		CHECK_STRING(err.message, cases[i].said);
	}
}

static void the_facts_are_in_the_json(void)
{
	_cleanup_(facts_release) struct facts facts = {0};
	_cleanup_(json_freep) json_t *json = NULL;
	struct error err = ERROR_INIT;

	REQUIRE(facts_of(all, &facts, &err) == 0);
	json = facts_json(&facts);
	REQUIRE(json);
	CHECK_STRING(json_text(json, "image"), "registry.example:5000/a/web:1.2");
	CHECK_INT(json_integer_value(json_object_get(json, "cpus_milli")), 1500);
	CHECK_INT(json_array_size(json_object_get(json, "publish")), 3);
	CHECK_STRING(json_text(json_object_get(json, "ready"), "path"), "/p?q");
	CHECK_STRING(json_text(json_object_get(json, "health"), "how"), "exec");
	CHECK_INT(json_object_size(json_object_get(json, "asked")), 18);
}

static void a_place_is_mounted_once(void)
{
	_cleanup_(facts_release) struct facts facts = {0};
	struct error err = ERROR_INIT;

	/* /data is the image's volume */
	REQUIRE(facts_of("{\"tmpfs\": [\"/t\", \"/t:1M\", \"/u\", \"/data\"], \"volume\": [\"/a:/b\", \"/c:/b:ro\", \"/d:/u\"]}",
			 &facts, &err) == 0);
	CHECK_INT(facts.tmpfs.count, 2);
	CHECK_STRING(facts.tmpfs.items[0].destination, "/t");
	CHECK_INT(facts.tmpfs.items[0].size, 1 << 20);
	CHECK_STRING(facts.tmpfs.items[1].destination, "/data");
	CHECK_INT(facts.volumes.count, 0);
	CHECK_INT(facts.mounts.count, 2);
	CHECK_STRING(facts.mounts.items[0].source, "/c");
	CHECK_STRING(facts.mounts.items[1].destination, "/u");
}

static void all_capabilities_are_asked_for_and_taken(void)
{
	_cleanup_(facts_release) struct facts none = {0}, every = {0};
	struct error err = ERROR_INIT;
	json_t *process = json_object_get(start, "process");
	json_t *list = json_incref(json_object_get(process, "capabilities"));

	REQUIRE(facts_of("{\"cap-add\": [\"ALL\"]}", &every, &err) == 0);
	CHECK(every.all_capabilities);
	json_object_del(process, "capabilities");
	REQUIRE(facts_of("{\"cap-drop\": [\"ALL\"]}", &none, &err) == 0);
	CHECK(!none.all_capabilities);
	CHECK_INT(none.capabilities.count, 0);
	json_object_set_new(process, "capabilities", list);
}

static void a_directory_can_be_covered_unless_it_holds_what_nobody_wrote(void)
{
	_cleanup_(facts_release) struct facts facts = {0};
	_cleanup_(written_paths_release) struct written_paths paths = {0};
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct node *node;
	struct error err = ERROR_INIT;

	REQUIRE(tree_new(&tree) == 0 && facts_of("{\"tmpfs\": [\"/run\"]}", &facts, &err) == 0);
	REQUIRE(tree_insert(tree, "/var/log/web/log", S_IFREG | 0644, &node, NULL) == 0);
	REQUIRE(tree_insert(tree, "/etc/passwd", S_IFREG | 0644, &node, NULL) == 0);
	REQUIRE(written_paths_add(&paths, "/data/x", "/data") == 0 && written_paths_add(&paths, "/etc/lock", "/etc") == 0 &&
		written_paths_add(&paths, "/run/pid", "/run") == 0 && written_paths_add(&paths, "/srv/a", "/srv") == 0 &&
		written_paths_add(&paths, "/srv/a/b", "/srv/a") == 0 &&
		written_paths_add(&paths, "/var/log/web/log", "/var/log/web") == 0);
	CHECK_INT(written_apply(&paths, tree_root(tree), &facts, &err), 0);
	CHECK_INT(facts.written.count, 2);
	CHECK_STRING(facts.written.items[0], "/srv");
	CHECK_STRING(facts.written.items[1], "/var/log/web");
	CHECK_INT(facts.written_over.count, 1);
	CHECK_STRING(facts.written_over.items[0], "/etc");
}

int main(void)
{
	_cleanup_(json_freep) json_t *args = json_pack("[s]", "/bin/web");

	start = oci_start_default(args);
	image_json = json_loads("{\"config\": {\"ExposedPorts\": {\"8080/tcp\": {}}, \"Volumes\": {\"/data\": {}}, \"StopSignal\":"
				" \"SIGINT\", \"Healthcheck\": {\"Test\": [\"CMD-SHELL\", \"true\"], \"Interval\": 5000000000}}}", 0, NULL);
	REQUIRE(start && image_json);
	RUN(each_setting_has_its_place);
	RUN(an_image_says_ports_volumes_and_health);
	RUN(what_is_none_is_refused_by_name);
	RUN(a_place_is_mounted_once);
	RUN(all_capabilities_are_asked_for_and_taken);
	RUN(what_a_kind_has_no_words_for_is_refused_by_name);
	RUN(the_facts_are_in_the_json);
	RUN(a_directory_can_be_covered_unless_it_holds_what_nobody_wrote);
	json_decref(start);
	json_decref(image_json);
	return test_end();
}
