// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/users.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

#define RANGES "/etc/subuid"

enum { FILE_MAX = 4 << 20, USERS_MAX = 4096 };

static void user_release(struct user *user)
{
	free(user->name);
	free(user->home);
	text_release(&user->said);
}

void users_release(struct users *users)
{
	for (size_t i = 0; i < users->list.count; i++)
		user_release(&users->list.items[i]);
	array_release(&users->list);
}

static bool is_there(const struct users *users, uid_t uid)
{
	for (size_t i = 0; i < users->list.count; i++)
		if (users->list.items[i].uid == uid)
			return true;
	return false;
}

static int add(struct users *users, const struct passwd *entry)
{
	struct user user = {.uid = entry->pw_uid, .gid = entry->pw_gid, .said = TEXT_INIT};

	user.name = strdup(entry->pw_name);
	user.home = strdup(entry->pw_dir);
	if (user.name && user.home && array_push(&users->list, user) == 0)
		return 0;
	user_release(&user);
	return -ENOMEM;
}

/* Its first field is a name or a number. */
static const struct passwd *entry_of(const char *word)
{
	const struct passwd *entry = getpwnam(word);
	char *end = NULL;
	unsigned long number;

	if (entry || *word < '0' || *word > '9')
		return entry;
	number = strtoul(word, &end, 10);
	return *end || number >= (uid_t)-1 ? NULL : getpwuid((uid_t)number);
}

int users_find(struct users *users, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = io_read_file(AT_FDCWD, RANGES, FILE_MAX, &text, err);
	char *rest = text.bytes, *line;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	while (text.size && (line = strsep(&rest, "\n")) && users->list.count < USERS_MAX) {
		const struct passwd *entry;

		if (!strchr(line, ':'))
			continue;
		line[strcspn(line, ":")] = '\0';
		entry = entry_of(line);
		if (entry && entry->pw_uid != 0 && !is_there(users, entry->pw_uid) && add(users, entry) < 0)
			return error_oom(err);
	}
	return 0;
}
