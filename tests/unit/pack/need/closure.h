/* SPDX-License-Identifier: BSD-2-Clause */
/* A closure over a small root, and what is asked of it, as text to compare. */
#ifndef TESTS_CLOSURE_H
#define TESTS_CLOSURE_H

#include "pack/need/closure.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "pack/evidence/explanation.h"
#include "pack/need/admission.h"
#include "pack/need/closure_tree.h"
#include "pack/need/ecosystem.h"
#include "pack/need/from_selection.h"
#include "pack/need/need.h"
#include "pack/need/reason.h"
#include "tests/root.h"

static struct root root;

/* A closure over the root as it is now, and the rules it may have. */
struct fixture {
	struct source *source;
	struct closure *closure;
	struct closure_options options;
	struct rules rules;
	struct customs customs;
};

/* Ours, as they stand in the sources. */
static inline void read_customs(struct customs *customs)
{
	const char *sources = getenv("srcdir");
	struct error err = ERROR_INIT;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/pack/need/customs.d", sources ? sources : ".");
	if (customs_read(customs, path, &err) < 0)
		CHECK_STRING(err.message, "nothing");
}

static inline void begin(struct fixture *fixture)
{
	fixture->options.rules = &fixture->rules;
	if (!fixture->customs.count)
		read_customs(&fixture->customs);
	fixture->options.customs = &fixture->customs;
	REQUIRE(source_open(root.path, &fixture->source, NULL) == 0);
	REQUIRE(closure_new(fixture->source, &fixture->options, &fixture->closure, NULL) == 0);
}

static inline void end(struct fixture *fixture)
{
	closure_free(fixture->closure);
	source_close(fixture->source);
	rules_release(&fixture->rules);
	customs_release(&fixture->customs);
}

static inline void want(struct fixture *fixture, const char *path)
{
	struct reason reason = {.kind = REASON_RULE, .detail = "test"};
	int r = closure_add(fixture->closure, path, CLOSURE_CONTENTS, &reason, -1, NULL, NULL);

	CHECK_INT(r, 0);
}

static inline void compute(struct fixture *fixture)
{
	struct error err = ERROR_INIT;

	if (closure_compute(fixture->closure, &err) < 0)
		CHECK_STRING(err.message, "nothing");
}

/* Everything that is in and is no directory, blanks between. */
static inline const char *members(const struct fixture *fixture)
{
	static char text[8192];

	text[0] = '\0';
	for (size_t i = 0; i < fixture->closure->entries.count; i++) {
		const struct closure_entry *entry = fixture->closure->entries.items[i];

		if (closure_entry_in(entry) && entry->file->kind != ENTRY_DIR)
			strcat(strcat(text, text[0] ? " " : ""), entry->file->path);
	}
	return text;
}

static inline const char *why(const struct fixture *fixture, const char *path)
{
	static char text[2048];
	const struct closure_entry *entry = closure_find(fixture->closure, path);

	text[0] = '\0';
	for (size_t i = 0; entry && i < entry->reason_count; i++) {
		const struct reason *reason = &entry->reasons[i];

		if (text[0])
			strcat(text, "; ");
		strcat(text, reason_name(reason->kind));
		if (reason->from)
			strcat(strcat(text, " "), reason->from->file->path);
		if (reason->detail)
			strcat(strcat(strcat(text, " ("), reason->detail), ")");
	}
	return text;
}

static inline const char *warning(const struct fixture *fixture)
{
	return fixture->closure->warnings.count ? fixture->closure->warnings.items[0] : "";
}

#endif
