// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/export_written.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/written.h"
#include "pack/package/bundle.h"

enum { WRITTEN_MAX = 100000 };

struct adding {
	struct written_paths *paths;
	struct error *err;
};

/* The manifest is the package's, and says what it likes: only what a path looks like is one. */
static int add(const char *path, const char *directory, void *data)
{
	struct adding *adding = data;
	_cleanup_(freep) char *canonical = path_canonicalize(path);

	if (!canonical)
		return error_oom(adding->err);
	if (strcmp(canonical, path) != 0 || strcmp(path, "/") == 0)
		return 0;
	if (adding->paths->count == WRITTEN_MAX)
		return error_set(adding->err, -EFBIG, "its manifest has more than %d paths that were written", WRITTEN_MAX);
	return written_paths_add(adding->paths, path, directory) < 0 ? error_oom(adding->err) : 0;
}

int export_written_read(const char *source, struct written_paths *paths, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	struct adding adding = {paths, err};
	int r = bundle_is_likely(source) ? bundle_open(source, &bundle, err) : -EMEDIUMTYPE;

	if (r == -EMEDIUMTYPE || (r == 0 && !tree_find(bundle_tree(bundle), "/sfc/manifest.db")))
		return 0;
	if (r == 0)
		r = bundle_manifest(bundle, &manifest, err);
	paths->known = true;
	if (r == 0)
		r = written_each(manifest, add, &adding, err);
	return r < 0 ? error_prefix(err, r, "'%s'", source) : 0;
}
