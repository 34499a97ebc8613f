/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes: reading and writing at offsets, truncation, copies made by the kernel, limits. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NOWHERE 8L /* an address nothing is mapped at */

enum { SIZE = 200000 };

static void prepare(void)
{
	make_pattern("read", SIZE);
	make_pattern("written", SIZE);
	make_pattern("vector", SIZE);
	make_pattern("truncated", SIZE);
	make_pattern("from", SIZE);
	make_pattern("copied-into", 1000);
	make_pattern("same", SIZE);
	make_pattern("sent", SIZE);
	make_pattern("limited", 100);
	make_pattern("cloned", 65536);
	make_pattern("synced", 100);
	make_file("empty", 0644, "");
}

static void reading(void)
{
	static char block[SIZE];
	char few[4];
	int fd = open("read", O_RDONLY | O_CLOEXEC);

	contents("whole", "read");
	contents("empty", "empty");
	answer("read", "%zd", read(fd, block, 1000));
	answer("position", "%lld", (long long)lseek(fd, 0, SEEK_CUR));
	answer("pread", "%zd", pread(fd, few, 4, 5000));
	answer("pread-leaves-position", "%lld", (long long)lseek(fd, 0, SEEK_CUR));
	answer("pread-bytes", "%02x%02x", (unsigned char)few[0], (unsigned char)few[3]);
	answer("pread-at-end", "%zd", pread(fd, block, 1000, SIZE - 10));
	answer("pread-beyond", "%zd", pread(fd, block, 1000, SIZE + 10));
	result("pread-negative", pread(fd, block, 10, -1));
	result("read-into-nowhere", syscall(SYS_read, fd, NOWHERE, 10));
	answer("read-nothing", "%zd", read(fd, block, 0));
	answer("preadv2", "%zd", preadv2(fd, &(struct iovec){block, 4096}, 1, 0, 0));
	result("fadvise", -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	result("readahead", readahead(fd, 0, 65536));
	answer("seek-end", "%lld", (long long)lseek(fd, -1, SEEK_END));
	close(fd);
}

static void writing(void)
{
	int fd = open("written", O_RDWR | O_CLOEXEC);
	struct iovec parts[] = {{(char[]){"first "}, 6}, {(char[]){"second"}, 6}};
	int vector = open("vector", O_RDWR | O_CLOEXEC);

	answer("write", "%zd", write(fd, "start", 5));
	answer("pwrite", "%zd", pwrite(fd, "middle", 6, 100000));
	answer("pwrite-leaves-position", "%lld", (long long)lseek(fd, 0, SEEK_CUR));
	answer("pwrite-over-the-end", "%zd", pwrite(fd, "end of it", 9, SIZE - 4));
	answer("pwrite-beyond", "%zd", pwrite(fd, "far", 3, SIZE + 5000));
	result("pwrite-negative", pwrite(fd, "x", 1, -1));
	result("write-from-nowhere", syscall(SYS_write, fd, NOWHERE, 10));
	contents("written", "written");
	answer("writev", "%zd", writev(vector, parts, 2));
	answer("pwritev", "%zd", pwritev(vector, parts, 2, 50000));
	answer("pwritev2-append", "%zd", pwritev2(vector, parts, 2, 0, RWF_APPEND));
	answer("pwritev2-dsync", "%zd", pwritev2(vector, parts, 2, 70000, RWF_DSYNC));
	contents("vectors", "vector");
	close(fd);
	close(vector);
}

static void size_of(const char *check, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		result(check, -1);
	else
		answer(check, "%lld", (long long)st.st_size);
}

static void truncating(void)
{
	int fd = open("truncated", O_RDWR | O_CLOEXEC);

	result("truncate-shorter", truncate("truncated", 1000));
	contents("truncate-shorter-left", "truncated");
	result("truncate-longer", ftruncate(fd, 5000));
	contents("truncate-longer-left", "truncated");
	result("truncate-negative", ftruncate(fd, -1));
	result("truncate-missing", truncate("missing", 1));
	result("truncate-directory", truncate(".", 1));
	result("truncate-tebibyte", ftruncate(fd, 1LL << 40));
	size_of("size-tebibyte", "truncated");
	result("truncate-too-long", ftruncate(fd, 0x7fffffffffffffff));
	result("truncate-to-nothing", ftruncate(fd, 0));
	size_of("size-nothing", "truncated");
	close(fd);
}

static void copying(void)
{
	int from = open("from", O_RDONLY | O_CLOEXEC);
	int to = open("copied-into", O_RDWR | O_CLOEXEC);
	int same = open("same", O_RDWR | O_CLOEXEC);
	int fresh = open("copy", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	off_t in = 1000, out = 500;

	answer("copy-range", "%zd", copy_file_range(from, &in, to, &out, 10000, 0));
	answer("copy-range-offsets", "%lld %lld", (long long)in, (long long)out);
	contents("copy-range-left", "copied-into");
	answer("copy-range-whole", "%zd", copy_file_range(from, NULL, fresh, NULL, SIZE, 0));
	contents("copy-range-whole-left", "copy");
	answer("copy-range-at-end", "%zd", copy_file_range(from, NULL, fresh, NULL, SIZE, 0));
	in = 0;
	out = 100000;
	answer("copy-range-same-file", "%zd", copy_file_range(same, &in, same, &out, 1000, 0));
	contents("copy-range-same-file-left", "same");
	in = 0;
	out = 10;
	result("copy-range-overlap", copy_file_range(same, &in, same, &out, 1000, 0));
	result("copy-range-to-reader", copy_file_range(same, NULL, from, NULL, 10, 0));
	result("copy-range-flags", copy_file_range(from, NULL, to, NULL, 10, 77));
	close(from);
	close(to);
	close(same);
	close(fresh);
}

static void sending(void)
{
	int from = open("sent", O_RDONLY | O_CLOEXEC), pipes[2];
	int to = open("received", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int spliced = open("spliced", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n, sum = 0;
	loff_t at = 100;

	while ((n = sendfile(to, from, NULL, SIZE)) > 0)
		sum += n;
	answer("sendfile", "%zd", sum);
	contents("sendfile-left", "received");
	must(pipe(pipes) == 0, "pipe");
	answer("splice-out", "%zd", splice(from, &at, pipes[1], NULL, 4096, 0));
	answer("splice-in", "%zd", splice(pipes[0], NULL, spliced, NULL, 4096, 0));
	contents("splice-left", "spliced");
	close(from);
	close(to);
	close(spliced);
	close(pipes[0]);
	close(pipes[1]);
}

static void cloning(void)
{
	int from = open("cloned", O_RDONLY | O_CLOEXEC);
	int to = open("clone", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int bits = 0;

	result("clone", ioctl(to, FICLONE, from));
	result("clone-range",
	       ioctl(to, FICLONERANGE,
		     &(struct file_clone_range){.src_fd = from, .src_length = 4096}));
	result("get-flags", ioctl(from, FS_IOC_GETFLAGS, &bits));
	result("strange-ioctl", ioctl(from, _IO('Z', 0x77), 0));
	close(from);
	close(to);
}

static void ask_limited(const void *about)
{
	struct rlimit limit = {4096, 4096};
	int fd = open("limited", O_WRONLY | O_APPEND | O_CLOEXEC);
	char block[8192];

	(void)about;
	memset(block, 'l', sizeof(block));
	signal(SIGXFSZ, SIG_IGN);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
	answer("size-limit-write", "%zd", write(fd, block, sizeof(block)));
	result("size-limit-write-again", write(fd, block, sizeof(block)));
	result("size-limit-truncate", ftruncate(fd, 10000));
	contents("size-limit-left", "limited");
}

static void ask_limit_signal(const void *about)
{
	struct rlimit limit = {10, 10};

	(void)about;
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
	if (truncate("empty", 100) < 0)
		_exit(1);
}

static void syncing(void)
{
	int fd = open("synced", O_RDWR | O_CLOEXEC),
	    dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	answer("sync-write", "%zd", write(fd, "x", 1));
	result("fsync", fsync(fd));
	result("fdatasync", fdatasync(fd));
	result("sync-range", sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
	result("fsync-directory", fsync(dir));
	result("syncfs", syncfs(dir));
	close(fd);
	close(dir);
}

static void check(void)
{
	reading();
	writing();
	truncating();
	copying();
	sending();
	cloning();
	in_child(ask_limited, NULL);
	answer("size-limit-signal", "%d", in_child(ask_limit_signal, NULL));
	syncing();
}

const struct area area_data = {"data", prepare, check};
