// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as a text that names paths, as a source of each language, as strings of a program and as a
 * file of customs. Whatever they say, words end where they say they do, and are no longer than promised.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pack/elf/strings.h"
#include "pack/need/customs_parse.h"
#include "pack/need/source_words.h"
#include "pack/need/text_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_name(const char *path, bool cut, void *data)
{
	size_t *count = data;

	(void)cut;
	if (path[0] != '/' || !path[1] || strlen(path) >= TEXT_NAMES_LONGEST || ++*count > TEXT_NAMES_MAX)
		abort();
	return 0;
}

static int on_word(const struct source_word *word, void *data)
{
	size_t *count = data;

	++*count;
	if (strlen(word->text) > SOURCE_WORD_LONGEST || word->kind > SOURCE_LINE)
		abort();
	return 0;
}

static int on_string(const char *string, void *data)
{
	size_t *count = data;

	++*count;
	if (!*string || strlen(string) > STRINGS_LONGEST)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct customs customs = {0};
	struct error err = ERROR_INIT;
	char *copy = strndup(text, size);
	size_t count = 0, words;

	if (!copy || text_names_each(text, size, on_name, &count) != 0 || count > size)
		abort();
	for (int language = LANGUAGE_PYTHON; language <= LANGUAGE_PHP; language++) {
		words = 0;
		if (source_words_each((enum source_language)language, text, size, on_word, &words) != 0 ||
		    words > size + 1)
			abort();
	}
	words = 0;
	if (strings_each(text, size, on_string, &words) != 0 || words > size)
		abort();
	source_language_of(copy, text, size);
	text_names_is_text(text, size);
	customs_parse(&customs, "fuzz", "fuzz.custom", copy, &err);
	customs_release(&customs);
	free(copy);
	return 0;
}
