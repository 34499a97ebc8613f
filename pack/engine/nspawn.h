/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container for systemd-nspawn: NAME.nspawn in the words of systemd.nspawn(5), and rootfs beside it. In
 * /etc/systemd/nspawn and /var/lib/machines they are a machine that machinectl(1) starts.
 */
#ifndef PACK_ENGINE_NSPAWN_H
#define PACK_ENGINE_NSPAWN_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/engine/engine.h"
#include "pack/engine/facts.h"

engine_writer engine_write_nspawn;
extern const char *const nspawn_can[];

/* The settings alone. -EINVAL with err set for what they cannot hold. */
int nspawn_settings(const struct facts *facts, struct text *text, struct error *err);

#endif
