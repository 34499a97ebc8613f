/* SPDX-License-Identifier: BSD-2-Clause */
/* Holes and what fallocate(2) does with them; statfs. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { SIZE = 256 << 10, HOLE = 64 << 10 };

static const char *const worked_on[] = {"plain",     "keep",	 "punch",  "zero",
					"zero-keep", "collapse", "insert", "unshare"};

static void prepare(void)
{
	int fd;

	for (size_t i = 0; i < sizeof(worked_on) / sizeof(worked_on[0]); i++)
		make_pattern(worked_on[i], SIZE);
	make_pattern("flags", 100);
	make_pattern("refused", 100);
	make_file("sparse", 0644, "at the start");
	fd = open("sparse", O_WRONLY | O_CLOEXEC);
	must(pwrite(fd, "in the middle", 13, 10 << 20) == 13, "sparse");
	must(ftruncate(fd, 20 << 20) == 0 && fsync(fd) == 0, "sparse");
	close(fd);
}

/* Whether it takes less room than it is long; not how much, which is the disk's affair. */
static void room(const char *check, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		result(check, -1);
	else
		answer(check, "%lld bytes, %s", (long long)st.st_size,
		       (long long)st.st_blocks * 512 < st.st_size ? "sparse" : "full");
}

static void fallocate_one(const char *name, int mode, off_t offset, off_t length)
{
	char check[64];
	int fd = open(name, O_RDWR | O_CLOEXEC);

	snprintf(check, sizeof(check), "fallocate-%s", name);
	result(check, fallocate(fd, mode, offset, length));
	fsync(fd);
	close(fd);
	strcat(check, "-left");
	contents(check, name);
	strcat(check, "-room");
	room(check, name);
}

static void allocating(void)
{
	fallocate_one("plain", 0, SIZE - 100, HOLE);
	fallocate_one("keep", FALLOC_FL_KEEP_SIZE, SIZE, HOLE);
	fallocate_one("punch", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, HOLE, HOLE);
	fallocate_one("zero", FALLOC_FL_ZERO_RANGE, HOLE + 10, HOLE);
	fallocate_one("zero-keep", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, SIZE - 10, HOLE);
	fallocate_one("collapse", FALLOC_FL_COLLAPSE_RANGE, HOLE, HOLE);
	fallocate_one("insert", FALLOC_FL_INSERT_RANGE, HOLE, HOLE);
	fallocate_one("unshare", FALLOC_FL_UNSHARE_RANGE, 0, HOLE);
}

static void refusing(void)
{
	int reader = open("refused", O_RDONLY | O_CLOEXEC);
	int writer = open("refused", O_RDWR | O_CLOEXEC);

	result("fallocate-on-reader", fallocate(reader, 0, 0, 10));
	result("fallocate-nothing", fallocate(writer, 0, 0, 0));
	result("fallocate-negative", fallocate(writer, 0, -1, 10));
	result("fallocate-punch-without-keep", fallocate(writer, FALLOC_FL_PUNCH_HOLE, 0, 10));
	result("fallocate-nonsense", fallocate(writer, 0x4000, 0, 10));
	result("fallocate-too-far", fallocate(writer, 0, 0x7ffffffffffff000, 0x7000));
	result("fallocate-posix", -posix_fallocate(writer, 0, 5000));
	room("fallocate-posix-room", "refused");
	close(reader);
	close(writer);
}

static void holes(void)
{
	int fd = open("sparse", O_RDWR | O_CLOEXEC);
	union { /* it ends with its extents */
		struct fiemap map;
		char room[sizeof(struct fiemap) + 8 * sizeof(struct fiemap_extent)];
	} fiemap = {.map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_extent_count = 8}};

	room("sparse", "sparse");
	contents("sparse-contents", "sparse");
	answer("seek-data", "%lld", (long long)lseek(fd, 0, SEEK_DATA));
	answer("seek-hole", "%lld", (long long)lseek(fd, 0, SEEK_HOLE));
	answer("seek-data-in-hole", "%lld", (long long)lseek(fd, 1 << 20, SEEK_DATA));
	result("seek-data-in-last-hole", lseek(fd, 15 << 20, SEEK_DATA));
	result("seek-hole-beyond", lseek(fd, 30 << 20, SEEK_HOLE));
	result("fiemap", ioctl(fd, FS_IOC_FIEMAP, &fiemap));
	answer("fiemap-extents", "%s", fiemap.map.fm_mapped_extents >= 2 ? "some" : "none");
	answer("sparse-write", "%zd", pwrite(fd, "more", 4, 15 << 20));
	room("sparse-after-write", "sparse");
	contents("sparse-after-write-contents", "sparse");
	close(fd);
}

static void file_flags(void)
{
	int fd = open("flags", O_RDONLY | O_CLOEXEC), bits = 0, before, writer;
	struct fsxattr extended;

	result("flags-get", ioctl(fd, FS_IOC_GETFLAGS, &bits));
	before = bits; /* what the disk file system knows it by stays */
	bits = before | FS_APPEND_FL | FS_NODUMP_FL;
	result("flags-set-append", ioctl(fd, FS_IOC_SETFLAGS, &bits));
	writer = open("flags", O_WRONLY | O_CLOEXEC);
	result("flags-append-open-for-writing", writer);
	result("flags-append-open-for-appending", open("flags", O_WRONLY | O_APPEND | O_CLOEXEC));
	result("flags-append-unlink", unlink("flags"));
	close(fd);
	fd = open("flags", O_RDONLY | O_CLOEXEC);
	bits = before | FS_IMMUTABLE_FL;
	result("flags-set-immutable", ioctl(fd, FS_IOC_SETFLAGS, &bits));
	result("flags-immutable-chmod", chmod("flags", 0600));
	result("flags-immutable-link", link("flags", "flags-link"));
	result("flags-clear", ioctl(fd, FS_IOC_SETFLAGS, &before));
	result("flags-extended-get", ioctl(fd, FS_IOC_FSGETXATTR, &extended));
	result("flags-unlink", unlink("flags"));
	close(fd);
}

static void whole_system(void)
{
	struct statfs at, of;
	struct statvfs vfs;
	int fd = open("plain", O_RDONLY | O_CLOEXEC);

	must(statfs(".", &at) == 0 && fstatfs(fd, &of) == 0 && statvfs("plain", &vfs) == 0,
	     "statfs");
	answer("statfs", "type %lx, blocks of %ld, names of %ld", (unsigned long)at.f_type,
	       (long)at.f_bsize, (long)at.f_namelen);
	answer("statfs-flags", "%lx", (unsigned long)at.f_flags & ~0x1000UL);
	answer("statfs-same-by-descriptor", "%s",
	       at.f_type == of.f_type && at.f_blocks == of.f_blocks ? "yes" : "no");
	answer("statvfs-sane", "%s",
	       vfs.f_blocks > 0 && vfs.f_bavail <= vfs.f_blocks && vfs.f_files > 0 ? "yes" : "no");
	result("statfs-missing", statfs("missing", &at));
	close(fd);
}

static void check(void)
{
	holes();
	allocating();
	refusing();
	file_flags();
	whole_system();
}

const struct area area_space = {"space", prepare, check};
