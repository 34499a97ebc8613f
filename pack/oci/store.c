// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "pack/layer/path.h"

struct oci_store {
	int dirfd; /* -1: it is a tree */
	const struct tree *tree;
	const char *name;
};

static int store_new(int dirfd, const struct tree *tree, const char *name,
		     struct oci_store **ret_store)
{
	struct oci_store *store = calloc(1, sizeof(*store));

	if (!store)
		return -ENOMEM;
	*store = (struct oci_store){.dirfd = dirfd, .tree = tree, .name = name};
	*ret_store = store;
	return 0;
}

int oci_store_of_directory(int dirfd, const char *name, struct oci_store **ret_store)
{
	return store_new(dirfd, NULL, name, ret_store);
}

int oci_store_of_tree(const struct tree *tree, const char *name, struct oci_store **ret_store)
{
	return store_new(-1, tree, name, ret_store);
}

void oci_store_free(struct oci_store *store)
{
	free(store);
}

void oci_store_freep(struct oci_store **store)
{
	oci_store_free(*store);
}

const char *oci_store_name(const struct oci_store *store)
{
	return store->name;
}

/* ---- files ---- */

static int open_beneath(int dirfd, const char *path, struct oci_blob *blob)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	struct stat st;

	blob->fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	if (blob->fd < 0 || fstat(blob->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	blob->offset = 0;
	blob->size = (uint64_t)st.st_size;
	return 0;
}

static int open_in_tree(const struct tree *tree, const char *path, struct oci_blob *blob,
			struct error *err)
{
	struct node *node;
	int r = tree_resolve(tree, path, &node);

	if (r == 0 && !S_ISREG(node->inode->mode))
		r = -EINVAL;
	if (r < 0)
		return r;
	blob->size = node->inode->size;
	if (inode_content(node->inode) != CONTENT_NONE)
		return content_open(node, &blob->fd, &blob->offset, err);
	/* nothing but zeros, or nothing at all */
	blob->fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	blob->offset = 0;
	return blob->fd < 0 ? -errno : 0;
}

static int blob_open(const struct oci_store *store, const char *path, struct oci_blob *blob,
		     struct error *err)
{
	return store->dirfd >= 0 ? open_beneath(store->dirfd, path, blob)
				 : open_in_tree(store->tree, path, blob, err);
}

int oci_blob_open(const struct oci_store *store, const char *path, struct oci_blob *ret_blob,
		  struct error *err)
{
	_cleanup_(oci_blob_release) struct oci_blob blob = OCI_BLOB_INIT;
	int r = blob_open(store, path, &blob, err);

	if (r == -EINVAL)
		return error_set(err, r, "'%s' in '%s' is not a file", path, store->name);
	if (r < 0)
		return error_code(err, r, "cannot open '%s' in '%s'", path, store->name);
	*ret_blob = blob;
	blob.fd = -1;
	return 0;
}

void oci_blob_release(struct oci_blob *blob)
{
	closep(&blob->fd);
	blob->fd = -1;
}

bool oci_store_has(const struct oci_store *store, const char *path)
{
	_cleanup_(oci_blob_release) struct oci_blob blob = OCI_BLOB_INIT;

	return blob_open(store, path, &blob, NULL) == 0;
}

/* ---- digests and JSON ---- */

int oci_digest_check(const char *digest, struct error *err)
{
	const char *hex = digest && strncmp(digest, "sha256:", 7) == 0 ? digest + 7 : NULL;

	if (hex && strlen(hex) == 2 * DIGEST_SIZE && strspn(hex, "0123456789abcdef") == strlen(hex))
		return 0;
	return error_set(err, -EBADMSG, "'%.100s' is not a sha256 digest", digest ? digest : "");
}

char *oci_store_blob(const struct oci_store *store, const char *digest)
{
	bool layout = oci_store_has(store, "oci-layout");
	char *path = NULL;

	if (!layout && asprintf(&path, "%s.manifest.json", digest + 7) < 0)
		return NULL;
	if (path && oci_store_has(store, path))
		return path; /* an image of a list */
	free(path);
	return asprintf(&path, "%s%s", layout ? "blobs/sha256/" : "", digest + 7) < 0 ? NULL : path;
}

static int check_bytes(const char *data, size_t size, const char *wanted, const char *path,
		       struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	char hex[DIGEST_HEX_SIZE];
	int r = oci_digest_check(wanted, err);

	if (r < 0)
		return r;
	if (digest_new(&digest) < 0 || digest_add(digest, data, size) < 0 ||
	    digest_finish(digest, hex) < 0)
		return error_oom(err);
	if (strcmp(hex, wanted + 7) != 0)
		return error_set(err, -EBADMSG, "digest of '%s' does not match: it is sha256:%s",
				 path, hex);
	return 0;
}

int oci_store_json(const struct oci_store *store, const char *path, const char *digest,
		   json_t **ret_json, struct error *err)
{
	_cleanup_(oci_blob_release) struct oci_blob blob = OCI_BLOB_INIT;
	_cleanup_(freep) char *data = NULL;
	json_error_t why;
	json_t *json;
	int r;

	r = oci_blob_open(store, path, &blob, err);
	if (r < 0)
		return r;
	if (blob.size > OCI_JSON_MAX)
		return error_set(err, -EFBIG, "'%s' in '%s' is too large for JSON", path,
				 store->name);
	data = malloc(blob.size + 1);
	if (!data)
		return error_oom(err);
	if (io_pread(blob.fd, data, blob.size, blob.offset) != (ssize_t)blob.size)
		return error_set(err, -EIO, "cannot read '%s' in '%s'", path, store->name);
	r = digest ? check_bytes(data, blob.size, digest, path, err) : 0;
	if (r < 0)
		return error_prefix(err, r, "'%s'", store->name);
	json = json_loadb(data, blob.size, JSON_REJECT_DUPLICATES, &why);
	if (!json)
		return error_set(err, -EBADMSG, "'%s' in '%s' is not JSON: line %d: %s", path,
				 store->name, why.line, why.text);
	*ret_json = json;
	return 0;
}
