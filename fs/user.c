// SPDX-License-Identifier: BSD-2-Clause
#include "fs/user.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* A regular file of the root, links in it followed and kept inside; NULL where there is none. */
static FILE *file_of(int rootfd, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	_cleanup_(closep) int fd = -1;
	struct stat st;
	FILE *file;

	fd = (int)syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	file = fdopen(fd, "r");
	if (file)
		take_fd(&fd);
	return file;
}

/* True when it is a number; -1 is nobody's. */
static bool number_of(const char *word, unsigned int *ret_number)
{
	char *end;
	unsigned long long number;

	if (!isdigit((unsigned char)word[0]))
		return false;
	errno = 0;
	number = strtoull(word, &end, 10);
	if (*end || errno || number >= 0xffffffffull)
		return false;
	*ret_number = (unsigned int)number;
	return true;
}

static int home_set(char **home, const char *value)
{
	char *copy = strdup(value && value[0] == '/' ? value : "/");

	if (!copy)
		return -ENOMEM;
	free(*home);
	*home = copy;
	return 0;
}

/* His line of passwd: its name, for /etc/group, in *ret_name; NULL where only a number is known. */
static int passwd_find(struct user *user, int rootfd, const char *word, char **ret_name,
		       struct error *err)
{
	_cleanup_(fclosep) FILE *file = file_of(rootfd, "etc/passwd");
	unsigned int number;
	bool numeric = number_of(word, &number);
	const struct passwd *line;
	int r = home_set(&user->home, NULL);

	user->uid = numeric ? number : 0;
	while (r == 0 && file && (line = fgetpwent(file))) {
		if (line->pw_uid == geteuid() && !user->old_home)
			r = home_set(&user->old_home, line->pw_dir);
		if (*ret_name || (strcmp(line->pw_name, word) != 0 &&
				  !(numeric && line->pw_uid == number)))
			continue;
		user->uid = line->pw_uid;
		user->gid = line->pw_gid;
		*ret_name = strdup(line->pw_name);
		r = *ret_name && r == 0 ? home_set(&user->home, line->pw_dir) : -ENOMEM;
	}
	if (r < 0)
		return error_oom(err);
	if (!*ret_name && !numeric)
		return error_set(err, -ENOENT, "-u %s: the root's /etc/passwd has no such user",
				 word);
	return 0;
}

static int groups_of(struct user *user, int rootfd, const char *name, struct error *err)
{
	_cleanup_(fclosep) FILE *file = file_of(rootfd, "etc/group");
	const struct group *line;

	while (file && (line = fgetgrent(file)))
		for (char **member = line->gr_mem; *member; member++)
			if (strcmp(*member, name) == 0 &&
			    array_push(&user->groups, line->gr_gid) < 0)
				return error_oom(err);
	return 0;
}

static int group_find(int rootfd, const char *word, gid_t *ret_gid, struct error *err)
{
	_cleanup_(fclosep) FILE *file = file_of(rootfd, "etc/group");
	const struct group *line;
	unsigned int number;

	while (file && (line = fgetgrent(file)))
		if (strcmp(line->gr_name, word) == 0) {
			*ret_gid = line->gr_gid;
			return 0;
		}
	if (!number_of(word, &number))
		return error_set(err, -ENOENT, "-u …:%s: the root's /etc/group has no such group",
				 word);
	*ret_gid = number;
	return 0;
}

/* GROUP[,GROUP…]: the first is his own. */
static int groups_given(struct user *user, int rootfd, char *list, struct error *err)
{
	bool first = true;
	char *rest = NULL;
	gid_t gid = 0;
	int r;

	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		r = group_find(rootfd, word, &gid, err);
		if (r < 0)
			return r;
		if (first)
			user->gid = gid;
		else if (array_push(&user->groups, gid) < 0)
			return error_oom(err);
		first = false;
	}
	return 0;
}

int user_find(struct user *user, int rootfd, const char *words, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(words), *name = NULL;
	char *colon;
	int r;

	if (!copy)
		return error_oom(err);
	colon = strchr(copy, ':');
	if (colon)
		*colon++ = '\0';
	r = passwd_find(user, rootfd, *copy ? copy : "0", &name, err);
	if (r == 0 && colon && *colon)
		r = groups_given(user, rootfd, colon, err);
	else if (r == 0 && name)
		r = groups_of(user, rootfd, name, err);
	return r;
}

void user_release(struct user *user)
{
	array_release(&user->groups);
	free(user->home);
	free(user->old_home);
}

/* His own group is among the others, as container engines have it. */
static int set_groups(const struct user *user)
{
	_cleanup_(freep) gid_t *list = calloc(user->groups.count + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return -1;
	list[count++] = user->gid;
	for (size_t i = 0; i < user->groups.count; i++)
		if (user->groups.items[i] != user->gid)
			list[count++] = user->groups.items[i];
	return setgroups(count, list);
}

int user_become(const struct user *user, struct error *err)
{
	const char *home = getenv("HOME");

	if (set_groups(user) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return error_errno(err, "cannot become user %u (it takes SETUID and SETGID)",
				   (unsigned int)user->uid);
	if (!home || (user->old_home && strcmp(home, user->old_home) == 0))
		setenv("HOME", user->home, 1);
	return 0;
}
