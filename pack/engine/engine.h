/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing engine/ says a package in the words of those who run it: one struct facts, and one small
 * writer an engine. It may include db/base, pack/guest, pack/image, pack/layer, pack/oci, pack/source and
 * pack/tree. Another engine is a file beside lxc.c and a row in export.c, and what it wants to know
 * goes into facts.c first.
 */
/*
 * An export on its way: what each engine's writer gets. A tree and its facts go in; into a directory or
 * a file goes what that engine wants, the same bytes for the same input.
 */
#ifndef PACK_ENGINE_ENGINE_H
#define PACK_ENGINE_ENGINE_H

#include <stdint.h>

#include <jansson.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/engine/facts.h"
#include "pack/engine/written.h"
#include "pack/image/image.h"
#include "pack/layer/extract.h"
#include "pack/layer/layer.h"
#include "pack/oci/derived.h"
#include "pack/oci/write.h"
#include "pack/tree/tree.h"

enum export_kind {
	EXPORT_OCI,	/* a tar: an OCI layout that docker of any age loads, too */
	EXPORT_DOCKER,	/* the same with docker's names, and HEALTHCHECK in its field */
	EXPORT_OCI_DIR, /* the layout as a directory */
	EXPORT_BUNDLE,	/* a directory with config.json and rootfs */
	EXPORT_LXC,	/* a directory with config and rootfs */
	EXPORT_NSPAWN,	/* a directory with NAME.nspawn and rootfs */
	EXPORT_PORTABLE, /* a directory with NAME.raw and NAME.service */
	EXPORT_SQUASHFS, /* the root alone, as an image */
	EXPORT_TAR,	 /* the root alone */
	EXPORT_DISK,	 /* a directory with a disk, a kernel and what it starts with */
	EXPORT_LIBVIRT,	 /* the same, and what libvirt calls it */
	EXPORT_KUBERNETES, /* YAML: a Deployment and a Service */
	EXPORT_COMPOSE, /* YAML: a service of a Compose project */
	EXPORT_STACK,	/* the same of a Docker Swarm's stack */
	EXPORT_APPARMOR, /* an AppArmor profile */
	EXPORT_QUADLET,	/* NAME.container, for podman's generator of units */
	EXPORT_FACTS,	 /* JSON, for engines that we do not know */
	EXPORT_KINDS,
};

/* Of a virtual machine. */
struct disk_options {
	const char *format;  /* NULL: "raw" */
	const char *kernel;  /* NULL: the newest cloud kernel that is installed */
	const char *modules; /* its lib/modules/VERSION; NULL: beside it */
	const char *init;    /* process 1 (pack/guest/), linked statically */
};

struct export_options {
	enum export_kind kind;
	const char *name;     /* of the image or container */
	const char *image_name; /* what engines that only name it call the image; NULL: name */
	const json_t *asked;  /* pack/engine/asked.h; or NULL */
	const struct written_paths *written; /* by the traced runs; or NULL */
	const json_t *profile; /* sfc/profile.json of the package, checked; or NULL */
	const char *platform; /* NULL: this machine's */
	const char *tmpdir;   /* NULL: $TMPDIR or /var/tmp */
	const struct oci_guard *guard; /* of images; or NULL */
	bool verity;          /* write verity data beside a squashfs, over what is there */
	struct disk_options disk;
	struct derived_options derived; /* labels and changes; the rest is the writer's */
	struct layer_write_options layer;
	struct extract_options extract;
	struct image_options image;
};

struct export_stats {
	struct text said;  /* what is otherwise than one may think, a line each; to be released */
	uint64_t sockets; /* left out: no tar can hold one */
	struct derived_notes notes;
	struct extract_stats extract;
};

struct export_job {
	struct node *root;
	const struct facts *facts;
	const struct export_options *options;
	const char *output; /* as it was asked for; "-": standard output */
	int dirfd;          /* the directory to fill, which appears as output when all is in it; or -1 */
	struct export_stats *stats;
};

typedef int engine_writer(const struct export_job *job, struct error *err);

#endif
