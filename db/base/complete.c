// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/complete.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void offer(const char *begun, const char *prefix, size_t length, const char *word,
		  const char *help)
{
	if (length < strlen(begun) || strncmp(word, begun, strlen(begun)) != 0)
		return;
	printf("%s%.*s\t%.*s\n", prefix, (int)length, word, help ? (int)strcspn(help, "\n") : 0,
	       help ? help : "");
}

void complete_offer(const char *begun, const char *word, const char *help)
{
	offer(begun, "", strlen(word), word, help);
}

/* "FILE" and its like; 0: neither. */
static const char *files_of(const char *text)
{
	static const char *const files[] = {"FILE",    "PACKAGE", "IMAGE", "MANIFEST",
					    "ARCHIVE", "SRC",	  "RULES", "PATH"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (strstr(text, files[i]))
			return "=files";
	return strstr(text, "DIR") || strstr(text, "SOURCE") || strstr(text, "MOUNTPOINT") ? "=dirs"
											   : NULL;
}

/* A part that is typed as it stands: "host", not "PATH", "http://…" or "[:N]". */
static size_t literal(const char *part, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!islower((unsigned char)part[i]) && part[i] != '-')
			return part[i] == '[' ? i : 0;
	return length;
}

void complete_value(const char *argument, const char *prefix, const char *begun)
{
	const char *files = files_of(argument);
	size_t length;

	for (const char *part = argument; *part; part += length + (part[length] == '|')) {
		size_t word;

		length = strcspn(part, "|");
		word = literal(part, length);
		if (word)
			offer(begun, prefix, word, part, NULL);
	}
	if (files)
		puts(files);
}

static bool wants_value(const struct complete_option *option)
{
	return option->argument && strncmp(option->argument, "[=", 2) != 0;
}

static const struct complete_option *by_name(const struct complete_line *line, const char *word)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < line->count; i++)
		if (strlen(line->options[i].name) == length &&
		    memcmp(line->options[i].name, word, length) == 0)
			return &line->options[i];
	return NULL;
}

static const struct complete_option *by_letter(const struct complete_line *line, char letter)
{
	for (size_t i = 0; i < line->count; i++)
		if (line->options[i].letter == letter)
			return &line->options[i];
	return NULL;
}

/* The option whose value the next word is; NULL: the word stands alone. */
static const struct complete_option *waiting(const struct complete_line *line, const char *word)
{
	const struct complete_option *option = NULL;

	if (strncmp(word, "--", 2) == 0)
		option = strchr(word, '=') ? NULL : by_name(line, word + 2);
	else if (word[0] == '-' && word[1])
		option = by_letter(line, word[strlen(word) - 1]);
	return option && wants_value(option) ? option : NULL;
}

static void complete_option(const struct complete_line *line, const char *word)
{
	const char *equals = strchr(word, '=');
	const struct complete_option *option = NULL;
	char name[80];

	if (equals && strncmp(word, "--", 2) == 0)
		option = by_name(line, word + 2);
	if (option && option->argument && (size_t)(equals - word) + 2 < sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s=", (int)(equals - word), word);
		complete_value(option->argument + (wants_value(option) ? 0 : 2), name, equals + 1);
		return;
	}
	for (size_t i = 0; i < line->count; i++) {
		snprintf(name, sizeof(name), "--%s", line->options[i].name);
		complete_offer(word, name, line->options[i].help);
	}
	if (!by_name(line, "help"))
		complete_offer(word, "--help", "explain this command");
}

void complete_words(const struct complete_line *line, char *const *words, size_t count)
{
	const char *last = words[count - 1];
	const struct complete_option *option = NULL;
	size_t operands = 0, behind = 0; /* of the words so far; words of COMMAND before the last */
	bool command = false;

	for (size_t i = 0; i + 1 < count; i++) {
		if (command)
			behind++;
		else if (option)
			option = NULL;
		else if (strcmp(words[i], "--") == 0)
			command = true;
		else if (words[i][0] == '-' && words[i][1])
			option = waiting(line, words[i]);
		else if (operands++ >= line->before && line->command)
			command = true, behind = 1;
	}
	if (command ||
	    (line->command && !option && operands >= line->before && line->before && *last != '-'))
		puts(line->command && !behind ? "=commands" : "=files");
	else if (option)
		complete_value(option->argument, "", last);
	else if (*last == '-')
		complete_option(line, last);
	else if (line->more && (!operands || strstr(line->operands, "…")))
		line->more(last, line->data);
	if (!command && !option && *last != '-' && files_of(line->operands) &&
	    !(line->command && operands >= line->before && line->before))
		puts(files_of(line->operands));
}
