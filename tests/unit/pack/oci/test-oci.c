/* SPDX-License-Identifier: BSD-2-Clause */
/* pack/oci*: platforms, users, names, and how to start an image, there and back. */
#include <errno.h>

#include "db/base/cleanup.h"
#include "db/base/size.h"
#include "db/base/text.h"
#include "pack/oci/config.h"
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

static void an_image_survives_the_way_there_and_back(void)
{
	_cleanup_(tree_freep) struct tree *tree = root_with_users();
	_cleanup_(json_freep) json_t *image = json_loads(
		"{\"os\": \"linux\", \"config\": {\"Entrypoint\": [\"/e\"], \"Cmd\": [\"c\", \"d e\"],"
		" \"Env\": [\"PATH=/x\", \"A=b\"], \"User\": \"app\", \"WorkingDir\": \"/w\","
		" \"ExposedPorts\": {\"80/tcp\": {}, \"53/udp\": {}}, \"Volumes\": {\"/v\": {}},"
		" \"StopSignal\": \"SIGQUIT\", \"Labels\": {\"k\": \"v\"},"
		" \"Healthcheck\": {\"Test\": [\"CMD\", \"/h\"], \"Interval\": 5}}}",
		0, NULL);
	_cleanup_(json_freep) json_t *start = NULL, *back = NULL, *wanted = NULL;
	struct error err = ERROR_INIT;

	REQUIRE(oci_config_to_start(image, tree, &start, &err) == 0);
	REQUIRE(oci_config_from_start(start, &back, &err) == 0);
	wanted = json_deep_copy(json_object_get(image, "config"));
	json_object_set_new(wanted, "User", json_string("1000:1001"));
	CHECK(json_equal(back, wanted));

	/* other arguments take the place of both */
	json_decref(back);
	back = NULL;
	json_array_append_new(json_object_get(json_object_get(start, "process"), "args"),
			      json_string("more"));
	REQUIRE(oci_config_from_start(start, &back, &err) == 0);
	CHECK_INT(json_array_size(json_object_get(back, "Entrypoint")), 4);
	CHECK(!json_object_get(back, "Cmd"));
	CHECK(json_object_get(back, "Healthcheck"));
}

static void strange_configurations_are_refused(void)
{
	static const char *const strange[] = {
		"{\"config\": {\"Cmd\": \"sh\"}}",
		"{\"config\": {\"Cmd\": [1]}}",
		"{\"config\": {\"Env\": {\"a\": \"b\"}}}",
		"{\"config\": {\"User\": \"stranger\"}}",
	};
	_cleanup_(tree_freep) struct tree *tree = root_with_users();

	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		_cleanup_(json_freep) json_t *image = json_loads(strange[i], 0, NULL), *start = NULL;
		struct error err = ERROR_INIT;

		CHECK(oci_config_to_start(image, tree, &start, &err) < 0);
		CHECK(*err.message);
		CHECK(!start);
	}
}

static void an_image_without_a_word_gets_a_shell(void)
{
	_cleanup_(tree_freep) struct tree *tree = root_with_users();
	_cleanup_(json_freep) json_t *image = json_loads("{\"config\": null}", 0, NULL), *start = NULL;
	const json_t *args;

	REQUIRE(oci_config_to_start(image, tree, &start, NULL) == 0);
	args = json_object_get(json_object_get(start, "process"), "args");
	CHECK_INT(json_array_size(args), 1);
	CHECK_STRING(json_string_value(json_array_get(args, 0)), "/bin/sh");
}

int main(void)
{
	RUN(sizes_are_read_as_people_write_them);
	RUN(platforms_match_as_far_as_they_are_stated);
	RUN(names_of_images_are_those_engines_take);
	RUN(users_are_those_of_the_root);
	RUN(an_image_survives_the_way_there_and_back);
	RUN(strange_configurations_are_refused);
	RUN(an_image_without_a_word_gets_a_shell);
	return test_end();
}
