// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/verify_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/package/check.h"

static json_t *lines_json(char *const *lines, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, json_path(lines[i]));
	return array;
}

static void report_lines(const struct report *report, const char *what, char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;

		text_printf(&text, "%s: %s", what, lines[i]);
		report_step(report, "", text.bytes, -1);
	}
}

static void report_parts(const char *package, const char *digest, struct report *report,
			 const struct package_check *check)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_add_count(&text, check->files);
	text_add(&text, " files as they were packed (");
	text_add_size(&text, check->bytes);
	text_add(&text, "), ");
	text_add_count(&text, check->programs);
	text_add(&text, " programs, libraries and scripts find what they need");
	report_step(report, "parts", text.bytes, -1);
	report_lines(report, "known when it was built", check->notes.items, check->notes.count);
	report_lines(report, "asked for and not given", check->asks.items, check->asks.count);
	report_fact(report, "package", json_path(package));
	report_fact(report, "digest", json_string(digest));
	report_fact(report, "files", json_integer((json_int_t)check->files));
	report_fact(report, "bytes", json_integer((json_int_t)check->bytes));
	report_fact(report, "programs", json_integer((json_int_t)check->programs));
	report_fact(report, "problems", lines_json(check->problems.items, check->problems.count));
	report_fact(report, "notes", lines_json(check->notes.items, check->notes.count));
	report_fact(report, "asks", lines_json(check->asks.items, check->asks.count));
}

static int damaged(const char *package, const char *digest, struct report *report,
		   const struct package_check *check, struct text *problems, struct error *err)
{
	size_t last = check->problems.count - 1;

	for (size_t i = 0; i < last; i++)
		text_printf(problems, "%s: %s\n", package, check->problems.items[i]);
	if (report->facts)
		report_parts(package, digest, report, check);
	report_finish(report, NULL, NULL);
	return error_set(err, -EBADMSG, "%s: %s", package, check->problems.items[last]);
}

int verify_parts(const char *package, struct report *report, struct bundle **ret_bundle,
		 char ret_digest[VERIFY_DIGEST_SIZE], struct text *problems, struct error *err)
{
	const char *scratch = getenv("TMPDIR");
	struct package_check check = {0};
	char hex[DIGEST_HEX_SIZE];
	int r = bundle_open(package, ret_bundle, err);

	if (r == 0)
		r = digest_fd(bundle_fd(*ret_bundle), hex, err);
	if (r == 0)
		r = package_check(*ret_bundle, scratch && *scratch ? scratch : "/var/tmp", &check,
				  err);
	if (r == 0) {
		strcpy(stpcpy(ret_digest, "sha256:"), hex);
		if (check.problems.count)
			r = damaged(package, ret_digest, report, &check, problems, err);
		else
			report_parts(package, ret_digest, report, &check);
	}
	package_check_release(&check);
	return r;
}
