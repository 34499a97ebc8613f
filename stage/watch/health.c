// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/health.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/watch/http.h"
#include "stage/watch/question.h"

enum { SAID_MAX = 1024, LATE_STATUS = 124, OURS = 125 };

struct asking {
	const struct container *container;
	const char *health;
	int said;
};

static bool is_url(const char *health)
{
	return strncmp(health, "http://", 7) == 0;
}

static int inside(void *data)
{
	const struct asking *asking = data;
	struct error err = ERROR_INIT;

	if (dup2(asking->said, STDOUT_FILENO) < 0 || dup2(asking->said, STDERR_FILENO) < 0)
		return OURS;
	if (container_network_enter(asking->container, &err) < 0 ||
	    (is_url(asking->health) && http_answers(asking->health, &err) < 0)) {
		dprintf(asking->said, "%s\n", err.message);
		return 1;
	}
	if (is_url(asking->health))
		return 0;
	if (setenv("SFC_ROOT", container_root(asking->container), 1) < 0)
		return OURS;
	execl("/bin/sh", "sh", "-c", asking->health, (char *)NULL);
	return OURS;
}

/* What it said last, as one line; "" nothing. */
static void last_line(int fd, struct text *line)
{
	char said[SAID_MAX + 1], *last;
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t n = io_pread(fd, said, SAID_MAX, size > SAID_MAX ? (uint64_t)(size - SAID_MAX) : 0);

	said[n > 0 ? n : 0] = '\0';
	while (n > 0 && said[n - 1] == '\n')
		said[--n] = '\0';
	last = strrchr(said, '\n');
	text_add_plain(line, last ? last + 1 : said);
}

int health_ask(struct container *container, const char *health, int64_t timeout_ms, struct error *err)
{
	_cleanup_(closep) int said = memfd_create("health", MFD_CLOEXEC);
	_cleanup_(text_release) struct text line = TEXT_INIT;
	struct asking asking = {container, health, said};
	struct question question;
	int status = 0, r;

	if (said < 0)
		return error_errno(err, "cannot keep what it answers");
	r = question_begin(&question, inside, &asking, err);
	if (r == 0)
		r = question_wait(&question, container, NULL, clock_steady_ms() + timeout_ms, &status, err);
	if (r < 0 || status == 0)
		return r;
	last_line(said, &line);
	if (status == LATE_STATUS)
		return error_set(err, -ETIME, "it did not answer within %g s", (double)timeout_ms / 1000);
	if (is_url(health))
		return error_set(err, -EIO, "%s", line.bytes);
	return error_set(err, -EIO, "'%s' ended with status %d%s%s", health, status, line.size ? ": " : "",
			 line.bytes);
}
