// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/ready.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "stage/watch/http.h"
#include "stage/watch/question.h"

enum { TICK_MS = 20, LISTENING = 0x0a };

/* --- a port --- */

/* container NULL: whoever listens. */
static bool listens_in(const char *path, unsigned int wanted, const struct container *container)
{
	_cleanup_(fclosep) FILE *file = fopen(path, "re");
	char line[512];

	/* "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 …" */
	while (file && fgets(line, sizeof(line), file)) {
		unsigned int port, state;
		unsigned long inode;

		if (sscanf(line,
			   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
			   &port, &state, &inode) == 3 &&
		    port == wanted && state == LISTENING &&
		    (!container || container_has_socket(container, inode)))
			return true;
	}
	return false;
}

static bool port_listens(const char *process, unsigned int port, const struct container *container)
{
	static const char *const tables[] = {"tcp", "tcp6"};
	char path[64];

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		snprintf(path, sizeof(path), "/proc/%s/net/%s", process, tables[i]);
		if (listens_in(path, port, container))
			return true;
	}
	return false;
}

static bool container_listens(const struct container *container, unsigned int port)
{
	char process[16];

	snprintf(process, sizeof(process), "%d", (int)container_pid(container));
	return port_listens(process, port, container);
}

bool ready_port_taken(unsigned int port)
{
	return port_listens("self", port, NULL);
}

/* --- asked from outside, in the container's network --- */

struct asking {
	const struct container *container;
	const char *command; /* for the shell, or */
	const char *url;
	const char *root;
	int output, errors; /* -1: nobody reads it */
};

static int ask_outside(void *data)
{
	const struct asking *asking = data;
	struct error err = ERROR_INIT;

	if (container_network_enter(asking->container, &err) < 0)
		return 125;
	if (asking->url)
		return http_answers(asking->url, &err) == 0 ? 0 : 1;
	if (dup2(asking->output < 0 ? STDIN_FILENO : asking->output, STDOUT_FILENO) < 0 ||
	    dup2(asking->errors < 0 ? STDIN_FILENO : asking->errors, STDERR_FILENO) < 0 ||
	    (asking->root && setenv("SFC_ROOT", asking->root, 1) < 0))
		return 125;
	execl("/bin/sh", "sh", "-c", asking->command, (char *)NULL);
	return 127;
}

static int ask(struct container *container, struct asking *asking, struct pollfd *also, int64_t deadline,
	       int *ret_status, struct error *err)
{
	struct question question;
	int r;

	asking->container = container;
	r = question_begin(&question, ask_outside, asking, err);
	return r < 0 ? r : question_wait(&question, container, also, deadline, ret_status, err);
}

int probe_run(struct container *container, const char *command, const char *root, int output,
	      int errors, struct pollfd *also, int64_t timeout_ms, int *ret_status, struct error *err)
{
	struct asking asking = {.command = command, .root = root, .output = output, .errors = errors};

	return ask(container, &asking, also, timeout_ms < 0 ? -1 : clock_steady_ms() + timeout_ms, ret_status, err);
}

/* --- ready --- */

/* 1: it is. */
static int is_ready(struct container *container, const struct spec *spec, struct pollfd *also,
		    int64_t deadline, struct error *err)
{
	struct asking asking = {.root = container_root(container), .output = -1, .errors = -1};
	int status, r;

	if (spec->ready == READY_UNSET)
		return 1;
	if (spec->ready == READY_TCP)
		return container_listens(container, spec->ready_port);
	if (spec->ready == READY_HTTP)
		asking.url = spec->ready_text;
	else
		asking.command = spec->ready_text;
	r = ask(container, &asking, also, deadline, &status, err);
	return r < 0 ? r : status == 0;
}

int ready_wait(struct container *container, const struct spec *spec, struct pollfd *also,
	       size_t count, int64_t timeout_ms, struct error *err)
{
	int64_t deadline = clock_steady_ms() + timeout_ms;

	while (!container_ended(container)) {
		int r = is_ready(container, spec, count == 1 ? also : NULL, deadline, err);

		if (r != 0)
			return r == -EINTR || r > 0 ? 0 : r;
		if (clock_steady_ms() >= deadline)
			return -ETIME;
		r = container_pump(container, also, count, TICK_MS, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return 0;
}

int ready_wait_ports(struct container *container, const uint16_t *ports, size_t count, struct pollfd *also,
		     int64_t timeout_ms, unsigned int *ret_port, struct error *err)
{
	int64_t deadline = clock_steady_ms() + timeout_ms;

	*ret_port = 0;
	while (!container_ended(container)) {
		int r;

		for (size_t i = 0; i < count && !*ret_port; i++)
			if (container_listens(container, ports[i]))
				*ret_port = ports[i];
		if (*ret_port)
			return 0;
		if (clock_steady_ms() >= deadline)
			return -ETIME;
		r = container_pump(container, also, 1, TICK_MS, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return 0;
}
