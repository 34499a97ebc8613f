/* SPDX-License-Identifier: BSD-2-Clause */
/* What a session touched of a small root, and what comes along with a margin. */
#ifndef TESTS_MARGIN_H
#define TESTS_MARGIN_H

#include "db/base/array.h"
#include "pack/need/margin.h"
#include "tests/unit/pack/need/closure.h"

/* What a session used; by path, as a selection has it. */
struct touched {
	struct fixture fixture;
	struct selection selection;
};

static inline void touch_as(struct touched *touched, const char *path, unsigned int uses)
{
	struct selected selected = {.path = strdup(path), .uses = uses, .op = ACCESS_OPEN, .exe = ""};

	selected.first_seq = touched->selection.count + 1;
	REQUIRE(array_push(&touched->selection, selected) == 0);
}

static inline void touch(struct touched *touched, const char *path)
{
	touch_as(touched, path, USE_READ);
}

/* What of the root is in at a level and is no directory, less what was touched. */
static inline const char *with_margin(struct touched *touched, enum margin margin)
{
	static char text[8192];
	struct fixture *fixture = &touched->fixture;
	struct error err = ERROR_INIT;

	fixture->options.margin = margin;
	begin(fixture);
	if (closure_add_selection(fixture->closure, &touched->selection, &err) < 0)
		CHECK_STRING(err.message, "nothing");
	compute(fixture);
	text[0] = '\0';
	for (size_t i = 0; i < fixture->closure->entries.count; i++) {
		const struct closure_entry *entry = fixture->closure->entries.items[i];

		if (closure_entry_in(entry) && entry->file->kind != ENTRY_DIR && !entry->selected)
			strcat(strcat(text, text[0] ? " " : ""), entry->file->path);
	}
	return text;
}

static inline void over(struct touched *touched)
{
	end(&touched->fixture);
	touched->fixture = (struct fixture){0};
}

static inline void touched_release(struct touched *touched)
{
	for (size_t i = 0; i < touched->selection.count; i++)
		free(touched->selection.items[i].path);
	array_release(&touched->selection);
}

#endif
