// SPDX-License-Identifier: BSD-2-Clause
/* What a package says of itself: there and back as JSON, and told as a chain of reasons. */
#include "pack/evidence/json.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "pack/evidence/explanation.h"
#include "tests/test.h"

static struct error err;

static const char whole[] =
	"{\"version\": 1, \"warnings\": [\"a warning\"], \"entries\": ["
	"{\"reasons\": [{\"why\": \"session\", \"session\": \"get\", \"program\": \"/bin/sh\","
	"  \"op\": \"exec\", \"after_ns\": 5}],"
	" \"path\": \"/bin/web\", \"kind\": \"file\", \"size\": 100, \"order\": 1},"
	"{\"reasons\": [{\"why\": \"needed\", \"from\": \"/bin/web\", \"detail\": \"libz.so.1\"}],"
	" \"path\": \"/lib/libz.so.1\", \"kind\": \"link\"},"
	"{\"reasons\": [{\"why\": \"target\", \"from\": \"/lib/libz.so.1\"},"
	"  {\"why\": \"needed\", \"from\": \"/bin/web\", \"detail\": \"libz.so.1\"}],"
	" \"path\": \"/lib/libz.so.1.2\", \"kind\": \"file\", \"size\": 7, \"stub\": true},"
	"{\"reasons\": [{\"why\": \"session\", \"session\": \"get\", \"program\": \"\","
	"  \"op\": \"open\", \"after_ns\": 6}],"
	" \"path\": \"/root/.netrc\", \"kind\": \"file\", \"size\": 9, \"left_out\": \"secret\","
	" \"left_out_by\": \"login data\"}]}";

static int load(const char *text, struct evidence *evidence)
{
	json_auto_t *json = json_loads(text, 0, NULL);

	REQUIRE(json);
	err = (struct error)ERROR_INIT;
	return evidence_from_json(json, evidence, &err);
}

static void there_and_back_is_the_same(void)
{
	_cleanup_(evidence_release) struct evidence evidence = {0}, again = {0};
	json_auto_t *json = NULL, *first = json_loads(whole, 0, NULL);

	REQUIRE(load(whole, &evidence) == 0);
	json = evidence_json(&evidence);
	CHECK(json_equal(json, first));
	CHECK_INT(evidence_from_json(json, &again, &err), 0);
	CHECK_INT(again.count, 4);
	CHECK_STRING(again.warnings[0], "a warning");
}

static void an_entry_is_found_with_all_it_is(void)
{
	_cleanup_(evidence_release) struct evidence evidence = {0};
	const struct evidence_entry *entry;

	REQUIRE(load(whole, &evidence) == 0);
	entry = evidence_find(&evidence, "/bin/web");
	REQUIRE(entry);
	CHECK_INT(entry->kind, ENTRY_FILE);
	CHECK_INT(entry->size, 100);
	CHECK_INT(entry->order, 1);
	CHECK(entry->contents && entry->verdict == VERDICT_IN);
	CHECK_STRING(entry->reasons[0].op, "exec");
	CHECK_INT(entry->reasons[0].after_ns, 5);
	entry = evidence_find(&evidence, "/root/.netrc");
	REQUIRE(entry);
	CHECK_INT(entry->verdict, VERDICT_SECRET);
	CHECK_STRING(entry->verdict_detail, "login data");
	CHECK(!evidence_find(&evidence, "/lib/libz.so.1.2")->contents);
	CHECK(!evidence_find(&evidence, "/lib"));
}

static void names_of_any_bytes_survive(void)
{
	_cleanup_(evidence_release) struct evidence evidence = {0}, again = {0};
	static const struct evidence_made made[] = {{"/\xff\n\\x", ENTRY_FILE}, {"/dev", ENTRY_DIR}};
	json_auto_t *json = NULL;

	REQUIRE(load(whole, &evidence) == 0);
	CHECK_INT(evidence_add_made(&evidence, made, 2, &err), 0);
	CHECK_INT(evidence.count, 6);
	json = evidence_json(&evidence);
	REQUIRE(evidence_from_json(json, &again, &err) == 0);
	CHECK(evidence_find(&again, "/\xff\n\\x"));
	CHECK_INT(evidence_find(&again, "/dev")->reasons[0].kind, REASON_MADE);
	/* those that were there are found where they are now */
	CHECK_STRING(evidence_find(&evidence, "/bin/web")->path, "/bin/web");
}

static void what_is_damaged_is_refused(void)
{
	static const char *const texts[] = {
		"[]",
		"{\"version\": 2, \"entries\": []}",
		"{\"version\": 1}",
		"{\"version\": 1, \"entries\": {}}",
		"{\"version\": 1, \"entries\": [1]}",
		"{\"version\": 1, \"entries\": [{\"path\": \"/a\", \"kind\": \"dir\"}]}",
		"{\"version\": 1, \"entries\": [{\"reasons\": [], \"kind\": \"file\"}]}",
		"{\"version\": 1, \"entries\": [{\"path\": \"/a\", \"reasons\": []}]}",
		"{\"version\": 1, \"entries\": [{\"path\": \"/a\", \"kind\": \"odd\","
		" \"reasons\": []}]}",
		"{\"version\": 1, \"entries\": [{\"path\": \"/a\", \"kind\": \"dir\", \"reasons\": [1]}]}",
		"{\"version\": 1, \"entries\": [{\"path\": \"/a\", \"kind\": \"dir\", \"reasons\": [{\"why\": \"x\"}]}]}",
		"{\"version\": 1, \"entries\": [{\"path\": \"/a\", \"kind\": \"dir\", \"reasons\": [],"
		" \"left_out\": \"whim\"}]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_(evidence_release) struct evidence evidence = {0};

		CHECK_INT(load(texts[i], &evidence), -EINVAL);
		CHECK(strstr(err.message, "closure.json"));
	}
}

/* A package is somebody else's: what it leaves out or has of another type is told all the same. */
static void half_a_reason_is_told_as_far_as_it_goes(void)
{
	static const char *const reasons[] = {
		"{\"why\": \"session\"}",
		"{\"why\": \"session\", \"session\": \"a\"}",
		"{\"why\": \"session\", \"session\": \"a\", \"program\": 1, \"op\": null}",
		"{\"why\": \"needed\", \"from\": 7}",
		"{\"why\": \"shebang\", \"detail\": \"\", \"from\": \"/nowhere\"}",
		"{\"why\": \"passage\", \"detail\": \"/a\"}",
		"{\"why\": \"parent\", \"from\": \"/a\"}", /* of itself */
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		_cleanup_(evidence_release) struct evidence evidence = {0};
		_cleanup_(explanation_release) struct explanation chain = {0};
		_cleanup_(text_release) struct text text = TEXT_INIT;
		json_auto_t *json = NULL;
		char whole_text[256];

		snprintf(whole_text, sizeof(whole_text),
			 "{\"version\": 1, \"entries\": [{\"path\": \"/a\", \"kind\": \"file\","
			 " \"size\": -1,"
			 " \"reasons\": [%s]}]}", reasons[i]);
		REQUIRE(load(whole_text, &evidence) == 0);
		CHECK_INT(explanation_find(&evidence, &evidence.items[0], &chain), 0);
		for (size_t j = 0; j < chain.count; j++)
			explanation_line(chain.items[j].reason, &text);
		json = explanation_json(&evidence.items[0], &chain);
		CHECK(json);
	}
}

static void a_chain_ends_at_what_was_asked_for(void)
{
	_cleanup_(evidence_release) struct evidence evidence = {0};
	_cleanup_(explanation_release) struct explanation chain = {0};
	_cleanup_(text_release) struct text text = TEXT_INIT;

	REQUIRE(load(whole, &evidence) == 0);
	CHECK_INT(explanation_find(&evidence, evidence_find(&evidence, "/lib/libz.so.1.2"), &chain),
		  0);
	REQUIRE(chain.count == 2); /* by the shorter way: not over the link */
	CHECK_STRING(chain.items[0].entry->path, "/lib/libz.so.1.2");
	CHECK_INT(chain.items[0].reason->kind, REASON_NEEDED);
	CHECK_STRING(chain.items[1].entry->path, "/bin/web");
	CHECK_INT(chain.items[1].reason->kind, REASON_SESSION);
	explanation_line(chain.items[0].reason, &text);
	CHECK(strstr(text.bytes, "/bin/web (DT_NEEDED libz.so.1)"));
}

int main(void)
{
	RUN(there_and_back_is_the_same);
	RUN(an_entry_is_found_with_all_it_is);
	RUN(names_of_any_bytes_survive);
	RUN(what_is_damaged_is_refused);
	RUN(half_a_reason_is_told_as_far_as_it_goes);
	RUN(a_chain_ends_at_what_was_asked_for);
	return test_end();
}
