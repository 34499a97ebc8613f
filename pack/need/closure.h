/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The closure: a selection and all it needs to run. Each entry remembers why it is in: every reason
 * found, the first one first. What a rule or the list of secrets leaves out is remembered as well,
 * with what would have needed it. Here is what a closure is; pack/need/need.h fills it.
 */
#ifndef PACK_NEED_CLOSURE_H
#define PACK_NEED_CLOSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/hash.h"
#include "pack/need/customs.h"
#include "pack/need/known_source.h"
#include "pack/need/margin.h"
#include "pack/need/rules.h"
#include "pack/need/selection.h"
#include "pack/need/work.h"
#include "pack/source/source.h"
#include "pack/tree/arena.h"
#include "pack/tree/intern.h"

enum reason_kind {
	REASON_SESSION,     /* a session used it: closure_entry.selected */
	REASON_RULE,        /* detail: the rule */
	REASON_PARENT,      /* the directory of `from` */
	REASON_TARGET,      /* what the link `from` names */
	REASON_PASSAGE,     /* a link, or a directory left by "..", on the way to detail, which `from` (or a session) asked for */
	REASON_INTERPRETER, /* the ELF interpreter of `from` */
	REASON_NEEDED,      /* a library that `from` needs; detail: the name it is needed by */
	REASON_SHEBANG,     /* the interpreter of the script `from`; detail: how it is called */
	REASON_ECOSYSTEM,   /* detail: the name of the ecosystem; from: what called for it */
	REASON_DLOPEN,      /* `from` says that it opens it; detail: the name, and how important it is */
	REASON_MARGIN,      /* the margin; detail: the level and its rule, from: what called for it */
	REASON_LISTED,      /* a name in the directory `from`, which was listed */
	REASON_MADE,        /* by the package: mount points, the distribution's records, trimmed */
	REASON_KINDS
};

struct closure_entry;

struct reason {
	enum reason_kind kind;
	const struct closure_entry *from; /* or NULL */
	const char *detail;               /* or NULL; lives as long as the closure */
};

enum closure_verdict {
	VERDICT_IN,
	VERDICT_RULE,      /* left out by a rule; closure_entry.verdict_detail names it */
	VERDICT_SECRET,    /* left out as a secret; verdict_detail says of which kind */
	VERDICT_STAT_ONLY, /* a file whose contents nobody read, left out by policy */
};

/* What a file begins with; so that nobody opens it again to find nothing. */
enum closure_head {
	HEAD_UNREAD,
	HEAD_ELF,
	HEAD_SCRIPT, /* "#!" */
	HEAD_DATA,
};

struct closure_entry {
	struct hash_link link;
	const struct source_entry *file;
	const struct selected *selected; /* by a session; or NULL */
	enum closure_verdict verdict;
	const char *verdict_detail;
	enum closure_head head;
	enum margin margin; /* at which it was first asked for */
	bool contents; /* they matter; false: nobody looks into it (or a stub is enough) */
	int rule;      /* index of the last rule that asked for it by name, or -1 */
	uint64_t order; /* of first use: 1 first; 0 never used by a session */
	struct reason *reasons;
	size_t reason_count, reason_capacity;
};

enum stat_only { STAT_ONLY_WHOLE, STAT_ONLY_HOLE, STAT_ONLY_OMIT };
enum listed { LISTED_NONE, LISTED_STUB, LISTED_FULL };

/* Zero is the default of everything. */
struct closure_options {
	const char *library_path; /* LD_LIBRARY_PATH of the start, or NULL */
	const char *search_path;  /* PATH of the start; NULL: WHICH_PATH_DEFAULT */
	struct rules *rules;      /* or NULL; their `matched` is counted */
	enum stat_only stat_only;
	enum listed listed;
	const struct customs *customs; /* or NULL: none */
	enum margin margin;
	bool allow_secrets;
	bool allow_changed; /* a file that changed since it was traced is a warning, not an error */
	struct known_source *known; /* what closures of this source share; or NULL: it has its own */
	const volatile int *cancel; /* when it becomes non-zero: -EINTR; or NULL */
};

/* A needed name that was not found in one of the ways its file is loaded. */
struct unresolved {
	const struct closure_entry *entry;
	const char *name; /* interned */
};

struct closure {
	struct source *source;
	struct known_source *known, *own_known; /* the latter NULL where others share it */
	struct loader *loader;			/* its */
	struct closure_options options;
	struct hash hash; /* struct closure_entry by path */
	struct {
		struct closure_entry **items;
		size_t count, capacity;
	} entries; /* in the order in which they came; by path after closure_compute() */
	struct {
		char **items;
		size_t count, capacity;
	} warnings; /* one line each, for a person */
	struct work_queue work; /* files to look into */
	struct {
		struct unresolved *items;
		size_t count, capacity;
	} unresolved;
	enum margin margin; /* as wide as it has become */
	size_t customs_done[MARGIN_LEVELS]; /* entries that were asked about customs of each level */
	struct margin_work *margin_work;    /* what its rules remember; NULL: nothing yet */
	struct intern python_packages; /* that ecosystems have looked for the distributions of */
	struct intern strings;
	struct arena memory; /* of entries and their reasons */
};

int closure_new(struct source *source, const struct closure_options *options,
		struct closure **ret_closure, struct error *err);
void closure_free(struct closure *closure);
void closure_freep(struct closure **closure);

/* By real path, verdict included; NULL: nothing ever asked for it. */
struct closure_entry *closure_find(const struct closure *closure, const char *path);
/* Likewise, where the path's hash_string() is known. */
struct closure_entry *closure_find_hashed(const struct closure *closure, const char *path,
					  uint64_t hash);

/* Bytes of the files that are in, those of hard links for each name. */
uint64_t closure_bytes(const struct closure *closure);

/* -EINTR with err set when it is to end; 0: it goes on. */
int closure_check_cancel(const struct closure *closure, struct error *err);

int closure_warn(struct closure *closure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool closure_entry_in(const struct closure_entry *entry)
{
	return entry->verdict == VERDICT_IN;
}

#endif
