/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A start configuration in the words of LXC (lxc.container.conf(5)): the same command, user,
 * variables, directory, capabilities and limits.
 */
#ifndef PACK_ENGINE_LXC_H
#define PACK_ENGINE_LXC_H

#include <jansson.h>

#include "db/base/error.h"
#include "db/base/text.h"

/*
 * rootfs: "dir:" and the absolute path of the root; name: of the container. LXC splits its command
 * at spaces and knows no quotes: a command that needs them is refused with -EINVAL.
 */
int lxc_config(const json_t *start, const char *rootfs, const char *name, struct text *text,
	       struct error *err);

#endif
