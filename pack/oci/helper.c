// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/helper.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "db/base/text.h"

/* The words in msg="…" of the lines that skopeo and docker log; else the line. */
static int add_message(struct text *message, const char *line)
{
	const char *from = strstr(line, " msg=\"");

	if (!from)
		return text_add_plain(message, line);
	for (from += 6; *from && *from != '"'; from++) {
		if (*from == '\\' && from[1] && *++from == 'n')
			text_add_char(message, ' ');
		else
			text_add_char(message, (unsigned char)*from < ' ' ? ' ' : *from);
	}
	return text_failed(message) ? -ENOMEM : 0;
}

static int say_failure(const char *program, struct text *said, struct error *err)
{
	_cleanup_(text_release) struct text message = TEXT_INIT;
	const char *line = said->size ? program_line(said, "") : "";

	if (!*line)
		return error_set(err, -EIO, "%s failed and does not say why", program);
	if (add_message(&message, line) < 0)
		return error_oom(err);
	return error_set(err, -EIO, "%s: %s", program, message.bytes ? message.bytes : "");
}

int helper_run(const char *const *args, const volatile int *cancel, struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	int r = program_run_until(args, &output, &said, cancel, err);

	if (r == -EINTR)
		return error_prefix(err, r, "%s", args[0]);
	return r > 0 ? say_failure(args[0], said.size ? &said : &output, err) : r;
}
