// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/differential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "pack/layer/extract.h"
#include "pack/layer/layer.h"
#include "pack/oci/store.h"
#include "stage/layer/base.h"
#include "stage/mount/marks.h"
#include "stage/mount/user.h"

enum { DEPTH_MAX = 200 }; /* as many as can be mounted, base.c */

/* ---- a layer as a tree and back ---- */

static int scan_directory(int fd, struct scan **ret_scan, struct tree **ret_tree, struct error *err)
{
	static const struct scan_options options;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(scan_freep) struct scan *scan = NULL;
	int r;

	if (tree_new(&tree) < 0 || scan_new(fd, &options, &scan) < 0)
		return error_oom(err);
	r = scan_all(scan, tree, err);
	if (r == 0) {
		*ret_scan = take(scan);
		*ret_tree = take(tree);
	}
	return r;
}

int differential_scan(int upper, struct scan **ret_scan, struct tree **ret_tree, struct error *err)
{
	int r = scan_directory(upper, ret_scan, ret_tree, err);

	return r < 0 ? r : marks_to_names(*ret_tree, err);
}

int differential_extract(struct tree *tree, int upper, const volatile int *cancel, struct error *err)
{
	const struct extract_options options = {
		.keep_owners = user_has_range(), .leave_devices = user_is_plain(), .cancel = cancel};
	struct extract_stats stats = {0};
	int r = marks_from_names(tree, user_is_plain(), err);

	if (r == 0)
		r = extract_tree(tree_root(tree), upper, &options, &stats, err);
	if (r == 0 && fchmod(upper, tree_root(tree)->inode->mode & 07777) < 0)
		r = error_errno(err, "cannot write the layer");
	if (r == 0 && stats.devices_lost)
		log_warning("device nodes were left out: only root may make them");
	return r;
}

/* ---- by what a base is known ---- */

/* Of the tar that it would be. */
static int tar_digest(int fd, bool is_layer, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	const struct layer_write_options options = {.compression = LAYER_PLAIN};
	_cleanup_(closep) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(scan_freep) struct scan *scan = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct layer_written written;
	int r;

	if (null < 0)
		return error_errno(err, "cannot open /dev/null");
	r = is_layer ? differential_scan(fd, &scan, &tree, err) : scan_directory(fd, &scan, &tree, err);
	if (r == 0)
		r = layer_write(tree_root(tree), &options, null, &written, err);
	if (r == 0)
		memcpy(ret_hex, written.diff_id, DIGEST_HEX_SIZE);
	return r;
}

/* 1 it is known, 0 not yet. */
static int kept_digest(struct state *state, const char *name, char ret_digest[BASE_DIGEST_SIZE])
{
	_cleanup_(freep) char *path = state_path(state, "base/%s/digest", name);
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (!path || io_read_file(AT_FDCWD, path, BASE_DIGEST_SIZE, &text, NULL) < 0 ||
	    oci_digest_check(text.bytes, NULL) < 0)
		return 0;
	memcpy(ret_digest, text.bytes, BASE_DIGEST_SIZE);
	return 1;
}

static int keep_digest(struct state *state, const char *name, const char *digest, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(freep) char *path = state_path(state, "base/%s/digest", name);
	int r = path ? io_output_open(&output, path, 0600, err) : error_oom(err);

	if (r < 0)
		return r;
	r = io_write(output.fd, digest, strlen(digest));
	return r < 0 ? error_code(err, r, "cannot write '%s'", path) : io_publish(&output, err);
}

/* below: the digest of what it stands on, "" of nothing; becomes its own. */
static int digest_one(struct state *state, const char *name, char below[BASE_DIGEST_SIZE], struct error *err)
{
	_cleanup_(freep) char *path = state_path(state, "base/%s/tree", name);
	_cleanup_(closep) int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	char own[DIGEST_HEX_SIZE], chain[2 * BASE_DIGEST_SIZE];
	int r;

	if (fd < 0)
		return path ? error_errno(err, "cannot open the base '%s'", name) : error_oom(err);
	r = tar_digest(fd, *below, own, err);
	if (r < 0)
		return error_prefix(err, r, "the base '%s'", name);
	if (*below) {
		snprintf(chain, sizeof(chain), "%s sha256:%s", below, own);
		if (digest_once_hex(chain, strlen(chain), own) < 0)
			return error_set(err, -EIO, "cannot digest");
	}
	snprintf(below, BASE_DIGEST_SIZE, "sha256:%s", own);
	return keep_digest(state, name, below, err);
}

struct chain {
	struct base *items; /* the topmost first */
	size_t count, capacity;
};

static void chain_release(struct chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		base_release(&chain->items[i]);
	array_release(chain);
}

/* The bases from this one down to one whose digest is known, or that stands on nothing. */
static int find_chain(struct state *state, const char *name, struct chain *chain, char ret_digest[BASE_DIGEST_SIZE],
		      struct error *err)
{
	int r;

	*ret_digest = '\0';
	while (name && !kept_digest(state, name, ret_digest)) {
		struct base base = BASE_INIT;

		if (chain->count == DEPTH_MAX)
			return error_set(err, -ELOOP, "the base '%s' stands on too many others", name);
		r = base_find(state, name, &base, err);
		if (r <= 0)
			return r < 0 ? r : error_set(err, -ENOENT, "the base '%s' is gone", name);
		if (array_push(chain, base) < 0) {
			base_release(&base);
			return error_oom(err);
		}
		name = base.parent;
	}
	return 0;
}

int base_digest(struct state *state, const char *name, char ret_digest[BASE_DIGEST_SIZE], struct error *err)
{
	_cleanup_(chain_release) struct chain chain = ARRAY_INIT;
	int r = find_chain(state, name, &chain, ret_digest, err);

	for (size_t i = chain.count; r == 0 && i-- > 0;)
		r = digest_one(state, chain.items[i].name, ret_digest, err);
	return r;
}
