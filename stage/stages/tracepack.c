// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/tracepack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/program.h"

enum { STATUS_USAGE = 2, STATUS_GATE = 3 };

/* --- argument lists --- */

struct words {
	const char **items;
	size_t count, capacity;
	bool failed;
};

static void words_release(struct words *words)
{
	array_release(words);
}

static void add(struct words *words, const char *word)
{
	words->failed |= array_push(words, word) < 0;
}

static void add_all(struct words *words, const char *before, char *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (before)
			add(words, before);
		add(words, items[i]);
	}
}

/* --- what it said --- */

static const char *without_name(const char *line)
{
	static const char *const names[] = {"tracepack: build: ", "tracepack: describe: ", "tracepack: export: ",
					      "tracepack: "};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return line + strlen(names[i]);
	return line;
}

/* Its last line that is no warning becomes our error. */
static int failed(int status, struct text *said, struct error *err)
{
	const char *found = "tracepack failed without a word";
	char *rest = said->bytes, *line, *end;

	while (said->size && (line = strsep(&rest, "\n"))) {
		const char *plain = without_name(line);

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

static int run(struct words *words, struct text *output, struct text *said, const volatile int *cancel,
	       struct error *err)
{
	int r;

	add(words, NULL);
	if (words->failed)
		return error_oom(err);
	r = program_run_until(words->items, output, said, cancel, err);
	return r > 0 ? failed(r, said, err) : r;
}

int tracepack_describe(const char *manifest, const struct tracepack_start *start, struct error *err)
{
	_cleanup_(words_release) struct words words = {0};
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(freep) char *home = NULL;
	char user[32];

	if (asprintf(&home, "HOME=%s", start->home) < 0)
		return error_oom(err);
	snprintf(user, sizeof(user), "%u:%u", start->uid, start->gid);
	add(&words, "tracepack");
	add(&words, "describe");
	add(&words, manifest);
	add(&words, "--cwd");
	add(&words, start->cwd);
	add(&words, "--user");
	add(&words, user);
	add_all(&words, "--env", &home, 1);
	add_all(&words, "--env", start->env->items, start->env->count);
	add_all(&words, "--env", start->asked->items, start->asked->count);
	add(&words, "--");
	for (char *const *word = start->args; *word; word++)
		add(&words, *word);
	return run(&words, NULL, &said, NULL, err);
}

/* What it says beside: warnings, notes. */
static int pass_on(struct text *said, struct text *warnings, struct error *err)
{
	char *rest = said->size ? said->bytes : NULL, *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			text_printf(warnings, "%s\n", without_name(line));
	return text_failed(warnings) ? error_oom(err) : 0;
}

int tracepack_build(const struct tracepack_build *build, struct text *report, struct text *warnings,
		    struct error *err)
{
	_cleanup_(words_release) struct words words = {0};
	_cleanup_(text_release) struct text said = TEXT_INIT;
	int r;

	add(&words, "tracepack");
	add(&words, "build");
	add(&words, build->manifest);
	add(&words, "-s");
	add(&words, build->source);
	add(&words, "-o");
	add(&words, build->output);
	add(&words, "--package");
	add(&words, "--name");
	add(&words, build->name);
	add(&words, "--source-name");
	add(&words, build->source_name);
	if (build->image) {
		add(&words, "--image-config");
		add(&words, build->image);
	}
	if (build->json)
		add(&words, "--json");
	add_all(&words, NULL, build->options->items, build->options->count);
	r = run(&words, report, &said, NULL, err);
	return r == 0 ? pass_on(&said, warnings, err) : r;
}

int tracepack_export(const struct tracepack_export *export, struct text *said, struct error *err)
{
	_cleanup_(words_release) struct words words = {0};
	_cleanup_(text_release) struct text own = TEXT_INIT;
	_cleanup_(freep) char *verify = NULL;
	int r;

	if (export->tls_verify && asprintf(&verify, "--tls-verify=%s", export->tls_verify) < 0)
		return error_oom(err);
	add(&words, "tracepack");
	add(&words, "export");
	add(&words, export->package);
	add(&words, "-o");
	add(&words, export->image);
	add(&words, "--tmpdir");
	add(&words, export->tmpdir);
	if (export->name) {
		add(&words, "--name");
		add(&words, export->name);
	}
	if (verify)
		add(&words, verify);
	if (export->authfile) {
		add(&words, "--authfile");
		add(&words, export->authfile);
	}
	add_all(&words, "--change", export->changes->items, export->changes->count);
	if (export->force)
		add(&words, "--force");
	r = run(&words, NULL, &own, export->cancel, err);
	return r == 0 ? pass_on(&own, said, err) : r;
}

int tracepack_list(const char *package, struct text *paths, struct error *err)
{
	_cleanup_(words_release) struct words words = {0};
	_cleanup_(text_release) struct text said = TEXT_INIT;

	add(&words, "tracepack");
	add(&words, "ls");
	add(&words, package);
	return run(&words, paths, &said, NULL, err);
}
