// SPDX-License-Identifier: BSD-2-Clause
/* The list behind -o: names, values, and what each sets. */
#include "fs/options.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/size.h"

int options_set_text(char **at, const char *value, struct error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return error_oom(err);
	free(*at);
	*at = copy;
	return 0;
}

enum kind { FLAG, TEXT, PATH, NUMBER, SIZE, CHOICE, IGNORED };

struct option_row {
	const char *name;
	enum kind kind;
	size_t offset;
	unsigned int low, high;     /* of a number; low: the value a FLAG gives */
	const char *const *choices; /* by value, NULL ends */
};

#define AT(field) offsetof(struct options, field)

static const char *const modes[] = {"every", "first", NULL};
static const char *const kinds[] = {"test", "prod", NULL};
static const char *const logs[] = {"accesses", "events", NULL};
static const char *const passthroughs[] = {"auto", "on", "off", NULL};
static const char *const transports[] = {"auto", "uring", "dev", NULL};
static const char *const yes_no[] = {"yes", "no", NULL};
static const char *const containers[] = {"auto", "yes", "no", NULL};

static const struct option_row rows[] = {
	{"above", PATH, AT(above), 0, 0, NULL},
	{"allow_other", FLAG, AT(allow_other), 1, 0, NULL},
	{"attr_timeout", NUMBER, AT(attr_timeout_ms), 0, 3600 * 1000, NULL},
	{"catalog", CHOICE, AT(no_catalog), 0, 0, yes_no},
	{"container", CHOICE, AT(container), 0, 0, containers},
	{"dirsync", FLAG, AT(dirsync), 1, 0, NULL},
	{"except", PATH, AT(except), 0, 0, NULL},
	{"flush_ms", NUMBER, AT(flush_ms), 10, 3600 * 1000, NULL},
	{"image", TEXT, AT(image), 0, 0, NULL},
	{"join", FLAG, AT(join), 1, 0, NULL},
	{"kind", CHOICE, AT(kind), 0, 0, kinds},
	{"known", PATH, AT(known), 0, 0, NULL},
	{"label", TEXT, AT(label), 0, 0, NULL},
	{"log", CHOICE, AT(log), 0, 0, logs},
	{"manifest", PATH, AT(manifest), 0, 0, NULL},
	{"max_manifest", SIZE, AT(max_manifest), 0, 0, NULL},
	{"mode", CHOICE, AT(mode), 0, 0, modes},
	{"noatime", FLAG, AT(noatime), 1, 0, NULL},
	{"namespace", NUMBER, AT(namespace), 1, 4194304, NULL},
	{"nodev", FLAG, AT(nodev), 1, 0, NULL},
	{"noexec", FLAG, AT(noexec), 1, 0, NULL},
	{"nopid1", FLAG, AT(not_pid1), 1, 0, NULL},
	{"nosuid", FLAG, AT(nosuid), 1, 0, NULL},
	{"only_me", FLAG, AT(only_me), 1, 0, NULL},
	{"passthrough", CHOICE, AT(passthrough), 0, 0, passthroughs},
	{"pid1", FLAG, AT(pid1), 1, 0, NULL},
	{"privileged", FLAG, AT(privileged), 1, 0, NULL},
	{"remount", FLAG, AT(remount), 1, 0, NULL},
	{"ro", FLAG, AT(read_only), 1, 0, NULL},
	{"rw", FLAG, AT(read_only), 0, 0, NULL},
	{"scratch", PATH, AT(scratch), 0, 0, NULL},
	{"sync", FLAG, AT(sync), 1, 0, NULL},
	{"threads", NUMBER, AT(threads), 1, 256, NULL},
	{"traces", PATH, AT(traces), 0, 0, NULL},
	{"transport", CHOICE, AT(transport), 0, 0, transports},
	{"xdev", FLAG, AT(xdev), 1, 0, NULL},
	/* the opposite of what is there without them */
	{"async", IGNORED, 0, 0, 0, NULL},
	{"atime", FLAG, AT(noatime), 0, 0, NULL},
	{"dev", FLAG, AT(nodev), 0, 0, NULL},
	{"exec", FLAG, AT(noexec), 0, 0, NULL},
	{"suid", FLAG, AT(nosuid), 0, 0, NULL},
	/* of fstab and mount(8), not for us */
	{"_netdev", IGNORED, 0, 0, 0, NULL},
	{"auto", IGNORED, 0, 0, 0, NULL},
	{"defaults", IGNORED, 0, 0, 0, NULL},
	{"diratime", IGNORED, 0, 0, 0, NULL},
	{"group", IGNORED, 0, 0, 0, NULL},
	{"noauto", IGNORED, 0, 0, 0, NULL},
	{"nodiratime", IGNORED, 0, 0, 0, NULL},
	{"nofail", IGNORED, 0, 0, 0, NULL},
	{"nogroup", IGNORED, 0, 0, 0, NULL},
	{"noowner", IGNORED, 0, 0, 0, NULL},
	{"norelatime", IGNORED, 0, 0, 0, NULL},
	{"nostrictatime", IGNORED, 0, 0, 0, NULL},
	{"nouser", IGNORED, 0, 0, 0, NULL},
	{"nousers", IGNORED, 0, 0, 0, NULL},
	{"owner", IGNORED, 0, 0, 0, NULL},
	{"relatime", FLAG, AT(noatime), 0, 0, NULL},
	{"strictatime", FLAG, AT(noatime), 0, 0, NULL},
	{"user", IGNORED, 0, 0, 0, NULL},
	{"users", IGNORED, 0, 0, 0, NULL},
	/* what the kernel shows of a mount, and mount(8) hands back to change it */
	{"default_permissions", IGNORED, 0, 0, 0, NULL},
	{"group_id", IGNORED, 0, 0, 0, NULL},
	{"user_id", IGNORED, 0, 0, 0, NULL},
};

bool options_word(size_t i, struct option_word *ret_word)
{
	bool there = i < sizeof(rows) / sizeof(rows[0]);

	if (i == sizeof(rows) / sizeof(rows[0])) {
		*ret_word = (struct option_word){"ignore", true, false, NULL};
		return true;
	}
	if (there)
		*ret_word = (struct option_word){
			rows[i].name, rows[i].kind != FLAG && rows[i].kind != IGNORED,
			rows[i].kind == PATH, rows[i].choices};
	return there;
}

static const struct option_row *row_of(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static int set_number(const struct option_row *row, unsigned int *at, const char *value,
		      struct error *err)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || number < row->low ||
	    number > row->high)
		return error_set(err, -EINVAL, "%s=%s: a number from %u to %u is needed", row->name,
				 value, row->low, row->high);
	*at = (unsigned int)number;
	return 0;
}

static int set_choice(const struct option_row *row, void *at, const char *value,
		      struct error *err)
{
	char list[80] = "";

	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			if (row->choices == yes_no)
				*(bool *)at = i;
			else
				*(int *)at = i;
			return 0;
		}
		strcat(strcat(list, i ? ", " : ""), row->choices[i]);
	}
	return error_set(err, -EINVAL, "%s=%s: it is one of %s", row->name, value, list);
}

static int add_ignore(struct options *options, const char *glob, struct error *err)
{
	char *copy = strdup(glob);

	if (!copy || array_push(&options->ignore, copy) < 0) {
		free(copy);
		return error_oom(err);
	}
	return 0;
}

/* One option of the list behind -o; value is NULL without "=". */
static int option_set(struct options *options, const char *name, const char *value,
		      struct error *err)
{
	const struct option_row *row = row_of(name);
	void *at;

	if (strcmp(name, "ignore") == 0 && value)
		return add_ignore(options, value, err);
	/* comments for others; what libmount passes on to say which file system it is */
	if (strncmp(name, "x-", 2) == 0 || strncmp(name, "comment", 7) == 0 ||
	    strcmp(name, "subtype") == 0 || strcmp(name, "fsname") == 0)
		return 0;
	if (!row || (row->kind != FLAG && row->kind != IGNORED && !value) ||
	    (row->kind == FLAG && value))
		return error_set(err, -EINVAL, row ? "option '%s' is used wrongly" :
						     "unknown option '%s'", name);
	at = (char *)options + row->offset;
	switch (row->kind) {
	case FLAG:
		*(bool *)at = row->low;
		return 0;
	case TEXT:
	case PATH:
		return options_set_text(at, value, err);
	case NUMBER:
		return set_number(row, at, value, err);
	case SIZE:
		if (!size_parse(value, at))
			return error_set(err, -EINVAL, "%s=%s: a size like 500M or 2G is needed",
					 name, value);
		return 0;
	case CHOICE:
		return set_choice(row, at, value, err);
	case IGNORED:
		return 0;
	}
	return 0;
}

/* The next option of a list, in place: "\," is a comma of the value. NULL at the end. */
static char *list_next(char **rest)
{
	char *start = *rest, *to = start, *from = start;

	if (!*start)
		return NULL;
	for (; *from && *from != ','; from++) {
		if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	*rest = *from ? from + 1 : from;
	*to = '\0';
	return start;
}

int options_list_parse(struct options *options, const char *list, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(list);
	char *rest = copy, *item;

	if (!copy)
		return error_oom(err);
	while ((item = list_next(&rest))) {
		char *value = strchr(item, '=');
		int r;

		if (!*item)
			continue;
		if (value)
			*value++ = '\0';
		r = option_set(options, item, value, err);
		if (r < 0)
			return r;
	}
	return 0;
}
