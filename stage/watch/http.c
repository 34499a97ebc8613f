// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/http.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

enum { SECONDS = 5 };

struct url {
	char *copy; /* of which the others are parts */
	const char *host, *port, *path;
	char *authority; /* as it stood, for the header Host */
};

static void url_release(struct url *url)
{
	free(url->copy);
	free(url->authority);
}

static int url_parse(const char *text, struct url *url, struct error *err)
{
	char *host, *slash, *colon;

	if (strncmp(text, "http://", 7) != 0 || strpbrk(text, " \r\n\t"))
		return error_set(err, -EINVAL, "'%s' is not a URL of http", text);
	url->copy = strdup(text + 7);
	if (!url->copy)
		return error_oom(err);
	host = url->copy;
	slash = strchr(host, '/');
	url->path = slash ? text + 7 + (slash - host) : "/";
	if (slash)
		*slash = '\0';
	url->authority = strdup(host);
	if (!url->authority)
		return error_oom(err);
	if (*host == '[' && strchr(host, ']')) {
		colon = strchr(host, ']');
		*colon++ = '\0';
		host++;
	} else {
		colon = strchr(host, ':');
	}
	if (colon && *colon == ':')
		*colon++ = '\0';
	else
		colon = NULL;
	url->host = host;
	url->port = colon && *colon ? colon : "80";
	return *host ? 0 : error_set(err, -EINVAL, "'%s' is not a URL of http", text);
}

static int connect_to(const struct url *url, int *ret_fd, struct error *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const struct timeval limit = {.tv_sec = SECONDS};
	struct addrinfo *found;
	int fd = -1;

	if (getaddrinfo(url->host, url->port, &hints, &found) != 0)
		return error_set(err, -EHOSTUNREACH, "there is no host '%s'", url->host);
	for (struct addrinfo *at = found; at; at = at->ai_next) {
		fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
			break;
		closep(&fd);
		fd = -1;
	}
	freeaddrinfo(found);
	if (fd < 0)
		return error_errno(err, "cannot connect to '%s'", url->authority);
	*ret_fd = fd;
	return 0;
}

static int ask(const struct url *url, struct error *err)
{
	_cleanup_(text_release) struct text request = TEXT_INIT;
	_cleanup_(closep) int fd = -1;
	unsigned int status;
	char reply[16];
	ssize_t n;
	int r = connect_to(url, &fd, err);

	if (r < 0)
		return r;
	text_printf(&request, "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", url->path,
		    url->authority);
	r = text_failed(&request) ? -ENOMEM : io_write(fd, request.bytes, request.size);
	if (r < 0)
		return error_code(err, r, "cannot ask '%s'", url->authority);
	n = io_read(fd, reply, sizeof(reply) - 1);
	if (n < 0)
		return error_code(err, (int)n, "'%s' does not answer", url->authority);
	reply[n] = '\0';
	if (sscanf(reply, "HTTP/%*u.%*u %u", &status) != 1)
		return error_set(err, -EPROTO, "'%s' does not answer in HTTP", url->authority);
	return status >= 200 && status < 400
		       ? 0
		       : error_set(err, -EIO, "'%s' answers %u", url->authority, status);
}

int http_answers(const char *text, struct error *err)
{
	struct url url = {.copy = NULL};
	int r = url_parse(text, &url, err);

	if (r == 0)
		r = ask(&url, err);
	url_release(&url);
	return r;
}
