// SPDX-License-Identifier: BSD-2-Clause
#include "fs/known.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "db/base/path.h"
#include "db/catalog.h"

enum { SLOTS_MIN = 1024 };

/* Where the hash is, or the empty slot where it belongs. */
static uint64_t *slot_of(const struct known *known, uint64_t hash)
{
	size_t i = hash & known->mask;

	while (known->table[i] && known->table[i] != hash)
		i = (i + 1) & known->mask;
	return &known->table[i];
}

static uint64_t hash_of(const char *path)
{
	uint64_t hash = hash_string(path);

	return hash ? hash : 1;
}

/* Never more than half full. */
static int grow(struct known *known)
{
	size_t slots = known->table ? 2 * (known->mask + 1) : SLOTS_MIN;
	struct known larger = {.table = calloc(slots, sizeof(*larger.table)), .mask = slots - 1};

	if (!larger.table)
		return -ENOMEM;
	for (size_t i = 0; known->table && i <= known->mask; i++)
		if (known->table[i])
			*slot_of(&larger, known->table[i]) = known->table[i];
	free(known->table);
	known->table = larger.table;
	known->mask = larger.mask;
	return 0;
}

/* That a directory is folded is in the table, too. */
static uint64_t hash_of_folded(const char *directory)
{
	uint64_t hash = hash_pair(hash_of(directory), 1);

	return hash ? hash : 1;
}

static int add(struct known *known, uint64_t hash)
{
	uint64_t *slot;

	if ((!known->table || 2 * known->count > known->mask) && grow(known) < 0)
		return -ENOMEM;
	slot = slot_of(known, hash);
	known->count += *slot == 0;
	*slot = hash;
	return 0;
}

static int read_catalog(struct known *known, const char *path, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(catalog_walk_endp) struct catalog_walk *walk = NULL;
	struct catalog_entry entry;
	int r;

	r = manifest_open(path, MANIFEST_READ, &manifest, err);
	if (r == 0)
		r = catalog_walk_begin(manifest, &walk, err);
	while (r == 0 && (r = catalog_walk_next(walk, &entry, err)) > 0)
		r = add(known, hash_of(entry.path)) < 0 ||
				    (entry.folded && add(known, hash_of_folded(entry.path)) < 0)
			    ? error_oom(err)
			    : 0;
	if (r == 0 && known->count == 0)
		r = error_set(err, -ENODATA, "%s has no catalog: what was left out cannot be told",
			      path);
	return r;
}

int known_open(struct known *known, const char *manifest, const char *except, struct error *err)
{
	*known = (struct known)KNOWN_INIT;
	if (except) {
		known->except = open(except, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (known->except < 0)
			return error_errno(err, "cannot open %s", except);
	}
	return read_catalog(known, manifest, err);
}

void known_release(struct known *known)
{
	free(known->table);
	closep(&known->except);
	*known = (struct known)KNOWN_INIT;
}

/* It is listed, or may be one of the names of a folded directory. */
static bool in_catalog(const struct known *known, const char *path)
{
	_cleanup_(freep) char *parent = NULL;

	if (*slot_of(known, hash_of(path)) != 0)
		return true;
	parent = path_parent(path);
	return parent && *slot_of(known, hash_of_folded(parent)) != 0;
}

bool known_has(const struct known *known, const char *path)
{
	struct stat st;

	if (!known->table)
		return true;
	if (!in_catalog(known, path))
		return false;
	return known->except < 0 || (path[1] && fstatat(known->except, path + 1, &st,
							AT_SYMLINK_NOFOLLOW) < 0);
}

/* The longest part of missing/rest, longer than missing itself, that the catalog has. */
static char *longest_known(const struct known *known, const char *missing, const char *rest)
{
	_cleanup_(freep) char *joined = path_join(missing, rest);
	_cleanup_(freep) char *path = joined ? path_canonicalize(joined) : NULL;

	while (path && strcmp(path, missing) != 0 && path_is_within(path, missing)) {
		char *parent;

		if (in_catalog(known, path))
			return take(path);
		parent = path_parent(path);
		free(path);
		path = parent;
	}
	return NULL;
}

char *known_below(const struct known *known, const char *missing, const char *named)
{
	const char *name = path_name(missing), *part;
	size_t length;

	while ((part = path_next(&named, &length))) {
		char *path;

		if (length != strlen(name) || memcmp(part, name, length) != 0)
			continue;
		path = longest_known(known, missing, named);
		if (path)
			return path;
	}
	return NULL;
}
