// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/guarded.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "db/catalog.h"
#include "pack/package/bundle.h"
#include "stage/stages/source.h"
#include "stage/stages/tracepack.h"
#include "stage/watch/misses.h"

enum { SHOWN = 10 };

int guarded_is_possible(const char *package, bool *ret_possible, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	_cleanup_(manifest_closep) struct manifest *packed = NULL;
	int r = bundle_open(package, &bundle, err);

	if (r == 0)
		r = bundle_manifest(bundle, &packed, err);
	return r < 0 ? r : catalog_exists(packed, ret_possible, err);
}

int guarded_put_up(struct guarded *guarded, int package, const char *manifest, int *ret_layer,
		   struct error *err)
{
	const struct guard_request request = {
		.package = package, .tree = -1, .manifest = manifest, .label = "verify"};
	int r = guard_begin(&request, &guarded->guard, ret_layer, err);

	guarded->up = r == 0;
	return r;
}

int guarded_take_down(struct guarded *guarded, struct error *err)
{
	return guarded->up ? guard_flush(&guarded->guard, err) : 0;
}

/* Of the misses those that the source has; as many of their paths as are shown. */
static int choose(const struct misses *misses, const char *source, const struct miss **shown,
		  char **paths)
{
	int count = 0;

	for (size_t i = 0; i < misses->count; i++) {
		if (!source_has(source, misses->items[i].path))
			continue;
		if (count < SHOWN) {
			shown[count] = &misses->items[i];
			paths[count] = misses->items[i].path;
		}
		count++;
	}
	return count;
}

/* "/etc/x, which the source has, was looked for in vain by /bin/y (--margin near takes it in)" */
static int say(const struct report *report, const struct miss *miss, const char *level, json_t *facts,
	       struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *by = miss->by.count ? miss->by.items[0] : NULL;
	bool known = level && strcmp(level, "-") != 0, ruled = known && strcmp(level, "none") == 0;

	text_add_escaped(&text, miss->path);
	text_add(&text, ", which the source has, was looked for in vain");
	if (by) {
		text_add(&text, " by ");
		text_add_escaped(&text, by);
	}
	if (ruled)
		text_add(&text, " (what it was packed with leaves it out)");
	else if (known)
		text_printf(&text, " (--margin %s takes it in)", level);
	if (text_failed(&text))
		return error_oom(err);
	report_step(report, "", text.bytes, -1);
	json_array_append_new(facts, json_pack("{s:o, s:o, s:I, s:o}", "path", json_path(miss->path), "by",
					       json_path(by), "count", (json_int_t)miss->count, "margin",
					       known ? json_string(level) : json_null()));
	return 0;
}

/* The level at the start of a line, which ends there; moves to the next. */
static const char *next_level(char **lines)
{
	char *line = strsep(lines, "\n"), *tab = line ? strchr(line, '\t') : NULL;

	if (tab)
		*tab = '\0';
	return tab ? line : NULL;
}

static int say_all(const struct report *report, const struct misses *misses, const char *package,
		   const char *source, json_t *facts, struct error *err)
{
	const struct miss *shown[SHOWN];
	char *paths[SHOWN], *lines;
	_cleanup_(text_release) struct text levels = TEXT_INIT, more = TEXT_INIT;
	int count = choose(misses, source, shown, paths), r = 0;

	if (count == 0)
		return 0;
	/* what cannot be told is no reason to say nothing */
	tracepack_levels(package, source, paths, count < SHOWN ? (size_t)count : SHOWN, &levels, NULL);
	lines = levels.size ? levels.bytes : NULL;
	for (int i = 0; r == 0 && i < count && i < SHOWN; i++)
		r = say(report, shown[i], next_level(&lines), facts, err);
	if (count > SHOWN) {
		text_printf(&more, "and %d more", count - SHOWN);
		report_step(report, "", more.bytes, -1);
	}
	return r;
}

int guarded_report(const struct report *report, const char *manifest, const char *package,
		   const char *source, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	_cleanup_(manifest_closep) struct manifest *packed = NULL;
	struct misses misses = {0};
	json_t *facts = json_array();
	int r = facts ? bundle_open(package, &bundle, err) : error_oom(err);

	if (r == 0)
		r = bundle_manifest(bundle, &packed, err);
	if (r == 0)
		r = misses_read(manifest, packed, &misses, err);
	if (r == 0)
		r = say_all(report, &misses, package, source, facts, err);
	misses_release(&misses);
	if (r == 0 && report->facts)
		json_set(report->facts, "missed", json_incref(facts));
	json_decref(facts);
	return r;
}
