// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/delegated.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "stage/mount/user.h"

/* For all who were in a group that is to have others below. */
#define COMMANDS DELEGATED_OURS "/commands"

enum { FILE_MAX = 64 << 10, ENTER_US = 10000000, TRY_US = 1000, MOVES = 20 };

void delegated_release(struct delegated *delegated)
{
	free(delegated->path);
	free(delegated->bus);
	free(delegated->lacks);
	*delegated = (struct delegated){.path = NULL};
}

/* ---- one that he is in ---- */

/* "0::/a/b" is "/a/b"; NULL: no group of version 2. */
static char *group_of(pid_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *line;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (io_read_file(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0)
		return NULL;
	line = strncmp(text.bytes, "0::/", 4) == 0 ? text.bytes : strstr(text.bytes, "\n0::/");
	if (!line)
		return NULL;
	line = strchr(line, '/');
	return strndup(line, strcspn(line, "\n"));
}

static char *path_of(const char *group, const char *below)
{
	struct text path = TEXT_INIT;

	text_printf(&path, DELEGATED_TOP "%s%s", group, below);
	return text_take(&path);
}

static bool is_writable(const char *group, const char *below)
{
	_cleanup_(freep) char *path = path_of(group, below);

	return path && access(path, W_OK) == 0;
}

/* A unit whose group systemd leaves alone says so. */
static bool is_left_alone(const char *group)
{
	_cleanup_(freep) char *path = path_of(group, "");
	char value[4] = "";

	return path && getxattr(path, "user.delegate", value, sizeof(value)) == 1 && *value == '1';
}

/*
 * May he arrange it? What is below his manager he could write to, and yet it is the manager's; the manager's own
 * group too.
 */
static bool is_his(const char *group)
{
	const char *manager = strstr(group, "/user@");

	if (!is_writable(group, "") || !is_writable(group, "/cgroup.procs") ||
	    !is_writable(group, "/cgroup.subtree_control"))
		return false;
	return !manager || (strchr(manager + 1, '/') && is_left_alone(group));
}

/* The topmost that is his, of this group and those above it; cut off there. "": there is none. */
static void find_top(char *group)
{
	char *end = group;

	while (*end && end[1]) {
		char cut;

		end += 1 + strcspn(end + 1, "/");
		cut = *end;
		*end = '\0';
		if (is_his(group))
			return;
		*end = cut;
	}
	*group = '\0';
}

/* ---- his manager's ---- */

static bool is_his_socket(const char *path)
{
	struct stat st;

	/* inside he is number 0 */
	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == geteuid();
}

static int find_manager(struct delegated *delegated, struct error *err)
{
	_cleanup_(text_release) struct text group = TEXT_INIT, bus = TEXT_INIT, lacks = TEXT_INIT;
	_cleanup_(freep) char *path = NULL;
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	unsigned int uid = user_uid();

	if (access("/run/systemd/system", F_OK) < 0)
		return 0;
	text_printf(&group, "/user.slice/user-%u.slice/user@%u.service", uid, uid);
	path = path_of(group.bytes, "");
	if (runtime && *runtime == '/')
		text_printf(&bus, "unix:path=%s/bus", runtime);
	else
		text_printf(&bus, "unix:path=/run/user/%u/bus", uid);
	if (!path || text_failed(&group) || text_failed(&bus))
		return error_oom(err);
	if (access(path, F_OK) < 0)
		text_printf(&lacks, "your systemd does not run: log in, or loginctl enable-linger");
	else if (!is_his_socket(strchr(bus.bytes, '/')))
		text_printf(&lacks, "the bus of your systemd, '%s', is not there (Debian: apt-get install dbus-user-session)",
			    strchr(bus.bytes, '/'));
	if (lacks.size) {
		delegated->lacks = text_take(&lacks);
		return delegated->lacks ? 0 : error_oom(err);
	}
	delegated->how = DELEGATED_SYSTEMD;
	delegated->path = text_take(&group);
	delegated->bus = text_take(&bus);
	return 0;
}

int delegated_find(struct delegated *ret_delegated, struct error *err)
{
	_cleanup_(delegated_release) struct delegated delegated = {.path = NULL};
	_cleanup_(freep) char *group = NULL;
	int r = 0;

	/* of version 1 none are a user's, and runtimes do not start where there are both */
	if (access(DELEGATED_TOP "/cgroup.controllers", F_OK) == 0)
		group = group_of(getpid());
	if (group)
		find_top(group);
	if (group && *group) {
		delegated.how = DELEGATED_GROUP;
		delegated.path = take(group);
	} else if (group) {
		r = find_manager(&delegated, err);
	}
	if (r == 0) {
		*ret_delegated = delegated;
		delegated = (struct delegated){.path = NULL};
	}
	return r;
}

/* ---- asking the manager ---- */

/* A method of it, its signature and what that says. */
static int ask_manager(const char *bus, const char *const *what, const char *failed, struct error *err)
{
	const char *words[32] = {"busctl", NULL, "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
				 "org.freedesktop.systemd1.Manager"};
	_cleanup_(text_release) struct text address = TEXT_INIT, output = TEXT_INIT, said = TEXT_INIT;
	size_t count = 6;
	int r;

	text_printf(&address, "--address=%s", bus);
	words[1] = address.bytes;
	while (*what)
		words[count++] = *what++;
	r = text_failed(&address) ? error_oom(err) : program_run(words, &output, &said, err);
	return r > 0 ? error_set(err, -EIO, "%s: %s", failed, program_line(&said, "")) : r;
}

int delegated_enter(struct delegated *delegated, struct error *err)
{
	char scope[48], number[16];
	const char *const what[] = {"StartTransientUnit", "ssa(sv)a(sa(sv))", scope, "fail", "4",
				    "PIDs", "au", "1", number,
				    "Delegate", "b", "true",
				    "CollectMode", "s", "inactive-or-failed",
				    "Description", "s", "what sfc started",
				    "0", NULL};
	int r;

	if (delegated->how != DELEGATED_SYSTEMD)
		return 0;
	snprintf(scope, sizeof(scope), "sfc-%d.scope", (int)getpid());
	snprintf(number, sizeof(number), "%d", (int)getpid());
	r = ask_manager(delegated->bus, what, "your systemd gives no group", err);
	if (r < 0)
		return r;
	/* it answers before we are there */
	for (int waited = 0; waited < ENTER_US; waited += TRY_US) {
		delegated_release(delegated);
		r = delegated_find(delegated, err);
		if (r < 0 || delegated->how == DELEGATED_GROUP)
			return r;
		usleep(TRY_US);
	}
	return error_set(err, -ETIMEDOUT, "your systemd gives no group: '%s' does not begin", scope);
}

/* ---- making groups there ---- */

static int put(const char *group, const char *below, const char *line, const char *file)
{
	_cleanup_(freep) char *directory = path_of(group, below), *path = NULL;
	_cleanup_(closep) int fd = -1;

	path = directory ? path_join(directory, file) : NULL;
	if (!path)
		return -ENOMEM;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, line, strlen(line)) < 0 ? -errno : 0;
}

static int make(const char *group, const char *below)
{
	_cleanup_(freep) char *path = path_of(group, below);

	if (!path)
		return -ENOMEM;
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* Whoever is in it is his, or of a process namespace that has no number here. */
static int move_all(const char *group)
{
	_cleanup_(freep) char *path = path_of(group, "/cgroup.procs");
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char *rest, *line;
	int r = path ? io_read_file(AT_FDCWD, path, FILE_MAX, &text, NULL) : -ENOMEM;

	rest = r == 0 ? text.bytes : NULL;
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		if (*line)
			r = put(group, COMMANDS, line, "cgroup.procs");
		if (r == -ESRCH)
			r = 0; /* it has ended */
	}
	return r;
}

static int enable_each(const char *group, const char *below, char *controllers)
{
	char *rest = controllers, *word;

	while ((word = strsep(&rest, " \n"))) {
		char line[64];
		int r;

		if (!*word)
			continue;
		snprintf(line, sizeof(line), "+%.60s", word);
		r = put(group, below, line, "cgroup.subtree_control");
		if (r == -EBUSY)
			return r;
	}
	return 0;
}

/* What the group has; each for itself, since the kernel takes all of a line or none. */
static int enable(const char *group, const char *below)
{
	_cleanup_(freep) char *directory = path_of(group, below), *path = NULL;
	_cleanup_(text_release) struct text controllers = TEXT_INIT;
	int r = -EBUSY;

	path = directory ? path_join(directory, "cgroup.controllers") : NULL;
	for (int i = 0; r == -EBUSY && i < MOVES; i++) {
		/* who was just being started there comes late */
		r = path ? move_all(group) : -ENOMEM;
		text_clear(&controllers);
		if (r == 0)
			r = io_read_file(AT_FDCWD, path, FILE_MAX, &controllers, NULL);
		if (r == 0 && controllers.size)
			r = enable_each(group, below, controllers.bytes);
	}
	return r;
}

int delegated_enable(const struct delegated *delegated)
{
	int r = make(delegated->path, DELEGATED_OURS);

	if (r == 0)
		r = make(delegated->path, COMMANDS);
	if (r == 0)
		r = enable(delegated->path, "");
	return r < 0 ? r : enable(delegated->path, DELEGATED_OURS);
}

/* ---- where another is ---- */

static int follow(const char *group, struct error *err)
{
	_cleanup_(delegated_release) struct delegated delegated = {.path = NULL};
	char number[16];
	const char *const what[] = {"AttachProcessesToUnit", "ssau", path_name(group), COMMANDS, "1", number, NULL};
	int r;

	snprintf(number, sizeof(number), "%d", (int)getpid());
	if (put(group, COMMANDS, number, "cgroup.procs") == 0)
		return 0;
	if (!strstr(group, "/user@"))
		return error_set(err, -EPERM, "it runs in the control group '%s': only who is in there can join it", group);
	r = find_manager(&delegated, err);
	if (r == 0 && delegated.how != DELEGATED_SYSTEMD)
		r = error_set(err, -EPERM, "it runs in '%s' of your systemd: %s", path_name(group),
			      delegated.lacks ? delegated.lacks : "that is not there");
	return r < 0 ? r : ask_manager(delegated.bus, what, "your systemd does not let us join it", err);
}

int delegated_follow(pid_t pid, struct error *err)
{
	_cleanup_(freep) char *group = NULL;

	if (access(DELEGATED_TOP "/cgroup.controllers", F_OK) == 0)
		group = group_of(pid);
	if (group)
		find_top(group);
	/* none of his: it has no limits of its own */
	return group && *group ? follow(group, err) : 0;
}
