/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * systemd units: one an instance, and a target for those of an application. Under its unit an instance's main
 * process is conmon, and systemd alone starts it again, boots it and keeps its journal:
 *
 *	sfc-web.target      wanted by multi-user.target
 *	sfc-web@1.service   wanted by, and part of, sfc-web.target
 *
 * A unit is skipped, not failed, when its instance is not wanted up.
 */
#ifndef STAGE_INSTANCE_UNIT_H
#define STAGE_INSTANCE_UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/spec/spec.h"

enum { UNIT_NAME_SIZE = 160 };

/* "sfc-web@1.service"; name NULL: "sfc-web.target". */
void unit_name(const char *app, const char *name, char *buffer, size_t size);

struct unit {
	const char *app, *name;
	const char *program; /* sfc, absolute */
	const char *state;   /* the state directory, absolute */
	const struct spec *spec;
};

/* -EINVAL with err set: a path has a character that no unit can hold. */
int unit_write(const struct unit *unit, struct text *text, struct error *err);
void unit_write_target(const char *app, struct text *text);

/*
 * A word as a unit has it, in quotes: nothing of it is a specifier, a variable or another word. -EINVAL: control
 * characters.
 */
int unit_quote(struct text *text, const char *word, bool command);

#endif
