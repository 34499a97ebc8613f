// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_alternatives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/margin_rule.h"

enum { RECORD_MAX = 64 * 1024 };

struct naming {
	struct closure *closure;
	const char *directory; /* of the records */
	struct error *err;
};

/* What "/etc/alternatives/NAME" leads to, where that is in; NULL: it is not. */
static const struct closure_entry *chosen(const struct closure *closure, const char *name)
{
	_cleanup_(freep) char *path = path_join("/etc/alternatives", name);
	const struct source_entry *file;
	const struct closure_entry *entry;

	if (!path || source_walk(closure->source, path, SOURCE_FOLLOW, NULL, NULL, &file, NULL) < 0)
		return NULL;
	entry = closure_find(closure, file->path);
	return entry && closure_entry_in(entry) ? entry : NULL;
}

static int add_name(const struct naming *naming, const char *name, const char *link)
{
	const struct closure_entry *entry = chosen(naming->closure, name);
	struct margin_rule rule = {naming->closure, MARGIN_PACKAGE, entry, NULL, naming->err};
	_cleanup_(freep) char *why = NULL;

	if (!entry || link[0] != '/')
		return 0;
	if (asprintf(&why, "the alternative %s", name) < 0)
		return error_oom(naming->err);
	rule.why = why;
	return margin_rule_add(&rule, link);
}

/* "auto", the link; then a name and a link for each that goes with it; an empty line ends. */
static int on_record(const char *name, void *data)
{
	const struct naming *naming = data;
	_cleanup_(freep) char *path = path_join(naming->directory, name);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char *rest, *line;
	int r;

	if (!path)
		return error_oom(naming->err);
	r = source_read(naming->closure->source, path, RECORD_MAX, &text, naming->err);
	if (r < 0)
		return r == -EFBIG || r == -EINVAL || source_has_none(r) ? 0 : r;
	rest = text.bytes;
	strsep(&rest, "\n");
	while (r == 0 && (line = strsep(&rest, "\n")) && *line) {
		r = add_name(naming, name, line);
		name = strsep(&rest, "\n");
		if (!name || !*name)
			break;
	}
	return r;
}

int closure_add_alternatives(struct closure *closure, struct error *err)
{
	static const char *const directories[] = {"/var/lib/dpkg/alternatives", "/var/lib/alternatives"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(directories) / sizeof(*directories); i++) {
		struct naming naming = {closure, directories[i], err};

		r = source_list(closure->source, directories[i], on_record, &naming, err);
	}
	return r;
}
