/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times that other files know. A cache is good as long as what it was made of has the time that it had
 * then; where a build gives files another (SOURCE_DATE_EPOCH), or an image cannot hold one, the cache
 * would be stale at every start, and nobody would be told. So a file whose time is recorded keeps it:
 *
 *	.pyc			of Python, of its .py (those that record a hash do not care)
 *	fontconfig's caches	of their directories, to the nanosecond, which an image has not: these get
 *				the time 0, which fontconfig takes for "cannot say" and believes the cache
 *	*.jsa			of Java (CDS), of jars and modules
 *	bootsnap's caches	of Ruby, of sources
 *	apt's *.bin		of its lists
 *
 * Who only asks whether a cache is older than its sources needs nothing: clamping keeps the order. That is
 * Emacs (.elc), GLib, GTK's icons, make; ldconfig's cache and mandb's are not looked at by who reads them.
 */
#ifndef PACK_SOURCE_RECORDED_H
#define PACK_SOURCE_RECORDED_H

#include "db/base/error.h"
#include "pack/tree/tree.h"

/*
 * Mark what keeps its time of what is in `root`, the directory that will be "/", and is newer than `limit`
 * (seconds since 1970; INT64_MAX: nothing is clamped). Files that tell times are read.
 */
int recorded_times_keep(struct node *root, int64_t limit, struct error *err);

#endif
