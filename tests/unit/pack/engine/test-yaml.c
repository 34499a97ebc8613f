// SPDX-License-Identifier: BSD-2-Clause
/* What is written as YAML is read again as what it was, and no text is taken for anything else. */
#include "pack/engine/yaml.h"

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "stage/spec/yaml.h"
#include "tests/test.h"

static const char *const words[] = {
	"", "plain", "a b", "yes", "No", "ON", "null", "~", "1", "-1", "0x1f", "1.5", "1e3", "012", "12:30:45", "2026-11-28",
	".inf", ".nan", "=", "<<", "true", "TRUE", "# no comment", "a: b", "a #b", "- a", "? a", "[a]", "{a}", "&a", "*a",
	"!a", "|", ">", "%a", "@a", "`a", "'", "\"", "'a' \"b\"", "\\", "\\n", "a\nb", "a\n", "\n", "\t", " a", "a ",
	"\x01\x1b[31m", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xc3\xa9", "\xf0\x9f\x90\x90", "/bin/sh", "---", "...",
};

static void every_text_comes_back(void)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(json_freep) json_t *list = json_array(), *documents = NULL, *again = NULL;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		REQUIRE(json_array_append_new(list, json_pack("{s:s, s:[s]}", strcmp(words[i], "<<") ? words[i] : "key", words[i], "list", words[i])) == 0);
	documents = json_pack("[O, {s:[], s:{}, s:b, s:n, s:I}]", list, "a", "b", "c", 1, "d", "e",
			      (json_int_t)-9007199254740993LL);
	REQUIRE(documents && yaml_write(documents, &text, &err) == 0);
	if (yaml_read(text.bytes, text.size, &again, &err) < 0)
		CHECK_STRING(err.message, "");
	CHECK_INT(json_array_size(again), 2);
	/* as a key "<<" is a merge to our reader, quoted or not */
	CHECK(json_equal(documents, again));
}

static void a_long_text_is_one(void)
{
	_cleanup_(text_release) struct text text = TEXT_INIT, value = TEXT_INIT;
	_cleanup_(json_freep) json_t *documents = NULL, *again = NULL;
	struct error err = ERROR_INIT;

	for (int i = 0; i < 64 * 1024 / 8; i++)
		text_printf(&value, "%06d '", i);
	documents = json_pack("[{s:s}]", "a", value.bytes);
	REQUIRE(yaml_write(documents, &text, &err) == 0 && yaml_read(text.bytes, text.size, &again, &err) == 0);
	CHECK(json_equal(documents, again));
}

int main(void)
{
	RUN(every_text_comes_back);
	RUN(a_long_text_is_one);
	return test_end();
}
