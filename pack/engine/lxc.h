/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container for LXC: a configuration in the words of lxc.container.conf(5), with the same command,
 * user, variables, directory, capabilities and limits, and rootfs beside it.
 */
#ifndef PACK_ENGINE_LXC_H
#define PACK_ENGINE_LXC_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/engine/engine.h"
#include "pack/engine/facts.h"

engine_writer engine_write_lxc;

/*
 * The configuration alone. rootfs: "dir:" and the absolute path of the root. LXC splits its command
 * at spaces and knows no quotes: a command that needs them is refused with -EINVAL.
 */
int lxc_config(const struct facts *facts, const char *rootfs, struct text *text, struct error *err);

#endif
