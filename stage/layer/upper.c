// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/upper.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "db/base/text.h"

int upper_copy(int from, int dirfd, const char *name, const char *shown, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT, target = TEXT_INIT;
	char source[48];
	int r;

	/* by our number: what is close-on-exec here is not open there */
	snprintf(source, sizeof(source), "/proc/%d/fd/%d/.", (int)getpid(), from);
	text_printf(&target, "/proc/%d/fd/%d/%s", (int)getpid(), dirfd, name);
	if (text_failed(&target))
		return error_oom(err);
	r = program_run((const char *const[]){"cp", "-a", "--reflink=auto", "-T", "--", source,
					      target.bytes, NULL},
			NULL, &said, err);
	if (r > 0)
		return error_set(err, -EIO, "cannot copy %s: %s", shown, program_line(&said, ""));
	return r;
}
