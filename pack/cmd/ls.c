// SPDX-License-Identifier: BSD-2-Clause
/* tracepack ls: what is in a manifest, an image, a package or a directory. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/report/inventory.h"

enum order { ORDER_PATH, ORDER_SIZE, ORDER_FIRST_USE };

struct arguments {
	const char *path;
	char **patterns;
	int pattern_count;
	enum inventory_part part;
	enum order order;
	bool is_long, json;
};

/* What is listed: pointers into an inventory. */
struct listing {
	const struct inventory *inventory;
	const struct inventory_item **items;
	size_t count;
};

static bool is_wanted(const struct arguments *args, const char *path)
{
	for (int i = 0; i < args->pattern_count; i++)
		if (path_match(args->patterns[i], path))
			return true;
	return args->pattern_count == 0;
}

static int by_size(const void *a, const void *b)
{
	const struct inventory_item *x = *(struct inventory_item *const *)a;
	const struct inventory_item *y = *(struct inventory_item *const *)b;

	if (x->found.size != y->found.size)
		return x->found.size > y->found.size ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* What was never used, or nobody knows when, comes last. */
static int by_first_use(const void *a, const void *b)
{
	const struct inventory_item *x = *(struct inventory_item *const *)a;
	const struct inventory_item *y = *(struct inventory_item *const *)b;

	if (x->order != y->order)
		return x->order - 1 < y->order - 1 ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int choose(const struct arguments *args, struct listing *listing, struct error *err)
{
	const struct inventory *inventory = listing->inventory;

	listing->items = calloc(inventory->count + 1, sizeof(struct inventory_item *));
	if (!listing->items)
		return error_oom(err);
	for (size_t i = 0; i < inventory->count; i++)
		if (is_wanted(args, inventory->items[i].path))
			listing->items[listing->count++] = &inventory->items[i];
	if (listing->count == 0 && args->pattern_count)
		return error_set(err, -ENOENT, "nothing in '%s' matches '%s'", args->path,
				 args->patterns[0]);
	if (args->order != ORDER_PATH)
		sort_items(listing->items, listing->count, sizeof(struct inventory_item *),
			   args->order == ORDER_SIZE ? by_size : by_first_use);
	return 0;
}

/* ---- as text ---- */

static void add_mode(struct columns *columns, const struct found *found)
{
	static const char kinds[] = "?-dlcbps?", bits[] = "rwxrwxrwx";
	char text[11];

	text[0] = kinds[found->kind];
	for (int i = 0; i < 9; i++)
		text[i + 1] = found->mode & (0400U >> i) ? bits[i] : '-';
	if (found->mode & S_ISUID)
		text[3] = text[3] == 'x' ? 's' : 'S';
	if (found->mode & S_ISGID)
		text[6] = text[6] == 'x' ? 's' : 'S';
	if (found->mode & S_ISVTX)
		text[9] = text[9] == 'x' ? 't' : 'T';
	text[10] = '\0';
	columns_add(columns, text);
}

static void add_number(struct columns *columns, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	columns_add(columns, text);
}

static void add_size(struct columns *columns, const struct inventory_item *item)
{
	char text[32];

	if (item->found.kind != ENTRY_CHAR && item->found.kind != ENTRY_BLOCK) {
		add_number(columns, item->found.size);
		return;
	}
	snprintf(text, sizeof(text), "%u,%u", major(item->rdev), minor(item->rdev));
	columns_add(columns, text);
}

static void add_time(struct columns *columns, int64_t ns)
{
	time_t seconds = ns / 1000000000 - (ns % 1000000000 < 0);
	char text[32] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%F %H:%M", &tm);
	columns_add(columns, text);
}

static void add_path(struct columns *columns, const struct inventory_item *item)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_add(&text, item->path);
	if (item->found.target)
		text_printf(&text, " -> %s", item->found.target);
	if (item->names) {
		text_add(&text, " (");
		text_add_count(&text, item->names);
		text_add(&text, item->names == 1 ? " name)" : " names)");
	}
	columns_add(columns, text_failed(&text) ? item->path : text.bytes);
}

static void add_owner(struct columns *columns, uint32_t id)
{
	if (id == OWNER_UNKNOWN)
		columns_add(columns, "?");
	else
		add_number(columns, id);
}

static void add_found(struct columns *columns, const struct inventory_item *item)
{
	add_mode(columns, &item->found);
	add_owner(columns, item->found.uid);
	add_owner(columns, item->found.gid);
	add_size(columns, item);
	add_time(columns, item->found.mtime_ns);
}

static void add_row(const struct arguments *args, const struct inventory *inventory,
		    const struct inventory_item *item, struct columns *columns)
{
	if (args->part == INVENTORY_MISSING) {
		add_number(columns, item->operations);
		columns_add(columns, access_op_name(item->op));
		columns_add(columns, strerrorname_np(item->error));
		columns_add(columns, *item->program ? item->program : "(unknown)");
	} else if (args->part == INVENTORY_UNTOUCHED) {
		columns_add(columns, entry_kind_name(item->found.kind));
		add_number(columns, item->found.size);
	} else {
		add_found(columns, item);
	}
	if (args->part == INVENTORY_NEEDED && inventory->kind == INVENTORY_MANIFEST) {
		add_number(columns, item->operations);
		columns_add(columns, *item->program ? item->program : "(unknown)");
	}
	add_path(columns, item);
	columns_end(columns);
}

static int print_long(const struct arguments *args, const struct listing *listing,
		      struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = "<>>>><"};

	if (args->part == INVENTORY_MISSING)
		columns.align = "><<<<";
	else if (args->part == INVENTORY_UNTOUCHED)
		columns.align = "<><";
	else if (listing->inventory->kind == INVENTORY_MANIFEST)
		columns.align = "<>>>>><<";
	for (size_t i = 0; i < listing->count; i++)
		add_row(args, listing->inventory, listing->items[i], &columns);
	return columns_print(&columns, err);
}

static int print_short(const struct listing *listing, struct error *err)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;

	for (size_t i = 0; i < listing->count; i++) {
		/* of what was missed in several ways once */
		if (i > 0 && strcmp(listing->items[i]->path, listing->items[i - 1]->path) == 0)
			continue;
		text_clear(&line);
		text_add_escaped(&line, listing->items[i]->path);
		text_add_char(&line, '\n');
		if (text_failed(&line))
			return error_oom(err);
		fputs(line.bytes, stdout);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_errno(err, "cannot write to the standard output");
	return 0;
}

/* ---- as JSON ---- */

#define NUMBER(value) ((json_int_t)(value))

static json_t *owner_json(uint32_t id)
{
	return id == OWNER_UNKNOWN ? json_null() : json_integer(id);
}

static int add_found_json(json_t *json, const struct inventory_item *item)
{
	const struct found *found = &item->found;
	int r = json_object_update_new(
		json, json_pack("{s:I, s:I, s:o, s:o, s:f}", "size", NUMBER(found->size), "mode",
				NUMBER(found->mode), "uid", owner_json(found->uid), "gid",
				owner_json(found->gid), "mtime", (double)found->mtime_ns / 1e9));

	if (r == 0 && found->target)
		r = json_set(json, "target", json_path(found->target));
	if (r == 0 && (found->kind == ENTRY_CHAR || found->kind == ENTRY_BLOCK) && item->node)
		r = json_set(json, "device",
			     json_pack("[i, i]", (int)major(item->rdev), (int)minor(item->rdev)));
	return r;
}

static json_t *item_json(const struct arguments *args, const struct inventory *inventory,
			 const struct inventory_item *item)
{
	json_auto_t *json = json_pack("{s:o}", "path", json_path(item->path));
	int r = json ? 0 : -1;

	if (args->part == INVENTORY_MISSING)
		return json_pack("{s:o, s:s, s:s, s:I, s:o}", "path", json_path(item->path), "op",
				 access_op_name(item->op), "errno", strerrorname_np(item->error),
				 "count", NUMBER(item->operations), "program",
				 json_path(item->program));
	if (r == 0)
		r = json_set(json, "kind", json_string(entry_kind_name(item->found.kind)));
	if (r == 0 && args->part == INVENTORY_UNTOUCHED)
		r = json_set(json, "size", json_integer(NUMBER(item->found.size)));
	else if (r == 0)
		r = add_found_json(json, item);
	if (r == 0 && item->names)
		r = json_set(json, "names", json_integer(NUMBER(item->names)));
	if (r == 0 && item->order)
		r = json_set(json, "order", json_integer(NUMBER(item->order)));
	if (r == 0 && args->part == INVENTORY_NEEDED && inventory->kind == INVENTORY_MANIFEST)
		r = json_object_update_new(
			json, json_pack("{s:I, s:I, s:o}", "operations", NUMBER(item->operations),
					"sessions", NUMBER(item->sessions), "program",
					json_path(item->program)));
	return r == 0 ? take(json) : NULL;
}

/* One object a line, each gone before the next is made: there may be many. */
static int print_json(const struct arguments *args, const struct listing *listing,
		      struct error *err)
{
	fputs("[", stdout);
	for (size_t i = 0; i < listing->count; i++) {
		json_auto_t *item = item_json(args, listing->inventory, listing->items[i]);

		fputs(i ? ",\n" : "\n", stdout);
		if (!item)
			return error_oom(err);
		if (json_dumpf(item, stdout, 0) < 0)
			return error_errno(err, "cannot write to the standard output");
	}
	fputs("\n]\n", stdout);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_errno(err, "cannot write to the standard output");
	return 0;
}

/* ---- what was asked ---- */

static int take_missing(void *target, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	*(enum inventory_part *)target = INVENTORY_MISSING;
	return 0;
}

static int take_untouched(void *target, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	*(enum inventory_part *)target = INVENTORY_UNTOUCHED;
	return 0;
}

static int take_order(void *target, const char *value, struct error *err)
{
	static const char *const names[] = {"path", "size", "first-use"};

	(void)err;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(value, names[i]) == 0) {
			*(enum order *)target = (enum order)i;
			return 0;
		}
	return -EINVAL;
}

static const struct command_option command_options[] = {
	{'l', "long", NULL, "kind and mode, owner, size, time, target; of a manifest also use",
	 OPTION_FLAG(struct arguments, is_long)},
	{0, "missing", NULL, "of a manifest, or in a package: what was looked for in vain",
	 OPTION_CALL(take_missing, struct arguments, part)},
	{0, "untouched", NULL, "of a manifest, or in a package: what of the source was never touched",
	 OPTION_CALL(take_untouched, struct arguments, part)},
	{0, "order", "HOW", "path (default), size (largest first) or first-use",
	 OPTION_CALL(take_order, struct arguments, order)},
	{0, "json", NULL, "the list as JSON", OPTION_FLAG(struct arguments, json)},
	{'q', "quiet", NULL, "warnings and errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static int run(const struct arguments *args, struct error *err)
{
	_cleanup_(inventory_release) struct inventory inventory = INVENTORY_INIT;
	struct listing listing = {.inventory = &inventory};
	int r;

	r = inventory_load(args->path, args->part, &inventory, err);
	if (r == 0)
		r = choose(args, &listing, err);
	if (r == 0)
		r = args->json	    ? print_json(args, &listing, err)
		    : args->is_long ? print_long(args, &listing, err)
				    : print_short(&listing, err);
	free(listing.items);
	return r;
}

static int ls_command(int argc, char **argv)
{
	struct arguments args = {0};
	struct error err = ERROR_INIT;
	int code;

	if (!command_parse(&command_ls, argc, argv, &args, &code))
		return code;
	if (optind == argc)
		return command_misused(&command_ls,
				       "of what? (a manifest, image, package or directory)");
	args.path = argv[optind];
	args.patterns = argv + optind + 1;
	args.pattern_count = argc - optind - 1;
	if (run(&args, &err) < 0) {
		log_error("ls: %s", err.message);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

const struct command command_ls = {
	.name = "ls",
	.summary = "list what is in a manifest, image, package or directory",
	.operands = "WHAT [PATTERN]… [OPTION]…",
	.about = "List the paths in a manifest (those that were needed), an image, a package or a directory.",
	.options = command_options,
	.function = ls_command,
};
