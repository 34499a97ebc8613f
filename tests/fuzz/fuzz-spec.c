// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as what was asked: as JSON when they begin with '{', else as the words of a command
 * line, a line each. What is taken has to come back from its own JSON as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/spec/options.h"
#include "stage/spec/spec_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 64 };

static char *json_of(const struct spec *spec)
{
	json_t *json = spec_to_json(spec);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (!text)
		abort();
	return text;
}

static void comes_back(const struct spec *spec)
{
	_cleanup_(freep) char *kept = json_of(spec);
	_cleanup_(freep) char *again = NULL;
	struct spec other = SPEC_INIT;

	if (spec_from_text(kept, strlen(kept), &other, NULL) < 0)
		abort();
	again = json_of(&other);
	if (strcmp(kept, again) != 0)
		abort();
	spec_release(&other);
}

static void try_json(const char *text, size_t size)
{
	struct spec spec = SPEC_INIT;

	if (spec_from_text(text, size, &spec, NULL) == 0)
		comes_back(&spec);
	spec_release(&spec);
}

/* The first byte says which command it is. */
static void try_words(char *text)
{
	const struct options_grammar grammar = {UINT64_C(1) << ((unsigned char)*text % OF_COUNT), 2,
						(unsigned char)*text / 4 % 3};
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;
	struct error err = ERROR_INIT;
	char *argv[WORDS_MAX + 2] = {(char *)"sfc"}, *line = text + 1;
	int argc = 1;

	/* files are outside bytes of their own, and no fuzzer's business */
	if (strstr(text, "env-f"))
		return;
	while (argc <= WORDS_MAX && line)
		argv[argc++] = strsep(&line, "\n");
	if (options_parse(&asked, &grammar, argc, argv, &err) == 0 && !asked.help)
		comes_back(&asked.spec);
	else if (!asked.help && !*err.message)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = malloc(size + 1);

	if (!text || !size)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (*text == '{')
		try_json(text, size);
	else
		try_words(text);
	return 0;
}
