// SPDX-License-Identifier: BSD-2-Clause
#include "pack/elf/shebang.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

static const char blanks[] = " \t";

void shebang_release(struct shebang *shebang)
{
	free(shebang->interpreter);
	free(shebang->command);
	*shebang = (struct shebang){0};
}

/*
 * The next word of *rest as env -S splits it: blanks separate, quotes hold together, a backslash
 * takes the next byte. NULL at the end or when out of memory; the caller frees.
 */
static char *split_word(const char **rest)
{
	const char *p = *rest + strspn(*rest, " \t\v\f\r\n");
	char *word, *end, quote = '\0';

	if (!*p || *p == '#' || !(word = end = malloc(strlen(p) + 1))) {
		*rest = p + strlen(p);
		return NULL;
	}
	for (; *p && (quote || !strchr(" \t\v\f\r\n", *p)); p++) {
		if (quote ? *p == quote : (*p == '\'' || *p == '"')) {
			quote = quote ? '\0' : *p;
		} else {
			if (*p == '\\' && p[1] && quote != '\'')
				p++;
			*end++ = *p;
		}
	}
	*end = '\0';
	*rest = p;
	return word;
}

/* Options of env(1) that take the next word as their value. */
static bool takes_value(const char *option)
{
	return strcmp(option, "-u") == 0 || strcmp(option, "-C") == 0 ||
	       strcmp(option, "--unset") == 0 || strcmp(option, "--chdir") == 0;
}

/* The command among the words of env: behind options and assignments. NULL: there is none. */
static char *env_command(const char *rest)
{
	char *word;

	while ((word = split_word(&rest))) {
		if (word[0] == '-') {
			bool skip = takes_value(word);

			free(word);
			if (skip)
				free(split_word(&rest));
		} else if (strchr(word, '=')) {
			free(word);
		} else {
			return word;
		}
	}
	return NULL;
}

/* The kernel hands everything behind the interpreter to it as one argument; env -S splits it. */
static char *command_of_env(const char *argument)
{
	static const char *const splitters[] = {"--split-string=", "--split-string", "-vS", "-S"};

	for (size_t i = 0; i < sizeof(splitters) / sizeof(*splitters); i++)
		if (strncmp(argument, splitters[i], strlen(splitters[i])) == 0)
			return env_command(argument + strlen(splitters[i]));
	if (argument[0] == '-' || strchr(argument, '='))
		return NULL; /* an option or assignment alone: env would run nothing */
	return *argument ? strdup(argument) : NULL;
}

int shebang_parse(const char *head, size_t size, struct shebang *ret_shebang)
{
	_cleanup_(shebang_release) struct shebang shebang = {0};
	_cleanup_(freep) char *line = NULL;
	const char *end, *start;
	size_t length;
	char *argument;

	if (size < 2 || memcmp(head, "#!", 2) != 0)
		return 0;
	end = memchr(head, '\n', size);
	line = strndup(head + 2, (end ? (size_t)(end - head) : size) - 2);
	if (!line)
		return -ENOMEM;
	start = line + strspn(line, blanks);
	length = strcspn(start, blanks);
	if (length == 0)
		return 0;
	shebang.interpreter = strndup(start, length);
	if (!shebang.interpreter)
		return -ENOMEM;
	argument = (char *)start + length + strspn(start + length, blanks);
	for (size_t last = strlen(argument); last && strchr(blanks, argument[last - 1]); last--)
		argument[last - 1] = '\0';
	if (strcmp(path_name(shebang.interpreter), "env") == 0)
		shebang.command = command_of_env(argument);
	*ret_shebang = shebang;
	shebang = (struct shebang){0};
	return 1;
}
