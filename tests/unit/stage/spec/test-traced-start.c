/* SPDX-License-Identifier: BSD-2-Clause */
/* stage/spec: YAML as JSON, and what compose projects and objects of Kubernetes are told so that they are traced. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "stage/spec/traced_start.h"
#include "stage/spec/yaml.h"
#include "tests/test.h"

/* The JSON of all documents of a text, or the error. The caller frees. */
static char *said_of(const char *yaml)
{
	_cleanup_(json_freep) json_t *documents = NULL;
	struct error err = ERROR_INIT;

	return yaml_read(yaml, strlen(yaml), &documents, &err) < 0 ? strdup(err.message)
								    : json_dumps(documents, JSON_COMPACT);
}

static void yaml_is_what_it_stands_for(void)
{
	static const char *const cases[][2] = {
		{"", "[]"},
		{"---\n...\n", "[null]"},
		{"a: 1\n---\nb\n", "[{\"a\":1},\"b\"]"},
		{"[~, null, '', \"null\", Null, nULL]", "[[null,null,\"\",\"null\",null,\"nULL\"]]"},
		{"[true, False, yes, on, 'true']", "[[true,false,\"yes\",\"on\",\"true\"]]"},
		{"[0, -7, 0777, 1.5, 1e3, 9223372036854775807, 9223372036854775808, '1']",
		 "[[0,-7,\"0777\",\"1.5\",\"1e3\",9223372036854775807,\"9223372036854775808\",\"1\"]]"},
		{"a: &x {b: 1}\nc: *x\n", "[{\"a\":{\"b\":1},\"c\":{\"b\":1}}]"},
		{"a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", "[{\"a\":{\"b\":1,\"c\":2},\"d\":{\"c\":3,\"b\":1}}]"},
		{"a: &x {b: 1}\nd: {<<: [*x, {b: 2, e: 3}]}\n", "[{\"a\":{\"b\":1},\"d\":{\"b\":1,\"e\":3}}]"},
		{"a: |\n  x\n  y\nb: >\n  x\n  y\n", "[{\"a\":\"x\\ny\\n\",\"b\":\"x y\\n\"}]"},
		{"a: 1\na: 2\n", "line 2: the key 'a' comes twice"},
		{"{a: {<<: {b: 1}, <<: {c: 1}}}", "line 1: the key '<<' comes twice"},
		{"a: {<<: 1}\n", "line 1: '<<' wants a mapping"},
		{"a: {<<: [1]}\n", "line 1: '<<' wants mappings"},
		{"? [a]\n: b\n", "line 1: a key that is no text"},
		{"\"a\\0b\": 1\n", "line 1: a key that is no text"},
		{"\"a\\0b\"\n", "line 1: text that is no UTF-8"},
		{"a: &a [*a]\n", "line 1: it is nested too deeply"},
		{"a: *b\n", "line 1: found undefined alias"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *said = said_of(cases[i][0]);

		CHECK_STRING(said, cases[i][1]);
	}
}

static void yaml_has_bounds(void)
{
	_cleanup_(freep) char *large = calloc(1, YAML_SIZE_MAX + 2), *deep = NULL, *said = NULL;
	char bomb[4096] = "a: &a [1,2,3,4,5,6,7,8,9,10]\nb: [";

	REQUIRE(large);
	memset(large, '#', YAML_SIZE_MAX + 1);
	said = said_of(large);
	CHECK_STRING(said, "it has more than 1 MiB");
	large[YAML_SIZE_MAX] = '\0';
	deep = said_of(large);
	CHECK_STRING(deep, "[]");
	for (int i = 0; i < 91; i++)
		strcat(bomb, "*a,");
	strcat(bomb, "]");
	free(said);
	said = said_of(bomb);
	CHECK_STRING(said, "line 1: its aliases stand for too much");
	bomb[strlen(bomb) - 4] = ']';
	bomb[strlen(bomb) - 3] = '\0';
	free(said);
	said = said_of(bomb);
	CHECK(said[0] == '[');
}

static void images_get_a_suffix_behind_their_tag(void)
{
	static const char *const cases[][2] = {
		{"web", "web:slim"},
		{"web:1", "web:1-slim"},
		{"h:5000/web", "h:5000/web:slim"},
		{"h:5000/a/web:1.2", "h:5000/a/web:1.2-slim"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *name = traced_image_name(cases[i][0], "slim");

		CHECK_STRING(name, cases[i][1]);
	}
	CHECK(traced_image_name("web@sha256:0", "slim") == NULL);
}

/* What is said of one service, with '…' for the words of tracefs; what is noted, or the error, where it is none. */
static char *override_of(const char *service)
{
	_cleanup_(text_release) struct text notes = TEXT_INIT;
	_cleanup_(json_freep) json_t *project = NULL, *own = NULL, *override = NULL;
	struct error err = ERROR_INIT;
	json_error_t where;

	own = json_loads(service, JSON_DECODE_ANY, &where);
	project = json_pack("{s:{s:O}}", "services", "a", own);
	REQUIRE(project);
	if (traced_compose(project, NULL, &override, &notes, &err) < 0)
		return strdup(notes.size ? notes.bytes : err.message);
	return json_dumps(json_object_get(json_object_get(override, "services"), "a"), JSON_COMPACT | JSON_SORT_KEYS);
}

#define ALWAYS                                                                                     \
	"\"devices\":[\"/dev/fuse:/dev/fuse\"],"
#define RIGHTS "\"cap_add\":[\"SYS_ADMIN\",\"SYS_PTRACE\"],"
#define REST                                                                                       \
	"\"security_opt\":[\"apparmor:unconfined\",\"label:disable\"],"
#define VOLUMES "\"volumes\":[\"sfc-trace:/sfc-trace\"]}"
#define BESIDE "\"/.sfc/tracefs\",\"-o\",\"image=/.sfc/image,join\",\"/\",\"--\""

static void a_service_is_told_what_tracing_takes(void)
{
	static const char *const cases[][2] = {
		{"{\"image\": \"x:1\"}", "{" RIGHTS ALWAYS "\"image\":\"x:1-traced\"," REST VOLUMES},
		{"{\"image\": \"x\", \"user\": 33}",
		 "{" RIGHTS ALWAYS "\"environment\":{\"SFC_TRACE_USER\":\"33\"},\"image\":\"x:traced\"," REST
		 "\"user\":\"0:0\"," VOLUMES},
		{"{\"image\": \"x\", \"init\": true}",
		 "{" RIGHTS ALWAYS "\"image\":\"x:traced\",\"init\":false," REST VOLUMES},
		{"{\"image\": \"x\", \"healthcheck\": {\"test\": \"y z\"}}",
		 "{" RIGHTS ALWAYS "\"healthcheck\":{\"test\":[\"CMD\"," BESIDE ",\"/bin/sh\",\"-c\",\"y z\"]}," 
		 "\"image\":\"x:traced\"," REST VOLUMES},
		{"{\"image\": \"x\", \"healthcheck\": {\"test\": [\"NONE\"]}}",
		 "{" RIGHTS ALWAYS "\"image\":\"x:traced\"," REST VOLUMES},
		{"null", "service 'a' is not traced: it is no mapping\n"},
		{"{}", "service 'a' is not traced: it has no image: name; give what is built one\n"},
		{"{\"image\": \"x@sha256:0\"}", "service 'a' is not traced: its image is a digest; name a tag\n"},
		{"{\"image\": \"x\", \"pid\": \"host\"}",
		 "service 'a' is not traced: with pid: it is not the first process of its container\n"},
		{"{\"image\": \"x\", \"entrypoint\": \"a b\"}",
		 "service 'a' is not traced: its entrypoint is one text; write it as a list of words\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *said = override_of(cases[i][0]);

		CHECK_STRING(said, cases[i][1]);
	}
}

static void what_has_no_service_is_no_project(void)
{
	_cleanup_(text_release) struct text notes = TEXT_INIT;
	_cleanup_(json_freep) json_t *text = json_string("x"), *none = json_object(), *result = NULL;
	struct error err = ERROR_INIT;

	CHECK_INT(traced_compose(text, NULL, &result, &notes, &err), -EBADMSG);
	CHECK_INT(traced_compose(none, NULL, &result, &notes, &err), -EBADMSG);
	CHECK_INT(traced_compose(NULL, NULL, &result, &notes, &err), -EBADMSG);
	CHECK_STRING(err.message, "it has no services");
	CHECK_INT(traced_kubernetes(none, NULL, &result, &notes, &err), -ENOENT);
	CHECK(!result);
}

int main(void)
{
	RUN(yaml_is_what_it_stands_for);
	RUN(yaml_has_bounds);
	RUN(images_get_a_suffix_behind_their_tag);
	RUN(a_service_is_told_what_tracing_takes);
	RUN(what_has_no_service_is_no_project);
	return test_end();
}
