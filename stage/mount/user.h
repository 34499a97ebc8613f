/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plain users: a command of one enters a user namespace of his in which he is root, and a mount namespace
 * with it, and from then on goes the same way as root's. Inside, number 0 is the user, and from 1 on come
 * the numbers that /etc/subuid and /etc/subgid give him, by newuidmap(1) and newgidmap(1): what belongs to
 * www-data in an image belongs to one of these on disk. Without them he alone exists inside.
 *
 * All that runs of one state is in one user namespace, so that each command reaches what another started:
 * who comes first makes it, who comes later joins, and with its last process it is gone. Nothing is kept
 * for it but a file with the numbers of those processes, "namespace" in the state directory.
 */
#ifndef STAGE_MOUNT_USER_H
#define STAGE_MOUNT_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/base/error.h"

/* Not root of the machine: before it has entered and after. */
bool user_is_plain(void);
/* Who we are for those outside. */
uid_t user_uid(void);

/*
 * Enter, from a process of one thread; nothing for root, or for who has entered already. state: the
 * directory, absolute. Says in one line what a user without a range does without.
 */
int user_enter(const char *state, struct error *err);
/* We are inside, and have other numbers than 0 there. Root always has. */
bool user_has_range(void);
/* This process, which is inside, outlives the command: others may join it. */
int user_stays(const char *state, pid_t pid, struct error *err);

/* His systemd runs also when he is not logged in. */
bool user_lingers(void);

/* A line of /etc/subuid or /etc/subgid is his. */
bool user_has_subids(const char *file);

#endif
