// SPDX-License-Identifier: BSD-2-Clause
#include "fs/complete.h"

#include <stdio.h>
#include <string.h>

#include "db/base/complete.h"
#include "db/base/text.h"
#include "fs/options.h"

enum { FLAGS_MAX = 32 };

/* The last of a list "a,b=c": what stands before it belongs to the word. */
static void complete_list(const char *list)
{
	const char *comma = strrchr(list, ','), *last = comma ? comma + 1 : list;
	const char *equals = strchr(last, '=');
	struct text text = TEXT_INIT;
	struct option_word word;

	for (size_t i = 0; options_word(i, &word); i++) {
		text_clear(&text);
		text_printf(&text, "%.*s%s%s", (int)(last - list), list, word.name,
			    word.takes_value ? "=" : "");
		if (!equals) {
			complete_offer(list, text.bytes, "");
			continue;
		}
		if (!word.takes_value || strncmp(list, text.bytes, text.size) != 0)
			continue;
		for (const char *const *choice = word.choices; choice && *choice; choice++) {
			size_t start = text.size;

			text_add(&text, *choice);
			complete_offer(list, text.bytes, "");
			text.bytes[text.size = start] = '\0';
		}
		if (word.is_path)
			puts("=files");
	}
	text_release(&text);
}

void complete(int argc, char **argv)
{
	struct complete_option flags[FLAGS_MAX];
	struct complete_line line = {flags, 0, "SOURCE MOUNTPOINT", 2, true, NULL, NULL};
	const char *before = argc > 2 ? argv[argc - 2] : "";
	bool takes_value;

	while (line.count < FLAGS_MAX && options_flag(line.count, &flags[line.count].name,
						      &flags[line.count].letter, &takes_value)) {
		flags[line.count].argument = takes_value ? "VALUE" : NULL;
		flags[line.count++].help = "";
	}
	if (argc < 2)
		return;
	if (strcmp(before, "-o") == 0 || strcmp(before, "--options") == 0)
		complete_list(argv[argc - 1]);
	else
		complete_words(&line, argv + 1, (size_t)argc - 1);
}
