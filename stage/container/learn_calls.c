// SPDX-License-Identifier: BSD-2-Clause
/* Which call takes which capability, and when. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "pack/elf/families.h"
#include "stage/container/learn.h"

enum { STATUS_MAX = 64 << 10, PORTS_OF_ROOT = 1024 };

/* The program is executed, or ends: the one says that the runtime is done, both what it holds. */
#define MARKS "execve", "execveat", "exit_group"
#define CHOWN "chown", "chown32", "fchown", "fchown32", "fchownat", "lchown", "lchown32"
#define SETUID "setfsuid", "setfsuid32", "setresuid", "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32"
#define SETGID                                                                                     \
	"setfsgid", "setfsgid32", "setgid", "setgid32", "setgroups", "setgroups32", "setregid", "setregid32", \
		"setresgid", "setresgid32"
#define KILL "kill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tgkill", "tkill"
#define SETXATTR "fsetxattr", "lsetxattr", "setxattr"

const char *const learn_names[] = {MARKS,  CHOWN,  SETUID,   SETGID,	 KILL,	  SETXATTR,
				   "bind", "capset", "chroot", "prctl", NULL};

/* Of whom a call is. */
struct caller {
	pid_t thread;    /* where we are */
	int64_t process, own_thread; /* where it is: its numbers there */
	uint64_t effective;
};

typedef bool takes_it(const struct caller *caller, const struct seccomp_data *call);

/* ---- looking at the caller ---- */

/* The last number of a line, which is that of the innermost namespace. */
static int64_t last_number(const char *status, const char *field)
{
	const char *line = strstr(status, field), *end;

	if (!line)
		return -1;
	end = line + 1 + strcspn(line + 1, "\n");
	while (end > line && end[-1] != '\t')
		end--;
	return strtoll(end, NULL, 10);
}

static bool find_caller(pid_t thread, struct caller *ret_caller)
{
	_cleanup_(text_release) struct text status = TEXT_INIT;
	const char *effective;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	if (io_read_file(AT_FDCWD, path, STATUS_MAX, &status, NULL) < 0)
		return false;
	effective = strstr(status.bytes, "\nCapEff:\t");
	*ret_caller = (struct caller){
		.thread = thread,
		.process = last_number(status.bytes, "\nNStgid:"),
		.own_thread = last_number(status.bytes, "\nNSpid:"),
		.effective = effective ? strtoull(effective + strlen("\nCapEff:\t"), NULL, 16) : UINT64_MAX,
	};
	return true;
}

/* Bytes of its memory; false: they cannot be read. */
static bool read_memory(const struct caller *caller, uint64_t address, void *bytes, size_t size)
{
	_cleanup_(closep) int fd = -1;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)caller->thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && pread(fd, bytes, size, (off_t)address) == (ssize_t)size;
}

/* ---- when a call takes a capability ---- */

static bool always(const struct caller *caller, const struct seccomp_data *call)
{
	(void)caller;
	(void)call;
	return true;
}

/* To its own process anybody sends anything. */
static bool to_others(const struct caller *caller, const struct seccomp_data *call)
{
	int64_t to = (int32_t)call->args[0];

	return to != caller->process && to != caller->own_thread;
}

static bool to_low_port(const struct caller *caller, const struct seccomp_data *call)
{
	struct sockaddr_in address; /* the port stands where that of AF_INET6 does */

	if (!read_memory(caller, call->args[1], &address, 8))
		return true;
	if (address.sin_family != AF_INET && address.sin_family != AF_INET6)
		return false;
	return address.sin_port && ntohs(address.sin_port) < PORTS_OF_ROOT;
}

/* Dropping from the bounding set, and what no longer gives root its power. */
static bool to_less(const struct caller *caller, const struct seccomp_data *call)
{
	(void)caller;
	return call->args[0] == PR_CAPBSET_DROP || call->args[0] == PR_SET_SECUREBITS;
}

static bool for_capability(const struct caller *caller, const struct seccomp_data *call)
{
	static const char name[] = "security.capability";
	char given[sizeof(name)];

	return !read_memory(caller, call->args[1], given, sizeof(given)) || memcmp(given, name, sizeof(name)) == 0;
}

static const struct {
	int capability;
	const char *const names[12];
	takes_it *takes;
} takers[] = {
	{CAP_CHOWN, {CHOWN}, always},
	{CAP_SETUID, {SETUID}, always},
	{CAP_SETGID, {SETGID}, always},
	{CAP_KILL, {KILL}, to_others},
	{CAP_NET_BIND_SERVICE, {"bind"}, to_low_port},
	{CAP_SETPCAP, {"capset"}, always},
	{CAP_SETPCAP, {"prctl"}, to_less},
	{CAP_SYS_CHROOT, {"chroot"}, always},
	{CAP_SETFCAP, {SETXATTR}, for_capability},
};

static bool is_among(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* ---- one call ---- */

static void note(struct learned *learned, const struct caller *caller, const char *name,
		 const struct seccomp_data *call)
{
	int family = strcmp(name, "clone") == 0 ? FAMILY_NAMESPACES : family_of_call(name);

	learned->held |= caller->effective;
	if (family >= 0)
		learned->families |= FAMILY_BIT(family);
	if (call->arch != seccomp_arch_native())
		learned->families |= FAMILY_BIT(FAMILY_FOREIGN);
	for (size_t i = 0; i < sizeof(takers) / sizeof(*takers); i++) {
		uint64_t bit = UINT64_C(1) << takers[i].capability;

		if ((caller->effective & bit) && !(learned->capabilities & bit) && is_among(takers[i].names, name) &&
		    takers[i].takes(caller, call))
			learned->capabilities |= bit;
	}
}

void learn_take(struct learned *learned, bool *began, const struct seccomp_notif *asked)
{
	_cleanup_(freep) char *name = seccomp_syscall_resolve_num_arch(asked->data.arch, asked->data.nr);
	struct caller caller;

	/* killed meanwhile: it makes no call any more */
	if (!name || !find_caller((pid_t)asked->pid, &caller))
		return;
	*began |= strcmp(name, "execve") == 0 || strcmp(name, "execveat") == 0;
	learned->began |= *began;
	if (*began)
		note(learned, &caller, name, &asked->data);
}
