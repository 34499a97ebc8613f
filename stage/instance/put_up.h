/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instance put up, in processes of its own: its root mounted in a namespace that ends with conmon, its
 * container running. Knows no database: what it needs is in the struct, what it did comes back.
 */
#ifndef STAGE_INSTANCE_PUT_UP_H
#define STAGE_INSTANCE_PUT_UP_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/container/keep.h"
#include "stage/layer/guard.h"
#include "stage/spec/spec.h"

struct put_up {
	const char *app, *name;
	const struct spec *spec;
	const char *package;   /* the digest */
	bool set_id;           /* of the package */
	const char *container; /* its name */
	int64_t run;           /* for `sfc _ended` */
	const char *state;     /* the state directory */
	const char *directory; /* of the instance: layer, log */
	const char *conmon;    /* of the run */
	const char *guarded;   /* the manifest of its guard; NULL: it has none */
	bool unit;             /* we are a unit of systemd, whose main process conmon is to be */
	const char *guard_source; /* where that root is, or its name; NULL: there is none */
	const char *network;   /* that it had, with others in it still; NULL: none */
	const char *restore;   /* files of a checkpoint, in the state directory; NULL: it begins anew */
	int heals;             /* the root that its guard serves from, detached; -1: none */
};

/*
 * 0 it runs, and what is returned says where. What came up of one that failed is down again, but for its guard:
 * that is returned all the same, for it writes its manifest to the end.
 */
int put_up(const struct put_up *job, struct container_note *ret_note, struct guard *ret_guard,
	   struct error *err);

#endif
