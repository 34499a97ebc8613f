// SPDX-License-Identifier: BSD-2-Clause
/* Off: the button that somebody presses, and the end. */
#include "pack/guest/guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <string.h>
#ifdef __x86_64__
#include <sys/io.h>
#endif
#include <sys/reboot.h>
#include <unistd.h>

#include "db/base/cleanup.h"

size_t power_buttons(int *fds, size_t size)
{
	_cleanup_(closedirp) DIR *dir = opendir("/dev/input");
	const struct dirent *item;
	char path[300];
	size_t count = 0;

	while (dir && count < size && (item = readdir(dir))) {
		if (strncmp(item->d_name, "event", 5) != 0)
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", item->d_name);
		fds[count] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		count += fds[count] >= 0;
	}
	return count;
}

bool power_is_pressed(int fd)
{
	struct input_event event;
	bool pressed = false;

	while (read(fd, &event, sizeof(event)) == sizeof(event))
		pressed |= event.type == EV_KEY && event.code == KEY_POWER && event.value == 1;
	return pressed;
}

/* QEMU ends with 2 * status + 1 when this is written to its isa-debug-exit. */
static void tell_emulator(unsigned int port, int status)
{
#ifdef __x86_64__
	if (ioperm(port, 1, 1) == 0)
		outb((unsigned char)status, (unsigned short)port);
#else
	(void)port;
	(void)status;
#endif
}

void power_off(const struct line *line, int status)
{
	say("status %d", status);
	sync();
	if (line->exit_port)
		tell_emulator(line->exit_port, status);
	reboot(line->reboot ? RB_AUTOBOOT : RB_POWER_OFF);
	/* a machine that can do neither stands still */
	while (1)
		pause();
}
