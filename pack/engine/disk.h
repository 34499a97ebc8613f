/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual machine of the root: a disk that is its SquashFS image, a kernel of the operator's, an initrd with
 * process 1 (pack/guest/) and how to start, and the kernel's command line. Another format of the disk is one
 * that qemu-img(1) knows, and a row in disk.c.
 */
#ifndef PACK_ENGINE_DISK_H
#define PACK_ENGINE_DISK_H

#include <stdbool.h>

#include "pack/engine/engine.h"

/* The names in the directory; the disk is DISK_FILE and its format behind a dot. */
#define DISK_FILE "disk"
#define DISK_KERNEL "kernel"
#define DISK_INITRD "initrd"
#define DISK_CMDLINE "cmdline"

/* "raw", "qcow2", "vmdk". */
bool disk_format_is_known(const char *format);

/* What is started in it, for kernels that say where their console is. */
const char *disk_cmdline(void);

engine_writer engine_write_disk;

#endif
