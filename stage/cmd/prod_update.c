// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod update, rollback: another package under the instances of an application. */
#include <errno.h>
#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/update.h"

static void say_shadow(const char *app, const char *name, const char *path, bool deleted)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	text_add_escaped(&shown, path);
	printf("%s/%s: %s: %s the change\n", app, name, shown.bytes,
	       deleted ? "it deleted the file, which hides" : "its own copy hides");
}

/* What did not come up again of what had gone back is worth a line, however it ended. */
static void say_left(const struct sfc_command *command, const struct error *said)
{
	if (*said->message)
		log_error("%s: %s", command->name, said->message);
}

static int check(const struct asked *asked, size_t wanted, struct error *err)
{
	if (asked->operand_count < 1)
		return error_set(err, -EINVAL, "which application? 'sfc prod list' shows them");
	if (asked->operand_count < wanted)
		return error_set(err, -EINVAL, "update %s to which package?", asked->operands[0]);
	return state_check_name("an application", asked->operands[0], err);
}

int cmd_prod_update(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct update_request request = {
		.digest = asked->digest, .spec = &asked->spec, .dry_run = asked->dry_run, .shadow = say_shadow,
		.took = prod_tell_losses};
	struct error err = ERROR_INIT, said = ERROR_INIT;
	enum update_outcome outcome = UPDATE_DONE;
	char digest[DIGEST_HEX_SIZE];
	int r = check(asked, 2, &err);

	if (r < 0)
		return command_answer(command, r, &err);
	r = cmd_state_open(&state, &err);
	if (r == 0) {
		request.app = asked->operands[0];
		request.file = asked->operands[1];
		r = instance_update(state, &request, &outcome, digest, &said, &err);
	}
	if (r == 0 && outcome == UPDATE_SAME)
		printf("%s stands on sha256:%s already\n", request.app, digest);
	else if (r == 0 && outcome == UPDATE_DONE)
		printf("%s updated to sha256:%s\n", request.app, digest);
	say_left(command, &said);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}

int cmd_prod_rollback(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct update_request request = {.shadow = say_shadow};
	struct error err = ERROR_INIT, said = ERROR_INIT;
	enum update_outcome outcome = UPDATE_DONE;
	char digest[DIGEST_HEX_SIZE];
	int r = check(asked, 1, &err);

	if (r < 0)
		return command_answer(command, r, &err);
	r = cmd_state_open(&state, &err);
	if (r == 0) {
		request.app = asked->operands[0];
		r = instance_rollback(state, &request, &outcome, digest, &said, &err);
	}
	if (r == 0 && outcome == UPDATE_UNDONE)
		printf("%s is back on sha256:%s; the update that was interrupted is undone\n", request.app, digest);
	else if (r == 0)
		printf("%s rolled back to sha256:%s\n", request.app, digest);
	say_left(command, &said);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}
