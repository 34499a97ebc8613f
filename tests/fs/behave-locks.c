/* SPDX-License-Identifier: BSD-2-Clause */
/* flock(2), POSIX and open-file-description locks, leases: between descriptors and between
 * processes. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void prepare(void)
{
	make_file("flock", 0644, "text\n");
	make_file("posix", 0644, "0123456789abcdef");
	make_file("ofd", 0644, "0123456789abcdef");
	make_file("lease", 0644, "text\n");
	make_file("wait", 0644, "text\n");
	make_file("copied", 0644, "text\n");
	make_file("read-only", 0444, "text\n");
	make_directory("dir", 0755);
}

static int lock(int fd, int command, short type, off_t start, off_t length)
{
	struct flock region = {
	    .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

	return fcntl(fd, command, &region);
}

/* Who stands in the way of a write lock there. */
static void blocker(const char *check, int fd, int command, off_t start, off_t length)
{
	struct flock region = {
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
	const char *who;

	if (fcntl(fd, command, &region) < 0) {
		result(check, -1);
		return;
	}
	if (region.l_type == F_UNLCK) {
		answer(check, "nobody");
		return;
	}
	who = region.l_pid == getppid()	 ? "the parent"
	      : region.l_pid == getpid() ? "this process"
	      : region.l_pid == -1	 ? "a description"
					 : "somebody";
	answer(check, "%s, %s, from %lld for %lld", who,
	       region.l_type == F_RDLCK ? "reading" : "writing", (long long)region.l_start,
	       (long long)region.l_len);
}

static void ask_flock(const void *about)
{
	int fd = open("flock", O_RDONLY | O_CLOEXEC);

	(void)about;
	result("flock-exclusive-in-child", flock(fd, LOCK_EX | LOCK_NB));
	result("flock-shared-in-child", flock(fd, LOCK_SH | LOCK_NB));
}

static void whole_files(void)
{
	int first = open("flock", O_RDWR | O_CLOEXEC);
	int second = open("flock", O_RDONLY | O_CLOEXEC);
	int same = dup(first);
	int dir = open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	result("flock-shared", flock(first, LOCK_SH | LOCK_NB));
	result("flock-shared-too", flock(second, LOCK_SH | LOCK_NB));
	result("flock-upgrade-while-shared", flock(first, LOCK_EX | LOCK_NB));
	result("flock-shared-unlock", flock(second, LOCK_UN));
	result("flock-upgrade", flock(first, LOCK_EX | LOCK_NB));
	result("flock-shared-while-exclusive", flock(second, LOCK_SH | LOCK_NB));
	in_child(ask_flock, NULL);
	result("flock-by-duplicate", flock(same, LOCK_EX | LOCK_NB));
	close(first);
	result("flock-kept-by-duplicate", flock(second, LOCK_SH | LOCK_NB));
	close(same);
	result("flock-gone-with-last-close", flock(second, LOCK_EX | LOCK_NB));
	result("flock-nonsense", flock(second, 77));
	result("flock-directory", flock(dir, LOCK_EX | LOCK_NB));
	close(second);
	close(dir);
}

static void ask_posix(const void *about)
{
	int fd = open("posix", O_RDWR | O_CLOEXEC);

	(void)about;
	result("posix-write-same-in-child", lock(fd, F_SETLK, F_WRLCK, 2, 4));
	result("posix-write-beside-in-child", lock(fd, F_SETLK, F_WRLCK, 6, 2));
	result("posix-read-same-in-child", lock(fd, F_SETLK, F_RDLCK, 2, 4));
	blocker("posix-blocker", fd, F_GETLK, 0, 0);
	blocker("posix-blocker-beyond", fd, F_GETLK, 100, 10);
}

static void ask_posix_free(const void *about)
{
	int fd = open("posix", O_RDWR | O_CLOEXEC);

	result(about, lock(fd, F_SETLK, F_WRLCK, 0, 0));
}

static void regions(void)
{
	int fd = open("posix", O_RDWR | O_CLOEXEC);
	int reader = open("posix", O_RDONLY | O_CLOEXEC);

	result("posix-write", lock(fd, F_SETLK, F_WRLCK, 2, 4));
	in_child(ask_posix, NULL);
	result("posix-split", lock(fd, F_SETLK, F_UNLCK, 3, 1));
	in_child(ask_posix, NULL);
	result("posix-downgrade", lock(fd, F_SETLK, F_RDLCK, 0, 0));
	in_child(ask_posix, NULL);
	result("posix-write-on-reader", lock(reader, F_SETLK, F_WRLCK, 0, 1));
	result("posix-negative-length", lock(fd, F_SETLK, F_WRLCK, 10, -5));
	result("posix-negative-start", lock(fd, F_SETLK, F_WRLCK, -1, 1));
	in_child(ask_posix_free, "posix-before-close-of-another");
	close(reader);
	in_child(ask_posix_free, "posix-after-close-of-another");
	result("lockf", lockf(fd, F_TLOCK, 4));
	close(fd);
}

static void descriptions(void)
{
	int first = open("ofd", O_RDWR | O_CLOEXEC);
	int second = open("ofd", O_RDWR | O_CLOEXEC);
	int third = open("ofd", O_RDONLY | O_CLOEXEC);

	result("ofd-write", lock(first, F_OFD_SETLK, F_WRLCK, 0, 8));
	result("ofd-write-same", lock(second, F_OFD_SETLK, F_WRLCK, 4, 8));
	result("ofd-write-beside", lock(second, F_OFD_SETLK, F_WRLCK, 8, 8));
	blocker("ofd-blocker", second, F_OFD_GETLK, 0, 0);
	blocker("ofd-blocker-as-posix", second, F_GETLK, 0, 4);
	result("ofd-against-posix", lock(third, F_SETLK, F_RDLCK, 0, 4));
	close(third);
	result("ofd-kept-after-close-of-another", lock(second, F_OFD_SETLK, F_RDLCK, 0, 4));
	close(first);
	result("ofd-gone-with-close", lock(second, F_OFD_SETLK, F_RDLCK, 0, 4));
	close(second);
}

struct holder {
	int ready[2];
	bool whole; /* flock, not a region */
};

static void hold_a_while(const struct holder *holder)
{
	int fd = open("wait", O_RDWR | O_CLOEXEC);

	if (holder->whole ? flock(fd, LOCK_EX) : lock(fd, F_SETLK, F_WRLCK, 0, 0))
		_exit(1);
	if (write(holder->ready[1], "x", 1) != 1)
		_exit(1);
	usleep(100000);
	_exit(0);
}

/* A child holds the lock and ends: the parent, which waits for it, gets it then. */
static void wait_for_lock(const char *check, bool whole)
{
	struct holder holder = {.whole = whole};
	int fd = open("wait", O_RDWR | O_CLOEXEC);
	char byte;
	pid_t pid;

	must(pipe(holder.ready) == 0, "pipe");
	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0)
		hold_a_while(&holder);
	must(read(holder.ready[0], &byte, 1) == 1, "a lock to wait for");
	result(check, whole ? flock(fd, LOCK_EX) : lock(fd, F_SETLKW, F_WRLCK, 0, 0));
	must(waitpid(pid, NULL, 0) == pid, "wait");
	close(holder.ready[0]);
	close(holder.ready[1]);
	close(fd);
}

static void leases(void)
{
	int writer, reader = open("lease", O_RDONLY | O_CLOEXEC);

	result("lease-read", fcntl(reader, F_SETLEASE, F_RDLCK));
	answer("lease-read-held", "%d", fcntl(reader, F_GETLEASE));
	result("lease-none", fcntl(reader, F_SETLEASE, F_UNLCK));
	close(reader);
	writer = open("lease", O_RDWR | O_CLOEXEC);
	result("lease-write", fcntl(writer, F_SETLEASE, F_WRLCK));
	result("lease-read-while-writing", fcntl(writer, F_SETLEASE, F_RDLCK));
	close(writer);
}

/* What holds a lock is read-only, and then the file is written through another descriptor. */
static void while_copied(void)
{
	int reader = open("copied", O_RDONLY | O_CLOEXEC), writer, late;

	result("copied-flock", flock(reader, LOCK_EX | LOCK_NB));
	result("copied-posix", lock(reader, F_SETLK, F_RDLCK, 0, 0));
	writer = open("copied", O_RDWR | O_CLOEXEC);
	result("copied-write", write(writer, "TEXT", 4));
	result("copied-flock-by-writer", flock(writer, LOCK_EX | LOCK_NB));
	late = open("copied", O_RDONLY | O_CLOEXEC);
	result("copied-flock-by-late-reader", flock(late, LOCK_SH | LOCK_NB));
	contents_fd("copied-read-by-first-reader", reader);
	close(reader);
	result("copied-flock-after-close", flock(writer, LOCK_EX | LOCK_NB));
	close(writer);
	close(late);
}

static void check(void)
{
	int fd = open("read-only", O_RDONLY | O_CLOEXEC);

	result("flock-exclusive-on-reader", flock(fd, LOCK_EX | LOCK_NB));
	result("ofd-write-on-reader", lock(fd, F_OFD_SETLK, F_WRLCK, 0, 0));
	close(fd);
	whole_files();
	regions();
	descriptions();
	wait_for_lock("flock-wait", true);
	wait_for_lock("posix-wait", false);
	leases();
	while_copied();
}

const struct area area_locks = {"locks", prepare, check};
