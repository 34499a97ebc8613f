/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing report/ is what people look at: what a manifest says, counted, listed, compared and
 * drawn. It may include db, db/base, pack/evidence, pack/image, pack/need, pack/package, pack/source
 * and pack/tree. Another number goes into statistics.c, another list into inventory.c, and how the page
 * looks into report.html.
 */
/*
 * The report: everything a manifest knows about one root, as a single HTML file that needs nothing
 * else. pack/report/report.html is the page; its data is JSON in columns (data.c, paths.c), put in at its
 * mark, and no text of ours is ever parsed as HTML. A million paths are folded into some megabytes.
 *
 * A path is *kept* when the evidence says so. Without evidence (the source is not at hand) what the
 * sessions used is shown as kept, and the page says that what these files need in turn is not known.
 */
#ifndef PACK_REPORT_REPORT_H
#define PACK_REPORT_REPORT_H

#include <jansson.h>

#include "db/base/error.h"
#include "db/manifest.h"
#include "db/packed.h"
#include "pack/evidence/evidence.h"
#include "pack/need/from_selection.h"
#include "pack/need/selection.h"
#include "pack/report/difference.h"

/* Strings are NULL and numbers 0 where nothing is known. */
struct report_options {
	const char *title;	 /* what stands on top: the service, or the name of the manifest */
	const char *source;	 /* the root, as the host or the package names it */
	const char *version;	 /* of what is packed */
	const char *digest;	 /* "sha256:…" of the package */
	const char *command;	 /* how it is started */
	uint64_t image_bytes;	 /* of the package */
	int64_t time;		 /* seconds since 1970, of the package or of the last session */
	const struct selection *selection;
	const struct evidence *evidence;	/* or NULL */
	const struct closure_listed *listed;	/* or NULL */
	const struct packed *packages;		/* its packages alone; or NULL */
	const struct differences *differences;	/* from `other`, or NULL */
	const char *other;
	json_t *margins; /* what each level of the margin costs and would miss, as margins_summary() has it; or NULL */
};

/* Write the whole page to fd. Memory: about 150 bytes a path while it runs, 1 kB one that was used. */
int report_write(struct manifest *manifest, const struct report_options *options, int fd,
		 struct error *err);

#endif
