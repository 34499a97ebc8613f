/* SPDX-License-Identifier: BSD-2-Clause */
/* sfc verify, first of all: is a package whole, and does what is in it find what it needs? Nothing of it runs. */
#ifndef STAGE_STAGES_VERIFY_PARTS_H
#define STAGE_STAGES_VERIFY_PARTS_H

#include "db/base/digest.h"
#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/package/bundle.h"
#include "stage/stages/report.h"

enum { VERIFY_DIGEST_SIZE = DIGEST_HEX_SIZE + 8 }; /* sha256:… */

/* -EBADMSG: it is damaged; what else is wrong with it is added to `problems`. The bundle is open unless it cannot be. */
int verify_parts(const char *package, struct report *report, struct bundle **ret_bundle,
		 char ret_digest[VERIFY_DIGEST_SIZE], struct text *problems, struct error *err);

#endif
