// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/container/private.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"

enum { SAID_MAX = 16 << 20, STATUS_MAX = 64 << 10 };

/* ---- into files ---- */

/* The last error in CRIU's own log is nearest to the cause. */
static void criu_said(const char *directory, struct text *text)
{
	_cleanup_(text_release) struct text log = TEXT_INIT;
	_cleanup_(freep) char *path = path_join(directory, "dump.log");
	char *line, *found = NULL;

	if (!path || io_read_file(AT_FDCWD, path, SAID_MAX, &log, NULL) < 0)
		return;
	for (line = log.bytes; (line = strstr(line, "Error (")); line++)
		found = strstr(line, "): ") ? strstr(line, "): ") + 3 : line;
	if (!found)
		return;
	found[strcspn(found, "\n")] = '\0';
	text_add_plain(text, found);
}

static int failed(const struct container_checkpoint *request, const struct runtime *runtime, struct error *err)
{
	_cleanup_(freep) char *log = path_join(request->work, "log");
	_cleanup_(text_release) struct text said = TEXT_INIT, criu = TEXT_INIT;

	if (log)
		runtime_said(log, &said);
	criu_said(request->directory, &criu);
	return error_set(err, -EIO, "%s cannot checkpoint it: %.200s%s%.200s", path_name(runtime->program),
			 said.size ? said.bytes : "and does not say why", criu.size ? "; CRIU: " : "",
			 criu.size ? criu.bytes : "");
}

/* In a child of ours, which goes where conmon is. */
static int make(void *data, struct error *err)
{
	const struct container_checkpoint *request = data;
	const char *const arguments[] = {"checkpoint", "--image-path", request->directory, "--work-path",
					 request->directory, request->name, NULL};
	_cleanup_(closep) int pidfd = (int)syscall(SYS_pidfd_open, request->where, 0);
	const struct cgroup none = {.version = CGROUP_NONE};
	struct runtime runtime = {.kind = RUNTIME_OTHER};
	const int nothing[] = {-1, -1, -1};
	int r;

	if (pidfd < 0 || setns(pidfd, CLONE_NEWNS) < 0)
		return error_errno(err, "cannot go where the container is");
	r = runtime_init(request->spec, &none, request->work, &runtime, err);
	if (r == 0)
		r = runtime_call(&runtime, arguments, nothing, err);
	if (r > 0)
		r = failed(request, &runtime, err);
	runtime_release(&runtime);
	return r;
}

int container_checkpoint(const struct container_checkpoint *request, struct error *err)
{
	struct container_checkpoint copy = *request;

	return namespace_aside(make, &copy, sizeof(copy), err);
}

/* ---- what came of files ---- */

int container_restore_room(const struct container *container, struct error *err)
{
	_cleanup_(freep) char *place = path_join(container->work, "devices"), *path = NULL;
	_cleanup_(closep) int devices = -1, mount = -1;
	int r = place ? mount_tmpfs(0755, 0, &devices, err) : error_oom(err);

	if (r == 0)
		r = mount_set(devices, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NODEV, false, err);
	if (r < 0)
		return r;
	if (mkdir(place, 0700) < 0 || mknodat(devices, "null", S_IFCHR | 0666, makedev(1, 3)) < 0 ||
	    fchmodat(devices, "null", 0666, 0) < 0)
		return error_errno(err, "cannot make '%s/null'", place);
	path = path_join(place, "null");
	r = path ? mount_attach(devices, AT_FDCWD, place, err) : error_oom(err);
	if (r == 0)
		r = mount_clone(AT_FDCWD, path, false, &mount, err);
	if (r == 0)
		r = mount_set(mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, 0, false, err);
	return r < 0 ? r : mount_attach(mount, AT_FDCWD, "/dev/null", err);
}

static const char *field(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	return line ? line + strlen(name) : "";
}

static int check_process(const struct container *container, pid_t pid, struct error *err)
{
	static const char *const sets[] = {"\nCapInh:\t", "\nCapPrm:\t", "\nCapEff:\t", "\nCapBnd:\t", "\nCapAmb:\t"};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	/* one that has ended meanwhile may do nothing */
	if (io_read_file(AT_FDCWD, path, STATUS_MAX, &text, NULL) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		uint64_t beyond = strtoull(field(text.bytes, sets[i]), NULL, 16) & ~container->capabilities;

		if (beyond)
			return error_set(err, -EPERM,
					 "a process of the checkpoint has capabilities that it is not to have (%s%" PRIx64 ")",
					 sets[i] + 1, beyond);
	}
	if (container->no_new_privileges && *field(text.bytes, "\nNoNewPrivs:\t") != '1')
		return error_set(err, -EPERM, "a process of the checkpoint may gain privileges (no no_new_privs)");
	if (container->seccomp.rules && *field(text.bytes, "\nSeccomp:\t") != '2')
		return error_set(err, -EPERM, "a process of the checkpoint has no seccomp filter");
	return 0;
}

int container_check_restored(const struct container *container, struct error *err)
{
	pid_list list = {0};
	int r = check_process(container, container->pid, err);

	cgroup_processes(&container->cgroup, &list);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		r = check_process(container, list.items[i], err);
	array_release(&list);
	return r;
}
