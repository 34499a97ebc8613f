/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statistics of a manifest: what each label, session, program or directory costs, how much of the
 * source is left out, and how far testing can be trusted to have seen everything.
 *
 * Counts are of regular files that were needed (manifest(5)), by name, before a closure adds what they
 * need in turn. Cost: a few passes over the accesses and one over the catalog.
 */
#ifndef PACK_REPORT_STATISTICS_H
#define PACK_REPORT_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/hash.h"
#include "db/coverage.h"
#include "db/manifest.h"
#include "db/session.h"
#include "pack/report/estimate.h"

enum statistics_by { STATISTICS_LABEL, STATISTICS_SESSION, STATISTICS_PROGRAM, STATISTICS_DIRECTORY };

struct directory_total {
	struct hash_link link;
	uint64_t files, bytes;               /* needed */
	uint64_t source_files, source_bytes; /* there, by the catalog */
	char path[];
};

struct statistics {
	struct session_list sessions;
	struct coverage_list runs;          /* by label, or by session if that was asked for */
	struct coverage all;                /* all sessions together */
	struct program_total_list programs; /* when asked for */
	struct {
		struct directory_total **items; /* when asked for; the one with the most bytes first */
		size_t count, capacity;
	} directories;
	bool has_catalog;
	uint64_t source_files, source_bytes; /* in the catalog */
	uint64_t left_files, left_bytes;     /* of those, not needed */
	/* Of the test runs; sessions from production, which only miss, are no samples. */
	size_t tests;            /* runs that are tests */
	uint64_t alone_files;    /* needed by one test run only: what leaving it out would have missed */
	struct estimate estimate;
};

/* depth: how many parts of a directory's path count, at least 1. */
int statistics_read(struct manifest *manifest, enum statistics_by by, unsigned int depth,
		    struct statistics *ret_statistics, struct error *err);
void statistics_release(struct statistics *statistics);

/* The session that a row of `runs` begins with. */
const struct session *statistics_session(const struct statistics *statistics,
					 const struct coverage *run);

/* 0 to 1: of the files all test runs needed, those that a single one needed. */
double statistics_miss_rate(const struct statistics *statistics);

#endif
