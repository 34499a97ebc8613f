// SPDX-License-Identifier: BSD-2-Clause
#include "fs/remount.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "fs/control.h"

static const char writable[] = "remount rw", noatime[] = "remount noatime", atime[] = "remount atime";

static unsigned long flags_of(const struct options *options)
{
	return MS_REMOUNT | (options->read_only ? MS_RDONLY : 0ul) |
	       (options->nosuid ? MS_NOSUID : 0ul) | (options->nodev ? MS_NODEV : 0ul) |
	       (options->noexec ? MS_NOEXEC : 0ul) | (options->sync ? MS_SYNCHRONOUS : 0ul) |
	       (options->dirsync ? MS_DIRSYNC : 0ul) |
	       (options->noatime ? MS_NOATIME : MS_RELATIME);
}

static int ask(const struct options *options, const char *question, struct error *err)
{
	_cleanup_(text_release) struct text answer = TEXT_INIT;

	return control_ask(options->mountpoint, question, &answer, err);
}

int remount(const struct options *options, struct error *err)
{
	int r = options->read_only ? 0 : ask(options, writable, err);

	if (r < 0)
		return r;
	if (mount(NULL, options->mountpoint, NULL, flags_of(options), NULL) < 0)
		return error_errno(err, "cannot remount %s", options->mountpoint);
	return ask(options, options->noatime ? noatime : atime, err);
}

int remount_answer(struct source *source, const char *question, struct error *err)
{
	if (strcmp(question, writable) == 0)
		return source->read_only
			       ? error_set(err, -EROFS, "it was mounted ro, and holds its source so: "
							"unmount it, and mount it rw")
			       : 0;
	if (strcmp(question, noatime) != 0 && strcmp(question, atime) != 0)
		return -ENOTTY;
	source_set_noatime(source, strcmp(question, noatime) == 0);
	return 0;
}
