// SPDX-License-Identifier: BSD-2-Clause
/* sfc verify: check that a package is whole and does what its source does. */
#include "stage/stages/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "pack/image/verity.h"
#include "stage/cancel.h"
#include "stage/cmd/access.h"
#include "stage/cmd/cmd.h"
#include "stage/mount/namespace.h"
#include "stage/mount/outside.h"
#include "stage/state/place.h"
#include "stage/store/signature.h"

struct verifying {
	const struct sfc_command *command;
	struct asked *asked;
	struct carrier_options access;
	struct verify_request request;
	FILE *stream; /* where it tells of its steps; NULL: as was asked */
};

static int answer(const struct verifying *verifying, int r, enum verify_result result, int status,
		  const struct error *err)
{
	if (r < 0)
		return command_answer(verifying->command, r, err);
	if (result == VERIFY_INTERRUPTED)
		return status;
	/* what was tried on the way may have left a word, too */
	if (result != VERIFY_ALIKE)
		log_error("%s", err->message);
	return result == VERIFY_COMMAND_FAILED ? EXIT_TRACED
	       : result == VERIFY_DIFFERENT    ? EXIT_DIFFERENT
					       : EXIT_DONE;
}

static int check_signature(const struct asked *asked, struct report *report, struct error *err)
{
	_cleanup_(text_release) struct text signature = TEXT_INIT, said = TEXT_INIT;
	struct signature_subject subject;
	int r;

	text_printf(&signature, "%s.sig", asked->operands[0]);
	text_add(&said, "by the key of ");
	text_add_escaped(&said, asked->key);
	if (text_failed(&signature) || text_failed(&said))
		return error_oom(err);
	r = signature_subject_of(asked->operands[0], &subject, err);
	if (r == 0)
		r = signature_check(signature.bytes, &subject, asked->key, err);
	if (r < 0)
		return r;
	report_step(report, "signed", said.bytes, -1);
	report_fact(report, "signed_by", json_path(asked->key));
	return 0;
}

static int check_verity(const struct asked *asked, struct report *report, struct error *err)
{
	_cleanup_(closep) int fd = open(asked->operands[0], O_RDONLY | O_CLOEXEC);
	_cleanup_(text_release) struct text said = TEXT_INIT;
	char hash[DIGEST_HEX_SIZE];
	int r = fd < 0 ? error_errno(err, "cannot open '%s'", asked->operands[0])
		       : verity_check_beside(fd, asked->operands[0], asked->root_hash, hash, err);

	if (r < 0)
		return r;
	text_printf(&said, "every block, root hash %s", hash);
	if (text_failed(&said))
		return error_oom(err);
	report_step(report, "verity", said.bytes, -1);
	report_fact(report, "root_hash", json_string(hash));
	return 0;
}

static int verify(void *data)
{
	struct verifying *verifying = data;
	_cleanup_(text_release) struct text problems = TEXT_INIT;
	_cleanup_(report_release) struct report report = {.quiet = false};
	enum verify_result result = VERIFY_ALIKE;
	struct error err = ERROR_INIT;
	int status = 0, r;

	cancel_end();
	cmd_unblock_signals();
	r = verifying->stream ? report_open(&report, false, false, verifying->stream, &err)
			      : report_open(&report, verifying->asked->quiet, verifying->asked->json, stdout, &err);
	if (r == 0 && verifying->asked->key && !verifying->stream)
		r = check_signature(verifying->asked, &report, &err);
	if (r == 0 && (verifying->asked->verity || verifying->asked->root_hash) && !verifying->stream)
		r = check_verity(verifying->asked, &report, &err);
	if (r == 0)
		r = verify_run(&verifying->request, &report, &result, &status, &problems, &err);
	cmd_say_warnings(&problems);
	return answer(verifying, r, result, status, &err);
}

/* In a mount namespace of our own, whose end is the end of all that it put up. */
static int compare(struct verifying *verifying, int *ret_status, struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(scratch_release) struct scratch scratch = SCRATCH_INIT;
	_cleanup_(freep) char *cache = NULL;
	char name[32];
	int r;

	outside_wanted();
	r = cmd_enter(err);
	if (r == 0)
		r = cmd_hold_network(verifying->asked, err);
	if (r == 0)
		r = cmd_state_open(&state, err);
	/* with a root in hand nothing is fetched, and whose it was has read them */
	if (r == 0 && verifying->asked->root)
		r = access_read(verifying->asked, verifying->asked->root, NULL, &verifying->access, err);
	if (r == 0)
		r = place_directory(state->dir, "cache", &cache, err);
	if (r == 0)
		r = scratch_make(state, "verify", &scratch, err);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "verify-%d", (int)getpid());
	verifying->request.state = state;
	verifying->request.access = &verifying->access;
	verifying->request.scratch = &scratch;
	verifying->request.name = name;
	verifying->request.cache = cache;
	return namespace_run(0, verify, verifying, ret_status, err);
}

int cmd_verify_there(const struct sfc_command *command, struct asked *asked, const char *package, const char *root,
		     int *ret_status, struct error *err)
{
	bool quiet = asked->quiet || asked->json;
	FILE *nowhere = quiet ? fopen("/dev/null", "we") : NULL;
	struct verifying verifying = {
		.command = command,
		.asked = asked,
		.request = {.package = package, .root = root, .spec = &asked->spec},
		.stream = quiet ? nowhere : stdout,
	};
	int r;

	if (quiet && !nowhere)
		return error_errno(err, "cannot open '/dev/null'");
	compare_of(asked->compare, &verifying.request.compare);
	r = compare(&verifying, ret_status, err);
	if (nowhere)
		fclose(nowhere);
	return r;
}

/* What is no package at all is said in few words. */
static int check_package(const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, -ENOENT, "no package '%s'", path);
	return access(path, R_OK) < 0 ? error_errno(err, "cannot read '%s'", path) : 0;
}

int cmd_verify(const struct sfc_command *command, struct asked *asked)
{
	struct verifying verifying = {.command = command, .asked = asked};
	struct error err = ERROR_INIT;
	int status = EXIT_FAILED, r;

	if (!asked->operand_count)
		return command_misused(command, "no package given");
	verifying.request = (struct verify_request){
		.package = asked->operands[0],
		.root = asked->root,
		.spec = &asked->spec,
	};
	if (compare_of(asked->compare, &verifying.request.compare) < 0)
		return command_misused(command, "--compare is output, status or none, not '%s'", asked->compare);
	r = check_package(asked->operands[0], &err);
	if (r < 0)
		return command_failed(command, &err);
	if (!asked->root || verifying.request.compare == COMPARE_NONE)
		return verify(&verifying);
	r = compare(&verifying, &status, &err);
	return r < 0 ? command_failed(command, &err) : status;
}
