/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check of a finished package: is it what it says it is, and does it hold together? Its own
 * digests are checked, its start configuration, and that everything its programs and scripts need is
 * in it: the closure is computed again, with the package as the source.
 */
#ifndef PACK_PACKAGE_CHECK_H
#define PACK_PACKAGE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/package/bundle.h"

struct package_check {
	struct {
		char **items;
		size_t count, capacity;
	} problems; /* what is wrong, one line each */
	struct {
		char **items;
		size_t count, capacity;
	} notes; /* what was known to be missing when it was built */
	struct {
		char **items;
		size_t count, capacity;
	} asks; /* what its start asks for beyond the default, and is not given */
	uint64_t files, bytes; /* checked */
	uint64_t programs;     /* of them ELF files and scripts */
};

/* All zero is a fresh one. scratch: a directory for a copy of the root. 0 also with problems. */
int package_check(const struct bundle *bundle, const char *scratch, struct package_check *check,
		  struct error *err);
void package_check_release(struct package_check *check);

#endif
