// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* ---- words ---- */

static const struct {
	const char *prefix;
	enum oci_file_kind kind;
} transports[] = {
	{"oci:", OCI_FILE_OCI_DIRECTORY},
	{"oci-archive:", OCI_FILE_OCI},
	{"docker-archive:", OCI_FILE_DOCKER},
};

/* Where images are that are no file; what to do is the same for all. */
static const char *const elsewhere[] = {"docker:", "docker-daemon:", "containers-storage:", "dir:",
					"ostree:", "sif:", "tarball:", "atomic:"};

void oci_words_release(struct oci_words *words)
{
	free(words->path);
	free(words->ref);
	*words = (struct oci_words){0};
}

int oci_words_parse(struct oci_words *words, const char *text, struct error *err)
{
	const char *rest = text, *colon;

	*words = (struct oci_words){0};
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (strncmp(text, elsewhere[i], strlen(elsewhere[i])) == 0)
			return error_set(err, -EINVAL,
					 "'%s' is no file; copy it first: skopeo copy %s "
					 "docker-archive:FILE", text, text);
	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++) {
		size_t length = strlen(transports[i].prefix);

		if (strncmp(text, transports[i].prefix, length) != 0)
			continue;
		words->kind = transports[i].kind;
		rest = text + length;
	}
	colon = words->kind == OCI_FILE_ANY ? NULL : strchr(rest, ':');
	if (!*rest || colon == rest)
		return error_set(err, -EINVAL, "'%s' names no file", text);
	words->path = colon ? strndup(rest, (size_t)(colon - rest)) : strdup(rest);
	words->ref = colon && colon[1] ? strdup(colon + 1) : NULL;
	return words->path && (words->ref || !colon || !colon[1]) ? 0 : error_oom(err);
}

/* ---- files ---- */

void oci_file_release(struct oci_file *file)
{
	oci_image_free(file->image);
	oci_store_free(file->store);
	tree_free(file->tree);
	content_file_free(file->contents);
	closep(&file->dirfd);
	*file = (struct oci_file)OCI_FILE_INIT;
}

static int open_directory(struct oci_file *file, const char *path, struct error *err)
{
	file->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->dirfd < 0)
		return error_errno(err, "cannot open '%s'", path);
	return oci_store_of_directory(file->dirfd, path, &file->store) < 0 ? error_oom(err) : 0;
}

static int open_archive(struct oci_file *file, const char *path, struct error *err)
{
	struct layer_options options = {0};
	struct layer_stats stats = {0};
	int r = content_file_new(NULL, &file->contents, err);

	if (r < 0)
		return r;
	if (tree_new(&file->tree) < 0)
		return error_oom(err);
	options.contents = file->contents;
	r = layer_apply_path(path, &options, file->tree, &stats, err);
	if (r < 0)
		return r;
	return oci_store_of_tree(file->tree, path, &file->store) < 0 ? error_oom(err) : 0;
}

/* The combined form is both: its OCI half states a digest for every layer. */
static int find_kind(struct oci_file *file, const struct oci_words *words, struct error *err)
{
	bool directory = file->dirfd >= 0;

	if (words->kind != OCI_FILE_DOCKER && oci_layout_is(file->store))
		file->kind = directory ? OCI_FILE_OCI_DIRECTORY : OCI_FILE_OCI;
	else if ((words->kind == OCI_FILE_ANY || words->kind == OCI_FILE_DOCKER) &&
		 docker_archive_is(file->store))
		file->kind = OCI_FILE_DOCKER;
	else
		return error_set(err, -EINVAL, "'%s' is not %s", words->path,
				 words->kind == OCI_FILE_ANY	    ? "a container image"
				 : words->kind == OCI_FILE_DOCKER ? "a docker archive"
								    : "an OCI image");
	return 0;
}

int oci_file_open(struct oci_file *file, const struct oci_words *words, const char *platform,
		    struct error *err)
{
	struct oci_choice choice = {.ref = words->ref, .platform = platform};
	struct stat st;
	int r;

	if (stat(words->path, &st) < 0)
		return error_errno(err, "cannot open '%s'", words->path);
	r = S_ISDIR(st.st_mode) ? open_directory(file, words->path, err)
				: open_archive(file, words->path, err);
	if (r == 0)
		r = find_kind(file, words, err);
	if (r < 0)
		return r;
	return file->kind == OCI_FILE_DOCKER
		       ? docker_archive_image(file->store, &choice, &file->image, err)
		       : oci_layout_image(file->store, &choice, &file->image, err);
}
