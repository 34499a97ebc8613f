// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

enum { TRIES = 64, SECTOR = 512, LARGE_SECTOR = 4096 };

/*
 * Where nobody makes nodes for new devices (a /dev that is no devtmpfs, or is read-only): one without a name, on a file system
 * that only we see.
 */
static int open_own_node(int number, int mode)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(closep) int context = fsopen("tmpfs", FSOPEN_CLOEXEC), place = -1;
	unsigned int major_number, minor_number;
	char path[48];
	int fd, r;

	snprintf(path, sizeof(path), "/sys/block/loop%d/dev", number);
	r = io_read_file(AT_FDCWD, path, 64, &text, NULL);
	if (r < 0)
		return r;
	if (sscanf(text.bytes, "%u:%u", &major_number, &minor_number) != 2)
		return -ENXIO;
	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	place = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (place < 0 ||
	    mknodat(place, "loop", S_IFBLK | 0600, makedev(major_number, minor_number)) < 0)
		return -errno;
	fd = openat(place, "loop", mode | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A free device: another program may take it before we do, then there is the next one. */
static int loop_open_free(int control, int mode)
{
	int number = ioctl(control, LOOP_CTL_GET_FREE), fd;
	char path[32];

	if (number < 0)
		return -errno;
	snprintf(path, sizeof(path), "/dev/loop%d", number);
	fd = open(path, mode | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return open_own_node(number, mode);
	return fd < 0 ? -errno : fd;
}

/*
 * With sectors of 4096 bytes the kernel reads in larger pieces: a cold start makes a sixth to two
 * thirds fewer requests (make bench-cold). A file that is no multiple of them would lose its end.
 */
int loop_attach(int image, const char *name, bool read_only, int *ret_loop, struct error *err)
{
	_cleanup_(closep) int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = {
		.fd = (uint32_t)image,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0),
	};
	struct stat st;

	if (control < 0)
		return error_errno(err, "cannot mount '%s': no loop device can be had", name);
	if (fstat(image, &st) < 0)
		return error_errno(err, "cannot read '%s'", name);
	config.block_size = st.st_size % LARGE_SECTOR ? SECTOR : LARGE_SECTOR;
	for (int i = 0; i < TRIES; i++) {
		_cleanup_(closep) int loop = loop_open_free(control, read_only ? O_RDONLY : O_RDWR);

		if (loop == -ENXIO)
			continue; /* somebody removed it meanwhile */
		if (loop < 0)
			return error_code(err, loop, "cannot mount '%s': no loop device can be had",
					  name);
		if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) {
			*ret_loop = take_fd(&loop);
			return 0;
		}
		if (errno != EBUSY)
			return error_errno(err, "cannot mount '%s' by a loop device", name);
	}
	return error_set(err, -EBUSY, "cannot mount '%s': no loop device is free", name);
}
