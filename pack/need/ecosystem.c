// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/ecosystem.h"

#include <string.h>

#include "pack/need/admission.h"

static const char *const names[] = {
	[NSS] = "nss", [GCONV] = "gconv", [LOCALE] = "locale", [ZONEINFO] = "zoneinfo",
	[CA] = "ca", [PYTHON] = "python", [NODE] = "node", [RUBY] = "ruby", [PERL] = "perl",
	[JVM] = "jvm", [TERMINFO] = "terminfo", [PAM] = "pam", [HTTPD] = "httpd",
};

const char *ecosystem_name(size_t i)
{
	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}

unsigned int ecosystem_bit(const char *name)
{
	if (strcmp(name, "all") == 0)
		return ~0U;
	for (size_t i = 0; ecosystem_name(i); i++)
		if (strcmp(names[i], name) == 0)
			return 1U << i;
	return 0;
}

/* Why a path is added, on the way through a search. */
struct finding {
	struct closure *closure;
	struct closure_entry *trigger;
	enum ecosystem ecosystem;
	struct error *err;
};

int ecosystem_add_path(struct closure *closure, struct closure_entry *trigger,
		       enum ecosystem ecosystem, const char *path, struct error *err)
{
	struct reason reason = {REASON_ECOSYSTEM, trigger, names[ecosystem]};
	int r;

	/* a directory among the patterns' matches is there for what is in it */
	r = closure_add(closure, path, CLOSURE_CONTENTS, &reason, trigger->rule, NULL, err);
	return source_has_none(r) ? 0 : r;
}

static int add_found(const struct source_entry *file, void *data)
{
	const struct finding *finding = data;

	return ecosystem_add_path(finding->closure, finding->trigger, finding->ecosystem, file->path,
				  finding->err);
}

int ecosystem_add(struct closure *closure, struct closure_entry *trigger, enum ecosystem ecosystem,
		  const char *pattern, struct error *err)
{
	struct finding finding = {closure, trigger, ecosystem, err};

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
