// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/known_source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "pack/distro/read.h"

void known_source_free(struct known_source *known)
{
	if (!known)
		return;
	loader_free(known->loader);
	free(known->library_path);
	distribution_release(&known->distribution);
	intern_release(&known->owned);
	free(known);
}

void known_source_freep(struct known_source **known)
{
	known_source_free(*known);
}

static bool is_host(const struct source *source)
{
	struct stat of_source, own;

	return fstat(source_fd(source), &of_source) == 0 && stat("/", &own) == 0 &&
	       of_source.st_dev == own.st_dev && of_source.st_ino == own.st_ino;
}

int known_source_new(struct source *source, const char *library_path, struct known_source **ret_known,
		     struct error *err)
{
	_cleanup_(known_source_freep) struct known_source *known = calloc(1, sizeof(*known));
	int r;

	if (!known || !(known->library_path = strdup(library_path ? library_path : "")))
		return error_oom(err);
	known->source = source;
	known->host = is_host(source);
	r = loader_new(source, library_path, &known->loader, err);
	if (r < 0)
		return r;
	*ret_known = take(known);
	return 0;
}

bool known_source_fits(const struct known_source *known, const struct source *source,
		       const char *library_path)
{
	return known->source == source && strcmp(known->library_path, library_path ? library_path : "") == 0;
}

int known_source_read_records(struct known_source *known, struct error *err)
{
	int r = known->records_read ? 0 : distribution_read(known->source, &known->distribution, err);

	if (r < 0 || known->records_read)
		return r;
	known->records_read = true;
	for (size_t i = 0; i < known->distribution.count; i++) {
		const struct installed *installed = &known->distribution.items[i];

		for (size_t j = 0; j < installed->file_count; j++)
			if (installed->files[j].file &&
			    !intern_string(&known->owned, installed->files[j].file->path))
				return error_oom(err);
	}
	return 0;
}
