/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A seccomp profile as containers/common and docker write it, and what of it holds for one container: for
 * seccomp.c.
 */
#ifndef STAGE_CONTAINER_PROFILE_H
#define STAGE_CONTAINER_PROFILE_H

#include <jansson.h>
#include <stdint.h>

#include "db/base/error.h"

/*
 * linux.seccomp of a config.json, with names, action, errno and arguments only. native is the machine's
 * architecture as libseccomp spells it: "SCMP_ARCH_X86_64". The caller owns *ret_rules.
 */
int profile_rules(const json_t *profile, const char *name, const char *native,
		  uint64_t capabilities, json_t **ret_rules, struct error *err);

#endif
