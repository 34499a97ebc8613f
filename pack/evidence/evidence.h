/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing evidence/ is the reasons of a closure in a form that outlives the build. It may include
 * db/base, pack/need and pack/tree. Another thing to remember of a path goes into evidence.h and
 * json.c, another way to tell it into explanation.c.
 */
/*
 * Evidence: what is in a package and why, what was left out and why, in a form that outlives the
 * build. It is made from a closure, carried in a package as sfc/closure.json (pack/evidence/json.h),
 * and read back from there, so that `why`, `ls` and `stat` give the same answers about a package as about the manifest
 * and the source it was made from.
 */
#ifndef PACK_EVIDENCE_EVIDENCE_H
#define PACK_EVIDENCE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "db/base/hash.h"
#include "pack/need/closure.h"
#include "pack/need/selection.h"
#include "pack/tree/intern.h"

/* Strings live as long as the evidence. */
struct evidence_reason {
	enum reason_kind kind;
	const char *from;    /* a path, or NULL */
	const char *detail;  /* or NULL */
	const char *session; /* REASON_SESSION: its label, */
	const char *program; /* who ("" unknown), */
	const char *op;      /* by which operation */
	int64_t after_ns;    /* and how long after the session began; */
	uint64_t missed;     /* of production: how often, else 0, */
	int64_t missed_ns;   /* and when first */
};

struct evidence_entry {
	struct hash_link link;
	const char *path;
	enum entry_kind kind;
	uint64_t size; /* of files */
	enum closure_verdict verdict;
	const char *verdict_detail; /* or NULL */
	bool contents;
	uint64_t order;
	char sha256[DIGEST_HEX_SIZE]; /* of a file's contents; "" not computed */
	struct evidence_reason *reasons;
	size_t reason_count;
};

struct evidence {
	struct evidence_entry *items; /* by path */
	size_t count;
	const char **warnings; /* what the closure warned of */
	size_t warning_count;
	struct hash hash;
	struct intern strings;
};

/* The closure has been computed; nothing of it is borrowed. */
int evidence_from_closure(const struct closure *closure, const struct selection *selection,
			  struct evidence *ret_evidence, struct error *err);
/* The same of one real path, as far as it explains that path: nothing when nobody asked for it. */
int evidence_about(const struct closure *closure, const struct selection *selection,
		   const char *path, struct evidence *ret_evidence, struct error *err);
/*
 * Add paths that no closure knows because the package makes them (sorted, none of them there yet),
 * for the reason REASON_MADE.
 */
struct evidence_made {
	const char *path;
	enum entry_kind kind;
};
int evidence_add_made(struct evidence *evidence, const struct evidence_made *made, size_t count,
		      struct error *err);
void evidence_release(struct evidence *evidence);

/* For who fills one: a copy that lives as long as the evidence; false when out of memory. */
bool evidence_keep(struct evidence *evidence, const char *string, const char **ret_string);
/* And when all entries are there and stand still: they can be found. 0 or -ENOMEM. */
int evidence_index(struct evidence *evidence);

struct evidence_entry *evidence_find(const struct evidence *evidence, const char *path);

const char *verdict_name(enum closure_verdict verdict);

#endif
