/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wander: uses files at random, and some never.
 *
 *	wander prepare DIRECTORY
 *	wander run DIRECTORY SEED STEPS THREADS
 *
 * "prepare" makes directories of three kinds: plain/, which are only read, written/, to which "run"
 * writes before anything else, and sticky/. What is called "never-…" in them is listed and never
 * named. All that is named stays where it is or gets a name that was never there, so that who reads
 * the calls afterwards can tell what they were on.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { FILES = 12, FIFOS = 3, LINKS = 3, NEVER = 6, NAME = 200 };

static const char *const directories[] = {"plain",        "plain/deep",  "written",
					  "written/deep", "sticky",      "sticky/deep",
					  "plain/other",  "written/other"};
enum { DIRECTORIES = sizeof(directories) / sizeof(directories[0]) };

static const char *top;

struct wanderer {
	pthread_t thread;
	unsigned int number, of, seed, steps, made;
	bool gone[DIRECTORIES][FILES]; /* by directory: of the files that are this one's to move */
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "wander: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_file(const char *directory, const char *name)
{
	char path[NAME];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", top, directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	must(fd >= 0 && write(fd, path, strlen(path)) > 0, path);
	close(fd);
}

static void prepare_directory(const char *directory)
{
	char path[NAME], name[32];

	snprintf(path, sizeof(path), "%s/%s", top, directory);
	must(mkdir(path, 0755) == 0, path);
	must(strcmp(directory, "sticky") != 0 || chmod(path, 01777) == 0, path);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		make_file(directory, name);
	}
	for (int i = 0; i < NEVER; i++) {
		snprintf(name, sizeof(name), "never-%d", i);
		make_file(directory, name);
	}
	for (int i = 0; i < FIFOS; i++) {
		snprintf(path, sizeof(path), "%s/%s/fifo-%d", top, directory, i);
		must(mkfifo(path, 0644) == 0, path);
		snprintf(path, sizeof(path), "%s/%s/never-fifo-%d", top, directory, i);
		must(mkfifo(path, 0644) == 0, path);
	}
	for (int i = 0; i < LINKS; i++) {
		snprintf(name, sizeof(name), "file-%d", FILES - 1 - i);
		snprintf(path, sizeof(path), "%s/%s/link-%d", top, directory, i);
		must(symlink(name, path) == 0, path);
	}
}

static unsigned int any(struct wanderer *w, unsigned int count)
{
	return (unsigned int)rand_r(&w->seed) / 7 % count;
}

/* A file that is or was there, a FIFO, a link or nothing at all. */
static void choose(struct wanderer *w, const char *directory, char *path)
{
	static const char *const kinds[] = {"file", "file", "file", "fifo", "link", "nothing"};
	static const unsigned int counts[] = {FILES, FILES, FILES, FIFOS, LINKS, 4};
	unsigned int kind = any(w, 6);

	snprintf(path, NAME, "%s/%s/%s-%u", top, directory, kinds[kind], any(w, counts[kind]));
}

static void choose_new(struct wanderer *w, const char *directory, char *path)
{
	snprintf(path, NAME, "%s/%s/new-%u-%u", top, directory, w->number, w->made++);
}

/* What links lead to stays. */
static unsigned int choose_file(struct wanderer *w, const char *directory, char *path)
{
	unsigned int file = any(w, FILES - LINKS);

	snprintf(path, NAME, "%s/%s/file-%u", top, directory, file);
	return file;
}

/*
 * Rename, link or remove a file that is surely there: of a call that ends at its first name the second
 * was never looked up.
 */
static int move_file(struct wanderer *w, unsigned int directory, const char *other)
{
	char path[NAME];
	unsigned int file = choose_file(w, directories[directory], path), what = any(w, 3);

	if (file % w->of != w->number || w->gone[directory][file])
		return 0;
	w->gone[directory][file] = what != 0;
	return what == 0 ? link(path, other) : what == 1 ? rename(path, other) : unlink(path);
}

static void list(struct wanderer *w, const char *directory)
{
	unsigned int size = 300 + any(w, 4) * 700;
	char path[NAME], buffer[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", top, directory);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0, path);
#ifdef SYS_getdents
	if (any(w, 3) == 0)
		while (syscall(SYS_getdents, fd, buffer, size) > 0)
			;
#endif
	while (syscall(SYS_getdents64, fd, buffer, size) > 0)
		;
	close(fd);
}

static void open_and_close(const char *path, int flags)
{
	char byte;
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0644);

	if (fd < 0)
		return;
	if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_PATH) && read(fd, &byte, 1) < 0)
		errno = 0;
	close(fd);
}

static void watch(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC);

	if (inotify_add_watch(fd, path, IN_MODIFY) < 0)
		errno = 0;
	close(fd);
}

static void read_something(struct wanderer *w, const char *directory)
{
	char path[NAME], target[64];
	struct stat st;
	ssize_t n = 0;

	choose(w, directory, path);
	switch (any(w, 9)) {
	case 0:
		open_and_close(path, O_RDONLY);
		break;
	case 1:
		open_and_close(path, O_PATH);
		break;
	case 2:
		open_and_close(path, O_PATH | O_NOFOLLOW);
		break;
	case 3:
		n = stat(path, &st);
		break;
	case 4:
		n = lstat(path, &st);
		break;
	case 5:
		n = access(path, R_OK);
		break;
	case 6:
		n = readlink(path, target, sizeof(target));
		break;
	case 7:
		watch(path);
		break;
	default:
		n = getxattr(path, "user.nothing", target, sizeof(target));
	}
	if (n < 0)
		errno = 0;
}

static void write_something(struct wanderer *w, unsigned int number)
{
	const char *directory = directories[number];
	char path[NAME], other[NAME];
	int r = 0;

	choose_file(w, directory, path);
	choose_new(w, directory, other);
	switch (any(w, 11)) {
	case 0:
		open_and_close(path, O_WRONLY);
		break;
	case 1:
		open_and_close(other, O_WRONLY | O_CREAT);
		break;
	case 2:
	case 3:
	case 4:
		r = move_file(w, number, other);
		break;
	case 5:
		r = mkfifo(other, 0600);
		break;
	case 6:
		r = chmod(path, 0600);
		break;
	case 7:
		r = mkdir(other, 0755);
		break;
	case 8:
		open_and_close(path, O_RDWR | O_TRUNC);
		break;
	case 9: /* never empty, which the kernel has to find out */
		snprintf(path, sizeof(path), "%s/%s", top, directory);
		r = rmdir(path);
		break;
	default:
		r = utimes(path, NULL);
	}
	if (r < 0)
		errno = 0;
}

static void *wander(void *argument)
{
	struct wanderer *w = argument;

	for (unsigned int i = 0; i < w->steps; i++) {
		unsigned int number = any(w, DIRECTORIES), what = any(w, 10);
		const char *directory = directories[number];

		if (what < 2)
			list(w, directory);
		else if (what < 4 && strncmp(directory, "plain", 5) != 0)
			write_something(w, number);
		else
			read_something(w, directory);
	}
	return NULL;
}

/* So that it is merged from the beginning; and it is listed before anything in it was named. */
static void begin(struct wanderer *w)
{
	char path[NAME];

	for (unsigned int i = 0; i < DIRECTORIES; i++)
		if (strncmp(directories[i], "written", 7) == 0) {
			choose_new(w, directories[i], path);
			open_and_close(path, O_WRONLY | O_CREAT | O_EXCL);
		}
	for (unsigned int i = 0; i < DIRECTORIES; i++)
		list(w, directories[i]);
}

static void run(unsigned int seed, unsigned int steps, unsigned int threads)
{
	struct wanderer *all = calloc(threads, sizeof(*all));

	must(all != NULL && threads > 0, "memory");
	for (unsigned int i = 0; i < threads; i++)
		all[i] = (struct wanderer){.number = i, .of = threads, .seed = seed * 100 + i, .steps = steps};
	begin(&all[0]);
	for (unsigned int i = 0; i < threads; i++)
		must(pthread_create(&all[i].thread, NULL, wander, &all[i]) == 0, "thread");
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(all[i].thread, NULL);
	free(all);
}

int main(int argc, char **argv)
{
	top = argc > 2 ? argv[2] : "";
	if (argc == 3 && strcmp(argv[1], "prepare") == 0) {
		for (unsigned int i = 0; i < DIRECTORIES; i++)
			prepare_directory(directories[i]);
	} else if (argc == 6 && strcmp(argv[1], "run") == 0) {
		run((unsigned int)atoi(argv[3]), (unsigned int)atoi(argv[4]),
		    (unsigned int)atoi(argv[5]));
	} else {
		fputs("usage: wander prepare DIRECTORY | run DIRECTORY SEED STEPS THREADS\n", stderr);
		return 2;
	}
	return 0;
}
