// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/closure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "pack/need/margin_work.h"

int closure_new(struct source *source, const struct closure_options *options,
		struct closure **ret_closure, struct error *err)
{
	_cleanup_(closure_freep) struct closure *closure = calloc(1, sizeof(*closure));
	int r;

	if (!closure)
		return error_oom(err);
	closure->source = source;
	closure->options = *options;
	closure->known = options->known;
	if (!closure->known || !known_source_fits(closure->known, source, options->library_path)) {
		r = known_source_new(source, options->library_path, &closure->own_known, err);
		if (r < 0)
			return r;
		closure->known = closure->own_known;
	}
	closure->loader = closure->known->loader;
	*ret_closure = take(closure);
	return 0;
}

void closure_free(struct closure *closure)
{
	if (!closure)
		return;
	for (size_t i = 0; i < closure->warnings.count; i++)
		free(closure->warnings.items[i]);
	array_release(&closure->entries);
	array_release(&closure->warnings);
	hash_release(&closure->hash);
	work_queue_release(&closure->work);
	array_release(&closure->unresolved);
	arena_release(&closure->memory);
	known_source_free(closure->own_known);
	intern_release(&closure->strings);
	intern_release(&closure->python_packages);
	margin_work_free(closure->margin_work);
	free(closure);
}

void closure_freep(struct closure **closure)
{
	closure_free(*closure);
}

int closure_warn(struct closure *closure, const char *format, ...)
{
	va_list args;
	char *warning;
	int r;

	va_start(args, format);
	r = vasprintf(&warning, format, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	if (array_push(&closure->warnings, warning) < 0) {
		free(warning);
		return -ENOMEM;
	}
	return 0;
}

struct closure_entry *closure_find_hashed(const struct closure *closure, const char *path,
					  uint64_t hash)
{
	for (struct hash_link *l = hash_first(&closure->hash, hash); l; l = hash_next(l, hash)) {
		struct closure_entry *entry = container_of(l, struct closure_entry, link);

		if (strcmp(entry->file->path, path) == 0)
			return entry;
	}
	return NULL;
}

struct closure_entry *closure_find(const struct closure *closure, const char *path)
{
	return closure_find_hashed(closure, path, hash_string(path));
}

uint64_t closure_bytes(const struct closure *closure)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		if (closure_entry_in(entry) && entry->file->kind == ENTRY_FILE)
			bytes += entry->file->size;
	}
	return bytes;
}

int closure_check_cancel(const struct closure *closure, struct error *err)
{
	const volatile int *cancel = closure->options.cancel;

	return cancel && *cancel ? error_set(err, -EINTR, "interrupted") : 0;
}
