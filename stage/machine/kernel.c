// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel can do, as far as we use it. */
#include "stage/machine/findings.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/machine/output.h"

#define GOOD(name, ...) findings_add(findings, name, FINDING_GOOD, NULL, __VA_ARGS__)
#define LACKS(name, package, ...) findings_add(findings, name, FINDING_LACKS, package, __VA_ARGS__)
#define BROKEN(name, package, ...)                                                                 \
	findings_add(findings, name, FINDING_BROKEN, package, __VA_ARGS__)

static bool is_device(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode);
}

static void look_at_kernel(struct findings *findings)
{
	struct utsname name;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	uname(&name);
	GOOD("kernel", "%s, %ld processor%s", name.release, processors, processors == 1 ? "" : "s");
}

/* ---- how the kernel was built ---- */

/* 'y', 'm', 'n' (also "is not set"); '?': it does not tell. */
static char kernel_config(const struct text *config, const char *name)
{
	_cleanup_(text_release) struct text wanted = TEXT_INIT;
	const char *at;

	text_printf(&wanted, "CONFIG_%s=", name);
	at = strstr(config->bytes, wanted.bytes);
	if (at)
		return at[wanted.size];
	return config->size ? 'n' : '?';
}

static void read_config(struct text *config)
{
	static const char *const unpack[] = {"gzip", "-dc", "/proc/config.gz", NULL};
	char path[sizeof("/boot/config-") + sizeof(((struct utsname *)NULL)->release)];
	struct utsname name;

	if (access(unpack[2], R_OK) == 0 && output_of(unpack, config) == 0 && config->size)
		return;
	uname(&name);
	snprintf(path, sizeof(path), "/boot/config-%s", name.release);
	text_clear(config);
	output_of_file(path, config);
}

/* ---- FUSE ---- */

static void look_at_fuse(struct findings *findings, const struct text *config)
{
	_cleanup_(text_release) struct text uring = TEXT_INIT, disabled = TEXT_INIT;
	_cleanup_(closep) int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (!is_device("/dev/fuse"))
		BROKEN("/dev/fuse", NULL,
		       "missing: run 'modprobe fuse', or pass the device into this container");
	else if (fd < 0) {
		/* opening is the only honest test: a device cgroup may forbid what the mode allows
		 */
		BROKEN("/dev/fuse", NULL, "cannot be opened: nothing is traced");
		findings_mend(findings, "chmod 666 /dev/fuse");
	} else
		GOOD("/dev/fuse", "can be opened");
	switch (kernel_config(config, "FUSE_PASSTHROUGH")) {
	case 'y':
		if (geteuid() == 0)
			GOOD("passthrough", "the kernel reads traced files by itself");
		else
			LACKS("passthrough", NULL,
			      "the kernel allows it to root alone: traced files are read through "
			      "the daemon, slower");
		break;
	case '?':
		LACKS("passthrough", NULL,
		      "unknown; from Linux 6.9 the kernel may read traced files by itself");
		break;
	default:
		LACKS("passthrough", NULL,
		      "not in this kernel (FUSE_PASSTHROUGH): reading traced files is slower");
	}
	if (output_of_file("/proc/sys/kernel/io_uring_disabled", &disabled) && *disabled.bytes == '2')
		LACKS("io_uring", NULL, "kernel.io_uring_disabled is 2: tracing works without");
	else if (!output_of_file("/sys/module/fuse/parameters/enable_uring", &uring))
		LACKS("io_uring", NULL, "not in this kernel (Linux 6.14): tracing works without");
	else if (*uring.bytes == 'Y')
		GOOD("io_uring", "tracefs takes its requests through it");
	else
		LACKS("io_uring", NULL,
		      "off: 'echo 1 >/sys/module/fuse/parameters/enable_uring' makes tracing "
		      "cheaper, for the whole system");
}

/* ---- file systems ---- */

static bool is_registered(const char *name)
{
	_cleanup_(text_release) struct text list = TEXT_INIT;
	size_t length = strlen(name);

	if (!output_of_file("/proc/filesystems", &list))
		return false;
	for (const char *at = list.bytes; (at = strstr(at, name)); at += length)
		if (at[-1] == '\t' && (at[length] == '\n' || !at[length]))
			return true;
	return false;
}

/* Whoever asks the kernel for one has its module loaded, and waits for that. */
static bool has_filesystem(const char *name)
{
	_cleanup_(closep) int context = fsopen(name, FSOPEN_CLOEXEC);

	return context >= 0 || is_registered(name);
}

static void look_at_filesystems(struct findings *findings, const struct text *config)
{
	if (has_filesystem("overlay"))
		GOOD("overlayfs", "writable layers");
	else
		BROKEN("overlayfs", NULL, "not in this kernel: 'modprobe overlay'");
	/* a user's packages are mounted otherwise: findings_of_users() */
	if (geteuid() != 0)
		return;
	if (!has_filesystem("squashfs"))
		BROKEN("squashfs", "squashfuse",
		       "not in this kernel: 'modprobe squashfs', or mount packages by squashfuse");
	else if (kernel_config(config, "SQUASHFS_ZSTD") == 'n')
		LACKS("squashfs", "squashfuse", "without zstd: packages are mounted by squashfuse");
	else
		GOOD("squashfs", "packages are mounted by the kernel");
	if (is_device("/dev/loop-control"))
		GOOD("loop", "packages are files");
	else if (output_is_there("squashfuse"))
		LACKS("loop", NULL, "no /dev/loop-control: packages are mounted by squashfuse");
	else
		BROKEN("loop", "squashfuse",
		       "no /dev/loop-control: 'modprobe loop', or mount packages by squashfuse");
}

/* ---- namespaces ---- */

/* Here and now, in a child: rules and limits of many kinds forbid it. */
static bool can_unshare(int flags)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(unshare(flags) < 0 ||
		      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void look_at_namespaces(struct findings *findings)
{
	int most = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;

	if (geteuid() != 0)
		return; /* findings_of_users() */
	if (can_unshare(most | CLONE_NEWCGROUP))
		GOOD("namespaces", "mount, pid, ipc, uts, net, cgroup");
	else if (can_unshare(most))
		LACKS("namespaces", NULL,
		      "no cgroup namespace: programs see the names of the host's cgroups");
	else
		BROKEN("namespaces", NULL,
		       "cannot make them: this is a container without CAP_SYS_ADMIN?");
}

/* ---- cgroups ---- */

/* Those of /proc/cgroups that have a hierarchy of version 1. */
static void add_version_1(struct text *text)
{
	_cleanup_(text_release) struct text table = TEXT_INIT;
	char name[64];
	int hierarchy, count, enabled;

	output_of_file("/proc/cgroups", &table);
	for (const char *line = table.bytes; *line;
	     line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%63s %d %d %d", name, &hierarchy, &count, &enabled) == 4 &&
		    *name != '#' && hierarchy > 0 && enabled)
			text_printf(text, "%s%s", text->size ? " " : "", name);
}

/* One word of a list parted by blanks. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

static void look_at_cgroups(struct findings *findings)
{
	static const char *const wanted[][2] = {
	    {"memory", "--memory"}, {"pids", "--pids"}, {"cpu", "--cpus"}, {"io", "--io-weight"}};
	_cleanup_(text_release) struct text have = TEXT_INIT, without = TEXT_INIT;
	bool unified = output_of_file("/sys/fs/cgroup/cgroup.controllers", &have);
	bool mounted = unified || access("/sys/fs/cgroup/memory", F_OK) == 0;

	if (!mounted) {
		LACKS("cgroups", NULL, "not mounted: instances run without limits");
		return;
	}
	if (!unified)
		add_version_1(&have);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!has_word(have.bytes, wanted[i][0]) &&
		    !(i == 3 && has_word(have.bytes, "blkio")))
			text_printf(&without, "%s%s", without.size ? ", " : "", wanted[i][1]);
	GOOD("cgroups", "version %d: %s%s", unified ? 2 : 1, have.bytes,
	     unified
		 ? ""
		 : "; crun wants it without the hybrid /sys/fs/cgroup/unified, runc does not mind");
	if (without.size && geteuid() == 0)
		LACKS("limits", NULL, "no controller here for %s: these are refused",
		      without.bytes);
}

/* ---- confinement ---- */

static void look_at_confinement(struct findings *findings)
{
	static const char *const profiles[] = {"/etc/containers/seccomp.json",
					       "/usr/share/containers/seccomp.json"};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *profile = NULL;

	for (size_t i = 0; !profile && i < sizeof(profiles) / sizeof(*profiles); i++)
		if (access(profiles[i], R_OK) == 0)
			profile = profiles[i];
	if (access("/proc/sys/kernel/seccomp/actions_avail", F_OK) != 0)
		LACKS("seccomp", NULL,
		      "not in this kernel: programs may make any system call, and --seccomp "
		      "unconfined has to say so");
	else if (!profile)
		LACKS("seccomp", "golang-github-containers-common",
		      "no profile, without which nothing is started but with --seccomp unconfined");
	else
		GOOD("seccomp", "%s", profile);
	if (output_of_file("/sys/module/apparmor/parameters/enabled", &text) && *text.bytes == 'Y')
		GOOD("apparmor", "on");
}

void findings_of_kernel(struct findings *findings)
{
	_cleanup_(text_release) struct text config = TEXT_INIT;

	read_config(&config);
	look_at_kernel(findings);
	look_at_fuse(findings, &config);
	look_at_filesystems(findings, &config);
	look_at_namespaces(findings);
	look_at_cgroups(findings);
	look_at_confinement(findings);
}
