/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel to boot a disk with: the file, and those of its modules that a virtual machine may need. It is the
 * operator's own; nothing of it is run here.
 */
#ifndef PACK_ENGINE_KERNEL_H
#define PACK_ENGINE_KERNEL_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/tree/tree.h"

struct kernel {
	char *file;
	char *version; /* "6.1.0-44-cloud-amd64"; NULL: its file does not say */
	char *modules; /* lib/modules/VERSION; NULL: it has none */
};

void kernel_release(struct kernel *kernel);

/*
 * file: NULL: the newest cloud kernel of this machine's /boot. modules: NULL: lib/modules/VERSION beside the
 * directory that the kernel lies in, else of this machine. -ENOENT with err set.
 */
int kernel_find(const char *file, const char *modules, struct kernel *ret_kernel, struct error *err);

/*
 * Put the modules into `tree` (pack/guest/start.h says where and how), with those they need. -ENOENT with err set
 * where it can mount no image: squashfs or overlay is neither a module nor built in.
 */
int kernel_add_modules(const struct kernel *kernel, struct tree *tree, struct error *err);

#endif
