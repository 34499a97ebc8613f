// SPDX-License-Identifier: BSD-2-Clause
/* Which traces are taken. */
#include "stage/stages/traces_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/manifest.h"
#include "db/session.h"

enum { TRACES_SOURCE_SIZE = 256 };

static int add_file(struct traces *traces, char *path, struct error *err)
{
	if (path && array_push(&traces->files, path) == 0)
		return 0;
	free(path);
	return error_oom(err);
}

static bool is_manifest(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 3 && strcmp(name + length - 3, ".db") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(struct traces *traces, const char *directory, struct error *err)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, by_name), r = 0;
	size_t before = traces->files.count;

	if (count < 0)
		return error_errno(err, "cannot list the traces in '%s'", directory);
	for (int i = 0; i < count; i++) {
		if (r == 0 && is_manifest(entries[i]->d_name))
			r = add_file(traces, path_join(directory, entries[i]->d_name), err);
		free(entries[i]);
	}
	free(entries);
	if (r == 0 && traces->files.count == before)
		return error_set(err, -ENOENT, "there is no trace (*.db) in '%s'", directory);
	return r;
}

int traces_find(struct traces *traces, struct error *err)
{
	const spec_strings *given = traces->request->traces;
	int r = 0;

	for (size_t i = 0; r == 0 && i < given->count; i++) {
		struct stat st;

		if (stat(given->items[i], &st) < 0)
			r = error_errno(err, "cannot open the trace '%s'", given->items[i]);
		else if (S_ISDIR(st.st_mode))
			r = add_directory(traces, given->items[i], err);
		else
			r = add_file(traces, strdup(given->items[i]), err);
	}
	return r;
}

/* Of what image the trace is. *ret_other: the first of its sessions that is of another, else it is empty. */
static int read_file(struct traces *traces, const char *path, char ret_other[TRACES_SOURCE_SIZE], size_t *ret_count,
		     struct error *err)
{
	_cleanup_(session_list_release) struct session_list list = {0};
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	char wanted[sizeof(TRACED_SESSION) + OCI_IMAGE_ID_SIZE];
	int r = manifest_open(path, MANIFEST_READ, &manifest, err);

	if (r == 0)
		r = session_list_read(manifest, &list, err);
	if (r < 0)
		return error_prefix(err, r, "trace '%s'", path);
	snprintf(wanted, sizeof(wanted), "%s%s", TRACED_SESSION, traces->id);
	*ret_other = '\0';
	for (size_t i = 0; i < list.count && !*ret_other; i++)
		if (strcmp(list.items[i].source, wanted) != 0)
			snprintf(ret_other, TRACES_SOURCE_SIZE, "%s", list.items[i].source);
	*ret_count = list.count;
	return 0;
}

/* 1: it is taken; 0: it is of another image, and only our own are wanted. */
static int check_file(struct traces *traces, const char *path, struct error *err)
{
	char other[TRACES_SOURCE_SIZE];
	size_t count = 0;
	int r = read_file(traces, path, other, &count, err);

	if (r < 0)
		return r;
	if (*other && traces->request->own_only)
		return 0;
	if (*other && !traces->request->other_image)
		return error_set(err, -EINVAL,
				 "the trace '%s' is of %s, and not of this image, %s; --other-image "
				 "takes it all the same",
				 path, other, traces->id);
	traces->result->sessions += count;
	traces->result->files++;
	return 1;
}

int traces_check(struct traces *traces, struct error *err)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < traces->files.count; i++) {
		char *path = traces->files.items[i];

		r = check_file(traces, path, err);
		traces->files.items[i] = NULL;
		if (r > 0)
			traces->files.items[kept++] = path;
		else
			free(path);
	}
	if (r < 0)
		return r;
	traces->files.count = kept;
	return kept ? 0 : error_set(err, -ENODATA, "no trace is of this image, %s", traces->id);
}
