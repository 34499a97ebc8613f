// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/doubt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/watch/ready.h"

enum { IDLE_MS = 500, LOG_MAX = 1 << 20, SHOWN = 8 };

/* ---- the probes ---- */

int doubt_probes(struct running *running, const char *root, struct error *err)
{
	const struct spec *spec = running->spec;
	int status = 0, r = 0;

	for (size_t i = 0; r == 0 && status == 0 && i < spec->probes.count; i++)
		r = probe_run(running->container, spec->probes.items[i], root, -1, -1, NULL, IDLE_MS, &status, err);
	running->trial->idle = r == 0 && status == 0 && spec->probes.count;
	return r;
}

void doubt_report_probes(struct report *report, const struct trial *trial)
{
	if (!trial->idle)
		return;
	report_step(report, "", "the probe passes before anything runs, too: it proves nothing", -1);
	report_fact(report, "probe_proves_nothing", json_true());
}

/* ---- the log ---- */

struct line {
	char *shown; /* points into the text */
	char *key;   /* owned: numbers are '#', which are times, processes, ports */
};

typedef ARRAY(struct line) line_list;

static void lines_release(line_list *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i].key);
	array_release(lines);
}

static char *key_of(const char *line)
{
	char *key = malloc(strlen(line) + 1), *to = key;

	for (; key && *line; line++)
		if (!isdigit((unsigned char)*line))
			*to++ = *line;
		else if (to == key || to[-1] != '#')
			*to++ = '#';
	if (key)
		*to = '\0';
	return key;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->key, ((const struct line *)b)->key);
}

/* Of both of its streams. */
static int read_log(const struct trial *trial, struct text *text)
{
	for (int i = CAPTURED_OUTPUT; i <= CAPTURED_ERRORS; i++) {
		_cleanup_(freep) char *bytes = malloc(LOG_MAX);
		ssize_t n = bytes ? io_pread(trial->captured[i], bytes, LOG_MAX, 0) : -1;

		if (!bytes)
			return -ENOMEM;
		for (ssize_t at = 0; at < n; at++)
			if (!bytes[at])
				bytes[at] = ' ';
		text_add_bytes(text, bytes, n > 0 ? (size_t)n : 0);
		text_add(text, "\n");
	}
	return text_failed(text) ? -ENOMEM : 0;
}

static int split(struct text *text, line_list *lines)
{
	char *rest = text->bytes, *shown;

	while ((shown = strsep(&rest, "\n"))) {
		struct line line = {shown, NULL};

		if (!*shown)
			continue;
		line.key = key_of(shown);
		if (!line.key || array_push(lines, line) < 0) {
			free(line.key);
			return -ENOMEM;
		}
	}
	return 0;
}

static bool is_among(const struct line *line, const line_list *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		if (compare_lines(&lines->items[i], line) == 0)
			return true;
	return false;
}

/* Those of `lines` that are none of `known`, which is sorted; borrowed. One more than are shown is enough. */
static int only_there(const line_list *known, const line_list *lines, line_list *found)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < lines->count && found->count <= SHOWN; i++)
		if (!bsearch(&lines->items[i], known->items, known->count, sizeof(*known->items), compare_lines) &&
		    !is_among(&lines->items[i], found))
			r = array_push(found, lines->items[i]);
	return r;
}

static void report_lines(struct report *report, const line_list *found)
{
	json_t *facts = json_array();

	if (found->count)
		report_step(report, "", "only the package's run says:", -1);
	for (size_t i = 0; i < found->count && i < SHOWN; i++) {
		_cleanup_(text_release) struct text shown = TEXT_INIT;

		text_add(&shown, "  ");
		text_add_plain(&shown, found->items[i].shown);
		report_step(report, "", shown.bytes, -1);
		json_array_append_new(facts, json_path(found->items[i].shown));
	}
	if (found->count > SHOWN)
		report_step(report, "", "  and more", -1);
	if (found->count)
		report_fact(report, "only_in_package_log", json_incref(facts));
	json_decref(facts);
}

int doubt_report_log(struct report *report, const struct trial *source, const struct trial *package,
		     struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT, said = TEXT_INIT;
	_cleanup_(lines_release) line_list known = ARRAY_INIT, lines = ARRAY_INIT;
	line_list found = ARRAY_INIT;
	int r;

	if (!source->served || !package->served)
		return 0;
	r = read_log(source, &text);
	if (r == 0)
		r = read_log(package, &said);
	if (r == 0)
		r = split(&text, &known);
	if (r == 0)
		r = split(&said, &lines);
	array_sort(&known, compare_lines);
	if (r == 0)
		r = only_there(&known, &lines, &found);
	if (r == 0)
		report_lines(report, &found);
	array_release(&found);
	return r < 0 ? error_oom(err) : 0;
}
