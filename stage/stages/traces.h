/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image made slim by what its traced likeness (pack/oci/instrument.h) saw wherever it ran: the traces
 * are merged, what they used of the image's root is packed, and the image keeps all that it says of itself.
 */
#ifndef STAGE_STAGES_TRACES_H
#define STAGE_STAGES_TRACES_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/oci/carrier.h"
#include "stage/spec/spec.h"

struct traces_request {
	const char *image, *output; /* as reference_parse() has them */
	const char *name;	    /* of the slim image; NULL: that of the image, with -slim behind its tag */
	const spec_strings *traces; /* files, or directories of *.db */
	const spec_strings *packer; /* further options of tracepack build */
	const spec_strings *changes; /* of the configuration, as pack/oci/change.h has them */
	const char *keep_manifest;  /* where the merged manifest goes, too; NULL */
	bool other_image;	    /* traces of another image are taken, too */
	bool own_only;		    /* or left out without a word */
	bool force;
	struct carrier_options access;

	/*
	 * Does a package of it do what the image's root does? NULL: nothing is run. 0: it is written; above 0: it
	 * is not, and that is what traces_slim() returns. So it does, with err set, where it is too large (--max-size).
	 */
	int (*verify)(void *data, const char *package, const char *root, struct error *err);
	void *data;
};

struct traces_result {
	char *name;	  /* owned */
	size_t files, sessions;
	uint64_t size;	  /* of the root's layer as it is stored, bytes */
	uint64_t was;	  /* of the layers of the image, bytes */
};

/*
 * tracepack's warnings are added to `said`, a line each. -ENODATA: no trace is left of those that were given.
 */
int traces_slim(const struct traces_request *request, struct traces_result *ret_result,
		struct text *said, struct error *err);
void traces_result_release(struct traces_result *result);

#endif
