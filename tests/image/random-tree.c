// SPDX-License-Identifier: BSD-2-Clause
/*
 * random-tree DIR SEED COUNT: fill DIR with COUNT names of every kind, the same ones for the same
 * seed: names of any bytes, sizes around multiples of 4 KiB, zeroes and holes, equal contents and
 * nearly equal ones, hard links also of links and devices, attributes, odd modes, owners and times.
 * As an ordinary user it leaves out what only root can make.
 *
 * random-tree DIR --many COUNT [SIZE]: COUNT small different files, a hundred in a directory.
 * random-tree DIR --owners COUNT: COUNT files, each of another owner, from 100000 on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PATHS_MAX = 4096, BLOCK = 4096 };

static uint64_t state;
static char *directories[PATHS_MAX], *files[PATHS_MAX];
static size_t directory_count, file_count;

static uint32_t rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

static void die(const char *what)
{
	fprintf(stderr, "random-tree: %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *text, ...)
{
	va_list args;
	char *result;

	va_start(args, text);
	if (vasprintf(&result, text, args) < 0)
		die("memory");
	va_end(args);
	return result;
}

/* A new path in a random directory; the number keeps names apart. */
static char *new_path(unsigned int number)
{
	char name[256];
	size_t length = rnd(8) == 0 ? 200 + rnd(40) : rnd(20);

	for (size_t i = 0; i < length; i++) {
		name[i] = (char)(rnd(4) ? 'a' + rnd(26) : 1 + rnd(255));
		if (name[i] == '/')
			name[i] = '\n';
	}
	name[length] = '\0';
	return format("%s/%s%u", directories[rnd((uint32_t)directory_count)], name, number);
}

static uint64_t random_size(void)
{
	switch (rnd(5)) {
	case 0:
		return rnd(3);
	case 1:
		return BLOCK * (uint64_t)(1 + rnd(3)) + rnd(3) - 1;
	case 2:
		return rnd(100);
	case 3:
		return rnd(12) ? rnd(BLOCK) : BLOCK * (uint64_t)(33 + rnd(30)) + rnd(3) - 1;
	}
	return rnd(5 * BLOCK);
}

static void fill(int fd, uint64_t size)
{
	uint32_t kind = rnd(5), seed = kind == 0 ? rnd(3) : rnd(1u << 30);
	char block[BLOCK];

	for (uint64_t at = 0; at < size; at += BLOCK) {
		size_t part = size - at < BLOCK ? (size_t)(size - at) : BLOCK;

		for (size_t i = 0; i < part; i++) {
			seed = seed * 1103515245 + 12345;
			block[i] = (char)(kind == 1   ? 0
					  : kind == 2 ? (int)(seed >> 16)
						      : 'a' + (int)(seed >> 16) % 7);
		}
		if (kind == 3 && rnd(2))
			continue; /* a hole */
		if (pwrite(fd, block, part, (off_t)at) < 0)
			die("write");
	}
	if (ftruncate(fd, (off_t)size) < 0)
		die("truncate");
}

static void add_attributes(const char *path, int is_file)
{
	static const char *const names[] = {"user.one", "user.two", "trusted.three",
					    "security.four"};
	char value[700];

	if (rnd(4))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t size = rnd(3) ? rnd(10) : 600;

		memset(value, 'v', sizeof(value));
		value[0] = (char)('0' + rnd(3));
		if (rnd(2) && (is_file || i >= 2))
			lsetxattr(path, names[i], value, size, 0);
	}
}

static void dress(const char *path, int is_link)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW},
				    {.tv_sec = rnd(2) ? (time_t)rnd(1u << 31) : 0, .tv_nsec = 5}};

	if (geteuid() == 0 && lchown(path, rnd(4) ? 0 : rnd(2) ? 4000000000u : rnd(70000),
				     rnd(4) ? 0 : rnd(70000)) < 0)
		die(path);
	add_attributes(path, 0);
	if (!is_link && chmod(path, rnd(4) ? 0644 : rnd(010000) | 0400) < 0)
		die(path);
	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0)
		die(path);
}

/* One change: a byte anywhere, the first or the last one, or a whole block that becomes zeroes. */
static void change(int fd, uint64_t size)
{
	uint64_t at = rnd((uint32_t)size), block = at - at % BLOCK;
	char zeroes[BLOCK] = {0}, byte = (char)rnd(256);

	switch (rnd(4)) {
	case 0:
		if (pwrite(fd, zeroes, size - block < BLOCK ? size - block : BLOCK, (off_t)block) < 0)
			die("write");
		return;
	case 1:
		at = 0;
		break;
	case 2:
		at = size - 1;
		break;
	}
	if (pwrite(fd, &byte, 1, (off_t)at) < 0)
		die("write");
}

/* As long as a file before it and the same, but for a few changes; holes may have become zeroes. */
static void fill_alike(int fd)
{
	struct stat st = {0};
	const char *path;
	int from;

	/* preferably one of several blocks, which have more to differ in */
	for (int tries = 0; tries < 20 && st.st_size <= 2 * BLOCK; tries++) {
		path = files[rnd((uint32_t)file_count)];
		if (lstat(path, &st) < 0)
			die(path);
		if (!S_ISREG(st.st_mode))
			st.st_size = 0;
	}
	if (!st.st_size)
		return;
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		die(path);
	while (sendfile(fd, from, NULL, BLOCK) > 0)
		;
	for (uint32_t changes = rnd(4); changes; changes--)
		change(fd, (uint64_t)st.st_size);
	close(from);
}

static void make_file(char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0)
		die(path);
	if (file_count && rnd(4) == 0)
		fill_alike(fd);
	else
		fill(fd, random_size());
	close(fd);
	add_attributes(path, 1);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char *slash = strrchr(path, '/');

	/* addresses are short: bind by a name in the directory */
	*slash = '\0';
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (here < 0 || chdir(path) < 0)
		die(path);
	*slash = '/';
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s", slash + 1);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("bind");
	if (strcmp(address.sun_path, slash + 1) != 0 && rename(address.sun_path, slash + 1) < 0)
		die("rename");
	if (fchdir(here) < 0)
		die("chdir");
	close(here);
	close(fd);
}

static void make_link(const char *path)
{
	char target[4096];
	size_t length = rnd(6) ? 1 + rnd(40) : rnd(10) ? 1 + rnd(1000) : sizeof(target) - 1;

	for (size_t i = 0; i < length; i++)
		target[i] = (char)(1 + rnd(255));
	target[length] = '\0';
	if (symlink(target, path) < 0)
		die(path);
}

/* One name of a random kind; hard links share their peer's looks. */
static void make_one(unsigned int number)
{
	char *path = new_path(number);
	uint32_t kind = rnd(20);

	if (kind < 3 && directory_count < PATHS_MAX) {
		if (mkdir(path, 0755) < 0)
			die(path);
		directories[directory_count++] = path;
		return; /* dressed at the end: its time changes with its names */
	}
	if (kind < 5 && file_count) {
		if (link(files[rnd((uint32_t)file_count)], path) < 0)
			die(path);
		free(path);
		return;
	}
	if (kind < 8)
		make_link(path);
	else if (kind == 8)
		make_socket(path);
	else if (kind == 9 && mkfifo(path, 0644) < 0)
		die(path);
	else if (kind == 10 && geteuid() == 0) {
		if (mknod(path, rnd(2) ? S_IFCHR : S_IFBLK,
			  rnd(3) ? makedev(rnd(4096), rnd(1 << 20)) : makedev(0, 0)) < 0)
			die(path);
	} else if (kind != 9)
		make_file(path);
	dress(path, kind < 8);
	if (file_count < PATHS_MAX)
		files[file_count++] = path;
}

static void make_many(const char *root, unsigned int count, unsigned int size)
{
	char bytes[65536];

	for (unsigned int i = 0; i < count; i++) {
		char *path = format("%s/d%u/f%u", root, i / 100, i);
		size_t used = 0;
		int fd;

		if (i % 100 == 0) {
			char *directory = format("%s/d%u", root, i / 100);

			if (mkdir(directory, 0755) < 0)
				die(directory);
			free(directory);
		}
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
		if (fd < 0)
			die(path);
		while (used < size && used < sizeof(bytes) - 64)
			used += (size_t)sprintf(bytes + used, "%u %u file\n", i, rnd(1000));
		if (write(fd, bytes, used) < 0)
			die(path);
		close(fd);
		free(path);
	}
}

static void make_owners(const char *root, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		char *path = format("%s/%u", root, i);
		int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

		if (fd < 0 || fchown(fd, 100000 + i, 0) < 0)
			die(path);
		close(fd);
		free(path);
	}
}

int main(int argc, char **argv)
{
	umask(0);
	if (argc >= 4 && strcmp(argv[2], "--many") == 0) {
		make_many(argv[1], (unsigned int)atoi(argv[3]),
			  argc > 4 ? (unsigned int)atoi(argv[4]) : 200);
		return 0;
	}
	if (argc == 4 && strcmp(argv[2], "--owners") == 0) {
		make_owners(argv[1], (unsigned int)atoi(argv[3]));
		return 0;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: random-tree DIR SEED COUNT\n");
		return 2;
	}
	state = strtoull(argv[2], NULL, 10) * 7919 + 1;
	directories[directory_count++] = argv[1];
	for (unsigned int i = 0; i < (unsigned int)atoi(argv[3]); i++)
		make_one(i);
	for (size_t i = directory_count; i--;)
		dress(directories[i], 0);
	return 0;
}
