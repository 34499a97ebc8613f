// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/file_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "pack/layer/extract.h"
#include "pack/layer/extract_dir.h"
#include "pack/oci/write.h"

/* ---- its name ---- */

/* "/srv/My Web.tar" → "my-web". The caller frees; NULL: out of memory. */
static char *name_of_path(const char *path)
{
	char *name = strdup(path_name(path)), *dot = name ? strrchr(name, '.') : NULL;

	if (dot && dot != name)
		*dot = '\0';
	for (char *c = name; c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20;
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789", *c))
			*c = '-';
	}
	return name;
}

/* "web:1" of "[vfs@/graph]web:1@sha256:…": what others can call it. The caller frees. */
static char *plain_name(const char *name)
{
	const char *end = *name == '[' ? strchr(name, ']') : NULL;

	if (end)
		name = end + 1;
	return strndup(name, strcspn(name, "@"));
}

/* The name of the image that it was; NULL: it has none, or there is no memory. */
static char *name_of_image(const struct reference *from, const char *ref)
{
	return reference_is_remote(from) ? plain_name(from->name) : ref ? plain_name(ref) : NULL;
}

/* What `to` says; a layout has tags only, so the name is that of the path. */
static int name_there(const struct reference *to, const char *base, char **ret_name)
{
	if (to->transport == REFERENCE_OCI)
		return asprintf(ret_name, "%s:%s", base, to->name);
	*ret_name = plain_name(to->name);
	return *ret_name ? 0 : -1;
}

/* was: the whole name of the other, or a tag in a layout. */
static int make_name(const char *asked, const char *base, const char *was, bool whole, const struct reference *to,
		     const char *suffix, char **ret_name)
{
	const char *colon = was ? strrchr(was, ':') : NULL;
	bool tagged = colon && !strchr(colon, '/');

	if (asked)
		return asprintf(ret_name, "%s", asked);
	if (to->name)
		return name_there(to, base, ret_name);
	if (whole)
		return asprintf(ret_name, "%s%c%s", was, tagged ? '-' : ':', suffix);
	return asprintf(ret_name, "%s:%s%s%s", base, was ? was : "", was ? "-" : "", suffix);
}

int oci_file_name(const char *asked, const struct reference *from, const char *ref,
		  const struct reference *to, const char *suffix, char **ret_name, struct error *err)
{
	_cleanup_(freep) char *was = name_of_image(from, ref), *base = NULL, *name = NULL;
	bool whole = was && (reference_is_remote(from) || strpbrk(was, ":/"));
	int r;

	base = name_of_path(from->path ? from->path : was ? was : "");
	if (!base || make_name(asked, base, was, whole, to, suffix, &name) < 0)
		return error_oom(err);
	r = oci_name_check(name, err);
	if (r == 0)
		*ret_name = take(name);
	return r;
}

/* ---- where it goes ---- */

struct oci_form oci_file_form(const struct reference *to, bool came_as_docker)
{
	switch (to->transport) {
	case REFERENCE_DAEMON:
	case REFERENCE_DOCKER_ARCHIVE:
		return (struct oci_form){.docker = true};
	case REFERENCE_OCI:
		return (struct oci_form){.directory = !carrier_is_needed(to)};
	case REFERENCE_OCI_ARCHIVE:
		return (struct oci_form){0};
	default:
		return (struct oci_form){.docker = came_as_docker};
	}
}

static int write_directory(struct node *root, const char *path, const volatile int *cancel,
			   struct error *err)
{
	_cleanup_(extract_dir_release) struct extract_dir dir = EXTRACT_DIR_INIT;
	struct extract_options options = {.cancel = cancel};
	struct extract_stats stats = {0};
	int r = extract_dir_open(&dir, path, err);

	if (r == 0)
		r = extract_tree(root, dir.fd, &options, &stats, err);
	return r < 0 ? r : extract_dir_publish(&dir, 0755, err);
}

static int write_archive(struct node *root, const char *path, bool force,
			 const volatile int *cancel, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	struct layer_write_options options = {.cancel = cancel};
	struct layer_written written;
	int r = io_output_open(&output, path, 0644, err);

	if (r < 0)
		return r;
	output.only_new = !force;
	r = layer_write(root, &options, output.fd, &written, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", path);
	return io_publish(&output, err);
}

static int hand_over(struct node *root, bool docker, const struct reference *to,
		   const struct carrier_options *access, struct error *err)
{
	_cleanup_(carrier_release) struct carrier carrier = {0};
	int r = carrier_open(&carrier, access, err);

	if (r == 0)
		r = write_archive(root, carrier.path, false, access->cancel, err);
	return r < 0 ? r : carrier_deliver(&carrier, docker, to, access, err);
}

int oci_file_check(const struct reference *to, bool force, struct error *err)
{
	struct stat st;

	if (to->transport == REFERENCE_OCI || !to->path || force || lstat(to->path, &st) < 0)
		return 0;
	return error_set(err, -EEXIST, "'%s' exists; use --force to replace it", to->path);
}

int oci_file_write(struct node *root, const struct oci_form *form, const struct reference *to, bool force,
		   const struct carrier_options *access, struct error *err)
{
	if (carrier_is_needed(to))
		return hand_over(root, form->docker, to, access, err);
	return form->directory ? write_directory(root, to->path, access->cancel, err)
			       : write_archive(root, to->path, force, access->cancel, err);
}
