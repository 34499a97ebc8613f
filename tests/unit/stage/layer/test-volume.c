// SPDX-License-Identifier: BSD-2-Clause
/* A layer that holds so much and no more: what is written is kept, what is too much is refused. */
#include "stage/layer/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stage/layer/package.h"
#include "stage/mount/mount.h"
#include "stage/mount/work.h"
#include "tests/manifest.h"

static uint64_t mib(uint64_t n)
{
	return n << 20;
}

/* At "at", as whoever puts an instance up does it. */
static int put_up(const char *layer, uint64_t size, int *ret_lock)
{
	struct error err = ERROR_INIT;
	int mount = -1, r = volume_open(layer, size, &mount, ret_lock, &err);

	if (r == 0)
		REQUIRE(mount_attach(mount, AT_FDCWD, "at", &err) == 0);
	else
		fprintf(stderr, "%s\n", err.message);
	if (mount >= 0)
		close(mount);
	return r;
}

static void take_down(int *lock)
{
	REQUIRE(umount2("at", MNT_DETACH) == 0);
	if (*lock >= 0)
		close(*lock);
	*lock = -1;
}

/* How much of it could be written; *ret_error: what ended it. */
static uint64_t fill(const char *path, uint64_t bytes, int *ret_error)
{
	static char block[1 << 16];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	uint64_t done = 0;

	memset(block, 'x', sizeof(block));
	*ret_error = 0;
	REQUIRE(fd >= 0);
	while (done < bytes) {
		ssize_t n = write(fd, block, sizeof(block));

		if (n < 0) {
			*ret_error = errno;
			break;
		}
		done += (uint64_t)n;
	}
	close(fd);
	return done;
}

static void what_is_written_is_kept_and_too_much_refused(void)
{
	struct stat st;
	uint64_t done;
	int lock = -1, error;

	REQUIRE(mkdir("one", 0700) == 0);
	REQUIRE(put_up("one", mib(16), &lock) == 0);
	CHECK(volume_has_room("at"));
	done = fill("at/much", mib(32), &error);
	/* where the file system keeps accounts the kernel may call it another name */
	CHECK(error == ENOSPC || error == EDQUOT);
	CHECK(done > mib(8) && done <= mib(16));
	CHECK(!volume_has_room("at"));
	CHECK(unlink("at/much") == 0);
	CHECK(volume_has_room("at"));
	fill("at/kept", 1000, &error);
	CHECK_INT(error, 0);
	take_down(&lock);
	REQUIRE(put_up("one", mib(16), &lock) == 0);
	CHECK(stat("at/kept", &st) == 0 && st.st_size == 1 << 16);
	take_down(&lock);
}

static void what_is_not_used_takes_no_room(void)
{
	struct stat st;
	int lock = -1;

	REQUIRE(mkdir("sparse", 0700) == 0);
	REQUIRE(put_up("sparse", mib(1024), &lock) == 0);
	take_down(&lock);
	if (stat("sparse/volume", &st) == 0) {
		CHECK_INT(st.st_size, mib(1024));
		CHECK((uint64_t)st.st_blocks * 512 < mib(64));
		CHECK_INT(st.st_mode & 07777, 0600);
	}
}

static void one_that_is_mounted_is_in_use(void)
{
	struct error err = ERROR_INIT;
	int lock = -1, second = -1, mount = -1;

	REQUIRE(mkdir("busy", 0700) == 0);
	REQUIRE(put_up("busy", mib(16), &lock) == 0);
	if (lock >= 0) {
		CHECK_INT(volume_open("busy", mib(16), &mount, &second, &err), -EBUSY);
		CHECK_STRING(err.message, "the layer 'busy' is in use");
	}
	take_down(&lock);
}

static void a_size_is_for_good(void)
{
	struct error err = ERROR_INIT;
	int lock = -1, mount = -1;

	REQUIRE(mkdir("sized", 0700) == 0 && mkdir("free", 0700) == 0 && mkdir("free/upper", 0755) == 0);
	REQUIRE(put_up("sized", mib(16), &lock) == 0);
	take_down(&lock);
	if (access("sized/volume", F_OK) == 0) {
		CHECK_INT(volume_open("sized", mib(32), &mount, &lock, &err), -EINVAL);
		CHECK_STRING(err.message, "the layer 'sized' was made with --layer-size 16M, which cannot be changed");
	}
	CHECK_INT(volume_open("free", mib(16), &mount, &lock, &err), -EINVAL);
	CHECK_STRING(err.message, "the layer 'free' has been used without --layer-size; remove the instance "
				  "and start it anew");
	CHECK_INT(volume_open("free", 1 << 20, &mount, &lock, &err), -EINVAL);
	CHECK_STRING(err.message, "--layer-size: a layer has 8M at the least");
}

static void what_a_killed_start_left_is_made_anew(void)
{
	int lock = -1;

	REQUIRE(mkdir("half", 0700) == 0);
	REQUIRE(close(open("half/volume.new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == 0);
	REQUIRE(put_up("half", mib(16), &lock) == 0);
	take_down(&lock);
	CHECK(access("half/volume.new", F_OK) < 0 || access("half/volume", F_OK) < 0);
}

static void it_can_be_looked_at_without_being_put_up(void)
{
	struct error err = ERROR_INIT;
	int lock = -1, mount = -1, error;
	char byte;
	int fd;

	REQUIRE(mkdir("looked", 0700) == 0);
	REQUIRE(put_up("looked", mib(16), &lock) == 0);
	fill("at/file", 1, &error);
	take_down(&lock);
	if (access("looked/volume", F_OK) < 0)
		return;
	REQUIRE(volume_open_to_read("looked", &mount, &err) == 0);
	fd = openat(mount, "file", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'x');
	CHECK(openat(mount, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EROFS);
	if (fd >= 0)
		close(fd);
	close(mount);
	REQUIRE(mkdir("plain", 0700) == 0);
	CHECK_INT(volume_open_to_read("plain", &mount, &err), -ENOENT);
}

/* The root above it: copied up, deleted, and ENOSPC inside. */
static void a_root_stands_on_it(void)
{
	struct layer_package package = LAYER_PACKAGE_INIT;
	struct layer_parts parts = {.name = "p", .layer = "rooted", .size = mib(16), .guard = -1};
	struct error err = ERROR_INIT;
	int error;

	REQUIRE(system("mkdir -p rooted lower/etc lower/dev lower/proc lower/sys && echo one >lower/etc/one") == 0);
	REQUIRE(mount_clone(AT_FDCWD, "lower", false, &parts.mount, &err) == 0);
	if (layer_parts_mount(&parts, &package, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	REQUIRE(package.lock >= 0);
	CHECK(system("echo two >>/run/sfc/root/etc/one && rmdir /run/sfc/root/dev") == 0);
	fill(work_path("/root/much"), mib(32), &error);
	CHECK(error == ENOSPC || error == EDQUOT);
	CHECK(!volume_has_room(work_path("/layer")));
	CHECK(system("grep -q one lower/etc/one && ! grep -q two lower/etc/one && test -d lower/dev") == 0);
	close(parts.mount);
	layer_package_release(&package);
	REQUIRE(umount2(work_path(""), MNT_DETACH) == 0);
}

int main(void)
{
	if (geteuid() != 0)
		test_skip("needs root");
	if (system("command -v mkfs.ext4 >/dev/null") != 0)
		test_skip("needs mkfs.ext4");
	scratch_enter();
	umask(022);
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	REQUIRE(mkdir("at", 0700) == 0);
	RUN(what_is_written_is_kept_and_too_much_refused);
	RUN(what_is_not_used_takes_no_room);
	RUN(one_that_is_mounted_is_in_use);
	RUN(a_size_is_for_good);
	RUN(what_a_killed_start_left_is_made_anew);
	RUN(it_can_be_looked_at_without_being_put_up);
	RUN(a_root_stands_on_it);
	return test_end();
}
