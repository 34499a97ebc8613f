// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/package/bundle.h"
#include "stage/layer/base.h"
#include "stage/layer/dev.h"
#include "stage/layer/scratch.h"

enum { NAME_MAX_HERE = 40 };

void root_source_release(struct root_source *source)
{
	free(source->base);
	source->base = NULL;
	if (source->image)
		import_release(source->image);
	free(source->image);
	source->image = NULL;
}

/* ---- what it is ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* What a file is called, as the beginning of a base's name. */
static void add_plain(struct text *text, const char *name)
{
	size_t count = 0;

	if (!*name || !strchr(letters, *name))
		text_add_char(text, 'x');
	for (; *name && count < NAME_MAX_HERE; name++, count++)
		text_add_char(text, strchr(letters, *name) || strchr("_.-", *name) ? *name : '_');
}

static int name_of_file(const char *path, char **ret_name, struct error *err)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct text name = TEXT_INIT;
	char hex[DIGEST_HEX_SIZE];
	int r;

	if (fd < 0)
		return error_errno(err, "cannot read '%s'", path);
	r = digest_fd(fd, hex, err);
	if (r < 0)
		return r;
	add_plain(&name, path_name(path));
	text_printf(&name, "-%.12s", hex);
	*ret_name = text_take(&name);
	return *ret_name ? 0 : error_oom(err);
}

/* It may be another one the next time. Who asks in the same microsecond shares the base. */
static int name_of_directory(const char *path, char **ret_name, struct error *err)
{
	_cleanup_(freep) char *whole = realpath(path, NULL);
	struct text name = TEXT_INIT;
	struct timespec now;
	char stamp[32];
	struct tm tm;

	if (!whole)
		return error_errno(err, "cannot open '%s'", path);
	clock_gettime(CLOCK_REALTIME, &now);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", localtime_r(&now.tv_sec, &tm));
	add_plain(&name, path_name(whole));
	text_printf(&name, "-%s-%06ld", stamp, now.tv_nsec / 1000);
	*ret_name = text_take(&name);
	return *ret_name ? 0 : error_oom(err);
}

/* debian:SUITE[+PACKAGE,…] with nothing that a program would take for an option or a list of others. */
static int name_of_debian(const char *from, char **ret_name, struct error *err)
{
	const char *suite = from + strlen("debian:");
	struct text name = TEXT_INIT;

	if (!*suite || !strchr(letters, *suite))
		return error_set(err, -EINVAL, "--from '%s' is not debian:SUITE[+PACKAGE,…]", from);
	for (const char *at = suite; *at; at++)
		if (!strchr(letters, *at) && !strchr(",+.:~=-_", *at))
			return error_set(err, -EINVAL, "--from '%s' is not debian:SUITE[+PACKAGE,…]",
					 from);
	text_add(&name, "debian");
	for (const char *at = from + strlen("debian"); *at; at++)
		text_add_char(&name, strchr(letters, *at) || strchr("_.", *at) ? *at : '-');
	/* two lists may read alike, and a long one is no name */
	if (strchr(suite, '+') || name.size > 60) {
		uint8_t digest[DIGEST_SIZE];

		if (digest_once(from, strlen(from), digest) < 0)
			return error_set(err, -EIO, "cannot make a name for '%s'", from);
		if (name.size > NAME_MAX_HERE) {
			name.bytes[NAME_MAX_HERE] = '\0';
			name.size = NAME_MAX_HERE;
		}
		text_printf(&name, "-%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
	}
	*ret_name = text_take(&name);
	return *ret_name ? 0 : error_oom(err);
}

/* "web" of "host:5000/a/web:1", as the beginning. */
static void add_image_name(struct text *text, const struct reference *reference)
{
	bool remote = reference_is_remote(reference);
	_cleanup_(freep) char *name = strdup(path_name(remote ? reference->name : reference->path));

	if (name && remote)
		name[strcspn(name, ":@")] = '\0';
	add_plain(text, name ? name : "");
}

/* By what is in it, whatever its name will mean the next time: its configuration names its layers. */
static int name_of_image(const char *from, const struct import *import, char **ret_name, struct error *err)
{
	_cleanup_(reference_release) struct reference reference = {0};
	_cleanup_(freep) char *config = json_dumps(import->config, JSON_COMPACT | JSON_SORT_KEYS);
	struct text name = TEXT_INIT;
	uint8_t digest[DIGEST_SIZE];
	int r = reference_parse(from, &reference, err);

	if (r < 0)
		return r;
	if (!config || digest_once(config, strlen(config), digest) < 0)
		return error_oom(err);
	add_image_name(&name, &reference);
	text_add(&name, "-");
	for (size_t i = 0; i < 6; i++)
		text_printf(&name, "%02x", digest[i]);
	*ret_name = text_take(&name);
	return *ret_name ? 0 : error_oom(err);
}

/* Read here, once: the name is known by what is in it. */
static int find_image(struct state *state, const struct root_options *options, struct root_source *source,
		      struct error *err)
{
	_cleanup_(scratch_release) struct scratch scratch = SCRATCH_INIT;
	int r = scratch_make(state, "image", &scratch, err);

	if (r < 0)
		return r;
	source->kind = ROOT_IMAGE;
	source->image = calloc(1, sizeof(*source->image));
	if (!source->image)
		return error_oom(err);
	*source->image = (struct import)IMPORT_INIT;
	r = root_read(source->from, options, scratch.path, source->image, err);
	return r < 0 ? r : name_of_image(source->from, source->image, &source->base, err);
}

/* A word with a transport in front; 1, 0, or -EINVAL: it looks like one, and is none. */
int root_is_image(const char *from, struct error *err)
{
	_cleanup_(reference_release) struct reference reference = {0};
	int r = strncmp(from, "debian:", 7) == 0 ? 0 : reference_parse(from, &reference, err);

	return r < 0 ? r : reference.transport != REFERENCE_FILE;
}

static int find_known(struct state *state, const char *from, struct root_source *source,
		      struct error *err)
{
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	int r = dev_find(state, from, &dev, err);

	if (r > 0) {
		source->kind = ROOT_DEV;
		source->base = take(dev.base);
		return 1;
	}
	if (r == 0)
		r = base_find(state, from, NULL, err);
	if (r > 0) {
		source->kind = ROOT_BASE;
		source->base = strdup(from);
		return source->base ? 1 : error_oom(err);
	}
	return r;
}

static int find_file(struct root_source *source, struct error *err)
{
	const char *from = source->from;
	struct stat st;

	if (stat(from, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return error_set(err, -ENOENT, "--from '%s': no such file, directory, name or base", from);
	if (S_ISDIR(st.st_mode)) {
		source->kind = ROOT_DIRECTORY;
		return name_of_directory(from, &source->base, err);
	}
	source->kind = bundle_is_likely(from) ? ROOT_PACKAGE : ROOT_ARCHIVE;
	return name_of_file(from, &source->base, err);
}

static int find(struct state *state, const struct root_options *options, struct root_source *source,
		struct error *err)
{
	int r;

	if (strncmp(source->from, "debian:", 7) == 0) {
		source->kind = ROOT_DEBIAN;
		return name_of_debian(source->from, &source->base, err);
	}
	r = find_known(state, source->from, source, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = root_is_image(source->from, err);
	if (r != 0)
		return r < 0 ? r : find_image(state, options, source, err);
	return find_file(source, err);
}

int root_source_find(struct state *state, const char *from, const struct root_options *options,
		     struct root_source *ret_source, struct error *err)
{
	struct root_source source = {.from = from};
	int r = find(state, options, &source, err);

	if (r == 0)
		*ret_source = source;
	else
		root_source_release(&source);
	return r;
}
