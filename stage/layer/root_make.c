// SPDX-License-Identifier: BSD-2-Clause
/* Roots made of what they come from: a tree on disk, and what says how it starts beside it. */
#include "stage/layer/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "pack/image/reader.h"
#include "pack/image/unpack.h"
#include "pack/layer/extract.h"
#include "pack/oci/config.h"
#include "pack/oci/image_config.h"
#include "pack/package/start_config.h"
#include "stage/mount/marks.h"
#include "stage/mount/outside.h"
#include "stage/mount/user.h"

enum { CONFIG_MAX = 1024 * 1024 };

static int write_config(int dirfd, const char *name, const char *bytes, size_t size, struct error *err)
{
	_cleanup_(closep) int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : io_write(fd, bytes, size);

	return r < 0 ? error_code(err, r, "cannot write %s of the base", name) : 0;
}

static int write_json(int dirfd, const char *name, const json_t *json, struct error *err)
{
	_cleanup_(freep) char *text = json_dumps(json, JSON_INDENT(2));

	return text ? write_config(dirfd, name, text, strlen(text), err) : error_oom(err);
}

/* How it starts, and the image's own configuration whole, for the packages that are made of it. */
static int write_start(int dirfd, const struct import *import, struct error *err)
{
	_cleanup_(image_config_release) struct image_config image = IMAGE_CONFIG_INIT;
	_cleanup_(json_freep) json_t *start = NULL;
	struct start_config checked = START_CONFIG_INIT;
	int r = image_config_from_json(import->config, &image, err);

	if (r == 0)
		r = oci_config_to_start(&image, import->tree, &start, err);
	if (r == 0)
		r = start_config_from_json(start, &checked, err);
	start_config_release(&checked);
	if (r == 0)
		r = write_json(dirfd, "config.json", start, err);
	return r < 0 ? r : write_json(dirfd, "image.json", import->config, err);
}

/* The real path, which still leads there from another namespace; the caller frees. NULL: no memory. */
static char *path_of(int dirfd, const char *name)
{
	_cleanup_(freep) char *directory = NULL;
	char proc[48];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", dirfd);
	directory = realpath(proc, NULL);
	return directory ? path_join(directory, name) : NULL;
}

/* Nobody but us reaches what grows there: the base's directory is closed. */
static int write_tree(struct tree *tree, const volatile int *cancel, int dirfd, struct error *err)
{
	const struct extract_options options = {
		.keep_owners = user_has_range(), .leave_devices = user_is_plain(), .cancel = cancel};
	struct node *root = tree_root(tree);
	struct extract_stats stats = {0};
	_cleanup_(closep) int fd = -1;
	int r;

	marks_drop(tree);
	if (mkdirat(dirfd, "tree", 0700) < 0)
		return error_errno(err, "cannot make the base's tree");
	fd = openat(dirfd, "tree", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open the base's tree");
	r = extract_tree(root, fd, &options, &stats, err);
	if (r == 0 && fchmod(fd, root->inode->mode & 07777) < 0)
		r = error_errno(err, "cannot write the base's tree");
	if (r == 0 && stats.devices_lost)
		log_warning("%llu device node%s left out: only root may make them",
			    (unsigned long long)stats.devices_lost, stats.devices_lost == 1 ? " was" : "s were");
	return r;
}

static int write_import(const struct import *import, const char *from, const volatile int *cancel, int dirfd,
			struct error *err)
{
	int r = import->config ? write_start(dirfd, import, err) : 0;

	if (import->stats.overlay_xattrs)
		log_warning("%llu extended attributes of '%s' that would steer overlayfs were dropped",
			    (unsigned long long)import->stats.overlay_xattrs, from);
	return r < 0 ? r : write_tree(import->tree, cancel, dirfd, err);
}

int root_read(const char *from, const struct root_options *options, const char *directory,
	      struct import *import, struct error *err)
{
	static const struct carrier_options plain;
	const struct carrier_options *access = options->access ? options->access : &plain;
	_cleanup_(reference_release) struct reference reference = {0};
	const struct import_options how = {
		.choice = {.platform = access->platform},
		.layer = {.max_size = options->max_size,
			  .cancel = access->cancel},
		.contents_directory = directory,
	};
	int r = reference_parse(from, &reference, err);

	if (r < 0)
		return r;
	r = import_reference(import, &reference, &how, access, err);
	return r == -EINVAL ? -EBADMSG : r; /* it is the image that is not as it has to be */
}

/* By a tar that is made outside of a plain user's namespace, where owners have their numbers. words: end with it. */
static int make_by_tar(const char *const *words, const char *tar, const struct root_source *source,
		       const struct root_options *options, int dirfd, struct error *err)
{
	_cleanup_(import_release) struct import import = IMPORT_INIT;
	_cleanup_(text_release) struct text said = TEXT_INIT;
	const volatile int *cancel = options->access ? options->access->cancel : NULL;
	int r = outside_run(words, NULL, &said, cancel, err);

	if (r > 0)
		r = error_set(err, -EIO, "%s cannot read '%s': %s", words[0], source->from,
			      program_line(&said, strcmp(words[0], "tar") == 0 ? "tar: " : "E: "));
	if (r == 0)
		r = root_read(tar, options, NULL, &import, err);
	unlink(tar);
	return r < 0 ? r : write_import(&import, source->from, cancel, dirfd, err);
}

/* For a plain user: whoever has no number inside is nobody. */
static bool is_of_others(const char *path)
{
	enum { NOBODY = 65534 };
	struct stat st;

	return outside_is_there() && stat(path, &st) == 0 && st.st_uid == NOBODY;
}

static int make_of_others(const struct root_source *source, const struct root_options *options, int dirfd,
			  struct error *err)
{
	_cleanup_(freep) char *tar = path_of(dirfd, "tree.tar"), *path = realpath(source->from, NULL);

	if (!tar || !path)
		return error_oom(err);
	return make_by_tar((const char *const[]){"tar", "--numeric-owner", "--xattrs",
						 "--xattrs-include=*", "--format=posix", "-C", path, "-cf", tar,
						 ".", NULL},
			   tar, source, options, dirfd, err);
}

static int make_by_import(const struct root_source *source, const struct root_options *options, int dirfd,
			  struct error *err)
{
	_cleanup_(import_release) struct import import = IMPORT_INIT;
	const volatile int *cancel = options->access ? options->access->cancel : NULL;
	_cleanup_(freep) char *directory = NULL;
	int r;

	if (source->image)
		return write_import(source->image, source->from, cancel, dirfd, err);
	if (source->kind == ROOT_DIRECTORY && is_of_others(source->from))
		return make_of_others(source, options, dirfd, err);
	/* what is fetched waits where the tree will be */
	directory = source->kind == ROOT_IMAGE ? path_of(dirfd, ".") : NULL;
	if (source->kind == ROOT_IMAGE && !directory)
		return error_oom(err);
	r = root_read(source->from, options, directory, &import, err);
	return r < 0 ? r : write_import(&import, source->from, cancel, dirfd, err);
}

/* Of a package that was made of an image, what it was made of goes along. */
static int copy_image_config(struct image *image, const struct tree *whole, int dirfd, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const struct node *node = tree_find(whole, "/sfc/image.json");
	int r;

	if (!node || !S_ISREG(node->inode->mode))
		return 0;
	r = unpack_file(image, node, IMAGE_CONFIG_MAX, &text, err);
	return r < 0 ? r : write_config(dirfd, "image.json", text.bytes, text.size, err);
}

static int read_package(const struct root_source *source, struct image *image, struct content_file *contents,
			int dirfd, struct error *err)
{
	_cleanup_(text_release) struct text config = TEXT_INIT;
	_cleanup_(tree_freep) struct tree *whole = NULL, *tree = NULL;
	struct start_config checked = START_CONFIG_INIT;
	struct node *rootfs, *node;
	int r = image_tree(image, &whole, err);

	if (r < 0)
		return r;
	rootfs = tree_find(whole, "/rootfs");
	node = tree_find(whole, "/config.json");
	if (!rootfs || !node_is_dir(rootfs) || !node || !S_ISREG(node->inode->mode))
		return error_set(err, -EMEDIUMTYPE,
				 "'%s' is an image but not a package: it has no rootfs and config.json",
				 source->from);
	r = unpack_file(image, node, CONFIG_MAX, &config, err);
	if (r == 0)
		r = start_config_parse(config.bytes, config.size, &checked, err);
	start_config_release(&checked);
	if (r == 0)
		r = unpack_below(image, rootfs, contents, NULL, &tree, err);
	if (r == 0)
		r = write_tree(tree, NULL, dirfd, err);
	if (r == 0)
		r = write_config(dirfd, "config.json", config.bytes, config.size, err);
	return r < 0 ? r : copy_image_config(image, whole, dirfd, err);
}

/* Nothing is mounted: our own reader believes nothing of what a package says. */
static int make_of_package(const struct root_source *source, int dirfd, struct error *err)
{
	_cleanup_(closep) int fd = open(source->from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_cleanup_(image_closep) struct image *image = NULL;
	_cleanup_(content_file_freep) struct content_file *contents = NULL;
	int r;

	if (fd < 0)
		return error_errno(err, "cannot open '%s'", source->from);
	r = image_open(fd, source->from, &image, err);
	if (r == 0)
		r = content_file_new(NULL, &contents, err);
	return r < 0 ? r : read_package(source, image, contents, dirfd, err);
}

/* It makes a namespace of its own. */
static int make_of_debian_outside(const struct root_source *source, const struct root_options *options,
				  const char *suite, const char *include, int dirfd, struct error *err)
{
	_cleanup_(freep) char *tar = path_of(dirfd, "tree.tar");

	if (!tar)
		return error_oom(err);
	if (!program_is_there("mmdebstrap"))
		return error_set(err, -ENOENT,
				 "needs mmdebstrap, which is not here; install it (Debian: apt-get "
				 "install mmdebstrap)");
	return make_by_tar((const char *const[]){"mmdebstrap", "--quiet", "--mode=unshare", "--variant=minbase",
						 "--format=tar", include ? include : suite, include ? suite : tar,
						 include ? tar : NULL, NULL},
			   tar, source, options, dirfd, err);
}

static int make_of_debian(const struct root_source *source, const struct root_options *options, int dirfd,
			  struct error *err)
{
	_cleanup_(freep) char *suite = strdup(source->from + strlen("debian:")), *include = NULL;
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(freep) char *target = NULL;
	char *plus = suite ? strchr(suite, '+') : NULL;
	int r;

	if (!suite || asprintf(&include, "--include=%s", plus ? plus + 1 : "") < 0)
		return error_oom(err);
	if (plus)
		*plus = '\0';
	if (outside_is_there())
		return make_of_debian_outside(source, options, suite, plus ? include : NULL, dirfd, err);
	if (mkdirat(dirfd, "tree", 0755) < 0)
		return error_errno(err, "cannot make the base's tree");
	target = path_of(dirfd, "tree");
	if (!target)
		return error_oom(err);
	r = program_run_until((const char *const[]){"mmdebstrap", "--quiet", "--variant=minbase",
					      plus ? include : suite, plus ? suite : target,
					      plus ? target : NULL, NULL},
			NULL, &said, options->access ? options->access->cancel : NULL, err);
	if (r == -ENOENT)
		return error_set(err, r,
				 "needs mmdebstrap, which is not here; install it (Debian: apt-get "
				 "install mmdebstrap)");
	if (r > 0)
		return error_set(err, -EIO, "mmdebstrap cannot make '%s': %s", source->from,
				 program_line(&said, "E: "));
	return r;
}

int root_make(const struct root_source *source, const struct root_options *options, int dirfd,
	      struct error *err)
{
	switch (source->kind) {
	case ROOT_DIRECTORY:
	case ROOT_ARCHIVE:
	case ROOT_IMAGE:
		return make_by_import(source, options, dirfd, err);
	case ROOT_PACKAGE:
		return make_of_package(source, dirfd, err);
	case ROOT_DEBIAN:
		return make_of_debian(source, options, dirfd, err);
	case ROOT_DEV:
	case ROOT_BASE:
		break;
	}
	return error_set(err, -EINVAL, "'%s' is there already", source->from);
}
