// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/ecosystem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/need/admission.h"

/* Why a path is added, on the way through a search. */
struct finding {
	struct closure *closure;
	const struct ecosystem_call *call;
	struct error *err;
};

int ecosystem_add_path(struct closure *closure, const struct ecosystem_call *call, const char *path,
		       struct error *err)
{
	struct reason reason = {REASON_ECOSYSTEM, call->trigger, call->name};
	_cleanup_(freep) char *detail = NULL;
	int r;

	if (call->margin != MARGIN_NONE) {
		if (asprintf(&detail, "%s: goes with %s (%s)", margin_name(call->margin),
			     call->trigger->file->path, call->name) < 0)
			return error_oom(err);
		reason.kind = REASON_MARGIN;
		reason.detail = detail;
	}
	/* a directory among the patterns' matches is there for what is in it */
	r = closure_add(closure, path, CLOSURE_CONTENTS, &reason, call->trigger->rule, NULL, err);
	return source_has_none(r) ? 0 : r;
}

static int add_found(const struct source_entry *file, void *data)
{
	const struct finding *finding = data;

	return ecosystem_add_path(finding->closure, finding->call, file->path, finding->err);
}

int ecosystem_add(struct closure *closure, const struct ecosystem_call *call, const char *pattern,
		  struct error *err)
{
	struct finding finding = {closure, call, err};

	return source_glob(closure->source, pattern, add_found, &finding, err);
}

void ecosystem_literal(struct text *text, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (strchr("*?[\\", bytes[i]))
			text_add_char(text, '\\');
		text_add_char(text, bytes[i]);
	}
}
