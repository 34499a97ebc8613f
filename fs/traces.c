// SPDX-License-Identifier: BSD-2-Clause
#include "fs/traces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <uuid.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

char *traces_host(void)
{
	struct utsname name;

	if (uname(&name) < 0 || !name.nodename[0])
		return strdup("localhost");
	/* a name can be anything; of a file it cannot be all */
	for (char *c = name.nodename; *c; c++)
		if (*c == '/' || *c == '.')
			*c = '-';
	return strdup(name.nodename);
}

static int take_user(char **user, const char *name, struct error *err)
{
	if (*user || !name || !*name)
		return 0;
	*user = strdup(name);
	return *user ? 0 : error_oom(err);
}

int traces_image(char **image, char **user, struct error *err)
{
	enum { LIMIT = 4096 };
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char *source, *name, *rest = NULL;
	int r = io_read_file(AT_FDCWD, *image, LIMIT, &text, err);

	if (r < 0)
		return r;
	source = strtok_r(text.bytes, "\n", &rest);
	name = strtok_r(NULL, "\n", &rest);
	if (!source)
		return error_set(err, -EINVAL, "'%s' does not say of what image it is", *image);
	source = strdup(source);
	if (!source)
		return error_oom(err);
	free(*image);
	*image = source;
	r = take_user(user, getenv(TRACES_USER_VARIABLE), err);
	unsetenv(TRACES_USER_VARIABLE);
	return r < 0 ? r : take_user(user, name, err);
}

int traces_new(const char *directory, char **ret_manifest, struct error *err)
{
	const char *other = getenv(TRACES_VARIABLE);
	_cleanup_(freep) char *host = traces_host();
	char uuid[37];
	uuid_t random;

	if (other && *other)
		directory = other;
	if (directory[0] != '/')
		return error_set(err, -EINVAL, "%s is not absolute: traces go to a directory like "
					       "/sfc-trace", directory);
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make the directory for traces %s; mount a volume "
					"there, or name another in " TRACES_VARIABLE, directory);
	uuid_generate_random(random);
	uuid_unparse_lower(random, uuid);
	if (!host || asprintf(ret_manifest, "%s/%s-%s.db", directory, host, uuid) < 0)
		return error_oom(err);
	return 0;
}
