// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/extracted.h"

#include "db/base/cleanup.h"
#include "pack/image/reader.h"
#include "pack/image/unpack.h"
#include "stage/mount/marks.h"
#include "stage/mount/user.h"

/* Our own reader's tree, whose contents wait in a file without a name. */
static int read_image(int image, const char *name, struct content_file *contents, struct tree **ret_tree,
		      struct error *err)
{
	_cleanup_(image_closep) struct image *reader = NULL;
	_cleanup_(tree_freep) struct tree *whole = NULL;
	int r = image_open(image, name, &reader, err);

	if (r == 0)
		r = image_tree(reader, &whole, err);
	return r < 0 ? r : unpack_below(reader, tree_root(whole), contents, NULL, ret_tree, err);
}

int extracted_make(int image, const char *name, int directory, const char *scratch, struct extract_stats *ret_stats,
		   struct error *err)
{
	const struct extract_options options = {.keep_owners = user_has_range(), .leave_devices = true};
	_cleanup_(content_file_freep) struct content_file *contents = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct extract_stats stats = {0};
	int r = content_file_new(scratch, &contents, err);

	if (r == 0)
		r = read_image(image, name, contents, &tree, err);
	if (r < 0)
		return r;
	marks_drop(tree);
	r = extract_tree(tree_root(tree), directory, &options, &stats, err);
	if (r == 0)
		*ret_stats = stats;
	return r < 0 ? error_prefix(err, r, "'%s'", name) : 0;
}
