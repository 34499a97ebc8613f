/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel unpacks first: process 1, how to start, and the modules of this kernel. */
#ifndef PACK_ENGINE_INITRD_H
#define PACK_ENGINE_INITRD_H

#include "db/base/error.h"
#include "pack/engine/engine.h"
#include "pack/engine/kernel.h"

enum { INITRD_SUPERBLOCK = 96 };

/*
 * To fd, not compressed: unpacking would take the machine longer than reading more. superblock: the first bytes of
 * the image. The same facts, kernel and program give the same bytes.
 */
int initrd_write(const struct export_job *job, const struct kernel *kernel, const unsigned char *superblock, int fd,
		 struct error *err);

#endif
