/* SPDX-License-Identifier: BSD-2-Clause */
/* mmap(2): what private and shared mappings see and show, and where they end. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 5000, PAGE = 4096 };

static void prepare(void)
{
	make_pattern("private", SIZE);
	make_pattern("shared", SIZE);
	make_pattern("read", SIZE);
	make_pattern("short", SIZE);
	make_pattern("grown", 100);
	make_pattern("unlinked", SIZE);
	make_pattern("two", SIZE);
	make_pattern("executed", SIZE);
	make_pattern("before", SIZE);
}

static char *map(const char *check, const char *path, int flags, int protection, int sharing)
{
	int fd = open(path, flags | O_CLOEXEC);
	char *at = mmap(NULL, 2 * PAGE, protection, sharing, fd, 0);

	result(check, at == MAP_FAILED ? -1 : 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static void private(void)
{
	char *at = map("private", "private", O_RDONLY, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int fd;

	if (!at)
		return;
	memcpy(at, "changed", 7);
	contents("private-write-stays-private", "private");
	fd = open("private", O_WRONLY | O_CLOEXEC);
	answer("private-written-elsewhere", "%zd", pwrite(fd, "ELSEWHERE", 9, PAGE));
	answer("private-page-not-yet-copied", "%s",
	       memcmp(at + PAGE, "ELSEWHERE", 9) == 0 ? "sees the write"
						      : "does not see the write");
	answer("private-page-copied", "%.7s", at);
	close(fd);
	munmap(at, 2 * PAGE);
}

static void shared(void)
{
	char *at = map("shared", "shared", O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);
	char text[8] = "";
	int fd;

	if (!at)
		return;
	memcpy(at, "mapped", 6);
	fd = open("shared", O_RDWR | O_CLOEXEC);
	answer("shared-seen-by-read", "%zd %.6s", pread(fd, text, 6, 0), text);
	answer("shared-write", "%zd", pwrite(fd, "written", 7, 100));
	answer("shared-write-seen", "%.7s", at + 100);
	result("shared-sync", msync(at, 2 * PAGE, MS_SYNC));
	at[SIZE - 1] = 'L';
	at[SIZE] = 'B'; /* behind the end: never reaches the file */
	result("shared-sync-end", msync(at, 2 * PAGE, MS_SYNC));
	munmap(at, 2 * PAGE);
	contents("shared-left", "shared");
	close(fd);
}

static void two_mappings(void)
{
	char *first = map("two-first", "two", O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *second = map("two-second", "two", O_RDONLY, PROT_READ, MAP_SHARED);

	if (!first || !second)
		return;
	memcpy(first + 10, "both", 4);
	answer("two-see-each-other", "%.4s", second + 10);
	munmap(first, 2 * PAGE);
	munmap(second, 2 * PAGE);
}

static void protections(void)
{
	char *at;

	at = map("write-to-reader", "read", O_RDONLY, PROT_READ | PROT_WRITE, MAP_SHARED);
	must(!at, "a shared writable mapping of a reader");
	map("read-of-writer", "read", O_WRONLY, PROT_READ, MAP_SHARED);
	map("write-only-of-writer", "read", O_WRONLY, PROT_WRITE, MAP_SHARED);
	map("execute", "executed", O_RDONLY, PROT_READ | PROT_EXEC, MAP_PRIVATE);
	at = map("protect", "read", O_RDONLY, PROT_READ, MAP_SHARED);
	if (at)
		result("protect-to-write-of-reader", mprotect(at, PAGE, PROT_READ | PROT_WRITE));
	map("validate-sync", "read", O_RDWR, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC);
	map("populate", "read", O_RDONLY, PROT_READ, MAP_SHARED | MAP_POPULATE);
	map("locked", "read", O_RDONLY, PROT_READ, MAP_SHARED | MAP_LOCKED);
	map("directory", ".", O_RDONLY, PROT_READ, MAP_SHARED);
}

static void touch_beyond(const void *at)
{
	signal(SIGBUS, SIG_DFL); /* a sanitizer would answer it */
	*(volatile char *)(uintptr_t)at = 'x';
}

static void ends(void)
{
	char *at = map("short", "short", O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);

	if (!at)
		return;
	result("shortened", truncate("short", 100));
	answer("shortened-rest-of-page", "%d", at[101]);
	answer("shortened-page-gone", "%d", in_child(touch_beyond, at + PAGE));
	result("lengthened", truncate("short", 2 * PAGE));
	answer("lengthened-zero", "%d %d", at[101], at[PAGE]);
	at[PAGE] = 'n';
	munmap(at, 2 * PAGE);
	contents("lengthened-left", "short");
	at = map("grown", "grown", O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);
	if (!at)
		return;
	answer("grown-beyond", "%d", in_child(touch_beyond, at + PAGE));
	result("grown-truncate", truncate("grown", 2 * PAGE));
	answer("grown-page-there", "%d", in_child(touch_beyond, at + PAGE));
	munmap(at, 2 * PAGE);
	contents("grown-left", "grown");
}

static void without_name(void)
{
	char *at = map("unlinked", "unlinked", O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);

	if (!at)
		return;
	result("unlinked-unlink", unlink("unlinked"));
	memcpy(at, "lives", 5);
	result("unlinked-sync", msync(at, 2 * PAGE, MS_SYNC));
	answer("unlinked-left", "%.5s", at);
	munmap(at, 2 * PAGE);
}

/* A mapping made before the file was first written through another descriptor. */
static void made_before(void)
{
	char *at = map("before", "before", O_RDONLY, PROT_READ, MAP_SHARED);
	int fd = open("before", O_RDWR | O_CLOEXEC);

	if (!at)
		return;
	answer("before-write", "%zd", pwrite(fd, "later", 5, 0));
	answer("before-sees-write", "%s", memcmp(at, "later", 5) == 0 ? "yes" : "no");
	close(fd);
	munmap(at, 2 * PAGE);
}

static void check(void)
{
	private();
	shared();
	two_mappings();
	protections();
	ends();
	without_name();
	made_before();
}

const struct area area_mapping = {"mapping", prepare, check};
