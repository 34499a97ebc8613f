// SPDX-License-Identifier: BSD-2-Clause
/* A further program in a container that runs: as whom, with what and where its first one was started. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/container/private.h"

enum { CONFIG_MAX = 4 << 20 };

/* What was written of the first process, with other words. */
static int make_process(const struct container *container, char *const *args, json_t **ret_process,
			struct error *err)
{
	_cleanup_(freep) char *path = path_join(container->work, "bundle/config.json");
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_auto_t *config = NULL;
	json_t *process, *list = json_array();
	int r = path && list ? io_read_file(AT_FDCWD, path, CONFIG_MAX, &text, err) : error_oom(err);

	if (r == 0)
		r = json_read(text.bytes, text.size, CONFIG_MAX, &config, err);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	process = json_object_get(config, "process");
	for (; *args; args++)
		json_array_append_new(list, json_stringn_nocheck(*args, strlen(*args)));
	if (json_set(process, "args", list) < 0 || json_set(process, "terminal", json_false()) < 0)
		return error_oom(err);
	json_object_del(process, "consoleSize");
	*ret_process = json_incref(process);
	return 0;
}

int container_join_prepare(struct container *container, char *const *args, char **ret_file, struct error *err)
{
	_cleanup_(freep) char *path = NULL, *text = NULL;
	_cleanup_(closep) int fd = -1;
	json_auto_t *process = NULL;
	int r = make_process(container, args, &process, err);

	if (r < 0)
		return r;
	if (asprintf(&path, "%s/process.XXXXXX", container->work) < 0) {
		path = NULL;
		return error_oom(err);
	}
	r = config_text(process, &text, err);
	if (r < 0)
		return r;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot write '%s'", path);
	r = io_write(fd, text, strlen(text));
	if (r < 0)
		return error_code(err, r, "cannot write '%s'", path);
	*ret_file = take(path);
	return 0;
}

int container_join(const struct container *container, const char *file, int output, int errors)
{
	const char *const arguments[] = {"exec", "--process", file, container->name, NULL};
	struct streams streams;
	pid_t pid;
	int r = streams_open(-1, output, errors, &streams, NULL);

	if (r == 0)
		r = runtime_spawn(&container->runtime, arguments, streams.theirs, &pid, NULL);
	streams_given(&streams);
	if (r == 0)
		r = streams_accompany(&streams, pid, -1);
	streams_release(&streams);
	return r;
}
