/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct area *const areas[] = {
    &area_data,	   &area_directories, &area_exec,	 &area_locks,  &area_mapping,
    &area_names,   &area_open,	      &area_permissions, &area_rename, &area_space,
    &area_special, &area_times,	      &area_watch,	 &area_xattrs,
};

enum {
	SECONDS = 120, /* an area that takes longer hangs */
};

static const char *area_now, *age_now;

void answer(const char *check, const char *format, ...)
{
	va_list values;

	printf("%s.%s.%s: ", area_now, age_now, check);
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
	putchar('\n');
	fflush(stdout);
}

const char *word(long r)
{
	const char *name;

	if (r >= 0)
		return "ok";
	name = strerrorname_np(errno);
	return name ? name : "an unknown errno";
}

long result(const char *check, long r)
{
	answer(check, "%s", word(r));
	return r;
}

void contents_fd(const char *check, int fd)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	uint64_t size = 0;
	unsigned char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			hash = (hash ^ block[i]) * UINT64_C(1099511628211);
		size += (uint64_t)n;
	}
	if (n < 0)
		answer(check, "%s", word(-1));
	else
		answer(check, "%" PRIu64 " bytes %016" PRIx64, size, hash);
}

void contents(const char *check, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		result(check, fd);
		return;
	}
	contents_fd(check, fd);
	close(fd);
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "character device";
	case S_IFBLK:
		return "block device";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "nothing known";
	}
}

void node(const char *check, const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		result(check, -1);
		return;
	}
	/* how a file system counts the links of a directory is its own affair */
	answer(check, "%s %04o %d:%d, %d links, device %x", kind_of(st.st_mode),
	       (unsigned int)st.st_mode & 07777, (int)st.st_uid, (int)st.st_gid,
	       S_ISDIR(st.st_mode) ? 0 : (int)st.st_nlink, (unsigned int)st.st_rdev);
}

void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "behave: %s: preparing '%s': %s\n", area_now, what, strerror(errno));
	exit(1);
}

void make_file(const char *path, mode_t mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	must(fd >= 0, path);
	must(write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	must(fchmod(fd, mode) == 0, path);
	close(fd);
}

void make_pattern(const char *path, size_t size)
{
	FILE *file = fopen(path, "wxe");

	must(file != NULL, path);
	for (size_t i = 0; i < size; i++)
		putc((int)(1 + (i * 7 + i / 251) % 255), file);
	must(fclose(file) == 0, path);
}

void make_directory(const char *path, mode_t mode)
{
	must(mkdir(path, 0700) == 0 && chmod(path, mode) == 0, path);
}

void make_owner(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	/* a change of owner takes setuid and setgid away: put them back */
	must(lstat(path, &st) == 0 && lchown(path, uid, gid) == 0, path);
	must(S_ISLNK(st.st_mode) || chmod(path, st.st_mode & 07777) == 0, path);
}

void make_program(const char *path, mode_t mode)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	must(from >= 0 && to >= 0, path);
	while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	must(n == 0 && fchmod(to, mode) == 0, path);
	close(from);
	close(to);
}

int in_child(void (*ask)(const void *about), const void *about)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		ask(about);
		fflush(stdout);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid, "wait");
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

struct question {
	uid_t uid;
	void (*ask)(const void *about);
	const void *about;
};

static void become_and_ask(const void *about)
{
	const struct question *question = about;
	gid_t team = TEAM;

	if (question->uid != 0) {
		must(setgroups(question->uid == MEMBER ? 1 : 0, &team) == 0, "setgroups");
		must(setresgid(question->uid, question->uid, question->uid) == 0, "setgid");
		must(setresuid(question->uid, question->uid, question->uid) == 0, "setuid");
	}
	question->ask(question->about);
}

void as(uid_t uid, void (*ask)(const void *about), const void *about)
{
	const struct question question = {uid, ask, about};

	in_child(become_and_ask, &question);
}

static void drop_and_ask(const void *about)
{
	const struct question *question = about;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];
	uint32_t passing = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER |
			   1U << CAP_FSETID | 1U << CAP_CHOWN;

	must(syscall(SYS_capget, &header, sets) == 0, "capget");
	sets[0].effective &= ~passing;
	must(syscall(SYS_capset, &header, sets) == 0, "capset");
	question->ask(question->about);
}

void as_plain_root(void (*ask)(const void *about), const void *about)
{
	const struct question question = {0, ask, about};

	in_child(drop_and_ask, &question);
}

static void enter(const char *path)
{
	must(chdir(path) == 0, path);
	umask(022);
	alarm(SECONDS);
}

static void prepare_old(const void *about)
{
	const struct area *area = about;

	must(mkdir(area->name, 0755) == 0 && chdir(area->name) == 0, area->name);
	must(mkdir("old", 0755) == 0, "old");
	enter("old");
	area->prepare();
}

static void check_old(const void *about)
{
	const struct area *area = about;

	must(chdir(area->name) == 0, area->name);
	enter("old");
	area->check();
}

static void check_new(const void *about)
{
	const struct area *area = about;

	must(chdir(area->name) == 0, area->name);
	must(mkdir("new", 0755) == 0, "new");
	enter("new");
	area->prepare();
	area->check();
}

/* Each in a process of its own, so that one that dies or hangs takes no other answers along. */
static int walk_area(const char *age, void (*step)(const void *about), const struct area *area)
{
	int r;

	area_now = area->name;
	age_now = age;
	r = in_child(step, area);
	if (r < 0)
		answer("all", "ended by SIG%s", sigabbrev_np(-r));
	else if (r > 0)
		answer("all", "exit status %d", r);
	return r;
}

static int usage(void)
{
	fputs("usage: behave prepare|check DIRECTORY [AREA…]\n"
	      "prepare makes the old files, check asks about them; both as root\n",
	      stderr);
	return 2;
}

static bool is_asked(const struct area *area, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, area->name) == 0)
			return true;
	return false;
}

/* What a copy of this program says when an exec question runs it. */
static int say_who(void)
{
	char status[4096] = "", *permitted;
	FILE *file = fopen("/proc/self/status", "re");

	if (file && fread(status, 1, sizeof(status) - 1, file) == 0)
		status[0] = '\0';
	permitted = strstr(status, "CapPrm:\t");
	printf("%d:%d", (int)geteuid(), (int)getegid());
	/* root's own set depends on where this is run */
	if (geteuid() != 0 && permitted)
		printf(" capabilities %.16s", permitted + strlen("CapPrm:\t"));
	fflush(stdout);
	return 0;
}

/* Say that it runs, and run until killed. */
static int wait_until_killed(void)
{
	puts("runs");
	fflush(stdout);
	while (pause() < 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	bool preparing, failed = false;

	if (argc >= 2 && strcmp(argv[1], "who") == 0)
		return say_who();
	if (argc >= 2 && strcmp(argv[1], "wait") == 0)
		return wait_until_killed();
	if (argc < 3 || (strcmp(argv[1], "prepare") != 0 && strcmp(argv[1], "check") != 0))
		return usage();
	preparing = strcmp(argv[1], "prepare") == 0;
	if (chdir(argv[2]) < 0) {
		fprintf(stderr, "behave: cannot enter '%s': %s\n", argv[2], strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		if (!is_asked(areas[i], argv + 3))
			continue;
		if (preparing) {
			failed |= walk_area("old", prepare_old, areas[i]) != 0;
		} else {
			failed |= walk_area("old", check_old, areas[i]) != 0;
			failed |= walk_area("new", check_new, areas[i]) != 0;
		}
	}
	return failed ? 1 : 0;
}
