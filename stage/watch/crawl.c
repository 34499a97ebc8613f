// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/crawl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/watch/http.h"
#include "stage/watch/page.h"
#include "stage/watch/question.h"

struct stop {
	char *path; /* owned */
	int depth;  /* links from where it began */
};

struct crawl {
	char *authority; /* owned */
	ARRAY(struct stop) stops; /* those that were got, and those that will be */
	size_t at;
	int failed;
};

static void crawl_release(struct crawl *crawl)
{
	for (size_t i = 0; i < crawl->stops.count; i++)
		free(crawl->stops.items[i].path);
	array_release(&crawl->stops);
	free(crawl->authority);
}

/* ---- where to go ---- */

static int add_stop(struct crawl *crawl, const char *path, int depth)
{
	struct stop stop = {.path = NULL, .depth = depth};

	for (size_t i = 0; i < crawl->stops.count; i++)
		if (strcmp(crawl->stops.items[i].path, path) == 0)
			return 0;
	stop.path = strdup(path);
	if (stop.path && array_push(&crawl->stops, stop) == 0)
		return 0;
	free(stop.path);
	return -ENOMEM;
}

static int follow(const char *link, size_t length, void *data)
{
	struct crawl *crawl = data;
	struct stop stop = crawl->stops.items[crawl->at];
	char path[PAGE_PATH_MAX];

	if (crawl->stops.count == CRAWL_PAGES || !page_resolve(crawl->authority, stop.path, link, length, path))
		return 0;
	return add_stop(crawl, path, stop.depth + 1);
}

/* "http://HOST:PORT/PATH" → where it begins. */
static int begin(struct crawl *crawl, const char *url)
{
	const char *host = url + strlen("http://"), *path = host + strcspn(host, "/");

	crawl->authority = strndup(host, (size_t)(path - host));
	return crawl->authority ? add_stop(crawl, *path ? path : "/", 0) : -ENOMEM;
}

/* ---- going ---- */

static bool is_html(const struct http_page *page)
{
	return page->type.size >= 9 && strncasecmp(page->type.at, "text/html", 9) == 0;
}

/* "/sub/two.html 200 text/html" */
static int note(const struct stop *stop, const struct http_page *page, int output)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;
	size_t type = 0;

	while (type < page->type.size && page->type.at[type] > ' ' && page->type.at[type] != ';')
		type++;
	text_printf(&line, "%s %u %.*s\n", stop->path, page->status, (int)type, page->type.at);
	if (text_failed(&line))
		return -ENOMEM;
	return output < 0 ? 0 : io_write(output, line.bytes, line.size);
}

/* 0; a negative errno when nothing can go on. The first page that cannot be had is said. */
static int visit(struct crawl *crawl, int output, struct error *err)
{
	struct stop stop = crawl->stops.items[crawl->at];
	_cleanup_(http_page_release) struct http_page page = {.status = 0};
	_cleanup_(freep) char *url = NULL;
	int r;

	if (asprintf(&url, "http://%s%s", crawl->authority, stop.path) < 0) {
		url = NULL;
		return error_oom(err);
	}
	r = http_get(url, &page, err);
	if (stop.depth == 0 && (r < 0 || page.status >= 400))
		crawl->failed = r < 0 ? r : error_set(err, -EIO, "'%s' answers %u", url, page.status);
	if (r == 0)
		r = note(&stop, &page, output);
	if (r < 0)
		return r == -ENOMEM ? error_oom(err) : 0;
	if (stop.depth == CRAWL_DEPTH)
		return 0;
	if (page.location.size)
		r = follow(page.location.at, page.location.size, crawl);
	if (r == 0 && is_html(&page))
		r = page_links(page.body.at, page.body.size, follow, crawl);
	return r < 0 ? error_oom(err) : 0;
}

struct asking {
	const struct container *container;
	const char *url;
	int output, errors;
};

static int ask_outside(void *data)
{
	const struct asking *asking = data;
	_cleanup_(crawl_release) struct crawl crawl = {.authority = NULL};
	struct error err = ERROR_INIT;
	int r = container_network_enter(asking->container, &err);

	if (r == 0 && begin(&crawl, asking->url) < 0)
		r = error_oom(&err);
	for (; r == 0 && !crawl.failed && crawl.at < crawl.stops.count; crawl.at++)
		r = visit(&crawl, asking->output, &err);
	if (r == 0)
		r = crawl.failed;
	if (r < 0 && asking->errors >= 0)
		dprintf(asking->errors, "%s\n", err.message);
	return r < 0;
}

int crawl_run(struct container *container, const char *url, int output, int errors, struct pollfd *also,
	      int64_t timeout_ms, int *ret_status, struct error *err)
{
	struct asking asking = {.container = container, .url = url, .output = output, .errors = errors};
	struct question question;
	int r = question_begin(&question, ask_outside, &asking, err);

	return r < 0 ? r
		     : question_wait(&question, container, also, timeout_ms < 0 ? -1 : clock_steady_ms() + timeout_ms,
				     ret_status, err);
}
