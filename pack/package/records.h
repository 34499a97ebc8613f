/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the distribution's package manager knows of a root file system that holds a part of its
 * packages: its records, trimmed to what is there (pack/distro/records.h), and a bill of materials
 * (pack/distro/sbom.h).
 */
#ifndef PACK_PACKAGE_RECORDS_H
#define PACK_PACKAGE_RECORDS_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/distro/sbom.h"
#include "pack/need/closure.h"
#include "pack/package/notes.h"
#include "pack/tree/tree.h"

/*
 * Write the records of the closure's source into rootfs, which the closure has filled, and make
 * the bill; subject has name, version and time, and gets the counts; the notes learn which packages there
 * are. *ret_sbom is the caller's,
 * NULL: out of memory. What cannot be read or trimmed is left out with a warning of the closure.
 */
int package_records(struct closure *closure, struct node *rootfs, struct sbom_subject *subject,
		    struct notes *notes, json_t **ret_sbom, struct error *err);

#endif
