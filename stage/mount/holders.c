// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/process.h"
#include "db/base/text.h"

enum { FILE_MAX = 1 << 20, LINE = 10 + 20 + 20 + 36 + 4, PRUNE = 64 };

typedef ARRAY(struct process) process_list;

int holders_open(const char *state, int *ret_list, struct error *err)
{
	_cleanup_(freep) char *path = path_join(state, "namespace");
	_cleanup_(closep) int fd = -1;
	int r;

	if (!path)
		return error_oom(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	do
		r = flock(fd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_errno(err, "cannot lock '%s'", path);
	*ret_list = take_fd(&fd);
	return 0;
}

/* What is no line of ours, as one that was cut off, is none. */
static int list_read(int list, process_list *ret_list, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char *rest, *line, bytes[4096];
	ssize_t n;

	if (lseek(list, 0, SEEK_SET) < 0)
		return error_errno(err, "cannot read who is in the user namespace");
	while (text.size < FILE_MAX && (n = read(list, bytes, sizeof(bytes))) > 0)
		text_add_bytes(&text, bytes, (size_t)n);
	if (text_failed(&text))
		return error_oom(err);
	rest = text.bytes;
	while (text.size && (line = strsep(&rest, "\n"))) {
		struct process one = {.pid = 0};

		if (strlen(line) == LINE - 1 &&
		    sscanf(line, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %39s", &one.pid, &one.started, &one.pidns,
			   one.boot) == 4 &&
		    array_push(ret_list, one) < 0)
			return error_oom(err);
	}
	return 0;
}

static void add_line(struct text *text, const struct process *process)
{
	text_printf(text, "%-10" PRId64 " %-20" PRId64 " %-20" PRId64 " %-36.36s\n", process->pid, process->started,
		    process->pidns, process->boot);
}

/* Those that have ended go, in place: a kill in the middle of it leaves lines twice, and loses none. */
static int list_prune(int list, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	process_list processes = ARRAY_INIT;
	struct process self;
	int r = list_read(list, &processes, err);

	process_self(&self);
	for (size_t i = 0; i < processes.count; i++)
		if (process_is_alive_here(&processes.items[i], &self))
			add_line(&text, &processes.items[i]);
	array_release(&processes);
	if (r < 0 || text_failed(&text))
		return r < 0 ? r : error_oom(err);
	if (io_pwrite(list, text.bytes, text.size, 0) < 0 || ftruncate(list, (off_t)text.size) < 0)
		return error_errno(err, "cannot note who is in the user namespace");
	return 0;
}

/* Not ours to join: that of a process which never entered, or of another user's. */
static bool is_another_of_ours(int namespace)
{
	struct stat theirs, ours;
	uid_t owner;

	return ioctl(namespace, NS_GET_OWNER_UID, &owner) == 0 && owner == geteuid() &&
	       fstat(namespace, &theirs) == 0 && stat("/proc/self/ns/user", &ours) == 0 &&
	       theirs.st_ino != ours.st_ino;
}

static bool join(const struct process *process)
{
	_cleanup_(closep) int pidfd = process_open(process), namespace = -1;
	char path[48];

	if (pidfd < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/ns/user", process->pid);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	/* still the same process, by whose number we have found it */
	return namespace >= 0 && process_is_alive(process) && is_another_of_ours(namespace) &&
	       setns(namespace, CLONE_NEWUSER) == 0;
}

int holders_join(int list, struct error *err)
{
	process_list processes = ARRAY_INIT;
	int r = list_read(list, &processes, err);

	for (size_t i = 0; r == 0 && i < processes.count; i++)
		r = join(&processes.items[i]);
	array_release(&processes);
	return r;
}

int holders_add(int list, pid_t pid, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct process one;
	off_t end = lseek(list, 0, SEEK_END);
	int r = 0;

	/* now and then, so that many who come cost each the same */
	if (end / LINE % PRUNE == PRUNE - 1)
		r = list_prune(list, err);
	if (r < 0)
		return r;
	process_of(pid, &one);
	add_line(&text, &one);
	if (text_failed(&text))
		return error_oom(err);
	/* behind one that was cut off begins a new one */
	end = lseek(list, 0, SEEK_END) / LINE * LINE;
	r = end < 0 ? (int)end : io_pwrite(list, text.bytes, text.size, (uint64_t)end);
	return r < 0 ? error_code(err, r, "cannot note who is in the user namespace") : 0;
}
