/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A software bill of materials in CycloneDX 1.5 JSON: the packages of which files are kept, and how
 * many files of how many.
 *
 * Properties of a component: sfc:files:kept, sfc:files:total, sfc:bytes:kept, sfc:bytes:total; of the
 * whole: sfc:files:kept, sfc:files:unowned (kept, and of no package), sfc:packages:total (installed in
 * the source), and sfc:records:unread where a package manager's records could not be read.
 */
#ifndef PACK_DISTRO_SBOM_H
#define PACK_DISTRO_SBOM_H

#include <jansson.h>
#include <stdint.h>

#include "pack/distro/distribution.h"

struct sbom_subject {
	const char *name, *version; /* of what is described; version may be NULL */
	int64_t time;               /* seconds since 1970 */
	uint64_t files;             /* kept, directories not counted */
	/*
	 * Files that are kept and of no package, by path, to be listed as components; or NULL. Their
	 * number is in the properties anyhow.
	 */
	const char *const *unowned;
	size_t unowned_count;
};

/* The distribution is marked. The same arguments give the same document. NULL: out of memory. */
json_t *sbom_json(const struct distribution *distribution, const struct sbom_subject *subject);

#endif
