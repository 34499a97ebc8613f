// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/reference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"

static const struct {
	const char *prefix;
	bool is_file; /* a path stands first */
} transports[] = {
	[REFERENCE_FILE] = {"", true},
	[REFERENCE_OCI] = {"oci:", true},
	[REFERENCE_OCI_ARCHIVE] = {"oci-archive:", true},
	[REFERENCE_DOCKER_ARCHIVE] = {"docker-archive:", true},
	[REFERENCE_DAEMON] = {"docker-daemon:", false},
	[REFERENCE_STORAGE] = {"containers-storage:", false},
	[REFERENCE_REGISTRY] = {"docker://", false},
};

enum { TRANSPORTS = sizeof(transports) / sizeof(*transports), NAME_LENGTH_MAX = 512 };

/* "[overlay@/graph+/run:a=b]" */
static const char store_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@+=,";
static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@";

void reference_release(struct reference *reference)
{
	free(reference->path);
	free(reference->name);
	*reference = (struct reference){0};
}

bool reference_is_remote(const struct reference *reference)
{
	return !transports[reference->transport].is_file;
}

/* What engines take; what they make of it is theirs to say. */
static int check_name(const struct reference *reference, struct error *err)
{
	const char *name = reference->name;
	size_t length = strlen(name);

	/* podman's [STORE]NAME, and a registry at an IPv6 address */
	if (*name == '[' && reference_is_remote(reference) && name[1 + strspn(name + 1, store_bytes)] == ']')
		name = strchr(name, ']') + 1;
	if (*name && length <= NAME_LENGTH_MAX && *name != '-' && *name != '/' &&
	    strspn(name, name_bytes) == strlen(name) && name[strlen(name) - 1] != ':' &&
	    name[strlen(name) - 1] != '/' && !strstr(name, "//"))
		return 0;
	return error_set(err, -EINVAL, "'%.200s': '%.200s' is no name for an image", reference->text,
			 reference->name);
}

/* "web:1.2" → a tag or digest is said. */
static bool has_tag(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strpbrk(slash ? slash : name, ":@") != NULL;
}

static int parse_file(struct reference *reference, const char *rest, struct error *err)
{
	size_t length = strcspn(rest, ":");

	if (!length)
		return error_set(err, -EINVAL, "'%.200s' names no file", reference->text);
	reference->path = strndup(rest, length);
	if (!reference->path || (rest[length] && !(reference->name = strdup(rest + length + 1))))
		return error_oom(err);
	return reference->name ? check_name(reference, err) : 0;
}

/* "ftp" of "ftp:x" or "ftp://x", of what may be meant as a transport and is none. */
static size_t foreign_transport(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return text[length] == ':' && text[0] >= 'a' && text[0] <= 'z' ? length : 0;
}

static int parse_plain(struct reference *reference, struct error *err)
{
	size_t length = foreign_transport(reference->text);
	struct stat st;

	if (length && lstat(reference->text, &st) < 0)
		return error_set(err, -EINVAL,
				 "'%.200s': neither a file nor an image: there is no transport '%.*s', "
				 "only docker://, docker-daemon:, containers-storage:, oci:, oci-archive: "
				 "and docker-archive:",
				 reference->text, (int)length, reference->text);
	reference->path = strdup(reference->text);
	return reference->path ? 0 : error_oom(err);
}

int reference_parse(const char *text, struct reference *reference, struct error *err)
{
	*reference = (struct reference){.text = text};
	for (size_t i = REFERENCE_FILE + 1; i < TRANSPORTS; i++) {
		size_t length = strlen(transports[i].prefix);

		if (strncmp(text, transports[i].prefix, length) != 0)
			continue;
		reference->transport = (enum reference_transport)i;
		if (transports[i].is_file)
			return parse_file(reference, text + length, err);
		reference->name = strdup(text + length);
		return reference->name ? check_name(reference, err) : error_oom(err);
	}
	return parse_plain(reference, err);
}

/* The first part of a name, if that is a registry. */
static size_t host_length(const char *name)
{
	size_t length = strcspn(name, "/");

	return name[length] && (memchr(name, '.', length) || memchr(name, ':', length) ||
				strncmp(name, "localhost/", 10) == 0)
		       ? length
		       : 0;
}

char *reference_words(const struct reference *reference)
{
	bool storage = reference->transport == REFERENCE_STORAGE;
	const char *name = reference->name;
	char *words = NULL;

	if (!reference_is_remote(reference))
		return strdup(reference->text);
	if (asprintf(&words, "%s%s%s%s", transports[reference->transport].prefix,
		     storage && *name != '[' && !host_length(name) ? "localhost/" : "", name,
		     has_tag(name) ? "" : ":latest") < 0)
		return NULL;
	return words;
}

char *reference_host(const struct reference *reference)
{
	size_t length = host_length(reference->name);

	return length ? strndup(reference->name, length) : strdup("docker.io");
}
