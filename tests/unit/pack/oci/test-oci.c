/* SPDX-License-Identifier: BSD-2-Clause */
/* pack/oci*: platforms, users, names, and how to start an image, there and back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/size.h"
#include "db/base/text.h"
#include "pack/oci/config.h"
#include "pack/oci/derived.h"
#include "pack/oci/oci.h"
#include "pack/oci/user.h"
#include "pack/oci/write.h"
#include "tests/test.h"

static void sizes_are_read_as_people_write_them(void)
{
	static const struct {
		const char *text;
		uint64_t size; /* UINT64_MAX: is refused */
	} cases[] = {
		{"0", 0},	      {"4096", 4096},	 {"64K", 65536},	 {"2m", 2 << 20},
		{"1GiB", 1 << 30},    {"10B", 10},	 {"16E", UINT64_MAX},	 {"", UINT64_MAX},
		{"-1", UINT64_MAX},   {" 1", UINT64_MAX}, {"1X", UINT64_MAX},	 {"1K2", UINT64_MAX},
		{"1iB", UINT64_MAX},  {"99999999999999999999", UINT64_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t size = UINT64_MAX;

		CHECK(size_parse(cases[i].text, &size) == (cases[i].size != UINT64_MAX));
		CHECK_INT(size, cases[i].size);
	}
}

static void platforms_match_as_far_as_they_are_stated(void)
{
	CHECK(oci_platform_matches("linux", "amd64", NULL, "linux/amd64"));
	CHECK(oci_platform_matches("linux", "arm", "v7", "linux/arm/v7"));
	CHECK(oci_platform_matches("linux", "arm", "v7", "linux/arm"));
	CHECK(oci_platform_matches(NULL, NULL, NULL, "linux/amd64"));
	CHECK(!oci_platform_matches("linux", "arm", "v6", "linux/arm/v7"));
	CHECK(!oci_platform_matches("linux", "amd64", NULL, "linux/amd6"));
	CHECK(!oci_platform_matches("windows", "amd64", NULL, "linux/amd64"));
	CHECK(oci_platform_matches("linux", NULL, NULL, oci_platform_here()));
}

static void names_of_images_are_those_engines_take(void)
{
	static const char *const good[] = {"web", "web:1.2", "host.example:5000/a/b:V1", "a_b-c.d"};
	static const char *const bad[] = {"", ":1", "Web", "a b", "web:", "a//b", "/a", "a/", "a:b c"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK_INT(oci_name_check(good[i], NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(oci_name_check(bad[i], NULL), -EINVAL);
}

/* ---- users ---- */

static struct tree *root_with_users(void)
{
	static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1001::/:\n"
				     "7up:x:77:78::/:\n";
	static const char group[] = "app:x:1001:\nextra:x:50:app\nmore:x:40:x,app\nother:x:60:\n";
	struct tree *tree;
	struct node *node;

	REQUIRE(tree_new(&tree) == 0);
	/* not where it is, but where a link says: as some distributions have it */
	REQUIRE(tree_insert(tree, "/etc/passwd", S_IFLNK | 0777, &node, NULL) == 0);
	node->inode->target = strdup("/usr/share/passwd");
	REQUIRE(tree_insert(tree, "/usr/share/passwd", S_IFREG | 0644, &node, NULL) == 0);
	REQUIRE(inode_set_bytes(node->inode, passwd, strlen(passwd)) == 0);
	REQUIRE(tree_insert(tree, "/etc/group", S_IFREG | 0644, &node, NULL) == 0);
	REQUIRE(inode_set_bytes(node->inode, group, strlen(group)) == 0);
	return tree;
}

static void users_are_those_of_the_root(void)
{
	static const struct {
		const char *spec;
		int result;
		uint32_t uid, gid;
		size_t groups;
	} cases[] = {
		{NULL, 0, 0, 0, 0},	    {"", 0, 0, 0, 0},		 {"app", 0, 1000, 1001, 2},
		{"1000", 0, 1000, 1001, 2}, {"app:extra", 0, 1000, 50, 0}, {"app:9", 0, 1000, 9, 0},
		{"5", 0, 5, 0, 0},	    {"5:6", 0, 5, 6, 0},	 {"7up", 0, 77, 78, 0},
		{"nobody", -ENOENT, 0, 0, 0}, {"app:none", -ENOENT, 0, 0, 0},
		{"broken", -ENOENT, 0, 0, 0}, {"-1", -ENOENT, 0, 0, 0},
		{"4294967295", -ENOENT, 0, 0, 0},
	};
	_cleanup_(tree_freep) struct tree *tree = root_with_users();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct oci_user user;

		CHECK_INT(oci_user_lookup(tree, cases[i].spec, &user, NULL), cases[i].result);
		if (cases[i].result == 0) {
			CHECK_INT(user.uid, cases[i].uid);
			CHECK_INT(user.gid, cases[i].gid);
			CHECK_INT(user.groups.count, cases[i].groups);
			if (user.groups.count == 2)
				CHECK_INT(user.groups.items[0], 40);
		}
		oci_user_release(&user);
	}
}

/* ---- how to start ---- */

/* The image's own configuration and how it starts, in a root with users. */
struct image_case {
	struct image_config image;
	struct tree *tree;
	json_t *start;
};

static int open_case(struct image_case *it, const char *text, struct error *err)
{
	*it = (struct image_case){.tree = root_with_users()};
	if (image_config_parse(text, strlen(text), &it->image, err) < 0)
		return -1;
	return oci_config_to_start(&it->image, it->tree, &it->start, err);
}

static void close_case(struct image_case *it)
{
	image_config_release(&it->image);
	tree_free(it->tree);
	json_decref(it->start);
}

static json_t *derive(struct image_case *it, bool docker, const char *const *changes,
		      struct derived_notes *notes, struct error *err)
{
	struct derived_options options = {.image = &it->image, .docker = docker, .changes = changes};
	json_t *config = NULL;

	*notes = (struct derived_notes){0};
	return derived_config(tree_root(it->tree), it->start, &options, notes, &config, err) < 0 ? NULL
													  : config;
}

static json_t *process_of(struct image_case *it)
{
	return json_object_get(it->start, "process");
}

static const char whole_image[] =
	"{\"os\": \"linux\", \"config\": {\"Entrypoint\": [\"/e\"], \"Cmd\": [\"c\", \"d e\"],"
	" \"Env\": [\"PATH=/x\", \"A=b\"], \"User\": \"app\", \"WorkingDir\": \"/w\","
	" \"ExposedPorts\": {\"80/tcp\": {}, \"53/udp\": {}}, \"Volumes\": {\"/v\": {}},"
	" \"StopSignal\": \"SIGQUIT\", \"Labels\": {\"k\": \"v\"}, \"Shell\": [\"/s\", \"-c\"],"
	" \"Healthcheck\": {\"Test\": [\"CMD\", \"/h\"], \"Interval\": 5}}}";

static void an_image_survives_the_way_there_and_back(void)
{
	struct image_case it;
	struct error err = ERROR_INIT;
	struct derived_notes notes;
	json_t *back;

	REQUIRE(open_case(&it, whole_image, &err) == 0);
	CHECK(!json_object_get(it.start, "annotations"));
	back = derive(&it, true, NULL, &notes, &err);
	CHECK(json_equal(back, json_object_get(it.image.json, "config")));
	CHECK(!notes.health_is_label && !notes.user_is_number);
	json_decref(back);

	/* a longer command is the same entry point */
	json_array_append_new(json_object_get(process_of(&it), "args"), json_string("more"));
	back = derive(&it, true, NULL, &notes, &err);
	CHECK_INT(json_array_size(json_object_get(back, "Entrypoint")), 1);
	CHECK_INT(json_array_size(json_object_get(back, "Cmd")), 3);
	json_decref(back);

	/* another takes the place of both; so do another user and directory, and variables */
	json_object_set_new(process_of(&it), "args", json_pack("[s]", "/other"));
	json_object_set_new(process_of(&it), "user", json_pack("{s:i, s:i}", "uid", 7, "gid", 8));
	json_object_set_new(process_of(&it), "cwd", json_string("/elsewhere"));
	json_object_set_new(process_of(&it), "env", json_pack("[s, s]", "A=c", "B=d"));
	back = derive(&it, true, NULL, &notes, &err);
	CHECK_INT(json_array_size(json_object_get(back, "Entrypoint")), 1);
	CHECK(!json_object_get(back, "Cmd"));
	CHECK_STRING(json_text(back, "User"), "7:8");
	CHECK_STRING(json_text(back, "WorkingDir"), "/elsewhere");
	CHECK_INT(json_array_size(json_object_get(back, "Env")), 2);
	CHECK(json_object_get(back, "Healthcheck") && notes.user_is_number);
	json_decref(back);
	close_case(&it);
}

static void what_oci_has_no_field_for_is_a_label(void)
{
	struct image_case it, other;
	struct error err = ERROR_INIT;
	struct derived_notes notes;
	json_t *back, *again;
	char *text;

	REQUIRE(open_case(&it, whole_image, &err) == 0);
	back = derive(&it, false, NULL, &notes, &err);
	CHECK(!json_object_get(back, "Healthcheck") && notes.health_is_label);
	CHECK_STRING(json_text(json_object_get(back, "Labels"), DERIVED_LABEL_HEALTH),
		     "{\"Interval\":5,\"Test\":[\"CMD\",\"/h\"]}");

	/* and a field again where there is one */
	again = json_pack("{s:o}", "config", back);
	text = json_dumps(again, 0);
	REQUIRE(open_case(&other, text, &err) == 0);
	json_decref(again);
	free(text);
	back = derive(&other, true, NULL, &notes, &err);
	CHECK(json_equal(back, json_object_get(it.image.json, "config")));
	json_decref(back);
	close_case(&it);
	close_case(&other);
}

static void changes_are_those_of_podman_commit(void)
{
	static const char *const good[] = {"CMD=/bin/x", "ENTRYPOINT [\"/e\", \"f\"]", "ENV B=c D=\"e f\"",
					   "env A=z", "EXPOSE 8080/tcp 53/udp", "LABEL k=w", "USER=1:2",
					   "STOPSIGNAL SIGINT", "VOLUME [\"/d\"]", "WORKDIR /y", NULL};
	static const char *const bad[] = {"ONBUILD RUN x", "CMD", "", "ENV", "ENV =x", "nonsense=1",
					  "STOPSIGNAL=never", "WORKDIR=there", "EXPOSE=x", "VOLUME=d",
					  "VOLUME=/a/../b"};
	struct image_case it;
	struct error err = ERROR_INIT;
	struct derived_notes notes;
	json_t *back, *wanted;

	REQUIRE(open_case(&it, whole_image, &err) == 0);
	back = derive(&it, true, good, &notes, &err);
	wanted = json_pack("{s:[sss], s:[ss], s:[ssss], s:s, s:s, s:{s:{}, s:{}, s:{}}, s:{s:{}, s:{}},"
			   " s:s, s:{s:s}, s:[ss], s:{s:[ss], s:i}}",
			   "Cmd", "/bin/sh", "-c", "/bin/x", "Entrypoint", "/e", "f", "Env", "PATH=/x",
			   "A=z", "B=c", "D=e f", "User", "1:2", "WorkingDir", "/y", "ExposedPorts",
			   "80/tcp", "53/udp", "8080/tcp", "Volumes", "/v", "/d", "StopSignal", "SIGINT",
			   "Labels", "k", "w", "Shell", "/s", "-c", "Healthcheck", "Test", "CMD", "/h",
			   "Interval", 5);
	CHECK(json_equal(back, wanted));
	json_decref(back);
	json_decref(wanted);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *const one[] = {bad[i], NULL};

		err = (struct error)ERROR_INIT;
		CHECK(!derive(&it, true, one, &notes, &err));
		CHECK(*err.message);
	}
	close_case(&it);
}

/* pack/oci/image_config.h: one wrong member refuses the whole; unknown ones are in no result. */
static void strange_configurations_are_refused(void)
{
	static const char *const strange[][2] = {
		{"{\"config\": {\"Cmd\": \"sh\"}}", "config.Cmd"},
		{"{\"config\": {\"Cmd\": [1]}}", "config.Cmd[0]"},
		{"{\"config\": {\"Env\": {\"a\": \"b\"}}}", "config.Env"},
		{"{\"config\": {\"Env\": [\"a\"]}}", "NAME=VALUE"},
		{"{\"config\": {\"User\": \"stranger\"}}", "stranger"},
		{"{\"config\": {\"User\": \"a b\"}}", "config.User"},
		{"{\"config\": {\"StopSignal\": \"TERM; id\"}}", "signal"},
		{"{\"config\": {\"StopSignal\": 15}}", "config.StopSignal"},
		{"{\"config\": {\"ExposedPorts\": {\"80/http\": {}}}}", "port"},
		{"{\"config\": {\"ExposedPorts\": {\"0\": {}}}}", "port"},
		{"{\"config\": {\"ExposedPorts\": {\"65536/tcp\": {}}}}", "port"},
		{"{\"config\": {\"Volumes\": {\"data\": {}}}}", "absolute"},
		{"{\"config\": {\"Volumes\": {\"/a/../../b\": {}}}}", "absolute"},
		{"{\"config\": {\"Volumes\": {\"/\": {}}}}", "absolute"},
		{"{\"config\": {\"WorkingDir\": \"here\"}}", "absolute"},
		{"{\"config\": {\"Labels\": {\"a\": 1}}}", "config.Labels"},
		{"{\"config\": {\"Healthcheck\": {\"Test\": [\"RUN\"]}}}", "CMD-SHELL"},
		{"{\"config\": {\"Healthcheck\": {\"Interval\": -1}}}", "Interval"},
		{"{\"config\": []}", "config is not an object"},
		{"{\"created\": \"now\"}", "created"},
		{"{\"history\": [{\"created_by\": 1}]}", "history"},
		{"{\"rootfs\": {\"diff_ids\": [\"x\"]}}", "digest"},
		{"{\"config\": {}, \"config\": {}}", "duplicate"},
		{"{}{}", "JSON"},
	};

	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		struct image_case it;
		struct error err = ERROR_INIT;

		CHECK(open_case(&it, strange[i][0], &err) < 0);
		if (!strstr(err.message, strange[i][1]))
			test_fail(__FILE__, __LINE__, strange[i][0]);
		close_case(&it);
	}
}

static void what_is_known_is_normalised_and_the_rest_dropped(void)
{
	static const char text[] = "{\"x\": 1, \"config\": {\"ExposedPorts\": {\"80\": {}}, \"Volumes\": {\"/a//b/\": null}, \"y\": 2,"
				   " \"OnBuild\": [\"RUN x\", \"RUN y\"]}}";
	struct image_config image = IMAGE_CONFIG_INIT;
	json_t *wanted = json_pack("{s:{s:{s:{}}, s:{s:{}}}}", "config", "Volumes", "/a/b",
				   "ExposedPorts", "80/tcp");
	char *large = calloc(1, IMAGE_CONFIG_MAX + 2);

	REQUIRE(image_config_parse(text, strlen(text), &image, NULL) == 0);
	CHECK(json_equal(image.json, wanted));
	CHECK_INT(image.onbuild, 2);
	image_config_release(&image);
	memset(large, ' ', IMAGE_CONFIG_MAX + 1);
	CHECK_INT(image_config_parse(large, IMAGE_CONFIG_MAX + 1, &image, NULL), -EFBIG);
	image_config_release(&image);
	free(large);
	json_decref(wanted);
}

static void an_image_without_a_word_gets_a_shell(void)
{
	struct image_case it;
	struct error err = ERROR_INIT;
	struct derived_notes notes;
	json_t *back;

	REQUIRE(open_case(&it, "{\"config\": null}", &err) == 0);
	CHECK_STRING(json_string_value(json_array_get(json_object_get(process_of(&it), "args"), 0)), "/bin/sh");
	back = derive(&it, true, NULL, &notes, &err);
	CHECK_INT(json_object_size(back), 0);
	json_decref(back);
	close_case(&it);
}

int main(void)
{
	RUN(sizes_are_read_as_people_write_them);
	RUN(platforms_match_as_far_as_they_are_stated);
	RUN(names_of_images_are_those_engines_take);
	RUN(users_are_those_of_the_root);
	RUN(an_image_survives_the_way_there_and_back);
	RUN(what_oci_has_no_field_for_is_a_label);
	RUN(changes_are_those_of_podman_commit);
	RUN(what_is_known_is_normalised_and_the_rest_dropped);
	RUN(strange_configurations_are_refused);
	RUN(an_image_without_a_word_gets_a_shell);
	return test_end();
}
