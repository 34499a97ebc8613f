// SPDX-License-Identifier: BSD-2-Clause
/* sfc sign: who has the key vouches for a package. */
#include <errno.h>
#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/store/signature.h"

int cmd_sign(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(text_release) struct text output = TEXT_INIT;
	struct signature_subject subject;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "which package?");
	if (!asked->key)
		return command_misused(command, "with which key? --key names it");
	text_printf(&output, "%s.sig", asked->operands[0]);
	r = text_failed(&output) ? error_oom(&err) : signature_subject_of(asked->operands[0], &subject, &err);
	if (r == 0)
		r = signature_write(&subject, asked->key, asked->output ? asked->output : output.bytes, asked->force,
				    &err);
	if (r < 0)
		return command_answer(command, r, &err);
	if (!asked->quiet)
		printf("%s  sha256:%s\n", asked->output ? asked->output : output.bytes, subject.digest);
	return EXIT_DONE;
}
