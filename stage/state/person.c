// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/person.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/mount/user.h"

/* A number and nothing else; (uid_t)-1 is nobody. */
static bool read_uid(const char *word, uid_t *ret_uid)
{
	unsigned long number;
	char *end;

	if (!word || *word < '0' || *word > '9')
		return false;
	errno = 0;
	number = strtoul(word, &end, 10);
	if (errno || (*end && *end != '\n') || number >= UINT32_MAX)
		return false;
	*ret_uid = (uid_t)number;
	return true;
}

void person_find(struct person *ret_person)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct passwd *entry;

	ret_person->uid = user_uid();
	/* what the kernel tells of logins it tells inside in other numbers; a plain user acts for nobody else */
	if (user_is_plain())
		;
	else if (io_read_file(AT_FDCWD, "/proc/self/loginuid", 32, &text, NULL) < 0 ||
	    !read_uid(text.bytes, &ret_person->uid))
		read_uid(getenv("SUDO_UID"), &ret_person->uid);
	entry = getpwuid(ret_person->uid);
	if (entry)
		snprintf(ret_person->name, sizeof(ret_person->name), "%s", entry->pw_name);
	else
		snprintf(ret_person->name, sizeof(ret_person->name), "%u", ret_person->uid);
}
