/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page of HTML as a crawler wants it: which others it names. The page is anything, whoever sent it; nothing
 * grows beyond it.
 */
#ifndef STAGE_WATCH_PAGE_H
#define STAGE_WATCH_PAGE_H

#include <stddef.h>

enum { PAGE_PATH_MAX = 2048 };

/* A link as it stands in the page; a result other than 0 ends the reading, and comes back. */
typedef int page_found(const char *link, size_t length, void *data);

/* The values of href and src, in their order; comments, scripts and styles have none. */
int page_links(const char *html, size_t size, page_found *found, void *data);

/*
 * Where a link on the page `base` (a path) of the host `authority` ("localhost:8080") leads: its path and query,
 * without dot segments. 1; 0 when it leads elsewhere, is no page, or is longer than PAGE_PATH_MAX.
 */
int page_resolve(const char *authority, const char *base, const char *link, size_t length,
		 char ret_path[PAGE_PATH_MAX]);

#endif
