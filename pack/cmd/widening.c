// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/widening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/need/need.h"
#include "pack/need/reason.h"

void widening_release(struct widening *widening)
{
	free(widening->why);
}

/* The first reason that tells of the margin; of what follows from such a path, what that is. */
static char *reason_of(const struct closure_entry *entry)
{
	for (size_t i = 0; i < entry->reason_count; i++)
		if (entry->reasons[i].kind == REASON_MARGIN)
			return strdup(strchr(entry->reasons[i].detail, ' ') + 1);
	for (size_t i = 0; i < entry->reason_count; i++)
		if (entry->reasons[i].from) {
			_cleanup_(text_release) struct text text = TEXT_INIT;

			text_printf(&text, "%s ", reason_phrase(entry->reasons[i].kind));
			text_add_escaped(&text, entry->reasons[i].from->file->path);
			return text_take(&text);
		}
	return strdup("");
}

int widening_find(struct closure_request *request, const char *path, struct widening *ret_widening,
		  struct error *err)
{
	_cleanup_(closure_freep) struct closure *closure = NULL;
	uint64_t before;
	int r;

	*ret_widening = (struct widening){MARGIN_NONE, NULL, 0};
	r = closure_request_make(request, request->options.margin, &closure, err);
	before = r == 0 ? closure_bytes(closure) : 0;
	for (int margin = (int)request->options.margin + 1; r == 0 && margin < MARGIN_LEVELS; margin++) {
		const struct closure_entry *entry;

		r = closure_widen(closure, (enum margin)margin, err);
		entry = r == 0 ? closure_find(closure, path) : NULL;
		if (!entry || !closure_entry_in(entry))
			continue;
		ret_widening->margin = (enum margin)margin;
		ret_widening->bytes = closure_bytes(closure) - before;
		ret_widening->why = reason_of(entry);
		return ret_widening->why ? 0 : error_oom(err);
	}
	return r;
}

static int print_level(const struct closure *closure, const char *path, struct error *err)
{
	_cleanup_(freep) char *canonical = path_canonicalize(path);
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	const struct closure_entry *entry;

	if (!canonical)
		return error_oom(err);
	entry = closure_find(closure, canonical);
	text_add_escaped(&shown, canonical);
	printf("%s\t%s\n", entry && closure_entry_in(entry) ? margin_name(entry->margin) : "-", shown.bytes);
	return text_failed(&shown) ? error_oom(err) : 0;
}

int widening_list(struct closure_request *request, char *const *paths, size_t count, struct error *err)
{
	_cleanup_(closure_freep) struct closure *closure = NULL;
	int r = closure_request_make(request, request->options.margin, &closure, err);

	if (r == 0)
		r = closure_widen(closure, MARGIN_DEPENDS, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = print_level(closure, paths[i], err);
	return r;
}

json_t *widening_json(const struct widening *widening)
{
	return widening->margin == MARGIN_NONE
		       ? json_null()
		       : json_pack("{s:s, s:o, s:I}", "level", margin_name(widening->margin), "why",
				   json_path(widening->why), "bytes", (json_int_t)widening->bytes);
}

void widening_say(const struct widening *widening, struct text *text)
{
	if (widening->margin == MARGIN_NONE)
		return;
	text_printf(text, "; --margin %s takes it in, %s (and ", margin_name(widening->margin),
		    widening->why);
	text_add_size(text, widening->bytes);
	text_add(text, " in all)");
}
