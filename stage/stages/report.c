// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/report.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"

enum { WIDTH = 66 };

int report_open(struct report *report, bool quiet, bool json, FILE *stream, struct error *err)
{
	*report = (struct report){.quiet = quiet, .facts = json ? json_object() : NULL, .stream = stream};
	return json && !report->facts ? error_oom(err) : 0;
}

void report_release(struct report *report)
{
	json_decref(report->facts);
	report->facts = NULL;
}

/* printf() pads by bytes: those that continue a character take no room */
static int width_of(const char *text)
{
	int width = WIDTH;

	for (; *text; text++)
		width += (*text & 0xc0) == 0x80;
	return width;
}

void report_step(const struct report *report, const char *what, const char *text, double seconds)
{
	_cleanup_(text_release) struct text plain = TEXT_INIT;

	if (report->quiet || report->facts)
		return;
	text_add_plain(&plain, text);
	if (seconds < 0)
		fprintf(report->stream, "%-7s %s\n", what, plain.bytes);
	else
		fprintf(report->stream, "%-7s %-*s %7.1f s\n", what, width_of(plain.bytes), plain.bytes,
			seconds);
	fflush(report->stream);
}

void report_text(const struct report *report, const char *text)
{
	if (report->quiet || report->facts)
		return;
	fputs(text, report->stream);
	fflush(report->stream);
}

void report_fact(struct report *report, const char *key, json_t *value)
{
	if (!report->facts)
		json_decref(value);
	else
		json_set(report->facts, key, value);
}

void report_seconds(struct report *report, const char *key, double seconds)
{
	json_t *object;

	if (!report->facts)
		return;
	object = json_object_get(report->facts, "seconds");
	if (!object) {
		object = json_object();
		json_set(report->facts, "seconds", object);
	}
	json_set(object, key, json_real((double)(long long)(seconds * 1000 + 0.5) / 1000));
}

int report_finish(struct report *report, const char *one, struct error *err)
{
	if (report->facts)
		return json_print(take(report->facts), err);
	if (!report->quiet || !one)
		return 0;
	return printf("%s\n", one) < 0 || fflush(stdout) ? error_errno(err, "cannot write the output") : 0;
}
