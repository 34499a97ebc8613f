/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a report is about: a manifest, with its source when that is at hand, or a package, which has all of
 * it inside. Everything that report_options points to is held here.
 */
#ifndef PACK_CMD_REPORT_SUBJECT_H
#define PACK_CMD_REPORT_SUBJECT_H

#include "db/base/digest.h"
#include "db/base/text.h"
#include "pack/evidence/evidence.h"
#include "pack/need/closure.h"
#include "pack/package/bundle.h"
#include "pack/report/report.h"
#include "pack/source/source.h"
#include "pack/tree/intern.h"

struct report_subject {
	struct manifest *manifest;
	struct selection selection; /* of the sessions alone; */
	struct selection used;      /* and with what they used, where a source says what that needs */
	struct report_options options;
	/* its own: */
	struct bundle *bundle; /* of a package; else NULL */
	struct source *source;
	struct closure *closure;
	struct evidence evidence;
	struct closure_listed listed;
	struct packed packages;
	struct intern strings;
	json_t *margins;
	struct description description;
	struct text command;
	char digest[DIGEST_HEX_SIZE + 8];
};

#define REPORT_SUBJECT_INIT                                                                        \
	{                                                                                          \
		.selection = SELECTION_INIT, .used = SELECTION_INIT, .command = TEXT_INIT                                  \
	}

/* `source` is the root a manifest speaks of; NULL: what its last session names, when it is here. */
int report_subject_open(struct report_subject *subject, const char *path, const char *source,
			struct error *err);
void report_subject_release(struct report_subject *subject);

#endif
