/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Families of system calls that few programs make, and that a profile can take away as a whole: what a run is
 * watched for, what a packed file is asked for, and what a container then goes without. One more: a row.
 */
#ifndef PACK_ELF_FAMILIES_H
#define PACK_ELF_FAMILIES_H

#include <stdint.h>

enum family {
	FAMILY_KEYRINGS,
	FAMILY_IO_URING,
	FAMILY_PTRACE,
	FAMILY_MOUNT,
	FAMILY_BPF,
	FAMILY_PERF,
	FAMILY_NAMESPACES, /* also clone(2) with one of FAMILY_CLONE_FLAGS, and clone3(2) with whatever it has */
	FAMILY_OBSOLETE,
	FAMILY_FOREIGN,    /* all calls of another architecture that the machine runs: no list */
	FAMILIES
};

#define FAMILY_BIT(family) (UINT32_C(1) << (family))
#define FAMILIES_ALL (FAMILY_BIT(FAMILIES) - 1)

/* CLONE_NEW*: time, mount, cgroup, UTS, IPC, user, process, network. */
#define FAMILY_CLONE_FLAGS UINT64_C(0x7e020080)

/* NULL from FAMILIES on. */
const char *family_name(unsigned int family);
/* -1: there is none. */
int family_find(const char *name);
/* The calls it has, NULL at their end. */
const char *const *family_calls(unsigned int family);
/* What such a call is answered: the errno that programs expect of a machine without. */
int family_errno(unsigned int family);
/* The family of a call, by its name; -1: none. */
int family_of_call(const char *call);

#endif
