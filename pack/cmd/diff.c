// SPDX-License-Identifier: BSD-2-Clause
/* tracepack diff: what differs between two manifests, images, packages or directories. */
#include "pack/cmd/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "pack/cmd/difference_show.h"
#include "pack/report/difference.h"

struct arguments {
	const char *a, *b;
	struct difference_options options;
	bool exit_code, json, quiet;
};

/* What is compared. */
struct pair {
	struct inventory a, b;
	struct differences differences;
};

/* ---- as text ---- */

static void add_row(struct columns *columns, const struct difference *difference)
{
	const struct inventory_item *item = difference->b ? difference->b : difference->a;
	_cleanup_(freep) char *change = NULL;
	_cleanup_(text_release) struct text size = TEXT_INIT;

	columns_add(columns, !difference->a ? "+" : !difference->b ? "-" : "~");
	if (!item_is_file(item))
		text_add(&size, item->found.kind ? entry_kind_name(item->found.kind) : "?");
	else if (!difference->a || !difference->b)
		text_add_size(&size, item->found.size);
	else if (difference->what & DIFFERENT_SIZE)
		difference_add_size(&size, (int64_t)(item->found.size - difference->a->found.size));
	columns_add(columns, size.bytes);
	if (difference->a && difference->b)
		change = difference_describe(difference);
	columns_add(columns, change ? change : item->path);
	columns_end(columns);
}

static void add_summary(const struct differences *differences, struct text *text)
{
	text_add_count(text, differences->added);
	text_add(text, " added (");
	text_add_size(text, differences->added_bytes);
	text_add(text, "), ");
	text_add_count(text, differences->removed);
	text_add(text, " removed (");
	text_add_size(text, differences->removed_bytes);
	text_add(text, "), ");
	text_add_count(text, differences->changed);
	text_add(text, " changed (");
	difference_add_size(text, differences->changed_bytes);
	text_add(text, "), ");
	text_add_count(text, differences->same);
	text_add(text, " the same\n");
}

static int print_text(const struct arguments *args, const struct differences *differences,
		      struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = "<><"};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	for (size_t i = 0; i < differences->count && !args->quiet; i++)
		add_row(&columns, &differences->items[i]);
	r = columns_print(&columns, err);
	if (r < 0)
		return r;
	add_summary(differences, &text);
	if (text_failed(&text))
		return error_oom(err);
	if (fputs(text.bytes, stdout) < 0 || fflush(stdout) != 0)
		return error_errno(err, "cannot write to the standard output");
	return 0;
}

/* ---- as JSON ---- */

#define NUMBER(value) ((json_int_t)(value))

static json_t *pair_json(const struct arguments *args, const struct pair *pair)
{
	json_auto_t *added = json_array(), *removed = json_array(), *changed = json_array();
	const struct differences *differences = &pair->differences;
	int r = added && removed && changed ? 0 : -1;

	for (size_t i = 0; r == 0 && i < differences->count; i++) {
		const struct difference *difference = &differences->items[i];

		if (!difference->a)
			r = json_array_append_new(added, difference_side_json(difference->b, true));
		else if (!difference->b)
			r = json_array_append_new(removed, difference_side_json(difference->a, true));
		else
			r = json_array_append_new(changed, difference_json(difference));
	}
	if (r < 0)
		return NULL;
	return json_pack("{s:{s:o, s:s}, s:{s:o, s:s}, s:O, s:O, s:O, s:I, s:I, s:I, s:I}", "a",
			 "path", json_path(args->a), "is", inventory_kind_name(pair->a.kind), "b",
			 "path", json_path(args->b), "is", inventory_kind_name(pair->b.kind),
			 "added", added, "removed", removed, "changed", changed, "same",
			 NUMBER(differences->same), "added_bytes", NUMBER(differences->added_bytes),
			 "removed_bytes", NUMBER(differences->removed_bytes), "changed_bytes",
			 NUMBER(differences->changed_bytes));
}

/* ---- what was asked ---- */

static const struct command_option command_options[] = {
	{0, "no-content", NULL, "files of the same size are the same",
	 OPTION_FLAG(struct arguments, options.no_contents)},
	{0, "times", NULL, "compare times of change as well",
	 OPTION_FLAG(struct arguments, options.times)},
	{0, "exit-code", NULL, "exit 3 when there are differences",
	 OPTION_FLAG(struct arguments, exit_code)},
	{0, "json", NULL, "the result as JSON", OPTION_FLAG(struct arguments, json)},
	{'q', "quiet", NULL, "only the last line", OPTION_FLAG(struct arguments, quiet)},
	{0},
};

static void show_progress(uint64_t done, uint64_t total)
{
	progress_show("compare", done, total);
}

static int run(const struct arguments *args, struct pair *pair, struct error *err)
{
	struct difference_options options = args->options;
	int r;

	options.progress = show_progress;
	r = inventory_load(args->a, INVENTORY_NEEDED, &pair->a, err);
	if (r == 0)
		r = inventory_load(args->b, INVENTORY_NEEDED, &pair->b, err);
	if (r == 0)
		r = differences_find(&pair->a, &pair->b, &options, &pair->differences, err);
	progress_done();
	if (r < 0)
		return r;
	return args->json ? json_print(pair_json(args, pair), err)
			  : print_text(args, &pair->differences, err);
}

static int diff_command(int argc, char **argv)
{
	struct arguments args = {0};
	struct pair pair = {.a = INVENTORY_INIT, .b = INVENTORY_INIT};
	struct error err = ERROR_INIT;
	int r, code;

	if (!command_parse(&command_diff, argc, argv, &args, &code))
		return code;
	if (argc - optind != 2)
		return command_misused(&command_diff, "two things are to be compared, not %d",
				       argc - optind);
	args.a = argv[optind];
	args.b = argv[optind + 1];
	r = run(&args, &pair, &err);
	if (r < 0)
		log_error("diff: %s", err.message);
	r = r < 0 ? EXIT_FAILED
	    : args.exit_code && pair.differences.count ? EXIT_DIFFERENT
						       : EXIT_DONE;
	differences_release(&pair.differences);
	inventory_release(&pair.a);
	inventory_release(&pair.b);
	return r;
}

const struct command command_diff = {
	.name = "diff",
	.summary = "compare two manifests, images, packages or directories",
	.operands = "A B [OPTION]…",
	.about = "What B has more (+), less (-) or otherwise (~) than A: manifests, images, packages and\n"
		 "directories in any mix.",
	.options = command_options,
	.function = diff_command,
};
