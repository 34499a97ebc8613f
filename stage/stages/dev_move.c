// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/dev_move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "pack/oci/differential.h"
#include "stage/layer/base.h"
#include "stage/stages/dev_private.h"

void dev_moved_release(struct dev_moved *moved)
{
	free(moved->base_name);
	*moved = (struct dev_moved){{0}, NULL, 0};
}

static int open_upper(int layer, const char *name, int *ret_upper, struct error *err)
{
	*ret_upper = openat(layer, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_upper < 0 ? error_errno(err, "cannot open the layer of '%s'", name) : 0;
}

/* ---- out ---- */

/* "My.Web_1" as the name of an image, which has no upper case. */
static void image_name(const char *name, char *ret_name, size_t size)
{
	snprintf(ret_name, size, "%s", name);
	for (char *c = ret_name; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
}

static void warn_of(const struct scan *scan, const struct layer_written *layer)
{
	const char *warnings = scan_warnings(scan);

	if (warnings)
		log_warning("%s", warnings);
	if (layer->sockets)
		log_warning("%llu sockets were left out, which no archive can hold",
			    (unsigned long long)layer->sockets);
}

static int write_layer(int upper, const struct differential *what, int fd, uint64_t *ret_size, struct error *err)
{
	_cleanup_(scan_freep) struct scan *scan = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct layer_written layer;
	int r = differential_scan(upper, &scan, &tree, err);

	if (r == 0)
		r = differential_write(tree_root(tree), what, fd, &layer, err);
	if (r == 0) {
		warn_of(scan, &layer);
		*ret_size = layer.size;
	}
	return r;
}

int dev_export(struct state *state, const char *name, int fd, struct dev_moved *ret_moved, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(base_release) struct base base = BASE_INIT;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	_cleanup_(closep) int layer = -1, upper = -1;
	struct differential what;
	char called[160];
	int r = dev_to_change(state, name, &claim, &dev, err);

	if (r == 0)
		r = base_find(state, dev.base, &base, err);
	if (r == 0)
		return error_set(err, -ENOENT, "the base '%s' is gone", dev.base);
	if (r > 0)
		r = base_digest(state, dev.base, ret_moved->base, err);
	if (r == 0)
		r = dev_layer_open(state, name, dev.layer, &layer, err);
	if (r == 0)
		r = open_upper(layer, name, &upper, err);
	if (r < 0)
		return r;
	image_name(name, called, sizeof(called));
	what = (struct differential){called, ret_moved->base, base.name, base.source};
	r = write_layer(upper, &what, fd, &ret_moved->size, err);
	if (r == 0)
		ret_moved->base_name = take(base.name);
	return r;
}

/* ---- in ---- */

struct search {
	struct state *state;
	const char *digest, *likely; /* what it is called where it comes from */
	bool only_likely;
	char *found;
	struct error *err;
};

static int look_at_base(const struct base *base, void *data)
{
	struct search *search = data;
	char digest[BASE_DIGEST_SIZE];
	int r;

	if ((strcmp(base->name, search->likely) == 0) != search->only_likely)
		return 0;
	r = base_digest(search->state, base->name, digest, search->err);
	if (r < 0 || strcmp(digest, search->digest) != 0)
		return r;
	search->found = strdup(base->name);
	return search->found ? 1 : error_oom(search->err);
}

/* One of the same name first: it is read whole to be known. */
static int find_base(struct state *state, const struct differential *what, char **ret_base, struct error *err)
{
	struct search search = {state, what->base, what->base_name, true, NULL, err};
	int r = base_each(state, look_at_base, &search, err);

	search.only_likely = false;
	if (r == 0)
		r = base_each(state, look_at_base, &search, err);
	*ret_base = search.found;
	return r == 0 ? error_set(err, -ENOENT,
				  "stands on the base '%.64s' (%s, made of %.256s), which is not here: make it by 'sfc dev "
				  "create --from' first",
				  what->base_name, what->base, what->base_from)
		      : r < 0 ? r : 0;
}

static int extract(struct tree *tree, int layer, const char *name, const volatile int *cancel, struct error *err)
{
	_cleanup_(closep) int upper = -1;
	int r = open_upper(layer, name, &upper, err);

	if (r == 0)
		r = differential_extract(tree, upper, cancel, err);
	if (r == 0 && syncfs(layer) < 0)
		r = error_errno(err, "cannot write '%s'", name);
	return r;
}

static int make(struct state *state, const char *name, const char *base, const char *path, struct tree *tree,
		const volatile int *cancel, struct error *err)
{
	_cleanup_(closep) int layer = -1;
	int r = dev_begin(state, name, base, path, err);

	if (r == 0)
		r = dev_layer_make(state, name, 1, base, &layer, err);
	if (r == 0)
		r = extract(tree, layer, name, cancel, err);
	if (r == 0)
		r = dev_finish(state, name, "imported", path, err);
	if (r < 0)
		dev_settle(state, name, NULL);
	return r;
}

/* The file as it is; a pipe's by a name under which it can be opened. */
static int open_file(const char *path, const volatile int *cancel, struct reference *reference, struct oci_file *file,
		     struct error *err)
{
	const struct carrier_options access = {.cancel = cancel};
	int r = 0;

	*reference = (struct reference){.transport = REFERENCE_FILE, .text = path};
	reference->path = strdup(strcmp(path, "-") == 0 ? "/dev/stdin" : path);
	if (!reference->path)
		return error_oom(err);
	r = oci_file_open(file, reference, &access, err);
	return r == -EINVAL ? -EBADMSG : r; /* the file is not as it has to be, nothing was asked wrongly */
}

int dev_import(struct state *state, const char *name, const char *path, uint64_t max_size,
	       const volatile int *cancel, struct dev_moved *ret_moved, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(reference_release) struct reference reference = {0};
	_cleanup_(oci_file_release) struct oci_file file = OCI_FILE_INIT;
	_cleanup_(content_file_freep) struct content_file *contents = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct layer_options options = {.max_size = max_size, .cancel = cancel};
	struct differential what;
	int r = dev_check_new_name(name, err);

	if (r == 0)
		r = dev_claim(state, name, &claim, err);
	if (r == 0)
		r = dev_make_way(state, name, err);
	if (r == 0)
		r = open_file(path, cancel, &reference, &file, err);
	if (r < 0)
		return r;
	r = differential_of(&file, &what, err);
	if (r == 0)
		r = find_base(state, &what, &ret_moved->base_name, err);
	if (r == 0)
		r = content_file_new(NULL, &contents, err);
	if (r == 0 && tree_new(&tree) < 0)
		r = error_oom(err);
	options.contents = contents;
	if (r == 0)
		r = differential_read(&file, &options, tree, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", path);
	r = make(state, name, ret_moved->base_name, path, tree, cancel, err);
	if (r == 0)
		snprintf(ret_moved->base, sizeof(ret_moved->base), "%s", what.base);
	return r;
}
