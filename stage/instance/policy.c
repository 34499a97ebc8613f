// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/spec/spec.h"
#include "stage/state/person.h"

#define FILE_DEFAULT "/etc/sfc/policy"
#define BLANKS " \t"

enum { FILE_MAX = 64 << 10 };

/* SFC_POLICY names another for root alone: whoever it binds does not choose it. */
static const char *policy_path(void)
{
	const char *path = getenv("SFC_POLICY");
	struct person person;

	person_find(&person);
	return path && *path && person.uid == 0 ? path : FILE_DEFAULT;
}

static int take_line(const char *path, size_t number, char *line, spec_strings *keys, struct error *err)
{
	char *word, *value, *end;

	line[strcspn(line, "#")] = '\0';
	word = line + strspn(line, BLANKS);
	if (!*word)
		return 0;
	value = word + strcspn(word, BLANKS);
	if (*value)
		*value++ = '\0';
	value += strspn(value, BLANKS);
	for (end = value + strlen(value); end > value && strchr(BLANKS, end[-1]); end--)
		end[-1] = '\0';
	if (strcmp(word, "signed-by") != 0)
		return error_set(err, -EBADMSG, "%s, line %zu: '%s' is unknown; it knows signed-by", path, number, word);
	if (*value != '/')
		return error_set(err, -EBADMSG, "%s, line %zu: signed-by wants the path of a public key", path, number);
	return spec_strings_add(keys, value) < 0 ? error_oom(err) : 0;
}

static int read_keys(const char *path, spec_strings *keys, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct error problem = ERROR_INIT;
	size_t number = 0;
	char *rest, *line;
	int r = io_read_file(AT_FDCWD, path, FILE_MAX, &text, &problem);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_set(err, r, "%s", problem.message);
	rest = text.bytes;
	while (r == 0 && (line = strsep(&rest, "\n")))
		r = take_line(path, ++number, line, keys, err);
	return r;
}

int policy_check(const char *path, const struct signature_subject *subject, struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings keys = ARRAY_INIT;
	_cleanup_(text_release) struct text signature = TEXT_INIT;
	struct error first = ERROR_INIT;
	const char *policy = policy_path();
	int r = read_keys(policy, &keys, err);

	if (r < 0 || keys.count == 0)
		return r;
	text_printf(&signature, "%s.sig", path);
	if (text_failed(&signature))
		return error_oom(err);
	for (size_t i = 0; i < keys.count; i++) {
		struct error said = ERROR_INIT;

		r = signature_check(signature.bytes, subject, keys.items[i], &said);
		if (r == 0)
			return 0;
		/* of several what says most is not that it is by another */
		if (i == 0 || r != -EKEYREJECTED)
			first = said;
	}
	return error_set(err, -EKEYREJECTED, "'%s' is not let in by %s: %s", path, policy, first.message);
}
