// SPDX-License-Identifier: BSD-2-Clause
#include "stage/repair/groups.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"

enum { UUID_PART = 8 };

/* "sfc-NAME.scope" where systemd made it. */
static int add(spec_strings *names, const char *word)
{
	size_t length = strlen(word);
	char name[256];

	if (strncmp(word, "sfc-", 4) == 0 && length > 10 && strcmp(word + length - 6, ".scope") == 0)
		snprintf(name, sizeof(name), "%.*s", (int)(length - 10), word + 4);
	else
		snprintf(name, sizeof(name), "%s", word);
	return spec_strings_add(names, name);
}

static int list(const char *path, spec_strings *names)
{
	_cleanup_(closedirp) DIR *dir = opendir(path);
	struct dirent *item;
	int r = 0;

	while (r == 0 && dir && (item = readdir(dir)))
		if (item->d_type == DT_DIR && item->d_name[0] != '.')
			r = add(names, item->d_name);
	return r;
}

/* Below each hierarchy, of version 1 or 2. */
static int list_below(const char *hierarchy, spec_strings *names)
{
	static const char *const places[] = {"sfc", "system.slice"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(places) / sizeof(*places); i++) {
		char path[400];

		snprintf(path, sizeof(path), "%s/%s", hierarchy, places[i]);
		r = list(path, names);
	}
	return r;
}

int groups_list(const char *top, spec_strings *names, struct error *err)
{
	_cleanup_(closedirp) DIR *dir = opendir(top);
	struct dirent *item;
	int r = list_below(top, names);

	while (r == 0 && dir && (item = readdir(dir))) {
		char path[300];

		if (item->d_name[0] == '.' || item->d_type != DT_DIR)
			continue;
		snprintf(path, sizeof(path), "%.40s/%s", top, item->d_name);
		r = list_below(path, names);
	}
	return r < 0 ? error_oom(err) : 0;
}

bool groups_is_ours(const char *name, const char *uuid)
{
	const char *id = strrchr(name, '-');

	return id && id[1] && strspn(id + 1, "0123456789") == strlen(id + 1) && id - name > UUID_PART + 3 &&
	       id[-UUID_PART - 1] == '-' && strncmp(id - UUID_PART, uuid, UUID_PART) == 0;
}
