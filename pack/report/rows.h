/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the report says of each path, one row a path: gathered from the catalog, the accesses and the
 * closure, in an order in which every directory comes before what is in it.
 */
#ifndef PACK_REPORT_ROWS_H
#define PACK_REPORT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "db/access.h"
#include "pack/need/closure.h"
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
	const struct node *node; /* its place in the hierarchy; in report_rows.tree */
	int parent;              /* row of the directory; the root's is 0 */
	enum entry_kind kind;
	enum report_state state;
	uint64_t size;
	uint64_t files;          /* that the row stands for, in a folded directory; else 0: for itself */
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
	uint64_t count;
};

struct report_rows {
	struct tree *tree;
	struct {
		struct report_row *items;
		size_t count, capacity;
	} rows;
	struct {
		struct report_missing *items;
		size_t count, capacity;
	} missing; /* the most frequent first */
	struct intern strings;
};

/* 0, or a negative errno with err set; release it in either case. */
int report_rows_gather(struct manifest *manifest, const struct report_options *options,
		       struct report_rows *ret_rows, struct error *err);
void report_rows_release(struct report_rows *rows);

#endif
