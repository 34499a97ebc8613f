// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/data_tree.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

/* All of the names are in a directory of this kind. */
static const struct {
	const char *what;
	const char *names[4];
} kinds[] = {
	{"a PostgreSQL database", {"PG_VERSION", "global", NULL}},
	{"a MySQL or MariaDB database", {"ibdata1", NULL}},
	{"a MySQL or MariaDB database", {"aria_log_control", NULL}},
	{"a MongoDB database", {"WiredTiger", "WiredTiger.wt", NULL}},
	{"an LMDB database", {"data.mdb", "lock.mdb", NULL}},
	{"an LDAP database", {"DB_CONFIG", NULL}},
	{"a database of the LevelDB family", {"CURRENT", "LOCK", NULL}},
	{"a CouchDB database", {"_dbs.couch", NULL}},
	{"a search index", {"segments.gen", NULL}},
	{"a mail directory", {"cur", "new", "tmp", NULL}},
	{"a mail queue", {"maildrop", "incoming", "active", NULL}},
	{"a mail queue", {"input", "msglog", NULL}},
};

static int has_all(struct source *source, const char *directory, const char *const *names,
		   bool *ret_has, struct error *err)
{
	*ret_has = true;
	for (; *names && *ret_has; names++) {
		_cleanup_(freep) char *path = path_join(directory, *names);
		const struct source_entry *entry;
		int r;

		if (!path)
			return error_oom(err);
		r = source_look(source, path, &entry, err);
		if (r < 0)
			return r;
		*ret_has = entry->kind != ENTRY_MISSING;
	}
	return 0;
}

int data_tree_what(struct source *source, const char *path, const char **ret_what, struct error *err)
{
	int r = 0;

	*ret_what = NULL;
	for (size_t i = 0; r == 0 && !*ret_what && i < sizeof(kinds) / sizeof(*kinds); i++) {
		bool has;

		r = has_all(source, path, kinds[i].names, &has, err);
		if (r == 0 && has)
			*ret_what = kinds[i].what;
	}
	return r;
}

/* Programs and their configuration are no data. */
static bool may_hold_data(const char *path)
{
	static const char *const others[] = {"/usr",  "/etc", "/lib",  "/lib64", "/bin", "/sbin",
					     "/proc", "/sys", "/dev",  "/run",	 "/boot", "/var/cache",
					     "/var/log"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (path_is_within(path, others[i]))
			return false;
	return true;
}

int data_tree_around(struct source *source, const char *path, char **ret_top, const char **ret_what,
		     struct error *err)
{
	const char *rest = path + 1, *part;
	size_t length;

	*ret_top = NULL;
	if (!may_hold_data(path))
		return 0;
	while ((part = path_next(&rest, &length))) {
		_cleanup_(freep) char *directory = strndup(path, (size_t)(part - path) + length);
		int r;

		if (!directory)
			return error_oom(err);
		if (strcmp(directory, path) == 0) /* the path itself: what is in it was not touched */
			return 0;
		r = data_tree_what(source, directory, ret_what, err);
		if (r < 0)
			return r;
		if (*ret_what) {
			*ret_top = take(directory);
			return 0;
		}
	}
	return 0;
}
