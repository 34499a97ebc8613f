// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes, opened as a manifest: read in every way there is, then written to. */
#include "db/access.h"
#include "db/catalog.h"
#include "db/coverage.h"
#include "db/merge.h"
#include "db/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_everything(struct manifest *manifest)
{
	_cleanup_(program_total_list_release) struct program_total_list programs = {0};
	_cleanup_(coverage_list_release) struct coverage_list coverage = {0};
	_cleanup_(session_list_release) struct session_list sessions = {0};
	_cleanup_(catalog_walk_endp) struct catalog_walk *catalog = NULL;
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	_cleanup_(freep) uint64_t *incidence = NULL;
	struct catalog_entry known;
	struct access_row row;
	struct error err = ERROR_INIT;
	size_t runs;

	session_list_read(manifest, &sessions, &err);
	if (access_walk_begin(manifest, NULL, 0, &walk, &err) == 0)
		while (access_walk_next(walk, &row, &err) > 0)
			;
	if (catalog_walk_begin(manifest, &catalog, &err) == 0)
		while (catalog_walk_next(catalog, &known, &err) > 0)
			;
	coverage_read(manifest, COVERAGE_BY_LABEL, NULL, 0, &coverage, &err);
	coverage_incidence(manifest, COVERAGE_BY_SESSION, NULL, 0, &incidence, &runs, &err);
	program_totals_read(manifest, NULL, 0, &programs, &err);
}

static void write_something(struct manifest *manifest)
{
	struct session_start start = {.label = "fuzz", .source = "/", .tool = "fuzz"};
	struct access_record record = {.path = "/etc/hosts", .exe = "/bin/x", .count = 1};
	struct error err = ERROR_INIT;
	int64_t id;

	if (session_begin(manifest, &start, &id, &err) < 0)
		return;
	access_record_batch(manifest, id, &record, 1, 1, 0, &err);
	session_end(manifest, id, SESSION_COMPLETE, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/dev/shm/fuzz-manifest.XXXXXX", other[64];
	_cleanup_(manifest_closep) struct manifest *manifest = NULL, *into = NULL;
	struct error err = ERROR_INIT;
	_cleanup_(closep) int fd = mkstemp(path);

	if (fd < 0 || io_write(fd, data, size) < 0)
		abort();
	if (manifest_open(path, MANIFEST_READ, &manifest, &err) == 0) {
		read_everything(manifest);
		snprintf(other, sizeof(other), "%s.into", path);
		if (manifest_open(other, MANIFEST_CREATE, &into, &err) == 0)
			manifest_merge(into, manifest, NULL, &err);
		manifest_close(take(into));
		unlink(other);
		manifest_close(take(manifest));
	}
	if (manifest_open(path, MANIFEST_WRITE, &manifest, &err) == 0)
		write_something(manifest);
	manifest_close(take(manifest));
	unlink(path);
	for (int i = 0; i < 2; i++) {
		snprintf(other, sizeof(other), "%s%s", path, i ? "-shm" : "-wal");
		unlink(other);
	}
	return 0;
}
