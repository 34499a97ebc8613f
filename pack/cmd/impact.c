// SPDX-License-Identifier: BSD-2-Clause
/* tracepack impact: does a newer source mean a new build? */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "pack/cmd/difference_show.h"
#include "pack/distro/records.h"
#include "pack/evidence/json.h"
#include "pack/package/places.h"
#include "pack/report/difference.h"

enum { EVIDENCE_MAX = 1024 * 1024 * 1024 };

struct arguments {
	const char *path, *source;
	bool exit_code, json, quiet;
};

struct impact {
	struct inventory kept, newer;
	struct inventory misses;  /* of a manifest: what was looked for in vain, */
	struct inventory appeared; /* and what of that is in the newer source */
	struct differences differences;
	uint64_t files;           /* kept, directories not counted */
	ARRAY(const struct difference *) changes; /* those that count */
};

static void impact_release(struct impact *impact)
{
	array_release(&impact->changes);
	differences_release(&impact->differences);
	inventory_release(&impact->appeared);
	inventory_release(&impact->misses);
	inventory_release(&impact->newer);
	inventory_release(&impact->kept);
}

static bool counts(const struct inventory_item *item)
{
	return item->found.kind != ENTRY_DIR && item->found.kind != ENTRY_MISSING &&
	       !(item->node && (records_has(item->path) || places_have(item->node, item->path)));
}

/* Files that were packed without their contents, by policy, cannot differ in them. */
static void forgive_holes(const struct evidence *evidence, struct difference *difference)
{
	const struct evidence_entry *entry =
		difference->a && difference->b ? evidence_find(evidence, difference->a->path) : NULL;

	if (entry && !entry->contents)
		difference->what &= ~(unsigned int)DIFFERENT_CONTENT;
}

/* What the package says of itself; nothing, when it is none. */
static int read_evidence(const struct inventory *kept, struct evidence *ret_evidence,
			 struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_auto_t *json = NULL;
	int r;

	if (kept->kind != INVENTORY_PACKAGE)
		return 0;
	r = inventory_extra(kept, "/sfc/closure.json", EVIDENCE_MAX, &text, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	json = json_loads(text.bytes, 0, NULL);
	return evidence_from_json(json, ret_evidence, err);
}

/* Of all differences those that are of kept files. */
static int choose(struct impact *impact, struct error *err)
{
	_cleanup_(evidence_release) struct evidence evidence = {0};
	int r = read_evidence(&impact->kept, &evidence, err);

	for (size_t i = 0; i < impact->kept.count; i++)
		impact->files += counts(&impact->kept.items[i]);
	for (size_t i = 0; i < impact->differences.count && r == 0; i++) {
		struct difference *difference = &impact->differences.items[i];

		forgive_holes(&evidence, difference);
		if (!difference->a || !counts(difference->a) ||
		    (difference->b && !difference->what))
			continue;
		r = array_push(&impact->changes, difference);
		if (r < 0)
			error_oom(err);
	}
	return r;
}

/* Only a manifest knows what was looked for; anything that is there now might be used now. */
static int find_appeared(const struct arguments *args, struct impact *impact, struct error *err)
{
	struct inventory found = INVENTORY_INIT;
	size_t left = 0;
	int r;

	if (impact->kept.kind != INVENTORY_MANIFEST)
		return 0;
	r = inventory_load(args->path, INVENTORY_MISSING, &impact->misses, err);
	if (r == 0)
		r = inventory_load_like(args->source, &impact->misses, &found, err);
	if (r < 0)
		return r;
	impact->appeared = found;
	/* not the directories on the way there, nor what was there at other times */
	for (size_t i = 0; i < found.count; i++) {
		struct inventory_item item = found.items[i];

		if (inventory_find(&impact->misses, item.path) &&
		    !inventory_find(&impact->kept, item.path)) {
			found.items[i] = found.items[left];
			found.items[left++] = item;
		}
	}
	for (size_t i = left; i < found.count; i++) {
		free(found.items[i].path);
		free((char *)found.items[i].found.target);
	}
	impact->appeared.count = left;
	return 0;
}

static void show_progress(uint64_t done, uint64_t total)
{
	progress_show("compare", done, total);
}

static int find(const struct arguments *args, struct impact *impact, struct error *err)
{
	struct difference_options options = {.progress = show_progress};
	int r;

	r = inventory_load(args->path, INVENTORY_NEEDED, &impact->kept, err);
	if (r == 0)
		r = inventory_load_like(args->source, &impact->kept, &impact->newer, err);
	if (r == 0)
		r = differences_find(&impact->kept, &impact->newer, &options, &impact->differences,
				     err);
	if (r == 0)
		r = choose(impact, err);
	if (r == 0)
		r = find_appeared(args, impact, err);
	progress_done();
	return r;
}

static bool is_needed(const struct impact *impact)
{
	return impact->changes.count || impact->appeared.count;
}

/* ---- what is said ---- */

static void add_rows(const struct impact *impact, struct columns *columns)
{
	for (size_t i = 0; i < impact->changes.count; i++) {
		const struct difference *difference = impact->changes.items[i];
		_cleanup_(freep) char *change = difference->b ? difference_describe(difference) : NULL;

		columns_add(columns, difference->b ? "~" : "-");
		columns_add(columns, change ? change : difference->a->path);
		columns_end(columns);
	}
	for (size_t i = 0; i < impact->appeared.count; i++) {
		columns_add(columns, "+");
		columns_add(columns, impact->appeared.items[i].path);
		columns_end(columns);
	}
}

static void add_verdict(const struct impact *impact, struct text *text)
{
	text_add_count(text, impact->changes.count);
	text_add(text, " of ");
	text_add_count(text, impact->files);
	text_add(text, impact->files == 1 ? " kept file changed" : " kept files changed");
	if (impact->appeared.count) {
		text_add(text, ", ");
		text_add_count(text, impact->appeared.count);
		text_add(text, " that had been looked for in vain appeared");
	}
	text_add(text, is_needed(impact) ? ": rebuild" : ": not needed");
}

static int print_text(const struct arguments *args, const struct impact *impact,
		      struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = "<<"};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	if (!args->quiet)
		add_rows(impact, &columns);
	r = columns_print(&columns, err);
	if (r < 0)
		return r;
	add_verdict(impact, &text);
	if (text_failed(&text))
		return error_oom(err);
	if (puts(text.bytes) < 0 || fflush(stdout) != 0)
		return error_errno(err, "cannot write to the standard output");
	return 0;
}

static json_t *impact_json(const struct impact *impact)
{
	json_auto_t *changed = json_array(), *gone = json_array(), *appeared = json_array();
	int r = changed && gone && appeared ? 0 : -1;

	for (size_t i = 0; i < impact->changes.count && r == 0; i++) {
		const struct difference *difference = impact->changes.items[i];

		r = difference->b ? json_array_append_new(changed, difference_json(difference))
				  : json_array_append_new(gone, json_path(difference->a->path));
	}
	for (size_t i = 0; i < impact->appeared.count && r == 0; i++)
		r = json_array_append_new(appeared, json_path(impact->appeared.items[i].path));
	return r < 0 ? NULL
		     : json_pack("{s:b, s:I, s:O, s:O, s:O}", "rebuild", is_needed(impact), "files",
				 (json_int_t)impact->files, "changed", changed, "gone", gone,
				 "appeared", appeared);
}

/* ---- what was asked ---- */

static const struct command_option command_options[] = {
	{'s', "source", "NEWER", "the newer root", OPTION_STRING(struct arguments, source)},
	{0, "exit-code", NULL, "exit 3 when a rebuild is needed",
	 OPTION_FLAG(struct arguments, exit_code)},
	{0, "json", NULL, "the result as JSON", OPTION_FLAG(struct arguments, json)},
	{'q', "quiet", NULL, "only the last line", OPTION_FLAG(struct arguments, quiet)},
	{0},
};

/* true: go on. */
static bool parse(struct arguments *args, int argc, char **argv, int *ret_code)
{
	const struct command *command = &command_impact;

	if (!command_parse(command, argc, argv, args, ret_code))
		return false;
	args->path = argv[optind];
	if (argc - optind != 1)
		*ret_code = command_misused(command, argc == optind
							     ? "on what? (a package or manifest)"
							     : "on one thing at a time");
	else if (!args->source)
		*ret_code = command_misused(command, "of which newer source? (-s NEWER)");
	else
		return true;
	return false;
}

static int impact_command(int argc, char **argv)
{
	_cleanup_(impact_release) struct impact impact = {.kept = INVENTORY_INIT};
	struct arguments args = {0};
	struct error err = ERROR_INIT;
	int r;

	if (!parse(&args, argc, argv, &r))
		return r;
	r = find(&args, &impact, &err);
	if (r == 0)
		r = args.json ? json_print(impact_json(&impact), &err)
			      : print_text(&args, &impact, &err);
	if (r < 0) {
		log_error("impact: %s", err.message);
		return EXIT_FAILED;
	}
	return args.exit_code && is_needed(&impact) ? EXIT_DIFFERENT : EXIT_DONE;
}

const struct command command_impact = {
	.name = "impact",
	.summary = "does a newer source mean a new build?",
	.operands = "WHAT -s NEWER [OPTION]…",
	.about = "Which files kept in a package, an image or a manifest have changed in a newer source?",
	.options = command_options,
	.function = impact_command,
};
