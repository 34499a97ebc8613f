/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image as it is, with tracefs in a layer of its own before whatever it starts.
 */
#ifndef PACK_OCI_INSTRUMENT_H
#define PACK_OCI_INSTRUMENT_H

#include "pack/oci/file.h"
#include "pack/oci/traced_config.h"

struct instrument_request {
	const char *image;   /* as reference_parse() has it */
	const char *output;  /* likewise; a path alone is an archive of the kind that came in */
	const char *program; /* a tracefs that needs no libraries: a file */
	const char *name;    /* of the new image; NULL: that of the old, with "-traced" behind it */
	struct traced_options traced;
	bool force; /* replace the output if it is a file */
	struct carrier_options access;
};

struct instrument_result {
	char *name;	   /* owned */
	char *user;	   /* whom it changes to; NULL: nobody; owned */
	bool loses_health; /* its HEALTHCHECK is one that only docker reads, in an OCI image */
	uint64_t added;	   /* bytes of the new layer */
	char id[OCI_IMAGE_ID_SIZE];
};

int instrument(const struct instrument_request *request, struct instrument_result *ret_result,
	       struct error *err);
void instrument_result_release(struct instrument_result *result);

#endif
