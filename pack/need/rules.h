/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules: what a person wants in or out, beside what was traced. From a file, one a line, and from
 * the command line, in that order; of all that match a path the last one wins.
 *
 *	# comment
 *	include GLOB            what matches, as if it had been opened
 *	include-dir GLOB        directories that match, with everything below
 *	include-package GLOB    the files of packages (dpkg, apk, rpm) of the source
 *	include-bin NAME        a program, looked up in PATH, and what it needs
 *	exclude GLOB            what matches and everything below, whoever needs it
 *	keep-empty GLOB         directories that match, without what is in them
 *	replace PATH WITH FILE  the contents of PATH are those of FILE on the packing machine
 *	mode MODE GLOB          octal permission bits
 *	owner UID:GID GLOB
 *
 * Words are separated by blanks; "double quotes" hold one together. GLOB is path_match()'s: "**" is
 * any number of directories, and without a leading slash it matches at any depth. An include looks
 * for files in the whole source then, so a leading slash is cheaper.
 */
#ifndef PACK_NEED_RULES_H
#define PACK_NEED_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"

enum rule_verb {
	RULE_INCLUDE,
	RULE_INCLUDE_DIR,
	RULE_INCLUDE_PACKAGE,
	RULE_INCLUDE_BIN,
	RULE_EXCLUDE,
	RULE_KEEP_EMPTY,
	RULE_REPLACE,
	RULE_MODE,
	RULE_OWNER,
	RULE_VERBS
};

struct rule {
	enum rule_verb verb;
	char *text;     /* as written, blanks folded: "exclude /usr/share/doc" */
	char *where;    /* "FILE:LINE", or "the command line" */
	char *pattern;  /* GLOB, NAME or PATH */
	char *file;     /* RULE_REPLACE: where the contents are; else NULL */
	uint32_t mode;  /* RULE_MODE */
	uint32_t uid, gid;
	uint64_t matched; /* paths it has decided on; 0 at the end deserves a warning */
};

/* All zero is none. */
struct rules {
	struct rule *items;
	size_t count, capacity;
};

/* -EINVAL with err naming the line. A relative FILE of `replace` is relative to the rules file. */
int rules_read(struct rules *rules, const char *path, struct error *err);
/* One rule by hand: the verb "include" and what follows it. */
int rules_add(struct rules *rules, enum rule_verb verb, const char *pattern, struct error *err);
void rules_release(struct rules *rules);

/* Does this rule, of the kind that includes, excludes or keeps empty, speak about this path? */
bool rule_covers(const struct rule *rule, const char *path);

/*
 * The last rule from index `first` on that puts this path in (include, include-dir, keep-empty), and
 * the last that leaves it out: -1 for none. A path is out when the latter is the larger. keep-empty
 * leaves out what is below.
 */
struct rules_verdict {
	int in, out;
};
struct rules_verdict rules_judge(const struct rules *rules, const char *path);

#endif
