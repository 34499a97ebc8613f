/* SPDX-License-Identifier: BSD-2-Clause */
/* The format of a file of customs, sfc-customs(5). */
#ifndef PACK_NEED_CUSTOMS_PARSE_H
#define PACK_NEED_CUSTOMS_PARSE_H

#include "db/base/error.h"
#include "pack/need/customs.h"

/* Add what the text of a file says. -EBADMSG with err naming the line. */
int customs_parse(struct customs *customs, const char *ecosystem, const char *path, char *text,
		  struct error *err);

#endif
