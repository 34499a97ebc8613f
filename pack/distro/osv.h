/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of known weaknesses in the OSV format (ossf.github.io/osv-schema): JSON, one a file, as osv.dev and the
 * distributions publish them. Of each only its names and which packages it is about are looked at; versions are not:
 * the question here is what is not there at all.
 */
#ifndef PACK_DISTRO_OSV_H
#define PACK_DISTRO_OSV_H

#include <stdbool.h>

#include <jansson.h>

#include "db/base/error.h"
#include "pack/distro/distribution.h"

/*
 * Visit the record in a file, or in each *.json of a directory, in the order of their names. One that was withdrawn
 * is not visited. A visitor that returns non-zero ends it. -EBADMSG: it is no record, err says which and why.
 */
int osv_each(const char *path, int (*visit)(const json_t *record, void *data, struct error *err), void *data,
	     struct error *err);

/*
 * Is it about this package? By the source package or its own name, in an ecosystem (Debian:12, Ubuntu:22.04:LTS,
 * Alpine:v3.18, Red Hat:…, AlmaLinux:9, Rocky Linux:9, openSUSE:…, SUSE:…) of this distribution.
 */
bool osv_is_about(const json_t *record, const struct distribution *distribution, const struct installed *installed);

/*
 * Visit what a scanner calls it: the CVEs among its id, aliases and upstream, or else its id. `aliases` are all the
 * other names where it is one CVE, else empty.
 */
int osv_each_name(const json_t *record, int (*visit)(const char *name, const json_t *aliases, void *data), void *data);

#endif
