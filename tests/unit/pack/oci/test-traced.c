/* SPDX-License-Identifier: BSD-2-Clause */
/* pack/oci: what traced and slim images say of themselves, what they are called and where they go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/access.h"
#include "pack/oci/file_write.h"
#include "pack/oci/signal.h"
#include "pack/oci/slim_config.h"
#include "pack/oci/traced_config.h"
#include "pack/oci/traced_layer.h"
#include "tests/test.h"

#define ID "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYERS "\"rootfs\": {\"type\": \"layers\", \"diff_ids\": [\"" ID "\", \"" ID "\"]}"
/* printf '%s\n' ID ID | sha256sum */
#define IMAGE "sha256:a6b8dfa7b70e55aaf0d9d3c16061d3e5be2e543e01c0dd12775d91b84bb4ff2a"

static json_t *parsed(const char *text)
{
	json_error_t where;
	json_t *json = json_loads(text, 0, &where);

	REQUIRE(json);
	return json;
}

static void an_image_is_known_by_its_layers(void)
{
	_cleanup_(json_freep) json_t *config = parsed("{" LAYERS "}");
	_cleanup_(json_freep) json_t *other = parsed("{" LAYERS ", \"config\": {\"User\": \"x\"}, \"author\": \"me\"}");
	_cleanup_(json_freep) json_t *traced = parsed("{\"rootfs\": {\"diff_ids\": []}, \"config\": {\"Labels\": {\"sfc.traced.source\": \"" ID "\"}}}");
	_cleanup_(json_freep) json_t *bad = parsed("{\"rootfs\": {\"diff_ids\": [\"sha256:0\"]}}");
	char id[OCI_IMAGE_ID_SIZE], same[OCI_IMAGE_ID_SIZE];
	struct error err = ERROR_INIT;

	CHECK_INT(oci_image_id(config, id, &err), 0);
	CHECK_INT(oci_image_id(other, same, &err), 0);
	CHECK_STRING(id, IMAGE);
	CHECK_STRING(same, IMAGE);
	CHECK(!oci_image_is_traced(config));
	CHECK_INT(oci_image_id(traced, id, &err), 0);
	CHECK_STRING(id, ID);
	CHECK(oci_image_is_traced(traced));
	CHECK(oci_image_id(bad, id, &err) < 0);
}

/* A member of what a traced image starts with; "" when it is refused. The caller frees. */
static char *traced_member(const char *start, const struct traced_options *options, const char *member)
{
	_cleanup_(json_freep) json_t *config = NULL, *whole = NULL;
	_cleanup_(freep) char *text = NULL;
	struct error err = ERROR_INIT;

	if (asprintf(&text, "{" LAYERS ", \"config\": %s}", start) < 0)
		return NULL;
	config = parsed(text);
	if (traced_config(config, options, &whole, &err) < 0)
		return strdup("");
	return json_dumps(json_object_get(json_object_get(whole, "config"), member), JSON_COMPACT | JSON_ENCODE_ANY);
}

#define WORDS(guard, source)                                                                       \
	"\"/.sfc/tracefs\",\"-o\",\"traces=/sfc-trace,image=/.sfc/image,catalog=no,ignore=/.sfc,ignore=/.sfc/**," \
	"ignore=/sfc-trace,ignore=/sfc-trace/**" guard "\",\"" source "\",\"--\""
#define JOIN "\"CMD\",\"/.sfc/tracefs\",\"-o\",\"image=/.sfc/image,join\",\"/\",\"--\""

static void a_traced_image_starts_what_it_started(void)
{
	static const struct traced_options plain = {0}, more = {.user = "a", .tracefs = "mode=first"},
					   report = {.id = ID, .what = TRACED_REPORT},
					   heal = {.id = ID, .what = TRACED_HEAL};
	static const struct {
		const char *start;
		const struct traced_options *options;
		const char *member, *wanted;
	} cases[] = {
		{"{\"Entrypoint\": [\"a\"], \"Cmd\": [\"b\"]}", &plain, "Entrypoint", "[" WORDS("", "/") ",\"a\"]"},
		{"{\"Entrypoint\": [\"a\"], \"Cmd\": [\"b\"]}", &plain, "Cmd", "[\"b\"]"},
		{"{\"Cmd\": [\"b\"]}", &more, "Entrypoint", "[" WORDS(",mode=first", "/") "]"},
		{"{}", &report, "Entrypoint", "[" WORDS(",kind=prod,known=/.sfc/manifest.db,except=/", "/") "]"},
		{"{}", &heal, "Entrypoint",
		 "[" WORDS(",kind=prod,known=/.sfc/manifest.db,except=/,scratch=tmpfs,above=/", "/sfc-full") "]"},
		{"{\"User\": \"web\"}", &plain, "User", "\"0\""},
		{"{\"User\": \"web\", \"Labels\": null}", &report, "Labels",
		 "{\"sfc.traced.source\":\"" ID "\",\"sfc.traced.user\":\"web\"}"},
		{"{\"User\": \"web\"}", &more, "Volumes", "{\"/sfc-trace\":{}}"},
		{"{\"Healthcheck\": {\"Test\": [\"CMD\", \"x\"]}}", &plain, "Healthcheck", "{\"Test\":[" JOIN ",\"x\"]}"},
		{"{\"Shell\": [\"/sh\", \"-e\"], \"Healthcheck\": {\"Test\": [\"CMD-SHELL\", \"x y\"]}}", &plain,
		 "Healthcheck", "{\"Test\":[" JOIN ",\"/sh\",\"-e\",\"x y\"]}"},
		{"{\"Healthcheck\": {\"Test\": [\"NONE\"]}}", &plain, "Healthcheck", "{\"Test\":[\"NONE\"]}"},
		{"{\"Healthcheck\": {\"Test\": [\"CMD\"]}}", &plain, "Healthcheck", "{\"Test\":[\"CMD\"]}"},
		{"{\"Entrypoint\": \"a\"}", &plain, "Entrypoint", ""},
		{"{\"Cmd\": [1]}", &plain, "Cmd", ""},
		{"{\"Labels\": []}", &plain, "Labels", ""},
		{"{\"Labels\": {\"sfc.traced.source\": \"" ID "\"}}", &plain, "Labels", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *got = traced_member(cases[i].start, cases[i].options, cases[i].member);

		CHECK_STRING(got, cases[i].wanted);
	}
}

static void its_layer_is_added_once(void)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(closep) int fd = memfd_create("program", 0);
	struct traced_layer layer = {.program = fd, .manifest = -1, .id = ID, .user = "web"};
	struct error err = ERROR_INIT;

	REQUIRE(fd >= 0 && write(fd, "x", 1) == 1 && tree_new(&tree) == 0);
	CHECK_INT(traced_layer_add(tree, &layer, &err), 0);
	CHECK(tree_find(tree, TRACED_PROGRAM) && tree_find(tree, TRACED_VOLUME) && !tree_find(tree, TRACED_MANIFEST));
	CHECK_INT(tree_find(tree, TRACED_FILE)->inode->size, strlen("image " ID "\nweb\n"));
	CHECK_INT(traced_layer_add(tree, &layer, &err), -EEXIST);
	CHECK_STRING(err.message, "the root has a /.sfc/tracefs already");
}

static void a_slim_image_says_what_it_said(void)
{
	_cleanup_(json_freep) json_t *config = parsed("{" LAYERS ", \"author\": \"me\", \"history\": [{}], \"config\": {\"User\": \"web\", \"Volumes\": {\"/data\": {}}}}");
	_cleanup_(json_freep) json_t *bad = parsed("{\"config\": {\"Volumes\": {\"/a*\": {}}}}");
	_cleanup_(json_freep) json_t *slim = NULL, *volumes = NULL;
	_cleanup_(freep) char *said = NULL, *patterns = NULL;
	struct error err = ERROR_INIT;

	CHECK_INT(slim_config(config, ID, &slim, &err), 0);
	said = json_dumps(slim, JSON_COMPACT | JSON_SORT_KEYS);
	CHECK_STRING(said, "{\"author\":\"me\",\"config\":{\"Labels\":{\"sfc.slim.source\":\"" ID "\"},\"User\":\"web\","
			   "\"Volumes\":{\"/data\":{}}},\"history\":[],\"rootfs\":{\"diff_ids\":[],\"type\":\"layers\"}}");
	CHECK(slim_config_names_user(config));
	CHECK(!slim_config_names_user(bad));
	CHECK_INT(slim_config_volumes(config, &volumes, &err), 0);
	patterns = json_dumps(volumes, JSON_COMPACT);
	CHECK_STRING(patterns, "[\"/data\",\"/data/**\"]");
	CHECK_INT(slim_config_volumes(bad, &volumes, &err), -EBADMSG);
}

static void a_new_image_is_called_after_the_old_one(void)
{
	static const struct {
		const char *asked, *from, *ref, *to, *name; /* name "": it is refused */
	} cases[] = {
		{NULL, "docker-daemon:web:1", NULL, "x.tar", "web:1-slim"},
		{NULL, "docker-daemon:web", NULL, "x.tar", "web:slim"},
		{NULL, "docker://h:5000/a/web@sha256:00", NULL, "x.tar", "h:5000/a/web:slim"},
		{NULL, "containers-storage:[vfs@/g+/r]web:1", NULL, "x.tar", "web:1-slim"},
		{NULL, "/srv/My Web.tar", NULL, "x.tar", "my-web:slim"},
		{NULL, "web.tar", "api:2", "x.tar", "api:2-slim"},
		{NULL, "oci:layout:3", "3", "x.tar", "layout:3-slim"},
		{NULL, "web.tar", "api:2", "oci:out:5", "web:5"},
		{NULL, "web.tar", "api:2", "docker-archive:x:api:9", "api:9"},
		{NULL, "web.tar", "api:2", "docker://h:5000/api:9", "h:5000/api:9"},
		{"own:1", "web.tar", "api:2", "docker-archive:x:api:9", "own:1"},
		{"Own", "web.tar", "api:2", "x.tar", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(reference_release) struct reference from = {0}, to = {0};
		_cleanup_(freep) char *name = NULL;
		struct error err = ERROR_INIT;

		REQUIRE(reference_parse(cases[i].from, &from, &err) == 0);
		REQUIRE(reference_parse(cases[i].to, &to, &err) == 0);
		CHECK_INT(oci_file_name(cases[i].asked, &from, cases[i].ref, &to, "slim", &name, &err),
			  *cases[i].name ? 0 : -EINVAL);
		CHECK_STRING(name ? name : "", cases[i].name);
	}
}

static void it_has_the_kind_that_came_in_where_either_will_do(void)
{
	static const struct {
		const char *to;
		bool came, docker, directory;
	} cases[] = {
		{"x.tar", true, true, false},		{"x.tar", false, false, false},
		{"docker-daemon:x", false, true, false},	{"docker-archive:x", false, true, false},
		{"oci-archive:x", true, false, false},	{"oci:/nowhere/x", true, false, true},
		{"oci:/:x", true, false, false}, /* it is there: skopeo adds to it */
		{"docker://x", true, true, false},	{"docker://x", false, false, false},
		{"containers-storage:x", true, true, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(reference_release) struct reference to = {0};
		struct error err = ERROR_INIT;
		struct oci_form form;

		REQUIRE(reference_parse(cases[i].to, &to, &err) == 0);
		form = oci_file_form(&to, cases[i].came);
		CHECK_INT(form.docker, cases[i].docker);
		CHECK_INT(form.directory, cases[i].directory);
	}
}

static void words_of_access_are_few(void)
{
	const char *verify = NULL;
	bool follow = false;
	struct error err = ERROR_INIT;

	CHECK_INT(image_access_set_tls_verify(&verify, "false"), 0);
	CHECK_STRING(verify, "false");
	CHECK_INT(image_access_set_tls_verify(&verify, "0"), -EINVAL);
	CHECK_STRING(verify, "false");
	CHECK_INT(image_access_set_credentials(&follow, "a:b", &err), -EINVAL);
	CHECK(!follow);
	CHECK_INT(image_access_set_credentials(&follow, "-", &err), 0);
	CHECK(follow);
}

static void signals_are_those_of_images(void)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		{"SIGTERM", 15}, {"TERM", 15}, {"15", 15},   {"SIGINT", 2}, {"SIGKILL", 9}, {"", 0},
		{"0", 0},	 {"65", 0},    {"SIGX", 0}, {"-9", 0},     {"SIG", 0},	    {"TERM ", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(oci_signal_number(cases[i].name), cases[i].number);
		CHECK_INT(oci_signal_is_known(cases[i].name), cases[i].number != 0);
	}
}

int main(void)
{
	RUN(an_image_is_known_by_its_layers);
	RUN(a_traced_image_starts_what_it_started);
	RUN(its_layer_is_added_once);
	RUN(a_slim_image_says_what_it_said);
	RUN(a_new_image_is_called_after_the_old_one);
	RUN(it_has_the_kind_that_came_in_where_either_will_do);
	RUN(words_of_access_are_few);
	RUN(signals_are_those_of_images);
	return test_end();
}
