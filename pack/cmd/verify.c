// SPDX-License-Identifier: BSD-2-Clause
/* tracepack verify: is a package whole, and does everything in it find what it needs? */
#include "pack/cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "pack/image/verity.h"
#include "pack/package/bundle.h"
#include "pack/package/check.h"

struct verification {
	const char *path, *digest;
	const char *root_hash; /* as asked; NULL: the one beside it */
	bool json, quiet, verity, image_only;
	char sha256[DIGEST_HEX_SIZE], agreed[DIGEST_HEX_SIZE];
	struct package_check check;
};

static int check_digest(struct verification *verification, int fd, struct error *err)
{
	const char *wanted = verification->digest;
	int r = digest_fd(fd, verification->sha256, err);

	if (r < 0 || !wanted)
		return r;
	if (strncmp(wanted, "sha256:", 7) == 0)
		wanted += 7;
	if (strcasecmp(wanted, verification->sha256) != 0)
		return error_set(err, -EBADMSG, "%s is another package: sha256:%s, wanted sha256:%s",
				 verification->path, verification->sha256, wanted);
	return 0;
}

/* What is no package, but has verity data beside it. */
static int verify_image(struct verification *verification, struct error *err)
{
	_cleanup_(closep) int fd = open(verification->path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? error_errno(err, "cannot open '%s'", verification->path)
		       : check_digest(verification, fd, err);

	verification->image_only = true;
	return r < 0 ? r
		     : verity_check_beside(fd, verification->path, verification->root_hash, verification->agreed, err);
}

static int verify(struct verification *verification, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	const char *scratch = getenv("TMPDIR");
	int r;

	r = bundle_open(verification->path, &bundle, err);
	if (r == -EMEDIUMTYPE && verification->verity)
		return verify_image(verification, err);
	if (r == 0)
		r = check_digest(verification, bundle_fd(bundle), err);
	if (r == 0 && verification->verity)
		r = verity_check_beside(bundle_fd(bundle), verification->path, verification->root_hash,
					verification->agreed, err);
	return r < 0 ? r
		     : package_check(bundle, scratch && *scratch ? scratch : "/var/tmp",
				     &verification->check, err);
}

static json_t *lines_json(char *const *lines, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, json_path(lines[i]));
	return array;
}

static void add_line(struct text *text, const char *what, const char *line)
{
	text_printf(text, "        %s", what);
	text_add_escaped(text, line);
	text_add_char(text, '\n');
}

static void add_parts(struct text *text, const struct package_check *check)
{
	text_add_count(text, check->files);
	text_add(text, " files as they were packed (");
	text_add_size(text, check->bytes);
	text_add(text, "), ");
	text_add_count(text, check->programs);
	text_add(text, " programs, libraries and scripts find what they need\n");
}

static int say_result(const struct verification *verification, struct error *err)
{
	const struct package_check *check = &verification->check;
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (verification->json && verification->image_only)
		return json_print(json_pack("{s:b, s:s, s:s}", "ok", 1, "sha256", verification->sha256, "root_hash",
					    verification->agreed), err);
	if (verification->json)
		return json_print(
			json_pack("{s:b, s:s, s:s?, s:I, s:I, s:I, s:o, s:o, s:o}", "ok",
				  check->problems.count == 0, "sha256", verification->sha256,
				  "root_hash", verification->verity ? verification->agreed : NULL, "files", (json_int_t)check->files, "bytes",
				  (json_int_t)check->bytes, "programs", (json_int_t)check->programs,
				  "problems",
				  lines_json(check->problems.items, check->problems.count), "notes",
				  lines_json(check->notes.items, check->notes.count), "asks",
				  lines_json(check->asks.items, check->asks.count)),
			err);
	for (size_t i = 0; i < check->problems.count; i++)
		log_error("%s: %s", verification->path, check->problems.items[i]);
	if (verification->quiet || check->problems.count)
		return 0;
	if (!verification->image_only)
		add_parts(&text, check);
	if (verification->verity)
		text_printf(&text, "every block is what the verity data with root hash %s says\n", verification->agreed);
	for (size_t i = 0; i < check->notes.count; i++)
		add_line(&text, "known when it was built: ", check->notes.items[i]);
	for (size_t i = 0; i < check->asks.count; i++)
		add_line(&text, "asked for and not given: ", check->asks.items[i]);
	if (text_failed(&text))
		return error_oom(err);
	fputs(text.bytes, stdout);
	return 0;
}

static int take_root_hash(void *target, const char *value, struct error *err)
{
	struct verification *verification = target;
	char hash[DIGEST_HEX_SIZE];

	verification->verity = true;
	verification->root_hash = value;
	return verity_parse_root(value, hash) < 0 ? error_set(err, -EINVAL, "'%s' is no root hash: 64 hex digits are", value)
						  : 0;
}

static const struct command_option command_options[] = {
	{0, "digest", "sha256:HEX", "the package itself has to have this digest",
	 OPTION_STRING(struct verification, digest)},
	{0, "json", NULL, "the findings as JSON", OPTION_FLAG(struct verification, json)},
	{0, "verity", NULL, "its verity data has to be right, PACKAGE.verity and PACKAGE.roothash; any image has some",
	 OPTION_FLAG(struct verification, verity)},
	{0, "root-hash", "HEX", "the same with this root hash, which came another way", OPTION_WHOLE(take_root_hash)},
	{'q', "quiet", NULL, "only what is wrong", OPTION_FLAG(struct verification, quiet)},
	{0},
};

static int verify_command(int argc, char **argv)
{
	struct verification verification = {0};
	struct error err = ERROR_INIT;
	size_t problems;
	int r, code;

	if (!command_parse(&command_verify, argc, argv, &verification, &code))
		return code;
	if (argc - optind != 1)
		return command_misused(&command_verify, "one package is needed");
	verification.path = argv[optind];
	r = verify(&verification, &err);
	if (r == 0)
		r = say_result(&verification, &err);
	if (r < 0)
		log_error("%s", err.message);
	problems = verification.check.problems.count;
	package_check_release(&verification.check);
	return r < 0 || problems ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_verify = {
	.name = "verify",
	.summary = "check that a package is whole and holds together",
	.operands = "PACKAGE [--digest sha256:HEX] [--json]",
	.about = "Check every digest in PACKAGE, its start configuration, and that its programs, libraries\n"
		 "and scripts find in it all they need. Exits 1 when something is wrong.",
	.options = command_options,
	.function = verify_command,
};
