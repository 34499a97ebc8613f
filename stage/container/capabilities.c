// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>

static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

enum { COUNT = sizeof(names) / sizeof(*names) };

#define BIT(number) ((uint64_t)1 << (number))

/* As podman's; CAP_NET_RAW is none of them: with the host's network it would read the host's traffic. */
static const uint64_t defaults =
	BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) |
	BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETFCAP) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) |
	BIT(CAP_SETUID) | BIT(CAP_SYS_CHROOT);

const char *capability_name(unsigned int number)
{
	return number < COUNT ? names[number] : NULL;
}

/* A runtime can give what we have; what the machine does not have is left out of "all". */
static uint64_t ours(void)
{
	uint64_t set = 0;

	for (unsigned int i = 0; i < COUNT; i++)
		if (prctl(PR_CAPBSET_READ, (unsigned long)i, 0, 0, 0) == 1)
			set |= BIT(i);
	return set;
}

/* "CAP_KILL", "kill", "ALL"; 0: there is none of this name. */
static uint64_t parse(const char *name)
{
	if (strcasecmp(name, "ALL") == 0)
		return ours();
	for (unsigned int i = 0; i < COUNT; i++)
		if (strcasecmp(name, names[i]) == 0 || strcasecmp(name, names[i] + strlen("CAP_")) == 0)
			return BIT(i);
	return 0;
}

uint64_t capability_find(const char *name)
{
	for (unsigned int i = 0; i < COUNT; i++)
		if (strcmp(name, names[i]) == 0)
			return BIT(i);
	return 0;
}

bool capability_has(uint64_t set, const char *name)
{
	for (unsigned int i = 0; i < COUNT; i++)
		if (strcmp(name, names[i]) == 0)
			return set & BIT(i);
	return false;
}

uint64_t capabilities_added(const struct spec *spec)
{
	uint64_t set = 0;

	for (size_t i = 0; i < spec->cap_add.count; i++)
		set |= parse(spec->cap_add.items[i]);
	return set;
}

int capabilities_of(const struct spec *spec, uint64_t *ret_set, struct error *err)
{
	uint64_t set = defaults & ours();

	if (spec->privileged)
		set = ours();
	/* ALL first: --cap-drop ALL --cap-add KILL leaves one, in whatever order they stand */
	for (size_t i = 0; i < spec->cap_drop.count; i++) {
		uint64_t dropped = parse(spec->cap_drop.items[i]);

		if (!dropped)
			return error_set(err, -EINVAL, "there is no capability '%s'",
					 spec->cap_drop.items[i]);
		set &= ~dropped;
	}
	for (size_t i = 0; i < spec->cap_add.count; i++) {
		uint64_t added = parse(spec->cap_add.items[i]);

		if (!added)
			return error_set(err, -EINVAL, "there is no capability '%s'",
					 spec->cap_add.items[i]);
		if (added & ~ours())
			return error_set(err, -EPERM, "the capability '%s' is not ours to give",
					 spec->cap_add.items[i]);
		set |= added;
	}
	for (size_t i = 0; i < spec->cap_drop.count; i++)
		if (strcasecmp(spec->cap_drop.items[i], "ALL") != 0)
			set &= ~parse(spec->cap_drop.items[i]);
	*ret_set = set;
	return 0;
}
