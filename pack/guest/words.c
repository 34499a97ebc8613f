// SPDX-License-Identifier: BSD-2-Clause
/* The two things process 1 is told: the file start, and the kernel's command line. */
#include "pack/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "pack/guest/start.h"

enum { LINE_MAX = 64 << 10, START_MAX = 16 << 20 };

int words_add(struct words *words, char *word)
{
	char **grown = reallocarray(words->items, words->count + 2, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	grown[words->count++] = word;
	grown[words->count] = NULL;
	words->items = grown;
	return 0;
}

/* A whole file with a zero byte behind it; it is never freed. */
static int slurp(const char *path, size_t limit, char **ret_bytes, size_t *ret_size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(freep) char *bytes = malloc(limit + 1);
	size_t size = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	if (!bytes)
		return -ENOMEM;
	while (n > 0 && size < limit) {
		n = read(fd, bytes + size, limit - size);
		if (n < 0)
			return -errno;
		size += (size_t)n;
	}
	bytes[size] = '\0';
	*ret_bytes = take(bytes);
	*ret_size = size;
	return 0;
}

/* ---- start ---- */

static uint32_t number(const char *value)
{
	return (uint32_t)strtoul(value, NULL, 10);
}

static int take_word(struct start *start, const char *key, char *value)
{
	const struct {
		const char *key;
		struct words *words;
	} lists[] = {
		{GUEST_ARG, &start->args},
		{GUEST_ENV, &start->env},
		{GUEST_CAPABILITY, &start->capabilities},
		{GUEST_TMPFS, &start->tmpfs},
		{GUEST_GROUP, &start->groups},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (strcmp(key, lists[i].key) == 0)
			return words_add(lists[i].words, value);
	if (strcmp(key, GUEST_NAME) == 0)
		start->name = value;
	else if (strcmp(key, GUEST_CWD) == 0)
		start->cwd = value;
	else if (strcmp(key, GUEST_ROOT) == 0)
		start->superblock = value;
	else if (strcmp(key, GUEST_UID) == 0)
		start->uid = number(value);
	else if (strcmp(key, GUEST_GID) == 0)
		start->gid = number(value);
	else if (strcmp(key, GUEST_STOP) == 0)
		start->stop_signal = (int)number(value);
	else if (strcmp(key, GUEST_ALL_CAPABILITIES) == 0)
		start->all_capabilities = true;
	else if (strcmp(key, GUEST_NO_NEW_PRIVILEGES) == 0)
		start->no_new_privileges = true;
	else if (strcmp(key, GUEST_READ_ONLY) == 0)
		start->read_only = true;
	else
		return -EBADMSG;
	return 0;
}

int start_read(const char *path, struct start *ret_start)
{
	struct start start = {.stop_signal = SIGTERM, .cwd = "/", .name = "sfc"};
	char *bytes = NULL;
	size_t size = 0;
	int r = slurp(path, START_MAX, &bytes, &size);

	for (char *at = bytes; r == 0 && at < bytes + size; at += strlen(at) + 1) {
		char *value = strchr(at, '=');

		if (!value)
			return -EBADMSG;
		*value++ = '\0';
		r = take_word(&start, at, value);
		at = value;
	}
	if (r == 0 && (!start.args.count || !start.superblock))
		return -EBADMSG;
	if (r == 0 && !start.env.items && words_add(&start.env, NULL) < 0)
		return -ENOMEM;
	*ret_start = start;
	return r;
}

/* ---- the command line ---- */

/* What is behind NAME= where the word is that. */
static const char *value_of(const char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static void take_ours(struct line *line, const char *word)
{
	const char *value;

	if ((value = value_of(word, "ip")))
		line->ip = value;
	else if ((value = value_of(word, "sfc.layer")))
		line->layer = value;
	else if ((value = value_of(word, "sfc.exit")))
		line->exit_port = (unsigned int)strtoul(value, NULL, 0);
	else if ((value = value_of(word, "sfc.end")))
		line->reboot = strcmp(value, "reboot") == 0;
	else if (strcmp(word, "sfc.times") == 0)
		line->times = true;
}

int line_read(struct line *ret_line)
{
	struct line line = {0};
	char *rest = NULL, *word;
	size_t size;
	int r = slurp("/proc/cmdline", LINE_MAX, &rest, &size);

	while (r == 0 && (word = strsep(&rest, " \n"))) {
		if (!*word)
			continue;
		take_ours(&line, word);
		r = words_add(&line.words, word);
	}
	*ret_line = line;
	return r;
}
