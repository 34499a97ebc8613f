// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod install: a package taken in; and what conmon calls when an instance has ended. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/ended.h"
#include "stage/instance/install.h"
#include "stage/spec/values.h"

/* What a user's package cannot have on disk. */
void prod_tell_losses(const char *path, const struct store_copy *copy)
{
	const struct extract_stats *extracted = &copy->extracted;

	if (extracted->devices_lost)
		log_warning("%" PRIu64 " device node%s of '%s' left out: only root may make them",
			    extracted->devices_lost, extracted->devices_lost == 1 ? "" : "s", path);
	if (extracted->owners_lost)
		log_warning("%" PRIu64 " file%s of '%s' belong to you instead of to whom it says: numbers you do not have",
			    extracted->owners_lost, extracted->owners_lost == 1 ? "" : "s", path);
	if (extracted->xattrs_lost)
		log_warning("%" PRIu64 " extended attribute%s of '%s' left out: only root may set them",
			    extracted->xattrs_lost, extracted->xattrs_lost == 1 ? "" : "s", path);
}

static void print(const struct asked *asked, const char *name, const struct package_in *package)
{
	_cleanup_(text_release) struct text size = TEXT_INIT;

	for (size_t i = 0; !asked->quiet && i < package->asks.count; i++)
		log_warning("'%s' asks for %s and does not get it", package->path,
			    package->asks.items[i]);
	prod_tell_losses(package->path, &package->copy);
	if (asked->quiet) {
		printf("%s\n", name);
		return;
	}
	text_add_size(&size, package->copy.bytes);
	/* a user's, which was not there yet */
	if (package->copy.extracted.bytes) {
		text_add(&size, ", extracted ");
		text_add_size(&size, package->copy.extracted.bytes);
	}
	printf("%s  %s  sha256:%s\n", name, size.bytes, package->copy.digest);
}

int cmd_prod_install(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(package_in_release) struct package_in package = PACKAGE_IN_INIT;
	_cleanup_(freep) char *name = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "which package?");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = instance_install(state, asked->operands[0], asked->name, asked->digest, &name, &package,
				     &err);
	if (r < 0)
		return command_answer(command, r, &err);
	claim_release(&package.claim);
	print(asked, name, &package);
	return EXIT_DONE;
}

int cmd_prod_ended(const struct sfc_command *command, struct asked *asked)
{
	struct error err = ERROR_INIT;
	uint64_t run;

	if (asked->operand_count < 2 || value_number(asked->operands[1], 1, INT64_MAX, &run) < 0)
		return command_misused(command, "which state, and which row?");
	/* it lives, and something befell it */
	if (asked->operand_count == 3)
		return instance_befell(asked->operands[0], (int64_t)run, asked->operands[2], &err) < 0
			       ? command_failed(command, &err)
			       : EXIT_DONE;
	return instance_ended(asked->operands[0], (int64_t)run, &err) < 0 ? command_failed(command, &err)
									 : EXIT_DONE;
}
