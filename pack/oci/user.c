// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/layer/path.h"

enum { FILE_MAX = 4 << 20, FIELDS = 4 };

void oci_user_release(struct oci_user *user)
{
	array_release(&user->groups);
}

/* A file of the root as a string; NULL when there is none that could be one. The caller frees. */
static char *read_file(const struct tree *tree, const char *path)
{
	_cleanup_(closep) int fd = -1;
	struct node *node;
	uint64_t offset;
	char *text;

	if (tree_resolve(tree, path, &node) < 0 || !S_ISREG(node->inode->mode) ||
	    node->inode->size > FILE_MAX || inode_content(node->inode) == CONTENT_NONE ||
	    content_open(node, &fd, &offset, NULL) < 0)
		return NULL;
	text = malloc(node->inode->size + 1);
	if (!text)
		return NULL;
	if (io_pread(fd, text, node->inode->size, offset) != (ssize_t)node->inode->size) {
		free(text);
		return NULL;
	}
	text[node->inode->size] = '\0';
	return text;
}

/* The first fields of "name:x:id:more:…" apart, in place; false when it is no such line. */
static bool split(char *line, char *fields[FIELDS])
{
	for (size_t i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, ":");
		if (!fields[i])
			return false;
	}
	return true;
}

static bool parse_id(const char *text, uint32_t *ret_id)
{
	unsigned long long value;
	char *end;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || value >= UINT32_MAX)
		return false;
	*ret_id = (uint32_t)value;
	return true;
}

/* The user called, or numbered, `wanted`: its numbers and its name (*ret_name, the caller's). */
static int find_user(const struct tree *tree, const char *wanted, struct oci_user *user,
		     char **ret_name, struct error *err)
{
	_cleanup_(freep) char *text = read_file(tree, "/etc/passwd");
	char *rest = text, *line, *fields[FIELDS];
	bool by_number = parse_id(wanted, &user->uid);
	uint32_t uid, gid;

	while ((line = strsep(&rest, "\n"))) {
		if (!split(line, fields) || !parse_id(fields[2], &uid) ||
		    !parse_id(fields[3], &gid))
			continue;
		if (strcmp(fields[0], wanted) != 0 && !(by_number && uid == user->uid))
			continue;
		user->uid = uid;
		user->gid = gid;
		*ret_name = strdup(fields[0]);
		return *ret_name ? 0 : error_oom(err);
	}
	if (by_number)
		return 0;
	return error_set(err, -ENOENT, "user '%s' is not in the root's /etc/passwd", wanted);
}

static int find_group(const struct tree *tree, const char *wanted, uint32_t *ret_gid,
		      struct error *err)
{
	_cleanup_(freep) char *text = read_file(tree, "/etc/group");
	char *rest = text, *line, *fields[FIELDS];

	while ((line = strsep(&rest, "\n")))
		if (split(line, fields) && strcmp(fields[0], wanted) == 0 &&
		    parse_id(fields[2], ret_gid))
			return 0;
	if (parse_id(wanted, ret_gid))
		return 0;
	return error_set(err, -ENOENT, "group '%s' is not in the root's /etc/group", wanted);
}

static bool is_member(char *members, const char *name)
{
	char *member;

	while ((member = strsep(&members, ",")))
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int find_memberships(const struct tree *tree, const char *name, struct oci_user *user,
			    struct error *err)
{
	_cleanup_(freep) char *text = read_file(tree, "/etc/group");
	char *rest = text, *line, *fields[FIELDS];
	uint32_t gid;

	while ((line = strsep(&rest, "\n")))
		if (split(line, fields) && parse_id(fields[2], &gid) && gid != user->gid &&
		    is_member(fields[3], name) && array_push(&user->groups, gid) < 0)
			return error_oom(err);
	array_sort(&user->groups, compare_ids);
	return 0;
}

int oci_user_lookup(const struct tree *tree, const char *spec, struct oci_user *ret_user,
		    struct error *err)
{
	_cleanup_(freep) char *copy = NULL, *name = NULL;
	char *group;
	int r;

	*ret_user = (struct oci_user){.groups = ARRAY_INIT};
	copy = strdup(spec && *spec ? spec : "0");
	if (!copy)
		return error_oom(err);
	group = strchr(copy, ':');
	if (group)
		*group++ = '\0';
	r = find_user(tree, *copy ? copy : "0", ret_user, &name, err);
	if (r == 0 && group && *group)
		return find_group(tree, group, &ret_user->gid, err);
	if (r == 0 && name)
		r = find_memberships(tree, name, ret_user, err);
	return r;
}
