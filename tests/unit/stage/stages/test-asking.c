// SPDX-License-Identifier: BSD-2-Clause
/* stage/stages/asking.h, stage/watch/inside.h: what an image says of when it is up and whether it is well. */
#include "stage/stages/asking.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "tests/test.h"

static struct image_config image_of(const char *config)
{
	struct image_config image = IMAGE_CONFIG_INIT;
	struct error err = ERROR_INIT;
	json_auto_t *start = json_loads(config, 0, NULL), *whole = json_pack("{s:O}", "config", start);

	REQUIRE(start && whole && image_config_from_json(whole, &image, &err) == 0);
	return image;
}

static void add_words(struct text *text, const spec_strings *words)
{
	for (size_t i = 0; i < words->count; i++)
		text_printf(text, "[%s]", words->items[i]);
}

static void an_image_is_a_server_by_what_it_says(void)
{
	static const struct {
		const char *config;
		const char *ports, *check;
		bool server, by_answer;
	} cases[] = {
		{"{}", "", "", false, true},
		{"{\"ExposedPorts\": {\"8080/tcp\": {}, \"53/udp\": {}, \"80\": {}}}", "8080/tcp, 80/tcp", "", true, false},
		{"{\"ExposedPorts\": {\"53/udp\": {}}}", "", "", false, true},
		{"{\"Healthcheck\": {\"Test\": [\"CMD\", \"/bin/x\", \"-v\"]}}", "", "[/bin/x][-v]", true, true},
		{"{\"Healthcheck\": {\"Test\": [\"CMD-SHELL\", \"x -v\"]}}", "", "[/bin/sh][-c][x -v]", true, true},
		{"{\"Healthcheck\": {\"Test\": [\"CMD-SHELL\", \"x\"]}, \"Shell\": [\"/bin/ash\", \"-ec\"]}", "",
		 "[/bin/ash][-ec][x]", true, true},
		{"{\"Healthcheck\": {\"Test\": [\"NONE\"]}}", "", "", false, true},
		{"{\"Healthcheck\": {\"Test\": [\"CMD\"]}}", "", "", false, true},
		{"{\"Healthcheck\": {\"Interval\": 1}}", "", "", false, true},
		{"{\"Labels\": {\"sfc.healthcheck\": \"{\\\"Test\\\":[\\\"CMD\\\",\\\"/x\\\"]}\"}}", "", "[/x]", true, true},
	};
	const struct spec spec = SPEC_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(image_config_release) struct image_config image = image_of(cases[i].config);
		_cleanup_(text_release) struct text ports = TEXT_INIT, check = TEXT_INIT;
		_cleanup_(asking_release) struct asking asking;
		struct error err = ERROR_INIT;

		CHECK_INT(asking_open(&spec, &image, &asking, &err), 0);
		asking_add_ports(&asking, &ports);
		add_words(&check, &asking.check.args);
		CHECK_STRING(ports.size ? ports.bytes : "", cases[i].ports);
		CHECK_STRING(check.size ? check.bytes : "", cases[i].check);
		CHECK_INT(asking_is_server(&asking), cases[i].server);
		CHECK_INT(asking_by_answer(&asking), cases[i].by_answer);
	}
}

static void what_was_asked_goes_before_it(void)
{
	_cleanup_(image_config_release) struct image_config image = image_of(
		"{\"ExposedPorts\": {\"80/tcp\": {}}, \"Healthcheck\": {\"Test\": [\"CMD\", \"/x\"], \"Timeout\": 3000000000}}");
	static char word[] = "nginx", *words[] = {word, NULL};
	const struct {
		struct spec spec;
		size_t ports, checks;
		bool server;
	} cases[] = {
		{{.user = NULL}, 1, 1, true},
		{{.no_healthcheck = true}, 1, 0, true},
		{{.ready = READY_TCP, .ready_port = 81}, 0, 1, true},
		{{.args = {words, 1, 1}}, 0, 0, false},
		{{.args = {words, 1, 1}, .probes = {words, 1, 1}}, 0, 1, true},
		{{.args = {words, 1, 1}, .ready = READY_COMMAND}, 0, 1, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(asking_release) struct asking asking;
		struct error err = ERROR_INIT;

		CHECK_INT(asking_open(&cases[i].spec, &image, &asking, &err), 0);
		CHECK_INT(asking.ports.count, cases[i].ports);
		CHECK_INT(asking.check.args.count, cases[i].checks);
		CHECK_INT(asking_is_server(&asking), cases[i].server);
		if (cases[i].checks)
			CHECK_INT(asking.check.timeout_ms, 3000);
	}
}

static void a_label_that_is_no_healthcheck_is_refused(void)
{
	static const char *const bad[] = {"{\"Test\": [\"/x\"]}", "{}{}", "[", "{\"Test\": 1}"};
	const struct spec spec = SPEC_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_(image_config_release) struct image_config image = image_of("{\"Labels\": {\"sfc.healthcheck\": \"\"}}");
		_cleanup_(asking_release) struct asking asking;
		struct error err = ERROR_INIT;

		json_object_set_new(image_config_member(&image, "Labels"), "sfc.healthcheck", json_string(bad[i]));
		CHECK_INT(asking_open(&spec, &image, &asking, &err), -EBADMSG);
		CHECK(strncmp(err.message, "the image's HEALTHCHECK: ", 25) == 0);
	}
}

static void without_an_image_nothing_is_said(void)
{
	const struct image_config none = IMAGE_CONFIG_INIT;
	const struct spec spec = SPEC_INIT;
	struct error err = ERROR_INIT;
	struct asking asking;

	CHECK_INT(asking_open(&spec, NULL, &asking, &err), 0);
	CHECK(!asking_is_server(&asking));
	asking_release(&asking);
	CHECK_INT(asking_open(&spec, &none, &asking, &err), 0);
	CHECK(!asking_is_server(&asking));
	asking_release(&asking);
}

int main(void)
{
	RUN(an_image_is_a_server_by_what_it_says);
	RUN(what_was_asked_goes_before_it);
	RUN(a_label_that_is_no_healthcheck_is_refused);
	RUN(without_an_image_nothing_is_said);
	return test_end();
}
