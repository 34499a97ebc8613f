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

/* A layout has tags only, an archive whole names. */
int oci_file_name(const char *asked, const struct oci_words *from, const char *ref,
		  const struct oci_words *to, const char *suffix, char **ret_name, struct error *err)
{
	_cleanup_(freep) char *base = name_of_path(from->path);
	const char *colon = ref ? strrchr(ref, ':') : NULL;
	bool whole = ref && strpbrk(ref, ":/"), tagged = colon && !strchr(colon, '/');
	int n;

	if (!base)
		return error_oom(err);
	if (asked)
		n = asprintf(ret_name, "%s", asked);
	else if (to->ref && to->kind != OCI_FILE_OCI_DIRECTORY)
		n = asprintf(ret_name, "%s", to->ref);
	else if (to->ref)
		n = asprintf(ret_name, "%s:%s", base, to->ref);
	else if (whole)
		n = asprintf(ret_name, "%s%c%s", ref, tagged ? '-' : ':', suffix);
	else
		n = asprintf(ret_name, "%s:%s%s%s", base, ref ? ref : "", ref ? "-" : "", suffix);
	if (n < 0)
		return error_oom(err);
	return oci_name_check(*ret_name, err);
}

/* ---- where it goes ---- */

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

int oci_file_check(const struct oci_words *to, bool force, struct error *err)
{
	struct stat st;

	if (to->kind == OCI_FILE_OCI_DIRECTORY || force || lstat(to->path, &st) < 0)
		return 0;
	return error_set(err, -EEXIST, "'%s' exists; use --force to replace it", to->path);
}

int oci_file_write(struct node *root, const struct oci_words *to, bool force,
		   const volatile int *cancel, struct error *err)
{
	return to->kind == OCI_FILE_OCI_DIRECTORY
		       ? write_directory(root, to->path, cancel, err)
		       : write_archive(root, to->path, force, cancel, err);
}
