/* SPDX-License-Identifier: BSD-2-Clause */
/* The least of HTTP: does a URL answer with success, and with what page? */
#ifndef STAGE_WATCH_HTTP_H
#define STAGE_WATCH_HTTP_H

#include "db/base/error.h"
#include "db/base/text.h"

/* GET http://HOST[:PORT][/PATH]: 0 for a status of 200 to 399, -EINVAL for a URL that is none, else why not. */
int http_answers(const char *url, struct error *err);

/* Not ended by a NUL. */
struct text_part {
	const char *at;
	size_t size;
};

struct http_page {
	struct text reply; /* the first MiB of it, in which the others are */
	unsigned int status;
	struct text_part type, location, body; /* size 0: there is none */
};

/* 0 whatever its status; release it in any case. page is all zero before. */
int http_get(const char *url, struct http_page *page, struct error *err);
void http_page_release(struct http_page *page);

#endif
