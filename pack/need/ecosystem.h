/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ecosystems: languages and libraries whose files go together by custom. What each is called, how it is
 * switched off, and how its customs add to a closure.
 */
#ifndef PACK_NEED_ECOSYSTEM_H
#define PACK_NEED_ECOSYSTEM_H

#include <stddef.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/need/closure.h"

enum ecosystem {
	NSS, GCONV, LOCALE, ZONEINFO, CA, PYTHON, NODE, RUBY, PERL, JVM, TERMINFO, PAM, HTTPD,
};

/* The bit of an ecosystem for closure_options.ecosystems_off; 0 for an unknown name. "all": all. */
unsigned int ecosystem_bit(const char *name);
/* The i-th name, NULL behind the last. */
const char *ecosystem_name(size_t i);

/* Add bytes of a path to a pattern, taken literally in it. */
void ecosystem_literal(struct text *text, const char *bytes, size_t size);

/*
 * Add a path if it exists, or all that a pattern matches, because of `trigger` and by a custom. Paths
 * that come from words and links in files may lead anywhere.
 */
int ecosystem_add_path(struct closure *closure, struct closure_entry *trigger,
		       enum ecosystem ecosystem, const char *path, struct error *err);
int ecosystem_add(struct closure *closure, struct closure_entry *trigger, enum ecosystem ecosystem,
		  const char *pattern, struct error *err);

#endif
