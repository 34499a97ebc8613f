/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the report says of each path, one row a path: gathered from the accesses, the evidence and the
 * catalog, in an order in which every directory comes before what is in it. Where there are more than a
 * page can hold, files that nobody used are counted in their directory, and so are small directories in
 * which nothing was used (fold.h).
 */
#ifndef PACK_REPORT_ROWS_H
#define PACK_REPORT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "db/access.h"
#include "db/coverage_count.h"
#include "pack/evidence/evidence.h"
#include "pack/report/report.h"
#include "pack/tree/intern.h"
#include "pack/tree/tree.h"

/* One letter each, as the page reads them. */
enum report_state {
	REPORT_TOUCHED = 't',
	REPORT_CLOSURE = 'c',
	REPORT_RULE = 'r',
	REPORT_EXCLUDED = 'x',
	REPORT_OUT = 'o',
};

struct report_row {
	struct node *node;       /* its place in the hierarchy, in report_rows.tree; NULL: it stands for others */
	const char *name;        /* the node's, or of what it stands for; interned */
	int parent;              /* row of the directory; the root's is 0 */
	enum entry_kind kind;
	enum report_state state;
	uint64_t size;
	uint64_t files;          /* that the row stands for; 0: for itself */
	uint64_t left_files, left_bytes; /* of a directory: in it, not used, and without a row */
	uint64_t opens, stats;
	uint64_t session;        /* of the first use: index into the selection's, plus 1; 0 never */
	uint64_t first_seq;      /* there */
	uint64_t rank;           /* of first use over all sessions, 1 first; 0 never */
	int64_t first_ms;        /* after the start of that session */
	const char *exe;         /* of the first use; or NULL */
	enum reason_kind why;
	int from;                /* row of the reason's other end, or -1 */
};

/* What was looked for in vain: one row per path, operation, error and program. */
struct report_missing {
	const char *path, *exe; /* interned */
	enum access_op op;
	int error;
	bool production; /* by an instance of a package */
	uint64_t count;
};

/* A directory of which something was used and more was not: what the next run may go for. */
struct report_next {
	const char *path, *example; /* interned; one of what was not used, or NULL */
	uint64_t used, left, left_bytes; /* files in it, not below */
};

struct report_rows {
	struct tree *tree;
	bool folds;         /* there are too many for a page */
	uint64_t large;     /* bytes: a file that nobody used has a row of its own all the same */
	struct {
		struct report_row *items;
		size_t count, capacity;
	} rows;
	struct {
		struct report_missing *items;
		size_t count, capacity;
	} missing; /* the most frequent first */
	struct {
		struct report_next *items;
		size_t count, capacity;
	} next; /* those of which the most was not used first, a few */
	struct intern strings;
};

/* So many rows are a page; more are folded. */
enum { REPORT_ROWS_MAX = 20000 };

/* 0, or a negative errno with err set; release it in either case. The counter is given each access on the way. */
int report_rows_gather(struct manifest *manifest, const struct report_options *options,
		       struct coverage_counter *counter, struct report_rows *ret_rows, struct error *err);
void report_rows_release(struct report_rows *rows);

#endif
