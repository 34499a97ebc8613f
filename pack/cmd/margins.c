// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/margins.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/digest.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/cmd/closure_request.h"
#include "pack/need/need.h"
#include "pack/package/bundle.h"

/*
 * What one would guess without a second run: of 58 features of seven applications, how many failed in a package
 * that was made without them (make experiment-truth, the half of its table that is "tuned"; the other judges it),
 * with one more that did and one that did not.
 */
static const double guesses[MARGIN_LEVELS] = {
	[MARGIN_NONE] = 34.0 / 60,  [MARGIN_OWN] = 19.0 / 60,	 [MARGIN_NEAR] = 6.0 / 60,
	[MARGIN_MODULE] = 1.0 / 60, [MARGIN_PACKAGE] = 1.0 / 60, [MARGIN_DEPENDS] = 1.0 / 60,
};

/* ---- requests ---- */

struct asking {
	const char *manifest, *source;
	bool interrupted; /* sessions that may not be whole count, too */
	struct closure_request *all; /* of all sessions, with which the others share what they read */
	struct error *err;
};

/* The sessions with a label, or all others. */
static int choose(struct closure_request *request, const struct session_list *sessions, const char *label,
		  bool without)
{
	struct closure_request_names *names = without ? &request->without : &request->only;

	for (size_t i = 0; label && i < sessions->count; i++)
		if (strcmp(sessions->items[i].label, label) == 0 &&
		    array_push(names, sessions->items[i].uuid) < 0)
			return -ENOMEM;
	return 0;
}

static int open_request(const struct asking *asking, const struct session_list *sessions,
			const char *label, bool without, struct closure_request *request)
{
	int r;

	closure_request_init(request);
	request->source_path = asking->source;
	request->looking = true;
	request->options.allow_changed = true; /* it compares, it does not pack */
	request->allow_interrupted = asking->interrupted;
	request->with = request == asking->all ? NULL : asking->all;
	if (choose(request, sessions, label, without) < 0)
		return error_oom(asking->err);
	r = request->with ? 0 : bundle_or_manifest(asking->manifest, &request->manifest, NULL, asking->err);
	if (r == 0)
		r = closure_request_open(request, asking->err);
	return r < 0 || request->with ? r : closure_request_share(request, asking->err);
}

/* ---- one label left out ---- */

static bool is_needed(const struct closure *whole, const struct selected *selected)
{
	const struct closure_entry *entry = closure_find(whole, selected->path);

	return entry && closure_entry_in(entry) &&
	       selected->uses & (USE_READ | USE_WRITTEN | USE_EXECUTED | USE_LISTED | USE_CHANGED);
}

/* NULL: out of memory. */
static json_t *list_missing(const struct closure *whole, const struct closure *closure,
			    const struct selection *used)
{
	json_t *missing = json_array();

	for (size_t i = 0; missing && i < used->count; i++) {
		const struct closure_entry *entry = closure_find(closure, used->items[i].path);

		if (is_needed(whole, &used->items[i]) && (!entry || !closure_entry_in(entry)))
			json_array_append_new(missing, json_path(used->items[i].path));
	}
	return missing;
}

/* Two packages of the same paths, of one source, are the same. */
static int digest_paths(const struct closure *closure, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	int r = digest_new(&digest);

	for (size_t i = 0; r == 0 && i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		if (closure_entry_in(entry))
			r = digest_add(digest, entry->file->path, strlen(entry->file->path) + 1);
	}
	if (r == 0)
		r = digest_finish(digest, ret_hex);
	return r < 0 ? error_code(err, r, "cannot compute SHA-256") : 0;
}

/* What was missing at one level, into the sum and the list of the label's levels. */
static int note_level(const struct closure *whole, const struct closure *closure,
		      const struct selection *used, struct margin_level *sum, json_t *levels, struct error *err)
{
	json_t *missing = list_missing(whole, closure, used), *level;
	char paths[DIGEST_HEX_SIZE];
	int r = missing ? digest_paths(closure, paths, err) : error_oom(err);

	if (r < 0) {
		json_decref(missing);
		return r;
	}
	sum->paths_missing += json_array_size(missing);
	sum->labels_missing += json_array_size(missing) > 0;
	level = json_pack("{s:s, s:I, s:s, s:o}", "level", margin_name(closure->margin), "bytes",
			  (json_int_t)closure_bytes(closure), "paths", paths, "missing", missing);
	return json_array_append_new(levels, level) < 0 ? error_oom(err) : 0;
}

/* What the label used, at each level of what the others bring. */
static int leave_out(const struct asking *asking, const struct closure_request *all, const char *label,
		     struct margins *margins)
{
	const struct session_list *sessions = &all->selection.sessions;
	_cleanup_(closure_request_release) struct closure_request others = {.selection = SELECTION_INIT,
									     .launch = LAUNCH_INIT};
	_cleanup_(closure_request_release) struct closure_request own = {.selection = SELECTION_INIT,
									  .launch = LAUNCH_INIT};
	json_t *levels = NULL; /* the list's */
	int r = open_request(asking, sessions, label, true, &others);

	if (r == 0)
		r = open_request(asking, sessions, label, false, &own);
	if (r == 0)
		r = closure_request_compute(&others, asking->err);
	if (r == 0 && json_array_append_new(margins->left_out, json_pack("{s:o, s:o}", "label", json_path(label),
									 "levels", levels = json_array())) < 0)
		r = error_oom(asking->err);
	for (int level = MARGIN_NONE; r == 0 && level < MARGIN_LEVELS; level++) {
		r = closure_widen(others.closure, (enum margin)level, asking->err);
		if (r == 0)
			r = note_level(all->closure, others.closure, &own.selection, &margins->levels[level],
				       levels, asking->err);
	}
	margins->labels++;
	return r;
}

static bool is_first_of_label(const struct session_list *sessions, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (sessions->items[i].kind == SESSION_TEST &&
		    strcmp(sessions->items[i].label, sessions->items[at].label) == 0)
			return false;
	return sessions->items[at].kind == SESSION_TEST;
}

static size_t count_labels(const struct session_list *sessions)
{
	size_t count = 0;

	for (size_t i = 0; i < sessions->count; i++)
		count += is_first_of_label(sessions, i);
	return count;
}

/* ---- all of them ---- */

static void count_packed(const struct closure *closure, struct margin_level *level)
{
	level->bytes = closure_bytes(closure);
	for (size_t i = 0; i < closure->entries.count; i++)
		level->files += closure_entry_in(closure->entries.items[i]) &&
				closure->entries.items[i]->file->kind == ENTRY_FILE;
}

/* From narrow to wide; the closure of all runs is then as wide as can be. */
static int measure(struct closure_request *all, struct margins *margins, struct error *err)
{
	int r = 0;

	for (int level = MARGIN_NONE; r == 0 && level < MARGIN_LEVELS; level++) {
		r = closure_widen(all->closure, (enum margin)level, err);
		if (r == 0)
			count_packed(all->closure, &margins->levels[level]);
	}
	return r;
}

int margins_read(const char *manifest, const char *source, bool interrupted, struct margins *ret_margins,
		 struct error *err)
{
	_cleanup_(closure_request_release) struct closure_request all = {.selection = SELECTION_INIT,
									  .launch = LAUNCH_INIT};
	const struct asking asking = {manifest, source, interrupted, &all, err};
	const struct session_list *sessions = &all.selection.sessions;
	_cleanup_(margins_release) struct margins margins = {.left_out = json_array()};
	bool several;
	int r = margins.left_out ? open_request(&asking, NULL, NULL, false, &all) : error_oom(err);

	if (r == 0)
		r = closure_request_compute(&all, err);
	several = count_labels(sessions) > 1;
	for (size_t i = 0; r == 0 && several && i < sessions->count; i++)
		if (is_first_of_label(sessions, i))
			r = leave_out(&asking, &all, sessions->items[i].label, &margins);
	if (r == 0)
		r = measure(&all, &margins, err);
	if (r < 0)
		return r;
	for (int level = MARGIN_NONE; level < MARGIN_LEVELS; level++)
		margins.levels[level].chance = chance_of(margins.levels[level].labels_missing,
							 margins.labels, guesses[level]);
	*ret_margins = margins;
	margins.left_out = NULL; /* theirs now */
	return 0;
}

void margins_release(struct margins *margins)
{
	json_decref(margins->left_out);
}

/* ---- told ---- */

static void add_chance(struct columns *columns, const struct chance *chance)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_printf(&text, "%.0f %% (%.0f to %.0f)", 100 * chance->mean, 100 * chance->low,
		    100 * chance->high);
	columns_add(columns, text.bytes);
}

int margins_print(const struct margins *margins, struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = "<>>>>"};
	int r;

	columns_add(&columns, "margin");
	columns_add(&columns, "files");
	columns_add(&columns, "bytes");
	columns_add(&columns, "labels missing something");
	columns_add(&columns, "a new feature would");
	columns_end(&columns);
	for (int level = MARGIN_NONE; level < MARGIN_LEVELS; level++) {
		const struct margin_level *row = &margins->levels[level];
		_cleanup_(text_release) struct text text = TEXT_INIT;

		text_printf(&text, "%llu of %zu", (unsigned long long)row->labels_missing, margins->labels);
		columns_add(&columns, margin_name((enum margin)level));
		columns_count(&columns, row->files);
		columns_size(&columns, row->bytes);
		columns_add(&columns, margins->labels ? text.bytes : "-");
		add_chance(&columns, &row->chance);
		columns_end(&columns);
	}
	r = columns_print(&columns, err);
	if (r == 0)
		printf("%s\n", margins->labels
				       ? "each label was left out in turn; intervals of 95 %, for features as "
					 "unlike the others as these are"
				       : "from one run: these chances are a guess, from other services; trace "
					 "another feature with another label");
	return r;
}

json_t *margins_summary(const struct margins *margins)
{
	json_t *levels = json_array();
	int r = levels ? 0 : -1;

	for (int level = MARGIN_NONE; r == 0 && level < MARGIN_LEVELS; level++) {
		const struct margin_level *row = &margins->levels[level];

		r = json_array_append_new(
			levels, json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "level",
					  margin_name((enum margin)level), "files", (json_int_t)row->files,
					  "bytes", (json_int_t)row->bytes, "labels_missing",
					  (json_int_t)row->labels_missing, "paths_missing",
					  (json_int_t)row->paths_missing, "chance", row->chance.mean, "low",
					  row->chance.low, "high", row->chance.high));
	}
	if (r < 0) {
		json_decref(levels);
		return NULL;
	}
	return json_pack("{s:I, s:b, s:o}", "labels", (json_int_t)margins->labels, "guess", margins->labels == 0,
			 "levels", levels);
}

json_t *margins_json(const struct margins *margins)
{
	json_t *json = margins_summary(margins);

	if (json && json_object_set(json, "left_out", margins->left_out) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}
