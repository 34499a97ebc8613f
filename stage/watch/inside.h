/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked of a container from inside, by programs of its own root, which are traced where that is: the
 * image's HEALTHCHECK, --exec-probe.
 */
#ifndef STAGE_WATCH_INSIDE_H
#define STAGE_WATCH_INSIDE_H

#include <poll.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/oci/image_config.h"
#include "stage/container/container.h"

/* HEALTHCHECK as an image says it. */
struct inside_check {
	spec_strings args; /* what is run; count 0: there is none */
	int64_t timeout_ms; /* of one run; 0: docker's 30 s */
};

/* Of the image, or of the label in which OCI's kind keeps it; NONE is none. Release it in any case. */
int inside_check_of(const struct image_config *image, struct inside_check *check, struct error *err);
void inside_check_release(struct inside_check *check);

/* The words of a command for the shell of the image (NULL: none): SHELL, or /bin/sh -c. */
int inside_words(const struct image_config *image, const char *command, spec_strings *ret_words,
		 struct error *err);

/* As probe_run() in stage/watch/ready.h has it. */
int inside_run(struct container *container, const spec_strings *words, int output, int errors,
	       struct pollfd *also, int64_t timeout_ms, int *ret_status, struct error *err);

#endif
