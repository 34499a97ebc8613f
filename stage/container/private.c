// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"

void container_free(struct container *container)
{
	streams_release(&container->streams);
	seccomp_rules_release(&container->seccomp);
	runtime_release(&container->runtime);
	cgroup_release(&container->cgroup);
	oci_user_release(&container->user);
	closep(&container->pidfd);
	free(container->home);
	free(container->program);
	free(container->name);
	free(container->work);
	free(container->root);
	free(container->directory);
	free(container);
}

/* What the runtime said of its failure is in its log, or went where the program's errors go. */
int start_failed(struct container *container, const char *more, struct error *err)
{
	_cleanup_(freep) char *log = path_join(container->work, "log");
	_cleanup_(text_release) struct text said = TEXT_INIT;
	struct stream *errors = &container->streams.items[2];

	if (log)
		runtime_said(log, &said);
	if (!said.size && more)
		text_add_plain(&said, more);
	if (!said.size && errors->from >= 0) {
		char text[1024];
		ssize_t n;

		streams_given(&container->streams);
		n = io_read(errors->from, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		text[strcspn(text, "\n")] = '\0';
		text_add_plain(&said, text);
	}
	return error_set(err, -EIO, "%s cannot start it%s%s", path_name(container->runtime.program),
			 said.size ? ": " : "", said.size ? said.bytes : "");
}
