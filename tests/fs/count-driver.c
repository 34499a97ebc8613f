/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count-driver: makes known numbers of calls, and says which.
 *
 *	count-driver prepare DIRECTORY
 *	count-driver run scratch|plain DIRECTORY CALLS THREADS
 *
 * prints "PATH|OP|ERRNO|COUNT|BOUND" for each, as the manifest should have it: OP is * for any,
 * ERRNO -1 for any, COUNT is what all rows it matches add up to, BOUND is "exact" or "least". Each
 * kind of call has a path of its own, so that none is taken for another.
 *
 * In the scratch shape a file that was written is the scratch layer's from then on, and the tracer
 * sees no more of it: those calls are expected once, as the copying up of the file. In the plain
 *shape the kernel asks for the attributes of whatever it checks permissions of: there stats are a
 *lower bound of what the tracer sees, and access(2) cannot be told from them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STRANGER = 1002 };

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "count-driver: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int closed(int fd)
{
	return fd < 0 ? fd : close(fd);
}

/* The calls: 0 or an errno. `path` is the row's own. */

static int call_stat(const char *path)
{
	struct stat st;

	return stat(path, &st);
}

static int call_lstat(const char *path)
{
	struct stat st;

	return lstat(path, &st);
}

static int call_fstatat(const char *path)
{
	struct stat st;

	return fstatat(AT_FDCWD, path, &st, 0);
}

static int call_statx(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &st);
}

static int call_access(const char *path)
{
	return access(path, R_OK);
}

static int call_faccessat(const char *path)
{
	return (int)syscall(SYS_faccessat2, AT_FDCWD, path, R_OK, AT_EACCESS);
}

static int call_open(const char *path)
{
	return closed(open(path, O_RDONLY | O_CLOEXEC));
}

static int call_open_nofollow(const char *path)
{
	return closed(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

static int call_open_noatime(const char *path)
{
	return closed(open(path, O_RDONLY | O_CLOEXEC | O_NOATIME));
}

static int call_open_nonblock(const char *path)
{
	return closed(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

static int call_open_write(const char *path)
{
	return closed(open(path, O_WRONLY | O_CLOEXEC));
}

static int call_open_both(const char *path)
{
	return closed(open(path, O_RDWR | O_CLOEXEC));
}

static int call_open_append(const char *path)
{
	return closed(open(path, O_WRONLY | O_APPEND | O_CLOEXEC));
}

static int call_open_existing(const char *path)
{
	return closed(open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
}

static int call_open_path(const char *path)
{
	return closed(open(path, O_PATH | O_CLOEXEC));
}

static int call_open_direct(const char *path)
{
	return closed(open(path, O_RDONLY | O_CLOEXEC | O_DIRECT));
}

static int call_open_sync(const char *path)
{
	return closed(open(path, O_RDONLY | O_CLOEXEC | O_SYNC));
}

static int call_open_exclusive(const char *path)
{
	return closed(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
}

static int call_open_truncate(const char *path)
{
	return closed(open(path, O_WRONLY | O_TRUNC | O_CLOEXEC));
}

static int call_open_directory(const char *path)
{
	return closed(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int call_fstat(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	must(fstat(fd, &st) == 0, path);
	return closed(fd);
}

static int call_openat2(const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};

	return closed((int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

static int call_open_read(const char *path)
{
	char text[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		must(read(fd, text, sizeof(text)) > 0 && pread(fd, text, 4, 1) == 4, path);
	return closed(fd);
}

static int call_mmap(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	if (at == MAP_FAILED)
		return -1;
	must(*(volatile char *)at == 's', path);
	munmap(at, 4096);
	return close(fd);
}

static int call_mmap_program(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -1;
	munmap(at, 4096);
	return close(fd);
}

static int call_readlink(const char *path)
{
	char target[64];

	return readlink(path, target, sizeof(target)) < 0 ? -1 : 0;
}

static int call_readdir(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir)
		return -1;
	while (readdir(dir))
		;
	return closedir(dir);
}

static int call_exec(const char *path)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execl(path, "count-driver", "exit", NULL);
		_exit(127);
	}
	must(pid > 0 && waitpid(pid, &status, 0) == pid, path);
	errno = EIO;
	return status == 0 ? 0 : -1;
}

/* Not even root may. */
static int call_exec_refused(const char *path)
{
	return execl(path, path, NULL);
}

struct row {
	const char *path, *op;
	int (*call)(const char *path);
	int error;  /* what the call answers */
	bool once;  /* in the scratch shape: the first only, then it is copied up */
	bool least; /* later calls may be answered without asking us */
};

static const struct row rows[] = {
    {.path = "stat", .op = "stat", .call = call_stat},
    {.path = "lstat", .op = "stat", .call = call_lstat},
    {.path = "fstatat", .op = "stat", .call = call_fstatat},
    {.path = "statx", .op = "stat", .call = call_statx},
    {.path = "stat-directory", .op = "stat", .call = call_stat},
    {.path = "lstat-link", .op = "stat", .call = call_lstat},
    {.path = "access", .op = "access", .call = call_access},
    {.path = "faccessat", .op = "access", .call = call_faccessat},
    {.path = "open", .op = "open", .call = call_open},
    {.path = "open-nofollow", .op = "open", .call = call_open_nofollow},
    {.path = "open-noatime", .op = "open", .call = call_open_noatime},
    {.path = "open-nonblock", .op = "open", .call = call_open_nonblock},
    {.path = "open-existing", .op = "open", .call = call_open_existing},
    {.path = "open-read", .op = "open", .call = call_open_read},
    {.path = "open-write", .op = "open", .call = call_open_write, .once = true},
    {.path = "open-both", .op = "open", .call = call_open_both, .once = true},
    {.path = "open-append", .op = "open", .call = call_open_append, .once = true},
    {.path = "open-direct", .op = "open", .call = call_open_direct},
    {.path = "open-sync", .op = "open", .call = call_open_sync},
    {.path = "open-truncate", .op = "open", .call = call_open_truncate, .once = true},
    {.path = "open-exclusive", .op = "*", .call = call_open_exclusive, .error = EEXIST, .least = true},
    {.path = "open-path", .op = "lookup", .call = call_open_path, .least = true},
    {.path = "open-directory", .op = "readdir", .call = call_open_directory},
    {.path = "openat2", .op = "open", .call = call_openat2},
    {.path = "fstat", .op = "stat", .call = call_fstat},
    {.path = "mmap", .op = "open", .call = call_mmap},
    {.path = "mmap-program", .op = "open", .call = call_mmap_program},
    {.path = "readlink", .op = "readlink", .call = call_readlink},
    {.path = "readlink-dangling", .op = "readlink", .call = call_readlink},
    {.path = "readdir", .op = "readdir", .call = call_readdir},
    {.path = "exec", .op = "exec", .call = call_exec},
    {.path = "exec-script", .op = "exec", .call = call_exec},
    {.path = "exec-refused", .op = "*", .call = call_exec_refused, .error = EACCES, .least = true},
    {.path = "hard-one", .op = "stat", .call = call_stat},
    {.path = "hard-two", .op = "open", .call = call_open},
    {.path = "below/directory/file", .op = "stat", .call = call_stat},
    {.path = "missing-stat", .op = "*", .call = call_stat, .error = ENOENT, .least = true},
    {.path = "missing-open", .op = "*", .call = call_open, .error = ENOENT, .least = true},
    {.path = "missing-access", .op = "*", .call = call_access, .error = ENOENT, .least = true},
    {.path = "below/missing-readlink",
     .op = "*",
     .call = call_readlink,
     .error = ENOENT,
     .least = true},
};

/* What comes along with a row: the links on the way, the interpreter of a script. */
static const struct companion {
	const char *path, *op, *of;
} companions[] = {
    {"chain-a", "readlink", "chain-file"},
    {"chain-b", "readlink", "chain-file"},
    {"directory-link", "readlink", "chain-directory/file"},
    {"interpreter", "exec", "exec-script"},
    {"fstat", "open", "fstat"},
};

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
	COMPANIONS = sizeof(companions) / sizeof(companions[0])
};

static void make_file(const char *path, mode_t mode, const char *text)
{
	FILE *file = fopen(path, "wxe");

	must(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, mode) == 0, path);
}

static void make_program(const char *path)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	must(from >= 0 && to >= 0, path);
	while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	must(n == 0, path);
	close(from);
	close(to);
}

static void prepare(void)
{
	char target[64];

	must(mkdir("below", 0755) == 0 && mkdir("below/directory", 0755) == 0, "below");
	must(mkdir("open-directory", 0755) == 0, "open-directory");
	must(mkdir("stat-directory", 0755) == 0 && mkdir("readdir", 0755) == 0, "readdir");
	must(mkdir("chain-directory", 0755) == 0, "chain-directory");
	make_file("readdir/one", 0644, "");
	must(symlink("stat", "lstat-link") == 0 && symlink("stat", "readlink") == 0, "readlink");
	must(symlink("nowhere", "readlink-dangling") == 0, "readlink-dangling");
	must(symlink("chain-b", "chain-a") == 0 && symlink("chain-file", "chain-b") == 0,
	     "chain-a");
	must(symlink("chain-directory", "directory-link") == 0, "directory-link");
	make_file("chain-file", 0644, "some text\n");
	make_file("chain-directory/file", 0644, "some text\n");
	make_file("secret", 0600, "some text\n");
	make_file("hard-one", 0644, "some text\n");
	must(link("hard-one", "hard-two") == 0, "hard-two");
	make_program("exec");
	make_program("interpreter");
	make_file("exec-script", 0755, "#!./interpreter exit\n");
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].error != ENOENT && access(rows[i].path, F_OK) < 0 && errno == ENOENT &&
		    readlink(rows[i].path, target, sizeof(target)) < 0)
			make_file(rows[i].path, 0644, "some text\n");
}

static int calls;
static pthread_barrier_t ready;

static void *drive(void *unused)
{
	pthread_barrier_wait(&ready);
	for (int i = 0; i < calls; i++) {
		for (size_t row = 0; row < ROWS; row++) {
			int r = rows[row].call(rows[row].path);

			must((r < 0 ? errno : 0) == rows[row].error, rows[row].path);
		}
		must(call_open("chain-a") == 0, "chain-a");
		must(call_stat("directory-link/file") == 0, "directory-link");
	}
	return unused;
}

/* Somebody who may not: the call fails, and the path was used. */
static void trespass(void)
{
	pid_t pid = fork();
	int status;

	must(pid >= 0, "fork");
	if (pid == 0) {
		must(setgroups(0, NULL) == 0 && setgid(STRANGER) == 0 && setuid(STRANGER) == 0,
		     "setuid");
		must(call_open("secret") < 0 && errno == EACCES, "secret");
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && status == 0, "secret");
}

static void expect(const char *path, const char *op, int error, long count, bool least)
{
	printf("/%s|%s|%d|%ld|%s\n", path, op, error, count, least ? "least" : "exact");
}

static void run(int threads)
{
	pthread_t ids[64];

	must(threads > 0 && threads <= 64 &&
		 !pthread_barrier_init(&ready, NULL, (unsigned int)threads),
	     "threads");
	for (int i = 0; i < threads; i++)
		must(pthread_create(&ids[i], NULL, drive, NULL) == 0, "thread");
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	trespass();
}

static void expect_row(const struct row *row, bool scratch, long all)
{
	bool is_stat = strcmp(row->op, "stat") == 0, is_access = strcmp(row->op, "access") == 0;

	/* what the kernel refuses by itself was found by then, if it is there */
	if (row->least || (row->once && scratch))
		expect(row->path, row->op, row->error && row->error != ENOENT ? -1 : row->error, 1,
		       true);
	else if (scratch)
		expect(row->path, row->op, row->error, all, false);
	else
		expect(row->path, is_access ? "stat" : row->op, row->error, all,
		       is_stat || is_access);
}

static void expect_all(bool scratch, long all)
{
	for (size_t i = 0; i < ROWS; i++)
		expect_row(&rows[i], scratch, all);
	for (size_t i = 0; i < COMPANIONS; i++)
		expect(companions[i].path, companions[i].op, 0, all, false);
	expect("chain-file", "open", 0, all, false);
	expect("chain-directory/file", "stat", 0, all, !scratch);
	expect("readdir", "stat", 0, all, !scratch); /* opendir(3) makes sure that it is one */
	expect("secret", "*", -1, 1, true);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		return 0;
	if (argc == 3 && strcmp(argv[1], "prepare") == 0) {
		must(chdir(argv[2]) == 0, argv[2]);
		prepare();
		return 0;
	}
	if (argc != 6 || strcmp(argv[1], "run") != 0) {
		fputs("usage: count-driver prepare DIRECTORY\n"
		      "       count-driver run scratch|plain DIRECTORY CALLS THREADS\n",
		      stderr);
		return 2;
	}
	must(chdir(argv[3]) == 0, argv[3]);
	calls = atoi(argv[4]);
	run(atoi(argv[5]));
	expect_all(strcmp(argv[2], "scratch") == 0, (long)calls * atoi(argv[5]));
	return 0;
}
