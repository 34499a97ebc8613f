/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Units (instance/unit.h) where systemd finds them: an application that is enabled has its target there, and its
 * instances a unit each. Everything is written from what the state says now, so writing it again is all there is
 * to keeping it so.
 */
#ifndef STAGE_INSTANCE_ENABLE_H
#define STAGE_INSTANCE_ENABLE_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/state/state.h"

/* Is the application enabled; with a name, has that instance a unit? */
bool enable_is(const char *app, const char *name);
/* systemd starts and stops it, and it alone starts it again. */
bool enable_rules(const char *app, const char *name);

/*
 * Write the target and a unit for each instance, remove those of instances that are gone, and tell systemd. What is
 * up by now is taken over by its unit.
 */
int enable_app(struct state *state, const char *app, struct error *err);
/* Of one that is enabled, after its instances came or went; else nothing. */
int enable_refresh(struct state *state, const char *app, struct error *err);
/* -ENOENT: it is not enabled. What runs goes on. */
int disable_app(const char *app, struct error *err);

/* To systemd, when it waits for us: "READY=1", "MAINPID=…", "STATUS=…", a line each. Nothing where nobody waits. */
void enable_notify(const char *lines);

#endif
