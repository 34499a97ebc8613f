// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/slirp.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "stage/container/spawn.h"

enum { READY_MS = 20000, REPLY_MAX = 4096 };

/* --- starting it --- */

static int wait_ready(int ready, int errors, struct error *err)
{
	struct pollfd waiting = {.fd = ready, .events = POLLIN};
	char text[512] = "";
	ssize_t n;

	if (poll(&waiting, 1, READY_MS) == 1 && read(ready, text, 1) == 1)
		return 0;
	n = read(errors, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return error_set(err, -EIO, "slirp4netns did not start%s%s", *text ? ": " : "", text);
}

int slirp_start(int namespace, const char *socket, pid_t *ret_pid, int *ret_exit, struct error *err)
{
	const char *const argv[] = {"slirp4netns", "--configure", "--mtu=65520",
				    "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp",
				    "--netns-type=path", "-a", socket, "-r", "3", "-e", "4",
				    "/proc/self/fd/5", SLIRP_DEVICE, NULL};
	_cleanup_(freep) char *program = spawn_find("slirp4netns");
	int ready[2] = {-1, -1}, ends[2] = {-1, -1}, errors[2] = {-1, -1}, r = 0;
	pid_t pid;

	if (!program)
		return error_set(err, -ENOENT, "a private network needs slirp4netns, which is not here; "
					       "install it (Debian: apt-get install slirp4netns)");
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(ends, O_CLOEXEC) < 0 ||
	    pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
		r = error_errno(err, "cannot make a pipe");
	if (r == 0) {
		const int fds[] = {-1, -1, errors[1], ready[1], ends[0], namespace};

		r = spawn(program, argv, NULL, fds, 6, &pid, err);
	}
	closep(&ready[1]);
	closep(&ends[0]);
	closep(&errors[1]);
	if (r == 0)
		r = wait_ready(ready[0], errors[0], err);
	else
		pid = 0;
	closep(&ready[0]);
	closep(&errors[0]);
	if (r < 0) {
		closep(&ends[1]);
		if (pid > 0)
			spawn_wait(pid);
		return r;
	}
	*ret_pid = pid;
	*ret_exit = ends[1];
	return 0;
}

/* --- asking it --- */

static int ask(const char *path, const char *question, char reply[REPLY_MAX])
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t n;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	n = io_write(fd, question, strlen(question));
	if (n < 0)
		return (int)n;
	shutdown(fd, SHUT_WR);
	n = io_read(fd, reply, REPLY_MAX - 1);
	reply[n > 0 ? n : 0] = '\0';
	return n < 0 ? (int)n : 0;
}

int slirp_publish(const char *socket, const struct spec_port *port, struct error *err)
{
	int host = port->host ? port->host : port->port, r;
	_cleanup_(freep) char *question = NULL;
	char reply[REPLY_MAX];
	json_t *answer, *words;

	words = json_pack("{s:s, s:{s:s, s:s, s:i, s:i}}", "execute", "add_hostfwd", "arguments", "proto",
			  port->udp ? "udp" : "tcp", "host_addr", port->address ? port->address : "0.0.0.0",
			  "host_port", host, "guest_port", port->port);
	question = json_dumps(words, JSON_COMPACT);
	json_decref(words);
	if (!question)
		return error_oom(err);
	r = ask(socket, question, reply);
	if (r < 0)
		return error_code(err, r, "cannot publish port %d: slirp4netns does not answer", host);
	answer = json_loads(reply, 0, NULL);
	if (!json_object_get(answer, "return"))
		r = error_set(err, -EIO, "cannot publish port %d: slirp4netns does not take it", host);
	json_decref(answer);
	return r;
}
