// SPDX-License-Identifier: BSD-2-Clause
#include "fs/allowance.h"

#include <stdlib.h>
#include <unistd.h>

#define CAPABILITIES "--cap-add SYS_ADMIN --cap-add SYS_PTRACE --device /dev/fuse "
#define APPARMOR "--security-opt apparmor=unconfined"

static const char kubernetes[] =
	"allow it with securityContext: {privileged: true} of the container";
static const char podman[] = "allow it with podman run " CAPABILITIES APPARMOR
			     " --security-opt label=disable";
static const char podman_pid1[] = "allow it with podman run " CAPABILITIES APPARMOR
				  " --security-opt label=disable --security-opt unmask=ALL";
static const char docker[] =
	"allow it with docker run " CAPABILITIES APPARMOR
	" (compose: cap_add: [SYS_ADMIN, SYS_PTRACE], devices: [/dev/fuse], "
	"security_opt: [apparmor:unconfined])";
static const char unknown[] =
	"it takes root, or a user namespace of your own (unshare -Urm tracefs …); in a container, "
	"docker run or podman run with " CAPABILITIES APPARMOR;

const char *allowance_words(bool pid1)
{
	if (getenv("KUBERNETES_SERVICE_HOST"))
		return kubernetes;
	if (access("/run/.containerenv", F_OK) == 0)
		return pid1 ? podman_pid1 : podman;
	if (access("/.dockerenv", F_OK) == 0)
		return docker;
	return unknown;
}
