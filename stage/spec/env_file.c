// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"

enum { FILE_MOST = 1024 * 1024 };

/* What programs can read again: no blank and no control character in the name. */
static bool is_name(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)word[i] <= ' ' || word[i] == 127)
			return false;
	return length > 0;
}

static int put(spec_strings *env, const char *name, size_t length, const char *value)
{
	char *entry = malloc(length + 1 + strlen(value) + 1);

	if (!entry)
		return -ENOMEM;
	memcpy(entry, name, length);
	entry[length] = '=';
	strcpy(entry + length + 1, value);
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], entry, length + 1) == 0) {
			free(env->items[i]);
			env->items[i] = entry;
			return 0;
		}
	if (array_push(env, entry) == 0)
		return 0;
	free(entry);
	return -ENOMEM;
}

int env_add(spec_strings *env, const char *word, struct error *err)
{
	size_t length = strcspn(word, "=");
	const char *value = word[length] ? word + length + 1 : NULL;

	(void)err;
	if (!is_name(word, length))
		return -EINVAL;
	if (!value)
		value = getenv(word);
	return value ? put(env, word, length, value) : 0;
}

static int read_file(const char *path, char **ret_bytes, struct error *err)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(freep) char *bytes = malloc(FILE_MOST + 2);
	size_t size = 0;
	ssize_t n;

	if (!bytes)
		return error_oom(err);
	if (fd < 0)
		return error_errno(err, "cannot read '%s'", path);
	while ((n = read(fd, bytes + size, FILE_MOST + 1 - size)) > 0)
		size += (size_t)n;
	if (n < 0)
		return error_errno(err, "cannot read '%s'", path);
	if (size > FILE_MOST)
		return error_set(err, -EFBIG, "'%s' is larger than 1 MiB: these are no variables",
				 path);
	if (memchr(bytes, '\0', size))
		return error_set(err, -EBADMSG, "'%s' is no text: there is a NUL in it", path);
	bytes[size] = '\0';
	*ret_bytes = take(bytes);
	return 0;
}

int env_add_file(spec_strings *env, const char *path, struct error *err)
{
	_cleanup_(freep) char *bytes = NULL;
	size_t number = 0;
	int r = read_file(path, &bytes, err);

	for (char *line = bytes, *next; r == 0 && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		if (!*line || *line == '#')
			continue;
		r = env_add(env, line, err);
		if (r == -EINVAL)
			return error_set(err, -EBADMSG, "line %zu of '%s' is not NAME=VALUE",
					 number, path);
	}
	return r;
}
