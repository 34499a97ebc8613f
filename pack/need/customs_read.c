// SPDX-License-Identifier: BSD-2-Clause
/* Customs out of their files, one an ecosystem. */
#include "pack/need/customs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "pack/need/customs_parse.h"

enum { FILE_MAX = 1024 * 1024, FILES_MAX = 10000 };

static const char ending[] = ".custom";

static int compare_ecosystems(const void *a, const void *b)
{
	const struct custom_ecosystem *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The ecosystem that a file is about: its name without the ending, interned. NULL: it is no name. */
static const char *name_of(struct customs *customs, const char *path)
{
	const char *name = path_name(path), *end = strrchr(name, '.');
	_cleanup_(freep) char *copy = NULL;
	size_t length = end && strcmp(end, ending) == 0 ? (size_t)(end - name) : 0;

	if (!length || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_+") < length ||
	    strncmp(name, "all.", 4) == 0)
		return NULL;
	copy = strndup(name, length);
	return intern_string(&customs->strings, copy);
}

static int begin_ecosystem(struct customs *customs, const char *path, const char **ret_name,
			   struct error *err)
{
	struct custom_ecosystem ecosystem = {.name = name_of(customs, path)}, *known;

	if (!ecosystem.name)
		return error_set(err, -EBADMSG,
				 "%s: a file of customs is called NAME.custom, with a NAME of small "
				 "letters, digits, '-', '_' and '+' that is not 'all'", path);
	ecosystem.file = intern_string(&customs->strings, path);
	if (!ecosystem.file)
		return error_oom(err);
	*ret_name = ecosystem.name;
	known = customs_ecosystem(customs, ecosystem.name);
	if (known) {
		customs_forget(customs, ecosystem.name);
		known->file = ecosystem.file;
		return 0;
	}
	if (array_push(&customs->ecosystems, ecosystem) < 0)
		return error_oom(err);
	array_sort(&customs->ecosystems, compare_ecosystems);
	return 0;
}

int customs_read_file(struct customs *customs, const char *path, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *ecosystem = NULL;
	int r = io_read_file(AT_FDCWD, path, FILE_MAX, &text, err);

	if (r == 0)
		r = begin_ecosystem(customs, path, &ecosystem, err);
	return r < 0 ? r : customs_parse(customs, ecosystem, path, text.bytes, err);
}

static int is_custom(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && end && strcmp(end, ending) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int customs_read(struct customs *customs, const char *directory, struct error *err)
{
	struct dirent **names = NULL;
	int count = scandir(directory, &names, is_custom, by_name), r = 0;

	if (count < 0)
		return error_errno(err, "cannot list the customs in '%s'", directory);
	if (count > FILES_MAX)
		r = error_set(err, -E2BIG, "'%s' has more than %d files of customs", directory,
			      FILES_MAX);
	for (int i = 0; i < count; i++) {
		_cleanup_(freep) char *path = r == 0 ? path_join(directory, names[i]->d_name) : NULL;

		if (r == 0)
			r = path ? customs_read_file(customs, path, err) : error_oom(err);
		free(names[i]);
	}
	free(names);
	return r;
}

/* Where this program lies; the caller frees. NULL: not known. */
static char *own_directory(void)
{
	char path[PATH_MAX];

	return program_own_path(path, NULL) < 0 ? NULL : path_parent(path);
}

/* In a build directory beside the program; installed, where it was installed or was moved to. */
int customs_read_installed(struct customs *customs, struct error *err)
{
	static const char operators[] = "/etc/sfc/customs.d";
	_cleanup_(freep) char *own = own_directory(), *beside = NULL, *moved = NULL;
	const char *directory = PKGDATADIR "/customs.d";
	int r;

	if (own && (asprintf(&beside, "%s/need/customs", own) < 0 ||
		    asprintf(&moved, "%s/../share/sfc-tools/customs.d", own) < 0))
		return error_oom(err);
	if (own && access(beside, F_OK) == 0)
		directory = beside;
	else if (own && access(moved, F_OK) == 0)
		directory = moved;
	r = customs_read(customs, directory, err);
	if (r == 0 && access(operators, F_OK) == 0)
		r = customs_read(customs, operators, err);
	return r;
}
