/* SPDX-License-Identifier: BSD-2-Clause */
/* Widening: which margin would bring a path that is not in, and why; the price is of all that it brings. */
#ifndef PACK_CMD_WIDENING_H
#define PACK_CMD_WIDENING_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/cmd/closure_request.h"
#include "pack/need/margin.h"

struct widening {
	enum margin margin; /* MARGIN_NONE: none would */
	char *why;
	uint64_t bytes;
};

/* From the margin on that the request has; path: a real one. */
int widening_find(struct closure_request *request, const char *path, struct widening *ret_widening,
		  struct error *err);
void widening_release(struct widening *widening);

/*
 * Print, for each path, the level that would take it in ("-": none, "none": it is in) and the path, with a
 * tab between, as tracepack ls spells it.
 */
int widening_list(struct closure_request *request, char *const *paths, size_t count, struct error *err);

/* "; --margin near takes it in, named in /etc/x.conf (and 8.8 MB in all)"; nothing where none does. */
void widening_say(const struct widening *widening, struct text *text);
/* {"level": "near", …}, or null; NULL: out of memory. */
json_t *widening_json(const struct widening *widening);

#endif
