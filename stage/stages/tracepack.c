// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/tracepack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "stage/mount/outside.h"

enum { STATUS_USAGE = 2, STATUS_GATE = 3 };

/* --- argument lists --- */

void tracepack_words_release(struct tracepack_words *words)
{
	array_release(words);
}

void tracepack_word(struct tracepack_words *words, const char *word)
{
	words->failed |= array_push(words, word) < 0;
}

void tracepack_option(struct tracepack_words *words, const char *option, const char *value)
{
	if (!value)
		return;
	tracepack_word(words, option);
	tracepack_word(words, value);
}

static void add_all(struct tracepack_words *words, const char *before, char *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (before)
			tracepack_word(words, before);
		tracepack_word(words, items[i]);
	}
}

/* --- what it said --- */

/* "tracepack: build: warning: …" → "warning: …" */
static const char *without_name(const struct tracepack_words *words, const char *line)
{
	static const char name[] = "tracepack: ";
	size_t length = strlen(words->items[1]);

	if (strncmp(line, name, sizeof(name) - 1) != 0)
		return line;
	line += sizeof(name) - 1;
	return strncmp(line, words->items[1], length) == 0 && strncmp(line + length, ": ", 2) == 0 ? line + length + 2
												   : line;
}

/* Its last line that is no warning becomes our error. */
static int failed(const struct tracepack_words *words, int status, struct text *said, struct error *err)
{
	const char *found = "tracepack failed without a word";
	char *rest = said->bytes, *line, *end;

	while (said->size && (line = strsep(&rest, "\n"))) {
		const char *plain = without_name(words, line);

		if (*plain && strncmp(plain, "warning: ", 9) != 0)
			found = plain;
	}
	error_set(err, -EIO, "%s", found);
	if (status == STATUS_GATE)
		return 1;
	if (status != STATUS_USAGE)
		return -EIO;
	end = strstr(err->message, "; see 'tracepack");
	if (end)
		*end = '\0';
	return -EINVAL;
}

int tracepack_run(struct tracepack_words *words, const volatile int *cancel, struct text *output,
		  struct text *warnings, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	char *rest, *line;
	int r;

	tracepack_word(words, NULL);
	if (words->failed)
		return error_oom(err);
	r = words->outside ? outside_run(words->items, output, &said, cancel, err)
			   : program_run_until(words->items, output, &said, cancel, err);
	if (r != 0)
		return r > 0 ? failed(words, r, &said, err) : r;
	rest = said.size ? said.bytes : NULL;
	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			text_printf(warnings, "%s\n", without_name(words, line));
	return text_failed(warnings) ? error_oom(err) : 0;
}

int tracepack_describe(const char *manifest, const struct tracepack_start *start, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(freep) char *home = NULL;
	char user[32];

	if (asprintf(&home, "HOME=%s", start->home) < 0)
		return error_oom(err);
	snprintf(user, sizeof(user), "%u:%u", start->uid, start->gid);
	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "describe");
	tracepack_word(&words, manifest);
	tracepack_word(&words, "--cwd");
	tracepack_word(&words, start->cwd);
	tracepack_word(&words, "--user");
	tracepack_word(&words, user);
	add_all(&words, "--env", &home, 1);
	add_all(&words, "--env", start->env->items, start->env->count);
	add_all(&words, "--env", start->asked->items, start->asked->count);
	tracepack_word(&words, "--");
	for (char *const *word = start->args; *word; word++)
		tracepack_word(&words, *word);
	return tracepack_run(&words, NULL, NULL, &said, err);
}

int tracepack_build(const struct tracepack_build *build, struct text *report, struct text *warnings,
		    struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};

	words.outside = build->outside;
	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "build");
	tracepack_word(&words, build->manifest);
	tracepack_word(&words, "-s");
	tracepack_word(&words, build->source);
	tracepack_word(&words, "-o");
	tracepack_word(&words, build->output);
	tracepack_word(&words, "--package");
	tracepack_word(&words, "--name");
	tracepack_word(&words, build->name);
	tracepack_word(&words, "--source-name");
	tracepack_word(&words, build->source_name);
	tracepack_option(&words, "--image-config", build->image);
	tracepack_option(&words, "--margin", TRACEPACK_MARGIN);
	if (build->json)
		tracepack_word(&words, "--json");
	add_all(&words, NULL, build->options->items, build->options->count);
	return tracepack_run(&words, NULL, report, warnings, err);
}

int tracepack_export(const struct tracepack_export *export, struct text *said, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};
	_cleanup_(freep) char *verify = NULL;

	if (export->tls_verify && asprintf(&verify, "--tls-verify=%s", export->tls_verify) < 0)
		return error_oom(err);
	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "export");
	tracepack_word(&words, export->package);
	tracepack_word(&words, "-o");
	tracepack_word(&words, export->image);
	tracepack_word(&words, "--tmpdir");
	tracepack_word(&words, export->tmpdir);
	tracepack_option(&words, "--name", export->name);
	if (verify)
		tracepack_word(&words, verify);
	tracepack_option(&words, "--authfile", export->authfile);
	add_all(&words, "--change", export->changes->items, export->changes->count);
	if (export->force)
		tracepack_word(&words, "--force");
	return tracepack_run(&words, export->cancel, NULL, said, err);
}

int tracepack_list(const char *package, struct text *paths, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};
	_cleanup_(text_release) struct text said = TEXT_INIT;

	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "ls");
	tracepack_word(&words, package);
	return tracepack_run(&words, NULL, paths, &said, err);
}

int tracepack_levels(const char *package, const char *source, char *const *paths, size_t count,
		     struct text *levels, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};
	_cleanup_(text_release) struct text said = TEXT_INIT;

	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "why-not");
	tracepack_word(&words, "--levels");
	tracepack_word(&words, "--allow-interrupted");
	tracepack_word(&words, "-s");
	tracepack_word(&words, source);
	tracepack_word(&words, package);
	for (size_t i = 0; i < count; i++)
		tracepack_word(&words, paths[i]);
	return tracepack_run(&words, NULL, levels, &said, err);
}
