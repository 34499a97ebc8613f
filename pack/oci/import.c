// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"

const char *import_kind_name(enum import_kind kind)
{
	static const char *const names[] = {"auto", "directory", "tar",
					    "oci",  "docker",	  "dir"};

	return names[kind];
}

void import_release(struct import *import)
{
	tree_free(import->tree);
	scan_free(import->scan);
	content_file_free(import->contents);
	json_decref(import->config);
	free(import->ref);
	closep(&import->rootfd);
	*import = (struct import)IMPORT_INIT;
}

/* What a store holds, of the kinds that are wanted; IMPORT_TAR: none of them. */
static enum import_kind kind_of(const struct oci_store *store, enum import_kind wanted)
{
	bool any = wanted == IMPORT_AUTO;

	/* the combined form is both: the OCI half states a digest for every layer */
	if ((any || wanted == IMPORT_OCI) && oci_layout_is(store))
		return IMPORT_OCI;
	if ((any || wanted == IMPORT_DIR) && oci_dir_is(store))
		return IMPORT_DIR;
	if ((any || wanted == IMPORT_DOCKER) && docker_archive_is(store))
		return IMPORT_DOCKER;
	return IMPORT_TAR;
}

/* Choose the image in a store and put its layers on each other. */
static int load_image(struct import *import, const struct oci_store *store, enum import_kind kind,
		      const struct import_options *options, struct error *err)
{
	_cleanup_(oci_image_freep) struct oci_image *image = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct layer_options layer = options->layer;
	int r;

	r = kind == IMPORT_DOCKER ? docker_archive_image(store, &options->choice, &image, err)
				  : oci_layout_image(store, &options->choice, &image, err);
	if (r < 0)
		return r;
	if (tree_new(&tree) < 0)
		return error_oom(err);
	layer.contents = import->contents;
	layer.progress = NULL; /* it counts the bytes of one stream */
	import->stats = (struct layer_stats){0};
	r = oci_image_apply(store, image, &layer, tree, &import->stats, err);
	if (r < 0)
		return r;
	import->kind = kind;
	import->tree = take(tree);
	import->config = json_incref(image->config);
	import->ref = take(image->ref);
	import->layer_count = image->layers.count;
	return 0;
}

static int wrong_kind(const char *path, enum import_kind wanted, struct error *err)
{
	return error_set(err, -EINVAL, "'%s' is not %s", path,
			 wanted == IMPORT_OCI	   ? "an OCI layout"
			 : wanted == IMPORT_DOCKER ? "a docker archive"
			 : wanted == IMPORT_DIR	   ? "a directory of skopeo's"
			 : wanted == IMPORT_TAR	   ? "a tar"
						   : "a directory");
}

static int scan_directory(struct import *import, const struct import_options *options,
			  struct error *err)
{
	struct scan_options scan = {.no_xattrs = options->layer.no_xattrs};
	int r = scan_new(import->rootfd, &scan, &import->scan);

	if (r < 0 || tree_new(&import->tree) < 0)
		return error_oom(err);
	r = scan_all(import->scan, import->tree, err);
	if (r < 0)
		return r;
	import->kind = IMPORT_DIRECTORY;
	import->scan_warnings = scan_warnings(import->scan);
	return 0;
}

static int load_directory(struct import *import, const char *path,
			  const struct import_options *options, struct error *err)
{
	_cleanup_(oci_store_freep) struct oci_store *store = NULL;
	enum import_kind kind = IMPORT_DIRECTORY;

	import->rootfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (import->rootfd < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (oci_store_of_directory(import->rootfd, options->name ? options->name : path, &store) < 0)
		return error_oom(err);
	if (options->kind != IMPORT_DIRECTORY)
		kind = kind_of(store, options->kind);
	if (kind >= IMPORT_OCI)
		return load_image(import, store, kind, options, err);
	if (options->kind != IMPORT_AUTO && options->kind != IMPORT_DIRECTORY)
		return wrong_kind(path, options->kind, err);
	return scan_directory(import, options, err);
}

/* The tar is read once, into a tree; if that turns out to hold an image, the tree is its store. */
static int load_tar(struct import *import, const char *path, const struct import_options *options,
		    struct error *err)
{
	_cleanup_(oci_store_freep) struct oci_store *store = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct layer_options layer = options->layer;
	enum import_kind kind = IMPORT_TAR;
	int r;

	if (tree_new(&tree) < 0)
		return error_oom(err);
	layer.contents = import->contents;
	r = layer_apply_path(path, &layer, tree, &import->stats, err);
	if (r < 0)
		return r;
	if (oci_store_of_tree(tree, options->name ? options->name : path, &store) < 0)
		return error_oom(err);
	if (options->kind != IMPORT_TAR)
		kind = kind_of(store, options->kind);
	if (kind != IMPORT_TAR)
		return load_image(import, store, kind, options, err);
	if (options->kind != IMPORT_AUTO && options->kind != IMPORT_TAR)
		return wrong_kind(path, options->kind, err);
	import->kind = IMPORT_TAR;
	import->tree = take(tree);
	return 0;
}

int import_load(struct import *import, const char *path, const struct import_options *options,
		struct error *err)
{
	struct stat st;
	int r;

	*import = (struct import)IMPORT_INIT;
	r = content_file_new(options->contents_directory, &import->contents, err);
	if (r < 0)
		return r;
	if (strcmp(path, "-") != 0 && stat(path, &st) < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (strcmp(path, "-") != 0 && S_ISDIR(st.st_mode))
		return options->kind == IMPORT_TAR ? wrong_kind(path, IMPORT_TAR, err)
						   : load_directory(import, path, options, err);
	if (options->kind == IMPORT_DIRECTORY)
		return wrong_kind(path, IMPORT_DIRECTORY, err);
	return load_tar(import, path, options, err);
}

/* ---- by reference ---- */

/* The kind that a transport says, and the image in it. */
static int options_by_reference(const struct reference *reference, struct import_options *options, struct error *err)
{
	if (reference->transport == REFERENCE_FILE)
		return 0;
	if (options->kind != IMPORT_AUTO)
		return error_set(err, -EINVAL, "'%s' says what it is; --type does not go with it",
				 reference->text);
	options->kind = reference->transport == REFERENCE_OCI		   ? IMPORT_OCI
			: reference->transport == REFERENCE_OCI_ARCHIVE	   ? IMPORT_OCI
			: reference->transport == REFERENCE_DOCKER_ARCHIVE ? IMPORT_DOCKER
									   : IMPORT_AUTO;
	if (!reference_is_remote(reference) && reference->name)
		options->choice.ref = reference->name;
	options->name = reference->text;
	return 0;
}

int import_reference(struct import *import, const struct reference *reference,
		     const struct import_options *options, const struct carrier_options *access,
		     struct error *err)
{
	_cleanup_(carrier_release) struct carrier carrier = {0};
	struct carrier_options carrying = *access;
	struct import_options own = *options;
	int r = options_by_reference(reference, &own, err);

	*import = (struct import)IMPORT_INIT;
	if (r < 0 || !reference_is_remote(reference))
		return r < 0 ? r : import_load(import, reference->path, &own, err);
	carrying.platform = options->choice.platform;
	carrying.tmpdir = options->contents_directory;
	r = carrier_open(&carrier, &carrying, err);
	if (r == 0)
		r = carrier_fetch(&carrier, reference, &carrying, err);
	return r < 0 ? r : import_load(import, carrier.path, &own, err);
}
