// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/http.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

enum { SECONDS = 5, PAGE_SECONDS = 30, STATUS_LINE = 15, PAGE_MAX = 1024 * 1024 };

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

static int send_request(const struct url *url, int fd, struct error *err)
{
	_cleanup_(text_release) struct text request = TEXT_INIT;
	int r;

	text_printf(&request, "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", url->path,
		    url->authority);
	r = text_failed(&request) ? -ENOMEM : io_write(fd, request.bytes, request.size);
	return r < 0 ? error_code(err, r, "cannot ask '%s'", url->authority) : 0;
}

/* All of it, or as much as anybody wants. */
static int receive(const struct url *url, int fd, size_t most, struct text *reply, struct error *err)
{
	time_t until = time(NULL) + PAGE_SECONDS; /* a page may trickle without an end */
	char chunk[16384];
	ssize_t n;

	do {
		size_t left = most - reply->size;

		n = read(fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk));
		if (n > 0 && text_add_bytes(reply, chunk, (size_t)n) < 0)
			return error_oom(err);
	} while (((n > 0 && reply->size < most) || (n < 0 && errno == EINTR)) && time(NULL) < until);
	/* what was said before the connection broke counts */
	return n < 0 && !reply->size ? error_errno(err, "'%s' does not answer", url->authority) : 0;
}

static int ask(const struct url *url, size_t most, struct text *reply, unsigned int *ret_status,
	       struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r = connect_to(url, &fd, err);

	if (r == 0)
		r = send_request(url, fd, err);
	if (r == 0)
		r = receive(url, fd, most, reply, err);
	if (r < 0)
		return r;
	if (!reply->size || sscanf(reply->bytes, "HTTP/%*u.%*u %u", ret_status) != 1)
		return error_set(err, -EPROTO, "'%s' does not answer in HTTP", url->authority);
	return 0;
}

int http_answers(const char *text, struct error *err)
{
	_cleanup_(url_release) struct url url = {.copy = NULL};
	_cleanup_(text_release) struct text reply = TEXT_INIT;
	unsigned int status;
	int r = url_parse(text, &url, err);

	if (r == 0)
		r = ask(&url, STATUS_LINE, &reply, &status, err);
	if (r < 0)
		return r;
	return status >= 200 && status < 400
		       ? 0
		       : error_set(err, -EIO, "'%s' answers %u", url.authority, status);
}

/* ---- pages ---- */

static struct text_part trimmed(const char *at, size_t size)
{
	while (size && (*at == ' ' || *at == '\t'))
		at++, size--;
	while (size && (at[size - 1] == '\r' || at[size - 1] == ' '))
		size--;
	return (struct text_part){at, size};
}

/* The value of a header, in place; "" when it is not there. */
static struct text_part header_of(const char *head, size_t size, const char *name)
{
	size_t length = strlen(name);

	while (size) {
		const char *end = memchr(head, '\n', size);
		size_t line = end ? (size_t)(end - head) : size;

		if (line > length && strncasecmp(head, name, length) == 0)
			return trimmed(head + length, line - length);
		line += end != NULL;
		head += line;
		size -= line;
	}
	return (struct text_part){"", 0};
}

void http_page_release(struct http_page *page)
{
	text_release(&page->reply);
}

int http_get(const char *text, struct http_page *page, struct error *err)
{
	_cleanup_(url_release) struct url url = {.copy = NULL};
	const char *head, *body;
	size_t size;
	int r = url_parse(text, &url, err);

	if (r == 0)
		r = ask(&url, PAGE_MAX, &page->reply, &page->status, err);
	if (r < 0)
		return r;
	head = page->reply.bytes;
	body = strstr(head, "\r\n\r\n");
	size = body ? (size_t)(body - head) + 2 : page->reply.size;
	page->type = header_of(head, size, "Content-Type:");
	page->location = header_of(head, size, "Location:");
	page->body = body ? (struct text_part){body + 4, page->reply.size - size - 2} : (struct text_part){"", 0};
	return 0;
}
