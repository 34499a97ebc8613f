// SPDX-License-Identifier: BSD-2-Clause
/* What several commands do alike, before they begin and in what they run apart. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "stage/cmd/cmd.h"
#include "stage/instance/network.h"
#include "stage/mount/user.h"
#include "stage/state/place.h"
#include "stage/state/state.h"
#include "stage/watch/ready.h"

int cmd_enter(struct error *err)
{
	_cleanup_(freep) char *state = NULL;
	_cleanup_(closep) int place = -1;
	int r;

	if (!user_is_plain())
		return 0;
	r = place_open(NULL, &place, &state, err);
	return r < 0 ? r : user_enter(state, err);
}

int cmd_state_open(struct state **ret_state, struct error *err)
{
	int r = cmd_enter(err);

	return r < 0 ? r : state_open(NULL, ret_state, err);
}

int cmd_state_look(struct state **ret_state, struct error *err)
{
	return state_open(NULL, ret_state, err);
}

int cmd_hold_network(struct asked *asked, struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	int fd, r;

	if (asked->spec.network != NETWORK_INSTANCE)
		return 0;
	r = cmd_state_open(&state, err);
	/* open until we end */
	return r < 0 ? r : instance_network(state, &asked->spec, &fd, err);
}

int cmd_check_tracing(const struct spec *spec, struct error *err)
{
	_cleanup_(closep) int fuse = -1;
	bool shared = spec->network == NETWORK_HOST || (spec->network == NETWORK_UNSET && !spec->ports.count);

	/* opening is the only honest test: a device cgroup may forbid what the mode allows */
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
		return error_set(err, -ENODEV, "needs /dev/fuse, which is not here: run 'modprobe fuse', or pass "
					       "the device into this container");
	if (fuse < 0)
		return error_errno(err, "cannot open /dev/fuse");
	if (spec->ready == READY_TCP && shared && ready_port_taken(spec->ready_port))
		return error_set(err, -EADDRINUSE,
				 "something on this machine listens on port %u already; stop it, or use "
				 "--network none",
				 spec->ready_port);
	return 0;
}

/* Signals end us as any program; who waits for us cleans up. */
void cmd_unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void cmd_say_warnings(struct text *warnings)
{
	char *rest = warnings->size ? warnings->bytes : NULL, *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (strncmp(line, "warning: ", 9) == 0)
			log_warning("%s", line + 9);
		else if (*line)
			log_error("%s", line);
}
