/* SPDX-License-Identifier: BSD-2-Clause */
/* What the holder does about its instances: wakes them, sees how they are, lays them down. */
#ifndef STAGE_INSTANCE_HOLD_WORK_H
#define STAGE_INSTANCE_HOLD_WORK_H

#include <stdbool.h>

#include "stage/instance/hold_groups.h"

/* Who connects there wakes one: none is up, or about to be, and one sleeps. */
bool hold_waits(const struct hold_group *group);
/* Something is to be looked at every second: connections come and go at one that is up. */
bool hold_ticks(const struct hold_groups *groups);

/* This descriptor of the group's is readable: somebody has connected, or an instance has ended. */
void hold_look(struct hold_groups *groups, struct hold_group *group, int fd);
/* Children have ended. */
void hold_reap(struct hold_groups *groups);
/* One more where there are many connections, one less where one has had none for long. */
void hold_tick(struct hold_groups *groups);

#endif
