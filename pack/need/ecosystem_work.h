/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the ecosystems: customs that are more than a row of the table in ecosystem.c. */
#ifndef PACK_NEED_ECOSYSTEM_WORK_H
#define PACK_NEED_ECOSYSTEM_WORK_H

#include <stddef.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/need/closure.h"

enum ecosystem {
	NSS, GCONV, LOCALE, ZONEINFO, CA, PYTHON, NODE, RUBY, PERL, JVM, TERMINFO, PAM, HTTPD,
};

/* Add bytes of a path to a pattern, taken literally in it. */
void ecosystem_literal(struct text *text, const char *bytes, size_t size);

/* Add all that a pattern matches, because of `trigger` and by the customs of an ecosystem. */
int ecosystem_add(struct closure *closure, struct closure_entry *trigger, enum ecosystem ecosystem,
		  const char *pattern, struct error *err);

int ecosystem_python(struct closure *closure, struct closure_entry *entry, struct error *err);

#endif
