// SPDX-License-Identifier: BSD-2-Clause
/* sfc instrument: an image that traces itself, wherever it is started. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/oci/instrument.h"
#include "stage/cancel.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/beside.h"

#define PROGRAM "tracefs-static"
#define ALLOWED "--cap-add SYS_ADMIN --cap-add SYS_PTRACE --device /dev/fuse --security-opt apparmor=unconfined"

/* Beside tracefs where we were built, else where we are installed. */
int cmd_find_tracefs(char **ret_path, struct error *err)
{
	const char *build = getenv("builddir");
	_cleanup_(freep) char *path = NULL;

	if (build && asprintf(&path, "%s/fs/" PROGRAM, build) < 0)
		return error_oom(err);
	if (!path || access(path, R_OK) < 0) {
		free(take(path));
		path = beside_find(PROGRAM);
	}
	if (!path)
		return error_set(err, -ENOENT, "this sfc was built without a tracefs for images: static libraries of "
					       "fuse3, sqlite3, jansson, uuid and libcrypto were missing (see "
					       "'configure')");
	*ret_path = take(path);
	return 0;
}

static void say_how(const struct instrument_result *result, const char *output)
{
	const char *name = result->name;

	printf("%s is %s, traced: one layer of %.1f MB more%s%s.\n", output, result->id,
	       (double)result->added / 1e6, result->user ? "; the command is run as " : "",
	       result->user ? result->user : "");
	printf("Each container leaves a manifest in the volume " TRACED_VOLUME ". It is started as before, with\n");
	printf("  docker      docker run " ALLOWED " -v sfc-trace:" TRACED_VOLUME " %s\n", name);
	printf("  podman      podman run " ALLOWED " --security-opt label=disable -v sfc-trace:" TRACED_VOLUME
	       " %s\n", name);
	printf("  compose     cap_add: [SYS_ADMIN, SYS_PTRACE], devices: [/dev/fuse], security_opt: [apparmor:unconfined],\n"
	       "              volumes: [sfc-trace:" TRACED_VOLUME "]\n");
	printf("  Kubernetes  securityContext: {privileged: true, runAsUser: 0, runAsNonRoot: false}, and a volume\n"
	       "              mounted at " TRACED_VOLUME "\n");
}

int cmd_instrument(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(instrument_result_release) struct instrument_result result = {0};
	_cleanup_(freep) char *program = NULL;
	struct error err = ERROR_INIT;
	struct instrument_request request = {
		.output = asked->output,
		.name = asked->name,
		.traced = {.user = asked->image_user, .tracefs = asked->trace},
		.force = asked->force,
	};
	int r;

	if (asked->compose || asked->kubernetes)
		return cmd_instrument_start(command, asked);
	if (asked->operand_count != 1)
		return command_misused(command, "no image given");
	if (!asked->output)
		return command_misused(command, "no output given, use -o IMAGE");
	request.image = asked->operands[0];
	r = image_access_read(&asked->access, &err);
	request.access = image_access_carrier(&asked->access, cancel_begin());
	if (r == 0)
		r = cmd_find_tracefs(&program, &err);
	request.program = program;
	if (r == 0)
		r = instrument(&request, &result, &err);
	if (r < 0)
		return command_failed(command, &err);
	if (result.loses_health)
		log_warning("podman reads no HEALTHCHECK from an OCI image; docker does, and both from docker-archive:FILE");
	if (asked->quiet)
		puts(result.name);
	else
		say_how(&result, asked->output);
	return EXIT_DONE;
}
