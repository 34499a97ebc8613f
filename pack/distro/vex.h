/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VEX: of which known weaknesses (pack/distro/osv.h) a package is not affected, because what has them is not in it:
 * packages of the distribution that its source has and of which no file was kept. As OpenVEX 0.2.0 or as
 * CycloneDX 1.5 JSON. A package of which one file is there has no statement.
 *
 *	_cleanup_(vex_release) struct vex vex = {.distribution = &distribution};	marked
 *
 *	r = vex_add(&vex, "/var/lib/osv", err);		as often as there are lists
 *	json = vex_openvex(&vex, &subject);
 */
#ifndef PACK_DISTRO_VEX_H
#define PACK_DISTRO_VEX_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "db/base/error.h"
#include "pack/distro/distribution.h"

struct vex {
	const struct distribution *distribution;
	json_t *statements; /* by weakness: {aliases: {NAME: true}, absent: {URL: true}} */
	size_t records;     /* that were read */
	size_t present;     /* of them about a package of which something is there */
};

struct vex_subject {
	const char *name;    /* of what is described */
	const char *product; /* its URL, by which a scanner knows it */
	const char *author;
	int64_t time;        /* seconds since 1970 */
};

/* A file with one record, or a directory of them. */
int vex_add(struct vex *vex, const char *path, struct error *err);
void vex_release(struct vex *vex);

/* Weaknesses that have a statement. */
size_t vex_count(const struct vex *vex);

/* The same arguments give the same document. NULL: out of memory. */
json_t *vex_openvex(const struct vex *vex, const struct vex_subject *subject);
json_t *vex_cyclonedx(const struct vex *vex, const struct vex_subject *subject);

#endif
