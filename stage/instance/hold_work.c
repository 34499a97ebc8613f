// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/hold_work.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/container/ports.h"
#include "stage/container/spawn.h"
#include "stage/instance/limits.h"

enum { SAID_MAX = 1024 };

/* ---- how they are ---- */

static size_t count_of(const struct hold_group *group, enum hold_now now)
{
	size_t count = 0;

	for (size_t i = 0; i < group->members.count; i++)
		count += group->members.items[i].now == now;
	return count;
}

bool hold_waits(const struct hold_group *group)
{
	return !group->problem && !count_of(group, HOLD_UP) && !count_of(group, HOLD_WAKING) &&
	       count_of(group, HOLD_ASLEEP);
}

static bool group_ticks(const struct hold_group *group)
{
	return count_of(group, HOLD_UP) && (group->idle_ms || group->per);
}

bool hold_ticks(const struct hold_groups *groups)
{
	for (size_t i = 0; i < groups->list.count; i++) {
		const struct hold_group *group = &groups->list.items[i];

		if (group_ticks(group) || count_of(group, HOLD_UP) + count_of(group, HOLD_WAKING) < group->least)
			return true;
	}
	return false;
}

/* ---- its children ---- */

static int call(const struct hold_groups *groups, const struct hold_group *group, struct hold_member *member,
		const char *what, struct error *err)
{
	_cleanup_(closep) int said = memfd_create("said", MFD_CLOEXEC);
	char self[PATH_MAX], name[160], limits[PATH_MAX];
	const char *const argv[] = {self, "prod", what, groups->state, name, NULL};
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int r;

	if (said < 0 || n < 0)
		return error_errno(err, "cannot start this program");
	self[n] = '\0';
	snprintf(name, sizeof(name), "%s/%s", group->app, member->name);
	snprintf(limits, sizeof(limits), "SFC_LIMITS=%s", limits_path());
	r = spawn(self, argv, (const char *const[]){limits, NULL}, (const int[]){-1, -1, said}, 3, &member->child, err);
	if (r < 0)
		return r;
	closep(&member->said);
	member->said = take_fd(&said);
	return 0;
}

/* A line of the instance's log, as conmon writes them. */
static void log_line(const struct hold_groups *groups, const struct hold_group *group, const struct hold_member *member,
		     const char *line)
{
	_cleanup_(text_release) struct text path = TEXT_INIT, text = TEXT_INIT;
	_cleanup_(closep) int fd = -1;
	int64_t now_ns = clock_wall_ns();
	time_t now = (time_t)(now_ns / 1000000000);
	char stamp[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	text_printf(&text, "%s.%09ld+00:00 stderr F %s\n", stamp, (long)(now_ns % 1000000000), line);
	text_printf(&path, "%s/app/%s/%s/log", groups->state, group->app, member->name);
	if (text_failed(&text) || text_failed(&path))
		return;
	fd = open(path.bytes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		io_write(fd, text.bytes, text.size);
}

/* Nobody will take them: they are told so. */
static size_t close_waiting(struct hold_group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->ports.count; i++) {
		struct pollfd waiting = {.fd = group->ports.items[i].listener, .events = POLLIN};
		int fd;

		while (poll(&waiting, 1, 0) == 1 && (fd = accept4(waiting.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
			close(fd);
			count++;
		}
	}
	return count;
}

static void fail(const struct hold_groups *groups, struct hold_group *group, struct hold_member *member, const char *why)
{
	char line[SAID_MAX + 128];
	size_t closed;

	member->now = HOLD_ASLEEP;
	/* another may take them */
	if (count_of(group, HOLD_UP) || count_of(group, HOLD_WAKING))
		return;
	closed = close_waiting(group);
	snprintf(line, sizeof(line), "sfc: could not be started for who connected; %zu connection%s closed: %s", closed,
		 closed == 1 ? "" : "s", why);
	log_line(groups, group, member, line);
}

static void wake(const struct hold_groups *groups, struct hold_group *group)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < group->members.count; i++) {
		struct hold_member *member = &group->members.items[i];

		if (member->now != HOLD_ASLEEP)
			continue;
		member->now = HOLD_WAKING;
		if (call(groups, group, member, "_wake", &err) < 0)
			fail(groups, group, member, err.message);
		return;
	}
}

static void lay_down(const struct hold_groups *groups, struct hold_group *group, struct hold_member *member)
{
	struct error err = ERROR_INIT;

	member->used_ms = clock_steady_ms();
	if (!hold_member_down(group, member, true))
		return;
	member->now = HOLD_FALLING;
	if (call(groups, group, member, "_rest", &err) < 0) {
		member->now = HOLD_ASLEEP;
		log_line(groups, group, member, err.message);
	}
}

/* ---- what happens ---- */

void hold_look(struct hold_groups *groups, struct hold_group *group, int fd)
{
	for (size_t i = 0; i < group->members.count; i++) {
		struct hold_member *member = &group->members.items[i];

		if (member->now != HOLD_UP || member->pidfd != fd)
			continue;
		/* whoever connects from now on wakes it again */
		hold_member_down(group, member, false);
		member->now = HOLD_ASLEEP;
		return;
	}
	if (hold_waits(group))
		wake(groups, group);
}

/* What it said, in one line. */
static void read_said(struct hold_member *member, char *line, size_t size)
{
	ssize_t n = member->said >= 0 ? pread(member->said, line, size - 1, 0) : 0;

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	closep(&member->said);
	member->said = -1;
}

static void child_ended(const struct hold_groups *groups, struct hold_group *group, struct hold_member *member, bool well)
{
	enum hold_now was = member->now;
	struct error err = ERROR_INIT;
	char said[SAID_MAX];

	member->child = 0;
	read_said(member, said, sizeof(said));
	member->now = HOLD_ASLEEP;
	if (was == HOLD_FALLING) {
		if (!well)
			log_line(groups, group, member, said);
		return;
	}
	if (was != HOLD_WAKING)
		return;
	if (!well)
		fail(groups, group, member, *said ? said : "who was to start it was killed");
	else if (hold_member_up(groups, group, member, &err) < 0) {
		hold_member_down(group, member, false);
		fail(groups, group, member, err.message);
	}
}

/* One that was killed is put back while its instance is up. */
static void proxy_ended(const struct hold_groups *groups, struct hold_group *group, struct hold_member *member, size_t port)
{
	struct error err = ERROR_INIT;

	member->proxies[port] = 0;
	if (member->now == HOLD_UP && hold_member_up(groups, group, member, &err) < 0) {
		hold_member_down(group, member, false);
		member->now = HOLD_ASLEEP;
		log_line(groups, group, member, err.message);
	}
}

static void ended(const struct hold_groups *groups, pid_t pid, bool well)
{
	for (size_t i = 0; i < groups->list.count; i++) {
		struct hold_group *group = &groups->list.items[i];

		for (size_t k = 0; k < group->members.count; k++) {
			struct hold_member *member = &group->members.items[k];

			if (member->child == pid) {
				child_ended(groups, group, member, well);
				return;
			}
			for (size_t p = 0; p < group->ports.count; p++)
				if (member->proxies[p] == pid) {
					proxy_ended(groups, group, member, p);
					return;
				}
		}
	}
}

void hold_reap(struct hold_groups *groups)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		ended(groups, pid, WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void tick_group(const struct hold_groups *groups, struct hold_group *group, int64_t now_ms)
{
	size_t up = count_of(group, HOLD_UP), awake = up + count_of(group, HOLD_WAKING), wanted = group->least;
	uint64_t sum = 0;

	for (size_t i = 0; i < group->members.count; i++) {
		struct hold_member *member = &group->members.items[i];
		int count = member->now == HOLD_UP ? hold_member_connections(group, member) : 0;

		if (count != 0)
			member->used_ms = now_ms;
		sum += count > 0 ? (uint64_t)count : 0;
	}
	if (group->per && (sum + group->per - 1) / group->per > wanted)
		wanted = (sum + group->per - 1) / group->per;
	if (awake < wanted)
		wake(groups, group);
	for (size_t i = group->members.count; group->idle_ms && i-- > 0;) {
		struct hold_member *member = &group->members.items[i];

		if (member->now != HOLD_UP || count_of(group, HOLD_UP) <= group->least ||
		    now_ms - member->used_ms < (int64_t)group->idle_ms)
			continue;
		lay_down(groups, group, member);
	}
}

void hold_tick(struct hold_groups *groups)
{
	for (size_t i = 0; i < groups->list.count; i++)
		if (!groups->list.items[i].problem)
			tick_group(groups, &groups->list.items[i], clock_steady_ms());
}
