// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/oci/signal.h"
#include "stage/mount/mount.h"

void layer_start_release(struct layer_start *start)
{
	start_config_release(&start->config);
	start->given = false;
}

/* 1: it is there. Whatever a package holds under this name: a FIFO would hang us, a link lead elsewhere. */
static int read_config(int directory, struct text *text, struct error *err)
{
	_cleanup_(closep) int fd =
		mount_open_in(directory, "config.json", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0);
	struct stat st;
	char *bytes;
	ssize_t n;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_code(err, fd, "cannot read config.json");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, -EBADMSG, "config.json is not a file");
	if (st.st_size > START_CONFIG_MAX)
		return error_set(err, -EFBIG, "config.json is larger than %d bytes", START_CONFIG_MAX);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return error_oom(err);
	n = io_read(fd, bytes, (size_t)st.st_size);
	if (n > 0)
		text_add_bytes(text, bytes, (size_t)n);
	free(bytes);
	if (n < 0)
		return error_code(err, (int)n, "cannot read config.json");
	return text_failed(text) ? error_oom(err) : 1;
}

/* The lists get the NULL at their end that ours have. */
int layer_start_take(struct layer_start *start, struct error *err)
{
	struct start_config *config = &start->config;

	if (array_push(&config->args, NULL) < 0 || array_push(&config->env, NULL) < 0)
		return error_oom(err);
	config->args.count--;
	config->env.count--;
	snprintf(start->user, sizeof(start->user), "%u:%u", config->uid, config->gid);
	start->defaults = (struct start_defaults){
		.args = config->args.items,
		.env = config->env.items,
		.cwd = config->cwd,
		.user = start->user,
		.groups = config->groups.items,
		.group_count = config->groups.count,
		.stop_signal = config->stop_signal ? oci_signal_number(config->stop_signal) : 0,
	};
	start->given = true;
	return 0;
}

int layer_start_read(int directory, struct layer_start *start, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = read_config(directory, &text, err);

	if (r <= 0)
		return r;
	r = start_config_parse(text.bytes, text.size, &start->config, err);
	return r < 0 ? r : layer_start_take(start, err);
}
