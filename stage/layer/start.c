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
	image_config_release(&start->image);
	profile_release(&start->profile);
	start->given = false;
}

/* 1: it is there. Whatever a package holds under this name: a FIFO would hang us, a link lead elsewhere. */
static int read_file(int directory, const char *name, off_t most, struct text *text, struct error *err)
{
	_cleanup_(closep) int fd = mount_open_in(directory, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0);
	struct stat st;
	char *bytes;
	ssize_t n;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return error_code(err, fd, "cannot read %s", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, -EBADMSG, "%s is not a file", name);
	if (st.st_size > most)
		return error_set(err, -EFBIG, "%s is larger than %lld bytes", name, (long long)most);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return error_oom(err);
	n = io_read(fd, bytes, (size_t)st.st_size);
	if (n > 0)
		text_add_bytes(text, bytes, (size_t)n);
	free(bytes);
	if (n < 0)
		return error_code(err, (int)n, "cannot read %s", name);
	return text_failed(text) ? error_oom(err) : 1;
}

/* Beside the config.json of a base, or where a package has it. */
static int read_image(int directory, struct image_config *image, struct error *err)
{
	static const char *const names[] = {"image.json", "sfc/image.json"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(*names); i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;

		r = read_file(directory, names[i], IMAGE_CONFIG_MAX, &text, err);
		if (r > 0)
			r = image_config_parse(text.bytes, text.size, image, err) < 0 ? -EBADMSG : 1;
		if (r < 0)
			error_prefix(err, r, "%s", names[i]);
	}
	return r;
}

static int read_profile(int directory, struct profile *profile, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = read_file(directory, "sfc/profile.json", PROFILE_MAX, &text, err);

	if (r <= 0)
		return r;
	r = profile_parse(text.bytes, text.size, profile, err);
	return r < 0 ? error_prefix(err, r, "sfc/profile.json") : 0;
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
		.without_families = start->profile.families,
		.without_capabilities = start->profile.capabilities.items,
	};
	start->given = true;
	return 0;
}

int layer_start_read(int directory, struct layer_start *start, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = read_file(directory, "config.json", START_CONFIG_MAX, &text, err);

	if (r <= 0)
		return r;
	r = start_config_parse(text.bytes, text.size, &start->config, err);
	if (r == 0)
		r = read_image(directory, &start->image, err);
	if (r >= 0)
		r = read_profile(directory, &start->profile, err);
	if (r >= 0)
		r = start_config_complete(&start->config, &start->image, err);
	return r < 0 ? r : layer_start_take(start, err);
}
