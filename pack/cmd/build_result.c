// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/build_result.h"

#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"

/* How many entries came in how. */
struct ways {
	uint64_t touched, libraries, links, scripts, customs, margin, rules;
	uint64_t left_out;
};

static void count_ways(const struct build_result *result, struct ways *ways)
{
	const struct closure *closure = result->closure;

	for (size_t i = 0; i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		ways->left_out += !closure_entry_in(entry);
		if (!closure_entry_in(entry) || !entry->reason_count)
			continue;
		switch (entry->selected ? REASON_SESSION : entry->reasons[0].kind) {
		case REASON_SESSION:
			ways->touched++;
			break;
		case REASON_NEEDED:
		case REASON_INTERPRETER:
		case REASON_DLOPEN:
			ways->libraries++;
			break;
		case REASON_TARGET:
		case REASON_PASSAGE:
			ways->links++;
			break;
		case REASON_SHEBANG:
			ways->scripts++;
			break;
		case REASON_ECOSYSTEM:
			ways->customs++;
			break;
		case REASON_MARGIN:
			ways->margin++;
			break;
		case REASON_RULE:
		case REASON_LISTED:
			ways->rules++;
			break;
		default:
			break;
		}
	}
}

static void add_way(struct text *text, uint64_t count, const char *what, const char *plural)
{
	if (!count)
		return;
	text_add(text, text->size ? " · " : "        ");
	text_add_count(text, count);
	text_printf(text, " %s%s", what, count == 1 ? "" : plural);
}

static void print_ways(const struct build_result *result)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct ways ways = {0};

	count_ways(result, &ways);
	add_way(&text, ways.touched, "touched", "");
	add_way(&text, ways.libraries, "librar", "ies");
	add_way(&text, ways.links, "on the way of links", "");
	add_way(&text, ways.scripts, "for scripts", "");
	add_way(&text, ways.customs, "by custom", "");
	add_way(&text, ways.margin, "by margin", "");
	add_way(&text, ways.rules, "by rule", "");
	if (text.size)
		printf("%s\n", text.bytes);
}

static void print_left_out(const struct build_result *result, bool as_warnings)
{
	const struct closure *closure = result->closure;

	for (size_t i = 0; i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];
		_cleanup_(text_release) struct text path = TEXT_INIT;

		/* nobody misses the contents of what was only looked at */
		if (entry->verdict != VERDICT_SECRET || (entry->selected && !selected_is_read(entry->selected)))
			continue;
		text_add_escaped(&path, entry->file->path);
		if (as_warnings)
			log_warning("left out: %s (%s; --include %s to keep it)", path.bytes,
				    entry->verdict_detail, path.bytes);
		else
			printf("        left out: %s (%s; --include %s to keep it)\n", path.bytes,
			       entry->verdict_detail, path.bytes);
	}
}

/* What a program that lists directories will not see. */
static void print_listed(const struct build_result *result)
{
	const struct closure_listed *listed = &result->listed;
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (!listed->left_out)
		return;
	text_add_count(&text, listed->directories);
	text_add(&text, listed->directories == 1 ? " directory was listed; "
						 : " directories were listed; ");
	text_add_count(&text, listed->left_out);
	text_add(&text, listed->left_out == 1 ? " name there is left out" : " names there are left out");
	printf("        %s (--listed=stub keeps names)\n", text.bytes);
}

static void add_without(struct text *text, const struct build_result *result, const char *part, size_t prefix)
{
	const json_t *list = json_object_get(json_object_get(result->profile, part), "without");
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		text_printf(text, " %s", json_string_value(item) + prefix);
}

/* "goes without keyrings ptrace; KILL SETFCAP" */
static void print_profile(const struct build_result *result)
{
	_cleanup_(text_release) struct text calls = TEXT_INIT, capabilities = TEXT_INIT;

	if (!result->profile)
		return;
	add_without(&calls, result, "calls", 0);
	add_without(&capabilities, result, "capabilities", strlen("CAP_"));
	printf("        goes without%s;%s\n", calls.size ? calls.bytes : " no system calls",
	       capabilities.size ? capabilities.bytes : " no capability");
}

/* What was not compressed may differ from what was by more than a person would expect of "about". */
static void add_doubt(struct text *text, const struct build_result *result)
{
	if (result->image_error <= result->image_bytes / 20)
		return;
	text_add(text, ", give or take ");
	text_add_size(text, result->image_error);
}

/* "61,204 → 163 files   1.9 GB → 5.8 MB   image 2.1 MB" */
void build_result_print(const struct build_result *result)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	if (result->source_files) {
		text_add_count(&text, result->source_files);
		text_add(&text, " → ");
	}
	text_add_count(&text, result->totals.files);
	text_add(&text, result->totals.files == 1 ? " file   " : " files   ");
	if (result->source_files) {
		text_add_size(&text, result->source_bytes);
		text_add(&text, " → ");
	}
	text_add_size(&text, result->totals.bytes);
	text_add(&text, result->image_error ? "   image about " : "   image ");
	text_add_size(&text, result->image_bytes);
	add_doubt(&text, result);
	printf("%s%s\n", text.bytes, result->output ? "" : " (nothing written)");
	print_ways(result);
	print_listed(result);
	if (result->root_hash)
		printf("        verity root hash %s\n", result->root_hash);
	print_profile(result);
	print_left_out(result, false);
}

static json_t *left_out_json(const struct closure *closure)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];
		const char *names[] = {[VERDICT_RULE] = "rule", [VERDICT_SECRET] = "secret",
				       [VERDICT_STAT_ONLY] = "stat-only"};

		if (!closure_entry_in(entry))
			json_array_append_new(array,
					      json_pack("{s:o, s:s, s:o}", "path",
							json_path(entry->file->path), "why",
							names[entry->verdict], "detail",
							json_path(entry->verdict_detail)));
	}
	return array;
}

json_t *build_result_json(const struct build_result *result)
{
	const struct tree_totals *totals = &result->totals;
	struct ways ways = {0};
	json_t *json;

	count_ways(result, &ways);
	json = json_pack("{s:o, s:o, s:o, s:{s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:I},"
			 " s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:o, s:f}",
			 "output", json_path(result->output), "sha256",
			 json_path(result->sha256), "uuid",
			 json_path(result->uuid),
			 "source", "files", (json_int_t)result->source_files, "bytes",
			 (json_int_t)result->source_bytes, "packed", "files",
			 (json_int_t)totals->files, "links", (json_int_t)totals->links,
			 "directories", (json_int_t)totals->directories, "others",
			 (json_int_t)totals->others, "bytes", (json_int_t)totals->bytes, "came_in",
			 "touched", (json_int_t)ways.touched, "libraries",
			 (json_int_t)ways.libraries, "links", (json_int_t)ways.links, "scripts",
			 (json_int_t)ways.scripts, "customs", (json_int_t)ways.customs, "margin", (json_int_t)ways.margin, "rules",
			 (json_int_t)ways.rules, "left_out",
			 left_out_json(result->closure), "seconds",
			 result->seconds);
	if (json)
		json_set(json, "listed",
			 json_pack("{s:I, s:I}", "directories", (json_int_t)result->listed.directories,
				   "left_out", (json_int_t)result->listed.left_out));
	if (json)
		json_set(json, "image_bytes", json_integer((json_int_t)result->image_bytes));
	if (json)
		json_set(json, "image_bytes_error", json_integer((json_int_t)result->image_error));
	if (json && result->profile)
		json_object_set(json, "profile", (json_t *)result->profile);
	if (json)
		json_set(json, "gate", json_path(result->gate));
	if (json && result->root_hash)
		json_set(json, "root_hash", json_path(result->root_hash));
	return json;
}

void build_result_warn(const struct build_result *result, bool left_out)
{
	const struct closure *closure = result->closure;

	for (size_t i = 0; i < closure->warnings.count; i++)
		log_warning("%s", closure->warnings.items[i]);
	if (left_out)
		print_left_out(result, true);
}
