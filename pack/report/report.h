/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing report/ is what people look at: what a manifest says, counted, listed, compared and
 * drawn. It may include db, db/base, pack/image, pack/need, pack/package, pack/source and
 * pack/tree. Another number goes into statistics.c, another list into inventory.c, and how the page
 * looks into report.html.
 */
/*
 * The report: everything a manifest knows about one root, as a single HTML file that needs nothing
 * else. pack/report/report.html is the page; its data is JSON in columns, put in at its mark, so that
 * 100,000 paths stay a few megabytes and no text of ours is ever parsed as HTML.
 *
 * A path is *kept* when a closure says so. Without a closure (the source is not at hand) what the
 * sessions used is shown as kept, and the page says that what these files need in turn is not known.
 */
#ifndef PACK_REPORT_REPORT_H
#define PACK_REPORT_REPORT_H

#include "db/base/error.h"
#include "db/manifest.h"
#include "pack/need/closure.h"
#include "pack/need/selection.h"

struct report_options {
	const char *title;               /* what stands on top: the name of the manifest */
	const char *source;              /* the root, as the host names it */
	const struct selection *selection;
	const struct closure *closure;   /* computed; or NULL */
};

/* Write the whole page to fd. Memory: about 1 kB a path while it runs. */
int report_write(struct manifest *manifest, const struct report_options *options, int fd,
		 struct error *err);

#endif
