/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page and those it links to, got from what runs in a container, from its own network: --http-probe. On the same
 * host only, at most CRAWL_PAGES of them and CRAWL_DEPTH links away, each once, in the order they are named.
 */
#ifndef STAGE_WATCH_CRAWL_H
#define STAGE_WATCH_CRAWL_H

#include <poll.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/container/container.h"

enum { CRAWL_PAGES = 100, CRAWL_DEPTH = 3 };

/*
 * url: "http://HOST[:PORT]/PATH". To `output` goes a line for each page: its path, its status and its type, which
 * two runs have alike, and nothing of what it says. *ret_status: 0 when the first answers with less than 400; 1,
 * and why on `errors`. The rest as for probe_run() in stage/watch/ready.h.
 */
int crawl_run(struct container *container, const char *url, int output, int errors, struct pollfd *also,
	      int64_t timeout_ms, int *ret_status, struct error *err);

#endif
