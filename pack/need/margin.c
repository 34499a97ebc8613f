// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/margin.h"

#include <string.h>

static const char *const names[MARGIN_LEVELS] = {
	[MARGIN_NONE] = "none",	      [MARGIN_OWN] = "own",	    [MARGIN_NEAR] = "near",
	[MARGIN_MODULE] = "module", [MARGIN_PACKAGE] = "package", [MARGIN_DEPENDS] = "depends",
};

const char *margin_name(enum margin margin)
{
	return names[margin];
}

bool margin_of_name(const char *name, enum margin *ret_margin)
{
	for (int i = 0; i < MARGIN_LEVELS; i++)
		if (strcmp(names[i], name) == 0) {
			*ret_margin = (enum margin)i;
			return true;
		}
	return false;
}
