/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storm: opens files as fast as it can, or at a pace, and says how often.
 *
 *	storm make DIRECTORY FILES                the files 0 … FILES-1, a thousand in a subdirectory
 *	storm run DIRECTORY FILES THREADS OPENS   OPENS by each thread, round and round
 *	storm last DIRECTORY FILES THREADS SECONDS    the same for a time
 *	storm mix DIRECTORY FILES THREADS CALLS   calls of each kind, also in vain; each counts as opened
 *	storm pace DIRECTORY FILES LOG            one every millisecond until it fails or is told to stop;
 *	                                          LOG gets "PATH NANOSECONDS" after each
 *	storm hold DIRECTORY FILES                all open at once, and read
 *
 * prints "OPENED FAILED" and exits 1 if any failed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PER_DIRECTORY = 1000 };

static const char *directory;
static int files, opens;
static atomic_long opened, failed;
static volatile sig_atomic_t stopped;

static void ends(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *name_of(int i, char *path, size_t size)
{
	snprintf(path, size, "%s/%d/%d", directory, i / PER_DIRECTORY, i);
	return path;
}

static int open_one(int i)
{
	char path[4096];
	int fd = open(name_of(i, path, sizeof(path)), O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		if (atomic_fetch_add(&failed, 1) == 0)
			fprintf(stderr, "storm: %s: %s\n", path, strerror(errno));
		return -1;
	}
	atomic_fetch_add(&opened, 1);
	return fd;
}

static void make(void)
{
	char path[4096];

	for (int i = 0; i < files; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%d", directory, i / PER_DIRECTORY);
		if (i % PER_DIRECTORY == 0 && mkdir(path, 0755) < 0)
			ends(path);
		fd = open(name_of(i, path, sizeof(path)), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			  0644);
		if (fd < 0 || write(fd, path, 8) != 8 || close(fd) < 0)
			ends(path);
	}
}

static void *rage(void *start)
{
	int first = (int)(intptr_t)start;

	for (int i = 0; i < opens; i++) {
		int fd = open_one((first + i) % files);

		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static void *last(void *start)
{
	int i = (int)(intptr_t)start;

	while (!stopped) {
		int fd = open_one(i++ % files);

		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

/* A call of another kind each time; true when it went as it should. */
static bool mixed(int i)
{
	char path[4096], missing[4200];
	struct stat st;
	DIR *dir;
	int fd;

	name_of(i % files, path, sizeof(path));
	switch (i % 5) {
	case 0:
		fd = open(path, O_RDONLY | O_CLOEXEC);
		return fd >= 0 && close(fd) == 0;
	case 1:
		return stat(path, &st) == 0;
	case 2:
		return access(path, R_OK) == 0;
	case 3:
		snprintf(missing, sizeof(missing), "%s-not", path);
		return stat(missing, &st) < 0 && errno == ENOENT;
	default:
		if (i % 1000 != 4) /* a listing is as long as a thousand others */
			return readlink(path, missing, sizeof(missing)) < 0 && errno == EINVAL;
		snprintf(path, sizeof(path), "%s/%d", directory, i % files / PER_DIRECTORY);
		dir = opendir(path);
		if (!dir)
			return false;
		while (readdir(dir))
			;
		return closedir(dir) == 0;
	}
}

static void *mix(void *start)
{
	int first = (int)(intptr_t)start;

	for (int i = 0; i < opens; i++)
		atomic_fetch_add(mixed(first + i) ? &opened : &failed, 1);
	return NULL;
}

static void run(int threads, void *(*work)(void *))
{
	pthread_t ids[64];

	if (threads < 1 || threads > 64)
		ends("threads");
	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, work,
				   (void *)(intptr_t)((long)i * files / threads)) != 0)
			ends("thread");
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

static void stop(int signal)
{
	stopped = signal;
}

static void pace(const char *log_path)
{
	FILE *log = fopen(log_path, "we");
	struct timespec now;
	int fd;

	if (!log)
		ends(log_path);
	signal(SIGTERM, stop);
	for (int i = 0; i < files && !stopped; i++) {
		fd = open_one(i);
		if (fd < 0)
			break;
		close(fd);
		clock_gettime(CLOCK_REALTIME, &now);
		fprintf(log, "/%d/%d %" PRId64 "\n", i / PER_DIRECTORY, i,
			(int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
		fflush(log);
		usleep(1000);
	}
	fclose(log);
}

static void hold(void)
{
	struct rlimit most;
	char text[8];

	if (getrlimit(RLIMIT_NOFILE, &most) < 0)
		ends("descriptors");
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	for (int i = 0; i < files; i++) {
		int fd = open_one(i);

		if (fd >= 0 && read(fd, text, sizeof(text)) != sizeof(text))
			atomic_fetch_add(&failed, 1);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";

	if (argc > 3) {
		directory = argv[2];
		files = atoi(argv[3]);
	}
	if (strcmp(what, "make") == 0) {
		make();
		return 0;
	}
	if (strcmp(what, "run") == 0 && argc == 6) {
		opens = atoi(argv[5]);
		run(atoi(argv[4]), rage);
	} else if (strcmp(what, "mix") == 0 && argc == 6) {
		opens = atoi(argv[5]);
		run(atoi(argv[4]), mix);
	} else if (strcmp(what, "last") == 0 && argc == 6) {
		signal(SIGALRM, stop);
		alarm((unsigned int)atoi(argv[5]));
		run(atoi(argv[4]), last);
	} else if (strcmp(what, "pace") == 0 && argc == 5) {
		pace(argv[4]);
	} else if (strcmp(what, "hold") == 0) {
		hold();
	} else {
		fputs("usage: storm make|run|last|mix|pace|hold DIRECTORY FILES …\n", stderr);
		return 2;
	}
	printf("%ld %ld\n", atomic_load(&opened), atomic_load(&failed));
	return atomic_load(&failed) ? 1 : 0;
}
