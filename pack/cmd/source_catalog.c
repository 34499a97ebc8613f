// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/source_catalog.h"

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "pack/cmd/command.h"

static void *walk(void *argument)
{
	struct source_catalog *catalog = argument;

	catalog->result = catalog_list_scan(catalog->source, false, &command_cancelled, &catalog->list,
					    &catalog->skipped, &catalog->err);
	return NULL;
}

int source_catalog_begin(struct source_catalog *catalog, struct manifest *manifest,
			 const char *source, struct error *err)
{
	int r = catalog_list_read(manifest, &catalog->list, err);

	if (r < 0 || catalog->list.count || !source)
		return r;
	catalog->source = source;
	r = pthread_create(&catalog->thread, NULL, walk, catalog);
	if (r)
		return error_code(err, -r, "cannot start a thread");
	catalog->walking = true;
	return 0;
}

int source_catalog_end(struct source_catalog *catalog, struct error *err)
{
	if (!catalog->walking)
		return 0;
	pthread_join(catalog->thread, NULL);
	catalog->walking = false;
	if (catalog->result < 0)
		return error_set(err, catalog->result, "%s", catalog->err.message);
	if (catalog->skipped)
		log_warning("%llu director%s of the source could not be listed: what they hold is not in "
			    "the catalog",
			    (unsigned long long)catalog->skipped, catalog->skipped == 1 ? "y" : "ies");
	return 0;
}

void source_catalog_release(struct source_catalog *catalog)
{
	if (catalog->walking)
		pthread_join(catalog->thread, NULL);
	catalog_list_release(&catalog->list);
}
