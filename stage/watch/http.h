/* SPDX-License-Identifier: BSD-2-Clause */
/* The least of HTTP: does a URL answer with success? */
#ifndef STAGE_WATCH_HTTP_H
#define STAGE_WATCH_HTTP_H

#include "db/base/error.h"

/* GET http://HOST[:PORT][/PATH]: 0 for a status of 200 to 399, -EINVAL for a URL that is none, else why not. */
int http_answers(const char *url, struct error *err);

#endif
