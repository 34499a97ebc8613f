// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/catalog.h"
#include "pack/report/fold.h"
#include "pack/report/next.h"
#include "pack/report/rank.h"

void report_rows_release(struct report_rows *rows)
{
	tree_free(rows->tree);
	array_release(&rows->rows);
	array_release(&rows->missing);
	array_release(&rows->next);
	intern_release(&rows->strings);
	*rows = (struct report_rows){0};
}

static uint32_t mode_of_kind(enum entry_kind kind)
{
	static const uint32_t modes[] = {
		[ENTRY_FILE] = S_IFREG,	 [ENTRY_DIR] = S_IFDIR,	   [ENTRY_LINK] = S_IFLNK,
		[ENTRY_CHAR] = S_IFCHR,	 [ENTRY_BLOCK] = S_IFBLK,  [ENTRY_FIFO] = S_IFIFO,
		[ENTRY_SOCKET] = S_IFSOCK,
	};

	return kind < sizeof(modes) / sizeof(*modes) && modes[kind] ? modes[kind] : S_IFREG;
}

/* inode->scratch holds the row's number plus 1; 0: a directory the tree made for us, no row yet. */
static int row_of_node(struct report_rows *rows, struct node *node, struct report_row **ret_row)
{
	struct report_row row = {.node = node, .name = node->name, .state = REPORT_OUT, .from = -1};
	int r;

	if (node->inode->scratch == 0) {
		row.kind = entry_kind_of_mode(node->inode->mode);
		r = array_push(&rows->rows, row);
		if (r < 0)
			return r;
		node->inode->scratch = rows->rows.count;
	}
	*ret_row = &rows->rows.items[node->inode->scratch - 1];
	return 0;
}

/* The row of a path whose node was looked for, made when it is new. */
static int row_of(struct report_rows *rows, struct node *node, const char *path, enum entry_kind kind,
		  uint64_t size, struct report_row **ret_row, struct error *err)
{
	int r;

	if (!node) {
		r = tree_insert(rows->tree, path, mode_of_kind(kind), &node, NULL);
		if (r < 0)
			return error_code(err, r, "cannot place '%s' in the report", path);
	}
	r = row_of_node(rows, node, ret_row);
	if (r < 0)
		return error_oom(err);
	if (size && (*ret_row)->kind != ENTRY_DIR)
		(*ret_row)->size = size;
	return 0;
}

static int row_at(struct report_rows *rows, const char *path, enum entry_kind kind, uint64_t size,
		  struct report_row **ret_row, struct error *err)
{
	return row_of(rows, tree_find(rows->tree, path), path, kind, size, ret_row, err);
}

/* What the catalog does not list is counted in its directory, so that sizes add up. */
static void count_left(struct report_row *directory, uint64_t files, uint64_t bytes)
{
	directory->left_files += files;
	directory->left_bytes += bytes;
}

/* The catalog is walked by path, so most have the directory of the one before. */
struct cataloguing {
	struct report_rows *rows;
	struct text path;     /* of the directory */
	struct node *node;    /* it; NULL: none yet */
};

static int directory_of(struct cataloguing *cataloguing, const char *path, struct report_row **ret_row,
			struct error *err)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	struct report_rows *rows = cataloguing->rows;
	int r;

	if (!slash)
		return error_set(err, -EBADMSG, "the catalog has '%.100s', which is no absolute path", path);
	if (cataloguing->node && cataloguing->path.size == length &&
	    memcmp(cataloguing->path.bytes, path, length) == 0) {
		*ret_row = &rows->rows.items[cataloguing->node->inode->scratch - 1];
		return 0;
	}
	text_clear(&cataloguing->path);
	if (text_add_bytes(&cataloguing->path, path, length) < 0)
		return error_oom(err);
	r = row_at(rows, length ? cataloguing->path.bytes : "/", ENTRY_DIR, 0, ret_row, err);
	if (r == 0)
		cataloguing->node = (*ret_row)->node;
	return r;
}

/* Links and the like that nobody used are not worth a row where there are too many. */
static int gather_entry(struct cataloguing *cataloguing, const struct catalog_entry *entry, struct error *err)
{
	struct report_rows *rows = cataloguing->rows;
	struct node *node = tree_find(rows->tree, entry->path);
	bool own = entry->kind == ENTRY_DIR || !rows->folds || entry->size >= rows->large || node;
	struct report_row *row = NULL;
	int r = 0;

	if (own)
		r = row_of(rows, node, entry->path, entry->kind, entry->folded ? 0 : entry->size, &row, err);
	else if (entry->kind == ENTRY_FILE)
		r = directory_of(cataloguing, entry->path, &row, err);
	if (r < 0 || !row)
		return r;
	if (entry->folded)
		count_left(row, entry->files, entry->size);
	else if (!own)
		count_left(row, 1, entry->size);
	return 0;
}

static int gather_catalog(struct report_rows *rows, struct manifest *manifest, struct error *err)
{
	_cleanup_(catalog_walk_endp) struct catalog_walk *walk = NULL;
	struct cataloguing cataloguing = {.rows = rows, .path = TEXT_INIT};
	struct catalog_entry entry;
	uint64_t files, bytes;
	int r;

	r = catalog_total(manifest, &files, &bytes, err);
	if (r == 0)
		r = catalog_walk_begin(manifest, &walk, err);
	if (r < 0)
		return r;
	rows->folds = files > REPORT_ROWS_MAX;
	rows->large = bytes / 20000 + 1;
	while ((r = catalog_walk_next(walk, &entry, err)) > 0 &&
	       (r = gather_entry(&cataloguing, &entry, err)) == 0)
		;
	text_release(&cataloguing.path);
	return r;
}

static int gather_missing(struct report_rows *rows, const struct access_row *access, bool production)
{
	struct report_missing missing = {
		.path = intern_string(&rows->strings, access->entry.path),
		.exe = intern_string(&rows->strings, access->exe),
		.op = access->op,
		.error = access->error,
		.production = production,
		.count = access->count,
	};

	if (!missing.path || !missing.exe)
		return -ENOMEM;
	/* the walk is ordered by path: the same path in another session stands close behind */
	for (size_t i = rows->missing.count; i-- > 0;) {
		struct report_missing *m = &rows->missing.items[i];

		if (m->path != missing.path)
			break;
		if (m->exe == missing.exe && m->op == missing.op && m->error == missing.error &&
		    m->production == production) {
			m->count += missing.count;
			return 0;
		}
	}
	return array_push(&rows->missing, missing);
}

static int session_index(const struct session_list *sessions, int64_t id)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (sessions->items[i].id == id)
			return (int)i;
	return -1;
}

static int add_access(struct report_rows *rows, const struct session_list *sessions,
		      const struct access_row *access, struct error *err)
{
	const struct found *found = &access->entry.found;
	int index = session_index(sessions, access->session);
	struct report_row *row;
	uint64_t at;
	int r;

	if (found->kind == ENTRY_MISSING || found->kind == ENTRY_UNKNOWN) {
		bool production = index >= 0 && sessions->items[index].kind == SESSION_PROD;

		if (access->error && gather_missing(rows, access, production) < 0)
			return error_oom(err);
		return 0;
	}
	if (found->origin == ENTRY_CREATED || index < 0)
		return 0;
	r = row_at(rows, access->entry.path, found->kind, found->size, &row, err);
	if (r < 0)
		return r;
	if (access->op == ACCESS_OPEN || access->op == ACCESS_EXEC)
		row->opens += access->count;
	if (access->op == ACCESS_STAT)
		row->stats += access->count;
	row->state = REPORT_TOUCHED;
	row->why = REASON_SESSION;
	at = (uint64_t)index + 1;
	if (row->session && (row->session < at || (row->session == at &&
						   row->first_seq <= access->first_seq)))
		return 0;
	row->session = at;
	row->first_seq = access->first_seq;
	row->first_ms = (access->first_ns - sessions->items[index].started_ns) / 1000000;
	row->exe = intern_string(&rows->strings, access->exe);
	return row->exe ? 0 : error_oom(err);
}

static int gather_accesses(struct report_rows *rows, struct manifest *manifest,
			   const struct session_list *sessions, struct coverage_counter *counter,
			   struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	_cleanup_(freep) int64_t *ids = calloc(sessions->count + 1, sizeof(*ids));
	struct access_row access;
	int r;

	if (!ids)
		return error_oom(err);
	for (size_t i = 0; i < sessions->count; i++)
		ids[i] = sessions->items[i].id;
	r = access_walk_begin(manifest, ids, sessions->count, &walk, err);
	if (r < 0)
		return r;
	while ((r = access_walk_next(walk, &access, err)) > 0) {
		r = coverage_counter_note(counter, &access) < 0 ? error_oom(err)
								: add_access(rows, sessions, &access, err);
		if (r < 0)
			return r;
	}
	return r;
}

static enum report_state state_of(const struct evidence_entry *entry)
{
	if (entry->verdict != VERDICT_IN)
		return REPORT_EXCLUDED;
	for (size_t i = 0; i < entry->reason_count; i++)
		if (entry->reasons[i].kind == REASON_SESSION)
			return REPORT_TOUCHED;
	return entry->reason_count && entry->reasons[0].kind == REASON_RULE ? REPORT_RULE : REPORT_CLOSURE;
}

static int gather_evidence(struct report_rows *rows, const struct evidence *evidence, struct error *err)
{
	/* with the evidence at hand it alone says what is in */
	for (size_t i = 0; i < rows->rows.count; i++)
		rows->rows.items[i].state = REPORT_OUT;
	for (size_t i = 0; i < evidence->count; i++) {
		const struct evidence_entry *entry = &evidence->items[i];
		struct report_row *row;
		int r;

		if (entry->kind == ENTRY_MISSING)
			continue;
		r = row_at(rows, entry->path, entry->kind, entry->size, &row, err);
		if (r < 0)
			return r;
		row->state = state_of(entry);
		row->why = entry->reason_count ? entry->reasons[0].kind : REASON_SESSION;
	}
	return 0;
}

/* -1: it has none, or it was folded. */
static int row_number(const struct report_rows *rows, const char *path)
{
	const struct node *node = tree_find(rows->tree, path);

	return node ? (int)node->inode->scratch - 1 : -1;
}

/* The other end of each first reason, once every row has its final place. */
static void link_reasons(struct report_rows *rows, const struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->count; i++) {
		const struct evidence_entry *entry = &evidence->items[i];
		int number;

		if (!entry->reason_count || !entry->reasons[0].from)
			continue;
		number = row_number(rows, entry->path);
		if (number >= 0)
			rows->rows.items[number].from = row_number(rows, entry->reasons[0].from);
	}
}

struct ordering {
	struct report_rows *rows;
	struct report_row *sorted;
	size_t count;
};

static int visit_in_order(struct node *node, void *data)
{
	struct ordering *ordering = data;
	struct report_row *row;

	if (row_of_node(ordering->rows, node, &row) < 0)
		return -ENOMEM;
	return 0;
}

static int visit_and_place(struct node *node, void *data)
{
	struct ordering *ordering = data;
	struct report_row *row = &ordering->sorted[ordering->count];

	*row = ordering->rows->rows.items[node->inode->scratch - 1];
	row->parent = ordering->count ? (int)node->parent->inode->scratch - 1 : 0;
	node->inode->scratch = ++ordering->count;
	return 0;
}

/* Directories before what is in them; also gives a row to each directory that has none yet. */
static int order_rows(struct report_rows *rows, struct error *err)
{
	struct ordering ordering = {.rows = rows};

	if (tree_sort(rows->tree) < 0 || tree_walk(rows->tree, visit_in_order, &ordering) < 0)
		return error_oom(err);
	ordering.sorted = calloc(rows->rows.count, sizeof(*ordering.sorted));
	if (!ordering.sorted)
		return error_oom(err);
	tree_walk(rows->tree, visit_and_place, &ordering);
	free(rows->rows.items);
	rows->rows.items = ordering.sorted;
	rows->rows.capacity = rows->rows.count;
	return 0;
}

static int by_count(const void *a, const void *b)
{
	const struct report_missing *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->path, y->path);
}

int report_rows_gather(struct manifest *manifest, const struct report_options *options,
		       struct coverage_counter *counter, struct report_rows *ret_rows, struct error *err)
{
	struct report_rows *rows = ret_rows;
	int r;

	*rows = (struct report_rows){0};
	r = tree_new(&rows->tree);
	if (r < 0)
		return error_oom(err);
	r = gather_accesses(rows, manifest, &options->selection->sessions, counter, err);
	if (r == 0 && options->evidence)
		r = gather_evidence(rows, options->evidence, err);
	if (r == 0)
		r = gather_catalog(rows, manifest, err);
	if (r == 0)
		r = order_rows(rows, err);
	if (r == 0)
		r = report_next_find(rows, err);
	if (r == 0)
		r = report_fold(rows, err);
	if (r < 0)
		return r;
	if (options->evidence)
		link_reasons(rows, options->evidence);
	array_sort(&rows->missing, by_count);
	return report_rank(rows, err);
}
