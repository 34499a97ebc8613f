// SPDX-License-Identifier: BSD-2-Clause
#include "pack/elf/families.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const keyrings[] = {"add_key", "keyctl", "request_key", NULL};
static const char *const io_uring[] = {"io_uring_enter", "io_uring_register", "io_uring_setup", NULL};
static const char *const ptrace_calls[] = {"kcmp",	       "pidfd_getfd",	   "process_madvise",
					   "process_vm_readv", "process_vm_writev", "ptrace",
					   NULL};
static const char *const mount_calls[] = {"fsconfig",  "fsmount",	   "fsopen",	"fspick",     "mount",	"mount_setattr",
					  "move_mount", "open_tree", "open_tree_attr", "pivot_root", "umount", "umount2",
					  NULL};
static const char *const bpf[] = {"bpf", NULL};
static const char *const perf[] = {"lookup_dcookie", "perf_event_open", NULL};
static const char *const namespaces[] = {"setns", "unshare", NULL};
static const char *const obsolete[] = {
	"_sysctl",	     "afs_syscall",	"bdflush",   "create_module", "epoll_ctl_old", "epoll_wait_old",
	"get_kernel_syms", "getpmsg",	"modify_ldt", "nfsservctl",    "oldfstat",	    "oldlstat",
	"oldolduname",     "oldstat",	"olduname",   "putpmsg",       "query_module",  "remap_file_pages",
	"security",	     "sgetmask",	"ssetmask",   "sysfs",	       "tuxcall",	    "uselib",
	"ustat",	     "vm86",	"vm86old",    "vserver",       NULL,
};
static const char *const none[] = {NULL};

static const struct {
	const char *name;
	const char *const *calls;
	int error;
} families[FAMILIES] = {
	[FAMILY_KEYRINGS] = {"keyrings", keyrings, ENOSYS},
	[FAMILY_IO_URING] = {"io_uring", io_uring, ENOSYS},
	[FAMILY_PTRACE] = {"ptrace", ptrace_calls, EPERM},
	[FAMILY_MOUNT] = {"mount", mount_calls, EPERM},
	[FAMILY_BPF] = {"bpf", bpf, EPERM},
	[FAMILY_PERF] = {"perf", perf, EPERM},
	[FAMILY_NAMESPACES] = {"namespaces", namespaces, EPERM},
	[FAMILY_OBSOLETE] = {"obsolete", obsolete, ENOSYS},
	[FAMILY_FOREIGN] = {"foreign", none, ENOSYS},
};

const char *family_name(unsigned int family)
{
	return family < FAMILIES ? families[family].name : NULL;
}

int family_find(const char *name)
{
	for (int i = 0; i < FAMILIES; i++)
		if (strcmp(families[i].name, name) == 0)
			return i;
	return -1;
}

const char *const *family_calls(unsigned int family)
{
	return family < FAMILIES ? families[family].calls : none;
}

int family_errno(unsigned int family)
{
	return family < FAMILIES ? families[family].error : EPERM;
}

int family_of_call(const char *call)
{
	for (int i = 0; i < FAMILIES; i++)
		for (const char *const *name = families[i].calls; *name; name++)
			if (strcmp(*name, call) == 0)
				return i;
	return -1;
}
