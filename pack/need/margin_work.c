// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/margin_work.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "pack/distro/read.h"

void margin_work_free(struct margin_work *work)
{
	if (!work)
		return;
	distribution_release(&work->distribution);
	intern_release(&work->owned);
	intern_release(&work->names);
	array_release(&work->named);
	free(work);
}

static void margin_work_freep(struct margin_work **work)
{
	margin_work_free(*work);
}

bool margin_work_is_host(const struct source *source)
{
	struct stat of_source, own;

	return fstat(source_fd(source), &of_source) == 0 && stat("/", &own) == 0 &&
	       of_source.st_dev == own.st_dev && of_source.st_ino == own.st_ino;
}

static int note_owned(struct margin_work *work, struct error *err)
{
	for (size_t i = 0; i < work->distribution.count; i++) {
		const struct installed *installed = &work->distribution.items[i];

		for (size_t j = 0; j < installed->file_count; j++)
			if (installed->files[j].file &&
			    !intern_string(&work->owned, installed->files[j].file->path))
				return error_oom(err);
	}
	return 0;
}

int margin_work_of(struct closure *closure, struct margin_work **ret_work, struct error *err)
{
	_cleanup_(margin_work_freep) struct margin_work *work = NULL;
	int r;

	if (!closure->margin_work) {
		work = calloc(1, sizeof(*work));
		if (!work)
			return error_oom(err);
		work->host = margin_work_is_host(closure->source);
		r = distribution_read(closure->source, &work->distribution, err);
		if (r == 0)
			r = note_owned(work, err);
		if (r < 0)
			return r;
		closure->margin_work = take(work);
	}
	*ret_work = closure->margin_work;
	return 0;
}
