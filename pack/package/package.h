/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing package/ is the one file that is handed over: made (package.c), opened (bundle.c),
 * checked (check.c). It may include db, db/base, pack/distro, pack/elf, pack/evidence, pack/image, pack/need,
 * pack/oci, pack/source and pack/tree. Another part of a package goes into package.c and
 * package(5), another way to start it into launch.c, another promise it makes into check.c.
 */
/*
 * The package: a tree that is an OCI bundle with its evidence (package(5)).
 *
 *	config.json           how to start it
 *	rootfs/               what it needs
 *	sfc/package.json      what it is
 *	sfc/image.json        of an image: its own configuration, whole (pack/oci/image_config.h)
 *	sfc/profile.json      what of the default confinement it goes without (pack/package/profile.h)
 *	sfc/closure.json      why each path is in it (pack/evidence/evidence.h)
 *	sfc/manifest.db       the sessions it was made from
 *	sfc/sbom.json         of which packages of the distribution it has files (pack/distro/sbom.h)
 *
 * The same manifest, source and options make the same tree: times come from SOURCE_DATE_EPOCH or
 * else from the newest session, the uuid from the contents.
 */
#ifndef PACK_PACKAGE_PACKAGE_H
#define PACK_PACKAGE_PACKAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "db/base/text.h"
#include "db/catalog_list.h"
#include "db/manifest.h"
#include "pack/need/closure.h"
#include "pack/need/closure_tree.h"
#include "pack/need/selection.h"
#include "pack/package/launch.h"
#include "pack/tree/tree.h"

#define PACKAGE_UUID_SIZE DIGEST_UUID_SIZE

enum package_catalog {
	PACKAGE_CATALOG_FITTING, /* all of it where it is small beside the rest, else as near */
	PACKAGE_CATALOG_FULL,
	PACKAGE_CATALOG_NEAR,    /* folded but near what is in the package (db/catalog_fold.h) */
	PACKAGE_CATALOG_NONE,
};

struct package_options {
	const char *name;         /* "nginx" */
	const char *version;      /* of what is packed; or NULL */
	const json_t *config;     /* merged into config.json; or NULL */
	const struct text *image; /* sfc/image.json, checked by who read it; or NULL */
	int64_t time;             /* seconds since 1970, of the files that are made here */
	int64_t newest;           /* no file is newer, but whose time others know (pack/source/recorded.h) */
	const struct catalog_list *catalog; /* of the source, whole; empty: unknown */
	enum package_catalog keep_catalog;  /* what of it the package is given */
	bool no_records;          /* leave out pack/distro/records.h and sfc/sbom.json */
	const char *source_name;  /* what to call the source: a word, no path */
	const char *scratch;      /* a directory for the copy of the manifest */
};

struct package;

/*
 * Fill an empty tree. The package holds what the tree's contents lean on: free it after the tree.
 * Every file's contents are read once, for its digest.
 */
int package_create(struct manifest *manifest, const struct selection *selection,
		   struct closure *closure, struct launch *launch,
		   const struct package_options *options, struct tree *tree,
		   struct package **ret_package, struct error *err);
void package_free(struct package *package);
void package_freep(struct package **package);

const char *package_uuid(const struct package *package);
/* sfc/profile.json; NULL: it has none. */
const json_t *package_profile(const struct package *package);
/* Of what the source has in it; empty places (pack/package/places.h) do not count. */
const struct tree_totals *package_totals(const struct package *package);

/* When the last of the sessions ended, in seconds: the time of a package nobody gave one. */
int64_t package_time(const struct selection *selection);

#endif
