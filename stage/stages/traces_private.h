/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the steps of traces_slim(): which files, what tracepack makes of them, the image. */
#ifndef STAGE_STAGES_TRACES_PRIVATE_H
#define STAGE_STAGES_TRACES_PRIVATE_H

#include "db/base/array.h"
#include "pack/layer/work_dir.h"
#include "pack/oci/file.h"
#include "pack/oci/traced_config.h"
#include "stage/stages/traces.h"

struct traces {
	const struct traces_request *request;
	struct traces_result *result;
	struct reference from, to;
	struct oci_file file;
	char id[OCI_IMAGE_ID_SIZE];
	ARRAY(char *) files; /* owned */
	struct work_dir work;
	char *manifest, *root, *packed, *start, *image; /* in it; owned */
};

/* The files that are asked for; each has to be of this image, or those that are not are left out. */
int traces_find(struct traces *traces, struct error *err);
int traces_check(struct traces *traces, struct error *err);

/* All of them as one manifest; the image as a directory; what was used of that, packed. */
int traces_merge(struct traces *traces, struct text *said, struct error *err);
int traces_unpack(struct traces *traces, struct text *said, struct error *err);
int traces_build(struct traces *traces, struct text *said, struct error *err);
int traces_keep_manifest(struct traces *traces, struct text *said, struct error *err);

#endif
