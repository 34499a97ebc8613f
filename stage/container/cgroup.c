// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/container/delegated.h"
#include "stage/mount/user.h"

#define TOP "/sys/fs/cgroup"

enum { FILE_MAX = 1 << 20, TRIES = 100, TRY_US = 2000, YOUNG_S = 2, ID_DIGITS = 8 };

static enum cgroup_version version_here(void)
{
	struct statfs fs;

	if (statfs(TOP, &fs) < 0)
		return CGROUP_NONE;
	if (fs.f_type == CGROUP2_SUPER_MAGIC)
		return CGROUP_V2;
	return fs.f_type == TMPFS_MAGIC ? CGROUP_V1 : CGROUP_NONE;
}

static bool is_hierarchy(const char *path, long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == magic;
}

/* His groups are below one that somebody gave him, or there are none. */
static int be_of_user(struct cgroup *cgroup, struct error *err)
{
	_cleanup_(delegated_release) struct delegated delegated = {.path = NULL};
	_cleanup_(text_release) struct text ours = TEXT_INIT;
	int r = delegated_find(&delegated, err);

	cgroup->version = CGROUP_NONE;
	cgroup->systemd = false;
	if (r < 0 || delegated.how != DELEGATED_GROUP)
		return r;
	text_printf(&ours, TOP "%s" DELEGATED_OURS, delegated.path);
	if (!text_failed(&ours) && access(ours.bytes, F_OK) < 0)
		return 0;
	cgroup->version = CGROUP_V2;
	cgroup->given = take(delegated.path);
	return text_failed(&ours) ? error_oom(err) : 0;
}

int cgroup_init(const char *name, struct cgroup *ret_cgroup, struct error *err)
{
	struct cgroup cgroup = {.version = version_here()};
	struct text path = TEXT_INIT;
	int r = 0;

	/* it is told processes by number, and those of a namespace of ours have others than it knows */
	cgroup.systemd = access("/run/systemd/system", F_OK) == 0 && getpid() != 1;
	cgroup.hybrid = cgroup.version == CGROUP_V1 && is_hierarchy(TOP "/unified", CGROUP2_SUPER_MAGIC);
	if (user_is_plain())
		r = be_of_user(&cgroup, err);
	text_printf(&path, "%s" DELEGATED_OURS "/%s", cgroup.given ? cgroup.given : "", name);
	cgroup.path = text_take(&path);
	cgroup.name = strdup(name);
	if (r == 0 && (!cgroup.path || !cgroup.name))
		r = error_oom(err);
	if (r < 0) {
		cgroup_release(&cgroup);
		return r;
	}
	*ret_cgroup = cgroup;
	return 0;
}

void cgroup_release(struct cgroup *cgroup)
{
	free(cgroup->path);
	free(cgroup->name);
	free(cgroup->given);
	cgroup->path = cgroup->name = cgroup->given = NULL;
}

enum cgroup_version cgroup_version_at(const struct cgroup *here, const char *path)
{
	if (!user_is_plain())
		return here->version;
	return version_here() == CGROUP_V2 && *path && strncmp(path, "/sfc/", 5) != 0 ? CGROUP_V2 : CGROUP_NONE;
}

char *cgroup_top(void)
{
	_cleanup_(cgroup_release) struct cgroup here = {.path = NULL};
	struct text path = TEXT_INIT;

	if (cgroup_init("", &here, NULL) < 0)
		return NULL;
	text_printf(&path, TOP "%s", here.given ? here.given : "");
	return text_take(&path);
}

char *cgroup_for_runtime(const struct cgroup *cgroup)
{
	struct text path = TEXT_INIT;

	if (!cgroup->systemd)
		return strdup(cgroup->path);
	text_printf(&path, "system.slice:sfc:%s", cgroup->name);
	return text_take(&path);
}

bool cgroup_has(const struct cgroup *cgroup, const char *controller)
{
	_cleanup_(text_release) struct text path = TEXT_INIT, text = TEXT_INIT;
	char *rest, *word;

	if (cgroup->version == CGROUP_NONE)
		return false;
	if (cgroup->version == CGROUP_V1) {
		text_printf(&text, TOP "/%s/cgroup.procs", controller);
		return access(text.bytes, W_OK) == 0;
	}
	text_printf(&path, TOP "%s%s", cgroup->given ? cgroup->given : "",
		    cgroup->given ? DELEGATED_OURS "/cgroup.subtree_control" : "/cgroup.controllers");
	if (text_failed(&path) || io_read_file(AT_FDCWD, path.bytes, FILE_MAX, &text, NULL) < 0)
		return false;
	rest = text.bytes;
	while ((word = strsep(&rest, " \n")))
		if (strcmp(word, controller) == 0)
			return true;
	return false;
}

/* 0: it is gone, or not ours to see. */
static uint64_t process_namespace_of(const char *pid)
{
	struct stat theirs, ours;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/pid", pid);
	if (stat(path, &theirs) < 0 || stat("/proc/self/ns/pid", &ours) < 0 || theirs.st_ino == ours.st_ino)
		return 0;
	return theirs.st_ino;
}

/*
 * "0::/system.slice/sfc-x.scope", or "7:pids:/system.slice/sfc-x.scope" of
 * version 1, where a controller that systemd was not given leaves its process
 * in a group of others: what does not name this one is not its group.
 */
void cgroup_find(struct cgroup *cgroup, pid_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT, path = TEXT_INIT, unit = TEXT_INIT;
	char *rest, *line, number[16];

	text_printf(&path, "/proc/%d/cgroup", (int)pid);
	text_printf(&unit, "/sfc-%s.scope", cgroup->name);
	if (cgroup->version == CGROUP_NONE) {
		snprintf(number, sizeof(number), "%d", (int)pid);
		cgroup->processes = process_namespace_of(number);
	}
	if (!cgroup->systemd || io_read_file(AT_FDCWD, path.bytes, FILE_MAX, &text, NULL) < 0)
		return;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n"))) {
		char *controllers = strchr(line, ':');
		char *where = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!where || !strstr(where, unit.bytes))
			continue;
		free(cgroup->path);
		cgroup->path = strdup(where + 1);
		return;
	}
}

/* --- the group's directories --- */

/* Each of them below its hierarchy; a visitor that returns non-zero ends it. */
static int each_directory(const struct cgroup *cgroup, int (*visit)(const char *path, void *data),
			  void *data)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	struct dirent *item;
	int r = 0;

	if (cgroup->version == CGROUP_NONE || !cgroup->path)
		return 0;
	dir = cgroup->version == CGROUP_V1 ? opendir(TOP) : NULL;
	while (r == 0 && dir && (item = readdir(dir))) {
		_cleanup_(text_release) struct text path = TEXT_INIT;

		if (item->d_name[0] == '.' || item->d_type == DT_LNK)
			continue;
		text_printf(&path, TOP "/%s", item->d_name);
		/* runc makes a group in the tree of version 2, too */
		if (!is_hierarchy(path.bytes, CGROUP_SUPER_MAGIC) &&
		    !is_hierarchy(path.bytes, CGROUP2_SUPER_MAGIC))
			continue;
		text_add(&path, cgroup->path);
		r = text_failed(&path) ? -ENOMEM : visit(path.bytes, data);
	}
	if (cgroup->version == CGROUP_V2) {
		_cleanup_(text_release) struct text path = TEXT_INIT;

		text_printf(&path, TOP "%s", cgroup->path);
		r = text_failed(&path) ? -ENOMEM : visit(path.bytes, data);
	}
	return r;
}

static int remove_directory(const char *path, void *data)
{
	(void)data;
	/* the last process may not be buried yet */
	for (int i = 0; i < TRIES && rmdir(path) < 0 && errno == EBUSY; i++)
		usleep(TRY_US);
	return 0;
}

void cgroup_remove(const struct cgroup *cgroup)
{
	if (!cgroup->systemd)
		each_directory(cgroup, remove_directory, NULL);
}

/* 1: the list is there. */
static int list_processes(const char *path, void *data)
{
	_cleanup_(text_release) struct text text = TEXT_INIT, file = TEXT_INIT;
	pid_list *list = data;
	char *rest, *line;

	text_printf(&file, "%s/cgroup.procs", path);
	if (text_failed(&file) || io_read_file(AT_FDCWD, file.bytes, FILE_MAX, &text, NULL) < 0)
		return 0;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n"))) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		if (pid > 0 && array_push(list, pid) < 0)
			return -ENOMEM;
	}
	return 1;
}

/* Where there is no group: all that are in the process namespace. */
static int list_namespace(uint64_t namespace, pid_list *ret_list)
{
	_cleanup_(closedirp) DIR *proc = opendir("/proc");
	const struct dirent *item;

	while (namespace && proc && (item = readdir(proc))) {
		long pid = strtol(item->d_name, NULL, 10);

		if (pid > 0 && process_namespace_of(item->d_name) == namespace &&
		    array_push(ret_list, (pid_t)pid) < 0)
			return -ENOMEM;
	}
	return 0;
}

int cgroup_processes(const struct cgroup *cgroup, pid_list *ret_list)
{
	int r = cgroup->version == CGROUP_NONE ? list_namespace(cgroup->processes, ret_list) : 0;

	if (r == 0)
		r = each_directory(cgroup, list_processes, ret_list);

	return r < 0 ? r : 0;
}

/* --- what was left --- */

void cgroup_forget(const char *name)
{
	struct cgroup cgroup;

	if (cgroup_init(name, &cgroup, NULL) < 0)
		return;
	cgroup.systemd = false;
	cgroup_remove(&cgroup);
	cgroup_release(&cgroup);
}

/* "web-1-0123abcd-9": an instance's ends in the number of its run in the state 0123abcd, which is no process. */
static bool is_of_instance(const char *name, const char *number)
{
	const char *id = number - ID_DIGITS;

	return number - name > ID_DIGITS + 1 && id[-1] == '-' && strspn(id, "0123456789abcdef") == ID_DIGITS;
}

/* "slim-4711", whose process is gone. */
static bool is_left(const char *name)
{
	const char *number = strrchr(name, '-');
	char *end = NULL;
	long pid = number ? strtol(number + 1, &end, 10) : 0;

	return pid > 0 && *end == '\0' && !is_of_instance(name, number) && kill((pid_t)pid, 0) < 0 &&
	       errno == ESRCH;
}

/* By when the kernel was first asked of it, or again after it forgot. */
static bool is_old(int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_ctime + YOUNG_S < time(NULL);
}

struct settling {
	bool now;
	int most; /* in one hierarchy: it is the same ones in each */
};

static int settle_in(const char *path, void *data)
{
	_cleanup_(closedirp) DIR *dir = opendir(path);
	struct settling *settling = data;
	struct dirent *item;
	int count = 0;

	while (dir && (item = readdir(dir)))
		if (is_left(item->d_name) && (settling->now || is_old(dirfd(dir), item->d_name)) &&
		    unlinkat(dirfd(dir), item->d_name, AT_REMOVEDIR) == 0)
			count++;
	if (count > settling->most)
		settling->most = count;
	return 0;
}

int cgroup_settle(bool now)
{
	struct settling settling = {.now = now};
	struct cgroup all;

	if (cgroup_init("", &all, NULL) < 0)
		return 0;
	each_directory(&all, settle_in, &settling);
	cgroup_release(&all);
	return settling.most;
}
