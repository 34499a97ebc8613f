// SPDX-License-Identifier: BSD-2-Clause
#include "fs/cataloguer.h"

#include <inttypes.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/catalog.h"
#include "db/guard.h"
#include "db/manifest.h"

static int catalog_write(void *data, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	struct cataloguer *cataloguer = data;
	uint64_t skipped = 0;
	int r;

	r = manifest_open(cataloguer->manifest, MANIFEST_WRITE, &manifest, err);
	if (r < 0)
		return r;
	r = catalog_scan_until(manifest, cataloguer->source, cataloguer->xdev,
			       &cataloguer->cancelled, &skipped, err);
	if (r == 0 && skipped)
		log_note("the catalog lacks what is in %" PRIu64 " directories that this user may "
			 "not list, or that are deeper than a path can be", skipped);
	return r;
}

static void *cataloguer_run(void *argument)
{
	struct cataloguer *cataloguer = argument;

	cataloguer->result = manifest_guard(cataloguer->manifest, catalog_write, cataloguer,
					    &cataloguer->err);
	__atomic_store_n(&cataloguer->done, true, __ATOMIC_RELEASE);
	return NULL;
}

int cataloguer_start(struct cataloguer *cataloguer, const char *manifest, const char *source,
		     bool xdev, struct error *err)
{
	int r;

	*cataloguer =
		(struct cataloguer){.manifest = manifest, .source = source, .xdev = xdev};
	r = pthread_create(&cataloguer->thread, NULL, cataloguer_run, cataloguer);
	if (r)
		return error_code(err, -r, "cannot start a thread");
	cataloguer->started = true;
	return 0;
}

bool cataloguer_is_done(const struct cataloguer *cataloguer)
{
	return !cataloguer->started || __atomic_load_n(&cataloguer->done, __ATOMIC_ACQUIRE);
}

void cataloguer_cancel(struct cataloguer *cataloguer)
{
	__atomic_store_n(&cataloguer->cancelled, 1, __ATOMIC_RELAXED);
}

int cataloguer_finish(struct cataloguer *cataloguer, struct error *err)
{
	if (!cataloguer->started)
		return 0;
	pthread_join(cataloguer->thread, NULL);
	cataloguer->started = false;
	return cataloguer->result < 0
		       ? error_set(err, cataloguer->result, "catalog: %s", cataloguer->err.message)
		       : 0;
}
