// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/enable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "stage/instance/look.h"
#include "stage/instance/unit.h"
#include "stage/instance/unit_file.h"
#include "stage/mount/user.h"

#define UNITS "/etc/systemd/system"
#define WANTS "multi-user.target.wants"

enum { HEARD_MS = 10000 };

/* ---- where ---- */

static const char *units(void)
{
	const char *directory = getenv("SFC_UNIT_DIR");

	return directory && *directory ? directory : UNITS;
}

static bool systemd_is_there(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

static char *unit_path(const char *app, const char *name)
{
	char file[UNIT_NAME_SIZE];

	unit_name(app, name, file, sizeof(file));
	return path_join(units(), file);
}

bool enable_is(const char *app, const char *name)
{
	_cleanup_(freep) char *path = unit_path(app, name);

	/* root's, of the same name; a user's: enable_user.h */
	return !user_is_plain() && path && access(path, F_OK) == 0;
}

bool enable_rules(const char *app, const char *name)
{
	return systemd_is_there() && enable_is(app, name);
}

/* ---- systemd ---- */

static int systemctl(const char *const *words, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	int r;

	if (!systemd_is_there())
		return 0;
	r = program_run(words, NULL, &said, err);
	return r > 0 ? error_set(err, -EIO, "systemctl %s: %s", words[1], program_line(&said, "")) : r;
}

static int reload(struct error *err)
{
	return systemctl((const char *const[]){"systemctl", "daemon-reload", NULL}, err);
}

/* What is started in its unit by now is found up there. */
static int take_over(const char *app, const struct looks *looks, struct error *err)
{
	char unit[UNIT_NAME_SIZE];
	int r;

	unit_name(app, NULL, unit, sizeof(unit));
	r = systemctl((const char *const[]){"systemctl", "start", "--no-block", unit, NULL}, err);
	for (size_t i = 0; r == 0 && i < looks->count; i++) {
		if (!instance_is_up(looks->items[i].now))
			continue;
		unit_name(app, looks->items[i].instance.name, unit, sizeof(unit));
		r = systemctl((const char *const[]){"systemctl", "start", unit, NULL}, err);
	}
	return r;
}

/* The socket of who waits for us; -1: nobody does. */
static int notify_open(struct sockaddr_un *ret_address, socklen_t *ret_size)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (length < 2 || length >= sizeof(ret_address->sun_path) || (*path != '/' && *path != '@'))
		return -1;
	memcpy(ret_address->sun_path, path, length);
	if (*path == '@')
		ret_address->sun_path[0] = '\0';
	*ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int notify_send(int fd, struct sockaddr_un *address, socklen_t size, const char *lines, int passed)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	struct iovec part = {.iov_base = (char *)lines, .iov_len = strlen(lines)};
	struct msghdr message = {.msg_name = address, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1};

	if (passed >= 0) {
		memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Of who is gone systemd does not know which unit he was of: it closes the pipe when it has heard all of it. */
void enable_notify(const char *lines)
{
	struct sockaddr_un address;
	socklen_t size = 0;
	_cleanup_(closep) int fd = notify_open(&address, &size), heard = -1, passed = -1;
	struct pollfd waiting = {.events = POLLIN};
	int ends[2];

	if (fd < 0 || notify_send(fd, &address, size, lines, -1) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return;
	heard = ends[0];
	passed = ends[1];
	if (notify_send(fd, &address, size, "BARRIER=1", passed) < 0)
		return;
	closep(&passed);
	passed = -1;
	waiting.fd = heard;
	poll(&waiting, 1, HEARD_MS);
}

/* ---- files ---- */

static int write_target(const char *app, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *path = unit_path(app, NULL);
	char file[UNIT_NAME_SIZE];
	int r;

	unit_write_target(app, &text);
	if (!path || text_failed(&text))
		return error_oom(err);
	unit_name(app, NULL, file, sizeof(file));
	r = unit_file_directory(units(), err);
	if (r == 0)
		r = unit_file_write(path, &text, err);
	return r < 0 ? r : unit_file_link(units(), WANTS, file, err);
}

static int write_instance(const struct state *state, const struct instance *instance, const char *program,
			  struct error *err)
{
	const struct unit unit = {.app = instance->app, .name = instance->name, .program = program,
				  .state = state->dir, .spec = &instance->spec};
	_cleanup_(text_release) struct text text = TEXT_INIT, wants = TEXT_INIT;
	_cleanup_(freep) char *path = unit_path(instance->app, instance->name);
	char file[UNIT_NAME_SIZE];
	int r = path ? unit_write(&unit, &text, err) : error_oom(err);

	if (r == 0)
		r = unit_file_write(path, &text, err);
	unit_name(instance->app, NULL, file, sizeof(file));
	text_printf(&wants, "%s.wants", file);
	unit_name(instance->app, instance->name, file, sizeof(file));
	if (r == 0 && text_failed(&wants))
		r = error_oom(err);
	return r < 0 ? r : unit_file_link(units(), wants.bytes, file, err);
}

/* ---- those of instances that are gone ---- */

static bool is_there(const struct looks *looks, const char *name, size_t length)
{
	for (size_t i = 0; looks && i < looks->count; i++)
		if (strncmp(looks->items[i].instance.name, name, length) == 0 &&
		    !looks->items[i].instance.name[length])
			return true;
	return false;
}

/* "sfc-APP@NAME.service": all but those of the instances in looks, of which NULL has none. `gone` gets their names. */
static void remove_units(const char *app, const struct looks *looks, const char *directory, spec_strings *gone)
{
	_cleanup_(closedirp) DIR *dir = opendir(directory);
	struct dirent *item;
	char prefix[UNIT_NAME_SIZE];
	size_t length;

	snprintf(prefix, sizeof(prefix), "sfc-%s@", app);
	length = strlen(prefix);
	while (dir && (item = readdir(dir))) {
		const char *end = strrchr(item->d_name, '.');

		if (strncmp(item->d_name, prefix, length) == 0 && end && strcmp(end, ".service") == 0 &&
		    !is_there(looks, item->d_name + length, (size_t)(end - item->d_name) - length) &&
		    unlinkat(dirfd(dir), item->d_name, 0) == 0)
			spec_strings_add(gone, item->d_name);
	}
}

static void remove_gone(const char *app, const struct looks *looks, spec_strings *gone)
{
	_cleanup_(text_release) struct text wants = TEXT_INIT;

	text_printf(&wants, "%s/sfc-%s.target.wants", units(), app);
	if (!text_failed(&wants))
		remove_units(app, looks, wants.bytes, gone);
	spec_strings_release(gone);
	remove_units(app, looks, units(), gone);
}

/* Of units without a file systemd keeps those that have failed, until it is told that nobody minds. */
static int reload_without(const spec_strings *gone, struct error *err)
{
	int r = reload(err);

	for (size_t i = 0; r == 0 && i < gone->count; i++)
		systemctl((const char *const[]){"systemctl", "reset-failed", gone->items[i], NULL}, NULL);
	return r;
}

/* ---- all ---- */

static int write_all(struct state *state, const char *app, const struct looks *looks, struct error *err)
{
	char program[PATH_MAX];
	int r = program_own_path(program, err);

	if (r == 0)
		r = write_target(app, err);
	for (size_t i = 0; r == 0 && i < looks->count; i++)
		if (looks->items[i].instance.ready)
			r = write_instance(state, &looks->items[i].instance, program, err);
	return r;
}

int enable_app(struct state *state, const char *app, struct error *err)
{
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	_cleanup_(spec_strings_release) spec_strings gone = ARRAY_INIT;
	int r = look_read(state, app, &looks, err);

	if (r == 0)
		r = write_all(state, app, &looks, err);
	if (r == 0)
		remove_gone(app, &looks, &gone);
	if (r == 0)
		r = reload_without(&gone, err);
	return r < 0 ? r : take_over(app, &looks, err);
}

int enable_refresh(struct state *state, const char *app, struct error *err)
{
	return enable_is(app, NULL) ? enable_app(state, app, err) : 0;
}

int disable_app(const char *app, struct error *err)
{
	_cleanup_(freep) char *path = unit_path(app, NULL);
	_cleanup_(text_release) struct text link = TEXT_INIT, wants = TEXT_INIT;
	_cleanup_(spec_strings_release) spec_strings gone = ARRAY_INIT;
	int r;

	text_printf(&link, "%s/" WANTS "/sfc-%s.target", units(), app);
	text_printf(&wants, "%s/sfc-%s.target.wants", units(), app);
	if (!path || text_failed(&link) || text_failed(&wants))
		return error_oom(err);
	if (access(path, F_OK) < 0)
		return error_set(err, -ENOENT, "'%s' is not enabled", app);
	/* the target last: while it is there the application is enabled, and this can be done again */
	unlink(link.bytes);
	remove_gone(app, NULL, &gone);
	rmdir(wants.bytes);
	if (unlink(path) < 0)
		return error_errno(err, "cannot remove '%s'", path);
	r = reload_without(&gone, err);
	/* now that nothing is part of it any more; else it would be active until the machine goes down */
	if (r == 0)
		systemctl((const char *const[]){"systemctl", "stop", path_name(path), NULL}, NULL);
	return r;
}
