/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtual machine for libvirt: the files of a disk (disk.h), and domain.xml that names them by their absolute paths. */
#ifndef PACK_ENGINE_LIBVIRT_H
#define PACK_ENGINE_LIBVIRT_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/engine/engine.h"
#include "pack/engine/facts.h"

engine_writer engine_write_libvirt;

/*
 * The definition alone, of the files in `directory`. format: of the disk. What XML cannot hold is refused with
 * -EINVAL.
 */
int libvirt_domain(const struct facts *facts, const char *directory, const char *format, struct text *text,
		   struct error *err);

#endif
