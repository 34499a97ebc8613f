// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "pack/evidence/json.h"
#include "pack/image/reader.h"

enum { CHUNK = 128 * 1024, JSON_MAX = 512 * 1024 * 1024, HOPS_MAX = 40 };

struct bundle {
	int fd;
	char *path;
	struct image *image;
	struct tree *tree;
	struct node *rootfs;
};

bool bundle_is_likely(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char magic[4];

	return fd >= 0 && io_pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       memcmp(magic, "hsqs", sizeof(magic)) == 0;
}

/* The image, and its directory rootfs: nothing else will do, least of all a link. */
static int open_rootfs(const char *path, struct bundle **ret_bundle, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = calloc(1, sizeof(*bundle));
	int r;

	if (!bundle)
		return error_oom(err);
	bundle->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (bundle->fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	bundle->path = strdup(path);
	if (!bundle->path)
		return error_oom(err);
	r = image_open(bundle->fd, bundle->path, &bundle->image, err);
	if (r == 0)
		r = image_tree(bundle->image, &bundle->tree, err);
	if (r < 0)
		return r;
	bundle->rootfs = tree_find(bundle->tree, "/rootfs");
	if (bundle->rootfs && !node_is_dir(bundle->rootfs))
		return error_set(err, -EBADMSG, "'%s': rootfs is not a directory", path);
	*ret_bundle = take(bundle);
	return 0;
}

int bundle_open(const char *path, struct bundle **ret_bundle, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	int r = open_rootfs(path, &bundle, err);

	if (r < 0)
		return r;
	if (!bundle->rootfs || !tree_find(bundle->tree, "/sfc/package.json"))
		return error_set(err, -EMEDIUMTYPE,
				 "'%s' is an image but not a package: it has no sfc/package.json", path);
	*ret_bundle = take(bundle);
	return 0;
}

int bundle_open_to_start(const char *path, struct bundle **ret_bundle, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	int r = open_rootfs(path, &bundle, err);

	if (r < 0)
		return r;
	if (!bundle->rootfs || !tree_find(bundle->tree, "/config.json"))
		return error_set(err, -EMEDIUMTYPE, "'%s' is not a package: it has no %s", path,
				 bundle->rootfs ? "config.json" : "directory rootfs");
	*ret_bundle = take(bundle);
	return 0;
}

void bundle_close(struct bundle *bundle)
{
	if (!bundle)
		return;
	tree_free(bundle->tree);
	image_close(bundle->image);
	closep(&bundle->fd);
	free(bundle->path);
	free(bundle);
}

void bundle_closep(struct bundle **bundle)
{
	bundle_close(*bundle);
}

int bundle_fd(const struct bundle *bundle)
{
	return bundle->fd;
}

struct tree *bundle_tree(const struct bundle *bundle)
{
	return bundle->tree;
}

struct node *bundle_rootfs(const struct bundle *bundle)
{
	return bundle->rootfs;
}

/* One part further: a child, the parent for "..", the node itself for ".". */
static struct node *step(const struct bundle *bundle, struct node *at, const char *part,
			 size_t length)
{
	char name[NAME_MAX + 1];

	if (length > NAME_MAX || !node_is_dir(at))
		return NULL;
	memcpy(name, part, length);
	name[length] = '\0';
	if (strcmp(name, ".") == 0)
		return at;
	if (strcmp(name, "..") == 0)
		return at == bundle->rootfs ? at : at->parent;
	return node_child(at, name);
}

char *bundle_resolve(const struct bundle *bundle, const char *path)
{
	_cleanup_(freep) char *rest = strdup(path), *found = NULL;
	struct node *at = bundle->rootfs, *next;
	size_t done = 0, length;
	int hops = 0;

	while (rest) {
		const char *left = rest + done, *part = path_next(&left, &length);
		char *longer;

		if (!part)
			break;
		done = (size_t)(left - rest);
		next = step(bundle, at, part, length);
		if (!next)
			return NULL;
		if (!S_ISLNK(next->inode->mode)) {
			at = next;
			continue;
		}
		if (++hops > HOPS_MAX)
			return NULL;
		longer = path_join(next->inode->target, left);
		free(rest);
		rest = longer;
		done = 0;
		if (rest && rest[0] == '/')
			at = bundle->rootfs;
	}
	found = rest ? node_path(at) : NULL;
	return found ? strdup(at == bundle->rootfs ? "/" : found + strlen("/rootfs")) : NULL;
}

int bundle_read(const struct bundle *bundle, const char *path, size_t limit, struct text *text,
		struct error *err)
{
	_cleanup_(image_file_closep) struct image_file *file = NULL;
	const struct node *node = tree_find(bundle->tree, path);
	_cleanup_(freep) char *chunk = malloc(CHUNK);
	uint64_t position = 0;
	ssize_t size;
	int r;

	if (!chunk)
		return error_oom(err);
	if (!node || !S_ISREG(node->inode->mode))
		return error_set(err, -ENOENT, "'%s' has no file %s", bundle->path, path + 1);
	if (node->inode->size > limit)
		return error_set(err, -EFBIG, "'%s': %s is larger than %zu bytes", bundle->path,
				 path + 1, limit);
	r = image_file_open(bundle->image, node->inode, &file, err);
	if (r < 0)
		return r;
	while ((size = image_file_read(file, chunk, CHUNK, position, err)) > 0) {
		position += (uint64_t)size;
		if (text_add_bytes(text, chunk, (size_t)size) < 0)
			return error_oom(err);
	}
	return (int)size;
}

int bundle_json(const struct bundle *bundle, const char *path, json_t **ret_json, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_error_t problem;
	json_t *json;
	int r;

	r = bundle_read(bundle, path, JSON_MAX, &text, err);
	if (r < 0)
		return r;
	json = json_loadb(text.bytes, text.size, JSON_REJECT_DUPLICATES, &problem);
	if (!json_is_object(json)) {
		json_decref(json);
		return error_set(err, -EBADMSG, "%s of '%s' is not a JSON object", path,
				 bundle->path);
	}
	*ret_json = json;
	return 0;
}

int bundle_image(const struct bundle *bundle, struct image_config *image, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	if (!tree_find(bundle->tree, "/sfc/image.json"))
		return 0;
	r = bundle_read(bundle, "/sfc/image.json", IMAGE_CONFIG_MAX, &text, err);
	if (r < 0)
		return r;
	r = image_config_parse(text.bytes, text.size, image, err);
	return r < 0 ? error_prefix(err, r, "'%s': sfc/image.json", bundle->path) : 0;
}

int bundle_start(const struct bundle *bundle, struct start_config *config, struct error *err)
{
	_cleanup_(image_config_release) struct image_config image = IMAGE_CONFIG_INIT;
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = bundle_read(bundle, "/config.json", START_CONFIG_MAX, &text, err);

	if (r < 0)
		return r;
	r = start_config_parse(text.bytes, text.size, config, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", bundle->path);
	r = bundle_image(bundle, &image, err);
	return r < 0 ? r : start_config_complete(config, &image, err);
}

int bundle_description(const struct bundle *bundle, struct description *description,
		       struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	if (!tree_find(bundle->tree, "/sfc/package.json"))
		return 0;
	r = bundle_read(bundle, "/sfc/package.json", START_CONFIG_MAX, &text, err);
	if (r < 0)
		return r;
	r = description_parse(text.bytes, text.size, description, err);
	return r < 0 ? error_prefix(err, r, "'%s'", bundle->path) : 0;
}

int bundle_evidence(const struct bundle *bundle, struct evidence *ret_evidence, struct error *err)
{
	json_auto_t *json = NULL;
	int r = bundle_json(bundle, "/sfc/closure.json", &json, err);

	return r < 0 ? r : evidence_from_json(json, ret_evidence, err);
}

int bundle_copy(const struct bundle *bundle, const struct node *node, int fd,
		char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(image_file_closep) struct image_file *file = NULL;
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_(freep) char *chunk = malloc(CHUNK);
	uint64_t position = 0;
	ssize_t size;
	int r;

	if (!chunk || digest_new(&digest) < 0)
		return error_oom(err);
	r = image_file_open(bundle->image, node->inode, &file, err);
	if (r < 0)
		return r;
	while ((size = image_file_read(file, chunk, CHUNK, position, err)) > 0) {
		position += (uint64_t)size;
		r = fd < 0 ? 0 : io_write(fd, chunk, (size_t)size);
		if (r < 0)
			return error_code(err, r, "cannot write what is in '%s'", bundle->path);
		if (digest_add(digest, chunk, (size_t)size) < 0)
			return error_set(err, -EIO, "cannot compute a digest");
	}
	if (size < 0)
		return (int)size;
	return digest_finish(digest, ret_hex) < 0 ? error_set(err, -EIO, "cannot compute a digest")
						  : 0;
}

/* SQLite needs a file; it is the caller's to remove. */
static int copy_manifest(const struct bundle *bundle, char **ret_path, struct error *err)
{
	const char *directory = getenv("TMPDIR");
	const struct node *node = tree_find(bundle->tree, "/sfc/manifest.db");
	_cleanup_(freep) char *path = path_join(directory && *directory ? directory : "/var/tmp",
						"tracepack.XXXXXX");
	_cleanup_(closep) int fd = path ? mkstemp(path) : -1;
	char digest[DIGEST_HEX_SIZE];
	int r;

	if (fd < 0)
		return error_errno(err, "cannot make a temporary file '%s'", path ? path : "");
	r = node ? bundle_copy(bundle, node, fd, digest, err)
		 : error_set(err, -ENOENT, "'%s' has no sfc/manifest.db", bundle->path);
	if (r < 0) {
		unlink(path);
		return r;
	}
	*ret_path = take(path);
	return 0;
}

int bundle_manifest(const struct bundle *bundle, struct manifest **ret_manifest, struct error *err)
{
	_cleanup_(freep) char *path = NULL;
	int r = copy_manifest(bundle, &path, err);

	if (r < 0)
		return r;
	r = manifest_open(path, MANIFEST_READ, ret_manifest, err);
	unlink(path); /* it stays as long as it is open */
	return r;
}

int bundle_or_manifest(const char *path, struct manifest **ret_manifest, char **ret_temporary,
		       struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	int r;

	if (!bundle_is_likely(path))
		return manifest_open(path, MANIFEST_READ, ret_manifest, err);
	r = bundle_open(path, &bundle, err);
	if (r < 0 || !ret_temporary)
		return r < 0 ? r : bundle_manifest(bundle, ret_manifest, err);
	r = copy_manifest(bundle, ret_temporary, err);
	return r < 0 ? r : manifest_open(*ret_temporary, MANIFEST_READ, ret_manifest, err);
}
