// SPDX-License-Identifier: BSD-2-Clause
/*
 * loop-mount IMAGE DIRECTORY
 *
 * A SquashFS image, mounted read-only. The loop device it takes is set to go with its last user from the
 * moment on at which it gets the image, and is held open until the mount holds it: whenever this is
 * killed, nothing is left. losetup(8) and mount(8) cannot do that and set its sectors: with 4096 bytes
 * the kernel reads in larger pieces, and a cold start makes a sixth to two thirds fewer requests (make
 * bench-cold). A file that is no multiple of them would lose its end and has the usual 512.
 *
 * Exits 0 when it is mounted, 1 with a line on stderr when not; then mount -o loop may know why.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"

enum { TRIES = 64, SECTOR = 512, LARGE_SECTOR = 4096 };

/* A device nobody uses: another program may take it before we do. */
static int open_free(int control, char path[32])
{
	int number = ioctl(control, LOOP_CTL_GET_FREE), fd;

	if (number < 0)
		return -errno;
	snprintf(path, 32, "/dev/loop%d", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The image behind a device, whose path is in `path` then: its descriptor, or a negative errno. */
static int attach(int image, char path[32])
{
	_cleanup_(closep) int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = {
		.fd = (uint32_t)image,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};
	struct stat st;

	if (control < 0 || fstat(image, &st) < 0)
		return -errno;
	config.block_size = st.st_size % LARGE_SECTOR ? SECTOR : LARGE_SECTOR;
	for (int i = 0; i < TRIES; i++) {
		_cleanup_(closep) int loop = open_free(control, path);

		if (loop == -ENOENT || loop == -ENXIO)
			continue; /* its node is about to come */
		if (loop < 0)
			return loop;
		if (ioctl(loop, LOOP_CONFIGURE, &config) == 0)
			return take_fd(&loop);
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}

int main(int argc, char **argv)
{
	_cleanup_(closep) int image = -1, loop = -1;
	char path[32];

	if (argc != 3) {
		fputs("usage: loop-mount IMAGE DIRECTORY\n", stderr);
		return 2;
	}
	image = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (image < 0) {
		fprintf(stderr, "loop-mount: cannot open '%s': %s\n", argv[1], strerror(errno));
		return 1;
	}
	loop = attach(image, path);
	if (loop < 0) {
		fprintf(stderr, "loop-mount: no loop device for '%s': %s\n", argv[1], strerror(-loop));
		return 1;
	}
	if (mount(path, argv[2], "squashfs", MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0) {
		fprintf(stderr, "loop-mount: cannot mount '%s': %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
