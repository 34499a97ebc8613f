// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/disk_arguments.h"

#include <errno.h>

#include "pack/engine/disk.h"

static int take_format(void *target, const char *value, struct error *err)
{
	return disk_format_is_known(value) ? option_string(target, value, err) : -EINVAL;
}

const struct command_option disk_argument_options[] = {
	{0, "format", "raw|qcow2|vmdk", "of a disk [raw]; the others by qemu-img(1)",
	 OPTION_CALL(take_format, struct disk_options, format)},
	{0, "kernel", "FILE", "that boots the disk [the newest cloud kernel in /boot]",
	 OPTION_STRING(struct disk_options, kernel)},
	{0, "modules", "DIR", "of that kernel [lib/modules/VERSION beside its directory, or here]",
	 OPTION_STRING(struct disk_options, modules)},
	{0, "init", "FILE", "process 1 of the disk; 'sfc export' has one", OPTION_STRING(struct disk_options, init)},
	{0},
};

const char *disk_argument_misuse(const struct disk_options *disk, bool is_disk)
{
	if (is_disk)
		return disk->init ? NULL : "which program is process 1 of the disk? (--init FILE)";
	return disk->format || disk->kernel || disk->modules ? "--format, --kernel and --modules are for a disk: they "
							       "do not go with that --to"
							     : NULL;
}
