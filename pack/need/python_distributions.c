// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/python_distributions.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/ecosystem.h"

enum { LIST_MAX = 8 * 1024 * 1024 };

/* A distribution's directory beside a package, by what says which packages it has. */
struct distributed {
	struct closure *closure;
	const struct ecosystem_call *call;
	const char *package; /* "yaml" of …/site-packages/yaml/loader.py, and of yaml.py */
	struct error *err;
};

/* "yaml/loader.py,sha256=…" of RECORD, or "yaml" of top_level.txt, on a line of its own. */
static bool names_package(const char *text, const char *package)
{
	size_t length = strlen(package);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, package, length) == 0 &&
		    (strchr("/\r\n", line[length]) || strncmp(line + length, ".py,", 4) == 0))
			return true;
	return false;
}

static int add_distributed(const struct source_entry *file, void *data)
{
	const struct distributed *distributed = data;
	_cleanup_(text_release) struct text text = TEXT_INIT, pattern = TEXT_INIT;

	if (source_read(distributed->closure->source, file->path, LIST_MAX, &text, NULL) <
		    0 ||
	    !names_package(text.bytes, distributed->package))
		return 0;
	ecosystem_literal(&pattern, file->path, (size_t)(path_name(file->path) - file->path));
	text_add_char(&pattern, '*');
	if (text_failed(&pattern))
		return error_oom(distributed->err);
	return ecosystem_add(distributed->closure, distributed->call, pattern.bytes, distributed->err);
}

int python_distributions_add(struct closure *closure, struct closure_entry *entry,
			     struct error *err)
{
	static const char *const lists[] = {"*.dist-info/RECORD", "*.dist-info/top_level.txt",
					    "*.egg-info/top_level.txt"};
	const char *path = entry->file->path, *at = strstr(path, "/site-packages/");
	_cleanup_(freep) char *package = NULL, *done = NULL;
	const struct ecosystem_call call = {"python", MARGIN_NONE, entry};
	struct distributed distributed = {closure, &call, NULL, err};
	int r = 0;

	at = at ? at : strstr(path, "/dist-packages/");
	if (!at)
		return 0;
	at += strlen("/site-packages/");
	package = strndup(at, strcspn(at, "/."));
	done = strndup(path, (size_t)(at - path) + strcspn(at, "/."));
	if (!package || !done)
		return error_oom(err);
	/* once for each package, by the first of its files */
	if (!*package || intern_has(&closure->python_packages, done))
		return 0;
	if (!intern_string(&closure->python_packages, done))
		return error_oom(err);
	distributed.package = package;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists) && r == 0; i++) {
		_cleanup_(text_release) struct text pattern = TEXT_INIT;

		ecosystem_literal(&pattern, path, (size_t)(at - path));
		text_add(&pattern, lists[i]);
		r = text_failed(&pattern) ? error_oom(err)
					  : source_glob(closure->source, pattern.bytes,
							add_distributed, &distributed, err);
	}
	return r;
}
