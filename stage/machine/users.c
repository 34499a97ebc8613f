// SPDX-License-Identifier: BSD-2-Clause
/* What a plain user needs, and what he does without. */
#include "stage/machine/findings.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/machine/output.h"
#include "stage/machine/subids.h"

#define GOOD(name, ...) findings_add(findings, name, FINDING_GOOD, NULL, __VA_ARGS__)
#define LACKS(name, package, ...) findings_add(findings, name, FINDING_LACKS, package, __VA_ARGS__)
#define BROKEN(name, package, ...)                                                                 \
	findings_add(findings, name, FINDING_BROKEN, package, __VA_ARGS__)

enum { RANGE = 65536 };

static const char *user_name(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry ? entry->pw_name : "this user";
}

static bool systemd_is_there(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* ---- namespaces and ids ---- */

static bool write_file(const char *path, const char *text)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* An overlay whose marks are a user's: a layer in memory above itself, read-only, is enough to know. */
static bool mounts_overlay(void)
{
	_cleanup_(closep) int context = fsopen("tmpfs", FSOPEN_CLOEXEC), overlay = -1, memory = -1;
	char lower[80];

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return false;
	memory = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (memory < 0 || move_mount(memory, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return false;
	if (mkdir("/proc/a", 0700) < 0 || mkdir("/proc/b", 0700) < 0)
		return false;
	snprintf(lower, sizeof(lower), "/proc/a:/proc/b");
	overlay = fsopen("overlay", FSOPEN_CLOEXEC);
	return overlay >= 0 && fsconfig(overlay, FSCONFIG_SET_STRING, "lowerdir", lower, 0) == 0 &&
	       fsconfig(overlay, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) == 0 &&
	       fsconfig(overlay, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;
}

/* In a child, here and now: 0 both can be had, 1 no namespaces, 2 no overlay in them. */
static int try_namespaces(void)
{
	int all = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
	char users[32], groups[32];
	pid_t pid;
	int status;

	snprintf(users, sizeof(users), "0 %u 1\n", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1\n", getegid());
	pid = fork();
	if (pid == 0) {
		if (unshare(all) < 0 || !write_file("/proc/self/uid_map", users) ||
		    !write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/gid_map", groups))
			_exit(1);
		if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(1);
		_exit(mounts_overlay() ? 0 : 2);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static void look_at_namespaces(struct findings *findings)
{
	int found = try_namespaces();

	if (found == 0)
		GOOD("user namespaces", "allowed for %s, with writable layers", user_name());
	else if (found == 2)
		BROKEN("user namespaces", NULL,
		       "allowed, but without writable layers in them: overlayfs for users came with Linux 5.11");
	else
		BROKEN("user namespaces", NULL,
		       "not allowed: sysctl kernel.unprivileged_userns_clone=1 (Debian), "
		       "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), "
		       "user.max_user_namespaces");
}

static void mend_ranges(struct findings *findings, const char *name)
{
	uint64_t first = subids_free(), last = first + RANGE - 1;

	findings_mend(findings, "usermod --add-subuids %" PRIu64 "-%" PRIu64 " --add-subgids %" PRIu64 "-%" PRIu64 " %s",
		      first, last, first, last, name);
}

/* newuidmap gives them out, as root. */
static bool has_privilege(const char *program)
{
	static const char *const directories[] = {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"};
	struct stat st;
	char path[64];

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		snprintf(path, sizeof(path), "%s/%s", directories[i], program);
		if (stat(path, &st) == 0)
			return (st.st_mode & S_ISUID && st.st_uid == 0) ||
			       getxattr(path, "security.capability", NULL, 0) > 0;
	}
	return true; /* elsewhere: who has put it there knows */
}

static void look_at_ids(struct findings *findings)
{
	if (!subids_have("/etc/subuid", user_name(), geteuid()) ||
	    !subids_have("/etc/subgid", user_name(), geteuid())) {
		LACKS("user ids", NULL, "no range of them: inside there is only root, who is you");
		mend_ranges(findings, user_name());
	} else {
		GOOD("user ids", "a range of them for %s", user_name());
	}
	if (output_is_there("newuidmap") && (!has_privilege("newuidmap") || !has_privilege("newgidmap"))) {
		LACKS("newuidmap", NULL, "is not set-uid root, so it can give out no ids");
		findings_mend(findings, "apt-get install --reinstall uidmap");
	}
}

/* ---- devices and ports ---- */

static void look_at_tun(struct findings *findings)
{
	_cleanup_(closep) int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		GOOD("/dev/net/tun", "can be opened");
		return;
	}
	LACKS("/dev/net/tun", NULL, "cannot be opened: no private networks, no --publish");
	findings_mend(findings, access("/dev/net/tun", F_OK) == 0 ? "chmod 666 /dev/net/tun" : "modprobe tun");
}

static void look_at_ports(struct findings *findings)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	unsigned int first = 1024;

	if (output_of_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", &text))
		sscanf(text.bytes, "%u", &first);
	if (first <= 80) {
		GOOD("ports", "from %u on", first);
		return;
	}
	LACKS("ports", NULL, "those below %u are root's", first);
	findings_mend(findings, "sysctl net.ipv4.ip_unprivileged_port_start=80");
}

/* ---- limits ---- */

static void look_at_slice(struct findings *findings)
{
	if (!systemd_is_there())
		return;
	GOOD("limits of yours", "what binds all you run is what root says");
	findings_mend(findings, "systemctl set-property user-%u.slice MemoryMax=2G TasksMax=4096 CPUQuota=200%%", geteuid());
}

static void look_at_boot(struct findings *findings)
{
	char path[300];

	if (!systemd_is_there()) {
		LACKS("sfc prod enable", NULL, "needs systemd, which does not run here");
		return;
	}
	snprintf(path, sizeof(path), "/var/lib/systemd/linger/%s", user_name());
	if (access(path, F_OK) == 0) {
		GOOD("sfc prod enable", "what is enabled starts at boot");
		return;
	}
	LACKS("sfc prod enable", NULL, "what is enabled starts when you log in, not at boot, and ends with your last session");
	findings_mend(findings, "loginctl enable-linger %s", user_name());
}

static void look_at_packages(struct findings *findings)
{
	if (output_is_there("squashfuse_ll"))
		GOOD("packages", "sfc run mounts them by squashfuse_ll; sfc prod install extracts them once");
	else
		LACKS("packages", "squashfuse", "sfc run wants squashfuse_ll; sfc prod install works without");
}

/* ---- as root ---- */

static bool is_open_to_all(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & 0666) == 0666;
}

static void look_at_device(struct findings *findings, const char *name, const char *path, const char *what)
{
	if (access(path, F_OK) < 0 || is_open_to_all(path))
		return;
	LACKS(name, NULL, "%s", what);
	findings_mend(findings, "chmod 666 %s", path);
}

static bool users_may_unshare(void)
{
	static const char *const switches[][2] = {{"/proc/sys/kernel/unprivileged_userns_clone", "0"},
						  {"/proc/sys/user/max_user_namespaces", "0"},
						  {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"}};

	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;

		if (output_of_file(switches[i][0], &text) && strcmp(text.bytes, switches[i][1]) == 0)
			return false;
	}
	return true;
}

static void look_for_users(struct findings *findings)
{
	if (!users_may_unshare())
		LACKS("users", NULL,
		      "no plain user can run sfc: sysctl kernel.unprivileged_userns_clone=1 (Debian), "
		      "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), user.max_user_namespaces");
	else if (subids_have("/etc/subuid", NULL, 0) && subids_have("/etc/subgid", NULL, 0))
		GOOD("users", "those with a range in /etc/subuid run all of it without root");
	else {
		LACKS("users", NULL, "nobody has a range of ids: inside, each would have one user only");
		mend_ranges(findings, "USER");
	}
	look_at_device(findings, "/dev/fuse for users", "/dev/fuse", "closed: they trace nothing, and run no packages");
	look_at_device(findings, "/dev/net/tun for users", "/dev/net/tun",
		       "closed: they have no private networks, and publish no ports");
}

void findings_of_users(struct findings *findings)
{
	if (geteuid() == 0) {
		look_for_users(findings);
		return;
	}
	look_at_namespaces(findings);
	look_at_ids(findings);
	look_at_packages(findings);
	look_at_tun(findings);
	look_at_ports(findings);
	look_at_slice(findings);
	look_at_boot(findings);
	LACKS("root's alone", NULL, "sfc test mount, --layer-size, and device nodes of images");
}
