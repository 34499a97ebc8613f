// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as a page, whose links are followed by path: the first line is the path it is at. What a link leads to
 * can be put into a request: a path without blanks or dots to climb by, that leads to itself.
 */
#include "stage/watch/page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int follow(const char *link, size_t length, void *data)
{
	char path[PAGE_PATH_MAX], again[PAGE_PATH_MAX];
	size_t end;

	if (!page_resolve("localhost:8080", data, link, length, path))
		return 0;
	end = strcspn(path, "?");
	if (*path != '/' || strlen(path) >= PAGE_PATH_MAX)
		abort();
	for (const char *c = path; *c; c++)
		if (*c <= ' ' || *c == 127)
			abort();
	for (const char *dots = strstr(path, "/.."); dots && dots < path + end; dots = strstr(dots + 1, "/.."))
		if (!dots[3] || strchr("/?", dots[3]))
			abort();
	/* "//x" would name a host, and "&amp;" something else */
	if (path[1] != '/' && !strstr(path, "&amp;") &&
	    (!page_resolve("localhost:8080", "/elsewhere/", path, strlen(path), again) || strcmp(path, again) != 0))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char base[PAGE_PATH_MAX] = "/";
	const char *end = size ? memchr(data, '\n', size) : NULL;
	size_t length = end ? (size_t)(end - (const char *)data) : 0;

	/* a page has come by a link itself */
	if (!page_resolve("localhost:8080", "/", (const char *)data, length, base))
		strcpy(base, "/");
	page_links((const char *)data + length, size - length, follow, base);
	return 0;
}
