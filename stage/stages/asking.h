/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a server is known to be up, and what it is asked then: as the command line says it, and, where that says
 * nothing, the image: the ports that it exposes, its HEALTHCHECK.
 */
#ifndef STAGE_STAGES_ASKING_H
#define STAGE_STAGES_ASKING_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/text.h"
#include "pack/oci/image_config.h"
#include "stage/watch/inside.h"

struct asking {
	const struct spec *spec;
	const struct image_config *image; /* or NULL */
	ARRAY(uint16_t) ports;            /* TCP: it is up when one of them listens; none: they do not count */
	struct inside_check check;        /* HEALTHCHECK; no words: it is not asked */
	unsigned int port;                /* that was found to listen; 0: none yet */
};

/* image: NULL, or empty, where there is none; it outlives the asking. Release it in any case. */
int asking_open(const struct spec *spec, const struct image_config *image, struct asking *asking,
		struct error *err);
void asking_release(struct asking *asking);

/* Does it stay until it is told, and is asked something? */
bool asking_is_server(const struct asking *asking);
/* Nobody says when it is up: it is when the first answer is good. */
bool asking_by_answer(const struct asking *asking);
/* -EADDRINUSE: on the network that it will have, which is the host's, somebody listens already. */
int asking_check_ports(const struct asking *asking, struct error *err);
/* "80/tcp, 443/tcp". */
void asking_add_ports(const struct asking *asking, struct text *text);

/* Until it is up, as ready_wait() in stage/watch/ready.h. */
int asking_wait(struct asking *asking, struct container *container, struct pollfd *also, int64_t timeout_ms,
		struct error *err);

/* Where what is asked is answered: a descriptor each; what two runs are compared by, and the rest. */
struct answers {
	int output, errors;
};

/* HEALTHCHECK, once; *ret_status: 0 it is well. -EINTR: `also` is ready. */
int asking_check(struct asking *asking, struct container *container, const struct answers *answers,
		 struct pollfd *also, int *ret_status, struct error *err);
/*
 * All probes, until one fails: *ret_what is what that was. `root` is what they see as $SFC_ROOT. -EINTR: `also` is
 * ready.
 */
int asking_probe(struct asking *asking, struct container *container, const char *root,
		 const struct answers *answers, struct pollfd *also, const char **ret_what, int *ret_status,
		 struct error *err);
bool asking_has_probes(const struct asking *asking);

#endif
