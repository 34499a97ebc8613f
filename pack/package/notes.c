// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/notes.h"

#include <errno.h>
#include <stdlib.h>

#include "pack/need/reason.h"

/* A path of a package; both strings are the notes'. */
struct owner {
	struct hash_link link; /* its hash is that of the pointer to the path */
	const char *path, *package;
};

void notes_release(struct notes *notes)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&notes->owners, &cursor)))
		free(container_of(link, struct owner, link));
	hash_release(&notes->owners);
	array_release(&notes->packed.paths);
	array_release(&notes->packed.packages);
	intern_release(&notes->strings);
}

static int add_owner(struct notes *notes, const char *path, const char *package)
{
	struct owner *owner = calloc(1, sizeof(*owner));

	if (!owner)
		return -ENOMEM;
	owner->package = package;
	owner->path = intern_string(&notes->strings, path);
	if (owner->path && hash_add(&notes->owners, &owner->link, hash_number((uintptr_t)owner->path)) == 0)
		return 0;
	free(owner);
	return -ENOMEM;
}

static const char *owner_of(const struct notes *notes, const char *path)
{
	uint64_t value = hash_number((uintptr_t)path);

	for (struct hash_link *l = hash_first(&notes->owners, value); l; l = hash_next(l, value)) {
		const struct owner *owner = container_of(l, struct owner, link);

		if (owner->path == path)
			return owner->package;
	}
	return NULL;
}

static int add_package(struct notes *notes, const struct installed *installed)
{
	const struct packed_package package = {.name = intern_string(&notes->strings, installed->name),
					       .version = intern_string(&notes->strings, installed->version),
					       .files = installed->files_total,
					       .bytes = installed->bytes_total,
					       .files_kept = installed->files_kept,
					       .bytes_kept = installed->bytes_kept};
	int r = 0;

	if (!package.name || !package.version || array_push(&notes->packed.packages, package) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < installed->file_count && r == 0; i++) {
		const struct packaged_file *file = &installed->files[i];

		if (file->kept && file->file && !file->is_directory)
			r = add_owner(notes, file->file->path, package.name);
	}
	return r;
}

int notes_add_distribution(struct notes *notes, const struct distribution *distribution)
{
	int r = 0;

	for (size_t i = 0; i < distribution->count && r == 0; i++)
		r = add_package(notes, &distribution->items[i]);
	return r;
}

/* 0 or -ENOMEM; NULL stays NULL. */
static int keep(struct notes *notes, const char *string, const char **ret_kept)
{
	*ret_kept = intern_string(&notes->strings, string);
	return string && !*ret_kept ? -ENOMEM : 0;
}

static int add_path(struct notes *notes, const struct evidence_entry *entry)
{
	const struct evidence_reason *reason = &entry->reasons[0];
	struct packed_path path = {.kind = entry->kind, .size = entry->size,
				   .reason = reason_name(reason->kind)};

	if (keep(notes, entry->path, &path.path) < 0 || keep(notes, reason->from, &path.because) < 0 ||
	    keep(notes, reason->kind == REASON_SESSION ? reason->session : reason->detail, &path.detail) < 0)
		return -ENOMEM;
	path.package = owner_of(notes, path.path);
	return array_push(&notes->packed.paths, path);
}

int notes_add_evidence(struct notes *notes, const struct evidence *evidence)
{
	int r = 0;

	for (size_t i = 0; i < evidence->count && r == 0; i++) {
		const struct evidence_entry *entry = &evidence->items[i];

		if (entry->verdict == VERDICT_IN && entry->reason_count && entry->kind != ENTRY_MISSING)
			r = add_path(notes, entry);
	}
	return r;
}
