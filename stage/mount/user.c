// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/user.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/mount/holders.h"
#include "stage/mount/numbers.h"
#include "stage/mount/outside.h"
#include "stage/mount/ranges.h"

/* Of the user namespace in which a machine is booted: the same number on each. */
#define FIRST_NAMESPACE 0xEFFFFFFDU

static enum { UNKNOWN, ROOT, OUTSIDE, INSIDE } where;
static uid_t outside_uid;

/* Who number 0 is for those outside. */
static uid_t uid_of_root(void)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	unsigned int inside, outside;

	if (io_read_file(AT_FDCWD, "/proc/self/uid_map", 4096, &text, NULL) == 0 &&
	    sscanf(text.bytes, "%u %u", &inside, &outside) == 2 && inside == 0)
		return outside;
	return geteuid();
}

static void find_place(void)
{
	struct stat st;

	if (where != UNKNOWN)
		return;
	outside_uid = geteuid();
	if (outside_uid != 0) {
		where = OUTSIDE;
	} else if (stat("/proc/self/ns/user", &st) < 0 || st.st_ino == FIRST_NAMESPACE) {
		where = ROOT;
	} else {
		outside_uid = uid_of_root();
		where = INSIDE;
	}
}

bool user_is_plain(void)
{
	find_place();
	return where != ROOT;
}

uid_t user_uid(void)
{
	find_place();
	return outside_uid;
}

/* --- the numbers --- */

static const char *user_name(void)
{
	const struct passwd *entry = getpwuid(user_uid());

	return entry ? entry->pw_name : NULL;
}

static int read_ranges(const char *file, range_list *ret_list, struct error *err)
{
	int r = ranges_read(file, user_name(), user_uid(), ret_list);

	return r < 0 ? error_code(err, r, "cannot read '%s'", file) : 0;
}

bool user_has_subids(const char *file)
{
	range_list list = ARRAY_INIT;
	bool has = ranges_read(file, user_name(), user_uid(), &list) == 0 && list.count;

	array_release(&list);
	return has;
}

bool user_has_range(void)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	unsigned int first, outside, count;

	find_place();
	if (where == ROOT)
		return true;
	if (where != INSIDE || io_read_file(AT_FDCWD, "/proc/self/gid_map", 4096, &text, NULL) < 0)
		return false;
	return sscanf(text.bytes, "%u %u %u", &first, &outside, &count) == 3 &&
	       (count > 1 || strchr(text.bytes, '\n')[1]);
}

static int make(struct error *err)
{
	range_list users = ARRAY_INIT, groups = ARRAY_INIT;
	int r = read_ranges("/etc/subuid", &users, err);

	if (r == 0)
		r = read_ranges("/etc/subgid", &groups, err);
	if (r == 0)
		r = numbers_enter(&users, &groups, err);
	array_release(&users);
	array_release(&groups);
	return r;
}

bool user_lingers(void)
{
	char path[300];

	snprintf(path, sizeof(path), "/var/lib/systemd/linger/%s", user_name() ? user_name() : "");
	return user_name() && access(path, F_OK) == 0;
}

/* --- entering --- */

static int own_mounts(struct error *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_errno(err, "cannot have mounts of our own (Ubuntu: sysctl "
					"kernel.apparmor_restrict_unprivileged_userns=0)");
	return 0;
}

static void say_what_lacks(void)
{
	if (user_has_range())
		return;
	if (!user_has_subids("/etc/subuid") || !user_has_subids("/etc/subgid"))
		log_warning("only you exist inside: no range in /etc/subuid and /etc/subgid is yours; as root: "
			    "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
			    user_name() ? user_name() : "USER");
	else
		log_warning("only you exist inside: newuidmap is not installed; as root: apt-get install uidmap");
}

int user_enter(const char *state, struct error *err)
{
	_cleanup_(closep) int list = -1;
	int r;

	find_place();
	if (where != OUTSIDE)
		return 0;
	r = outside_begin(err);
	if (r == 0)
		r = holders_open(state, &list, err);
	if (r == 0)
		r = holders_join(list, err);
	if (r == 0)
		r = make(err);
	if (r < 0)
		return r;
	/* as whom it was started is who is root inside, whatever SUDO_UID and its like say */
	where = INSIDE;
	r = holders_add(list, getpid(), err);
	if (r == 0)
		r = own_mounts(err);
	if (r == 0)
		say_what_lacks();
	return r;
}

int user_stays(const char *state, pid_t pid, struct error *err)
{
	_cleanup_(closep) int list = -1;
	int r;

	find_place();
	if (where != INSIDE)
		return 0;
	r = holders_open(state, &list, err);
	return r < 0 ? r : holders_add(list, pid, err);
}
