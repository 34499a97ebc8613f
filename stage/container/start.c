// SPDX-License-Identifier: BSD-2-Clause
/* What is started and as whom: looked up in the root, which is not ours. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/source/source.h"
#include "pack/source/which.h"
#include "stage/container/private.h"
#include "stage/mount/mount.h"

enum { FILE_MAX = 4 << 20 };

/* A file of the root as a string, NULL where there is none that could be one: a FIFO would hang us. */
static char *read_root_file(int root, const char *path)
{
	_cleanup_(closep) int fd = mount_open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	_cleanup_(freep) char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	n = text ? io_read(fd, text, (size_t)st.st_size) : -1;
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return take(text);
}

/* The sixth field of the first line of this user; NULL: none, or not a path. */
static char *home_of(const char *passwd, uint32_t uid)
{
	_cleanup_(freep) char *copy = strdup(passwd);
	char *rest = copy, *line;

	while (copy && (line = strsep(&rest, "\n"))) {
		char *fields[6] = {NULL};

		for (size_t i = 0; i < 6; i++)
			fields[i] = strsep(&line, ":");
		if (fields[5] && fields[5][0] == '/' && strtoul(fields[2], NULL, 10) == uid)
			return strdup(fields[5]);
	}
	return NULL;
}

int start_user(struct container *container, int root, struct error *err)
{
	const struct container_request *request = container->request;
	const struct start_defaults *defaults = request->defaults;
	_cleanup_(freep) char *passwd = read_root_file(root, "/etc/passwd");
	_cleanup_(freep) char *copy = passwd ? strdup(passwd) : NULL;
	_cleanup_(freep) char *groups = read_root_file(root, "/etc/group");
	const char *wanted = request->spec->user;
	int r;

	if (!wanted && defaults)
		wanted = defaults->user;
	r = oci_user_find(copy, groups, wanted, &container->user, err);
	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	/* numbers that a package was made with may have groups that no file of its root knows */
	for (size_t i = 0; !request->spec->user && defaults && i < defaults->group_count; i++)
		if (array_push(&container->user.groups, defaults->groups[i]) < 0)
			return error_oom(err);
	container->home = passwd ? home_of(passwd, container->user.uid) : NULL;
	return 0;
}

/* The PATH that the program will have: the last one given. */
static const char *search_path(const struct container_request *request)
{
	const char *found = WHICH_PATH_DEFAULT;
	const spec_strings *asked = &request->spec->env;

	if (request->defaults)
		for (char *const *env = request->defaults->env; env && *env; env++)
			if (strncmp(*env, "PATH=", 5) == 0)
				found = *env + 5;
	for (size_t i = 0; i < asked->count; i++)
		if (strncmp(asked->items[i], "PATH=", 5) == 0)
			found = asked->items[i] + 5;
	return found;
}

static const char *program_of(const struct container_request *request)
{
	if (request->spec->args.count)
		return request->spec->args.items[0];
	if (request->defaults && request->defaults->args)
		return request->defaults->args[0];
	return NULL;
}

int start_program(struct container *container, struct error *err)
{
	const struct container_request *request = container->request;
	_cleanup_(source_closep) struct source *source = NULL;
	_cleanup_(freep) char *meant = NULL;
	const char *command = program_of(request), *cwd = request->spec->cwd;
	int r;

	if (!command || !*command)
		return error_set(err, -EINVAL, "there is no command to start; give one after --");
	if (!cwd && request->defaults)
		cwd = request->defaults->cwd;
	r = source_open(request->look ? request->look : request->root, &source, err);
	if (r < 0)
		return r;
	r = which_find(source, search_path(request), cwd ? cwd : "/", command, &container->program, NULL, err);
	meant = r == -ENOENT ? which_suggest(source, search_path(request), command) : NULL;
	if (meant) {
		struct error said = *err;

		error_set(err, r, "%s; did you mean '%s'?", said.message, meant);
	}
	return r;
}
