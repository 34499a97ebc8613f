/* SPDX-License-Identifier: BSD-2-Clause */
/* The flags of open(2), what a descriptor allows, files without a name. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void prepare(void)
{
	make_file("file", 0644, "some text\n");
	make_file("truncated", 0644, "some text\n");
	make_file("appended", 0644, "some text\n");
	make_file("excluded", 0644, "some text\n");
	make_file("unlinked", 0644, "still here\n");
	make_file("unlinked-writing", 0644, "still here\n");
	make_file("over", 0644, "was under\n");
	make_file("old-over", 0644, "is over\n");
	make_file("reopened", 0644, "reopened\n");
	make_file("many", 0644, "before\n");
	make_pattern("direct", 65536);
	make_pattern("no-more-direct", 65536);
	make_pattern("direct-later", 65536);
	make_pattern("direct-mapped", 65536);
	make_file("no-more-appended", 0644, "some text\n");
	make_file("appended-later", 0644, "some text\n");
	make_file("appended-mapped", 0644, "some text\n");
	make_directory("dir", 0755);
	make_file("dir/inside", 0644, "inside\n");
	must(symlink("file", "link") == 0 && symlink("dir", "dirlink") == 0, "link");
	must(symlink("/", "to-root") == 0 && symlink("..", "dir/up") == 0, "to-root");
	must(symlink("nowhere", "dangling") == 0, "dangling");
}

static void try(const char *check, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	result(check, fd);
	if (fd >= 0)
		close(fd);
}

static void flags(void)
{
	try("read", "file", O_RDONLY);
	try("missing", "missing", O_RDONLY);
	try("below-a-file", "file/x", O_RDONLY);
	try("slash-after-file", "file/", O_RDONLY);
	try("directory", "dir", O_RDONLY);
	try("directory-for-writing", "dir", O_WRONLY);
	try("directory-create", "dir", O_RDONLY | O_CREAT);
	try("directory-flag-on-file", "file", O_RDONLY | O_DIRECTORY);
	try("nofollow-link", "link", O_RDONLY | O_NOFOLLOW);
	try("nofollow-file", "file", O_RDONLY | O_NOFOLLOW);
	try("nofollow-in-the-middle", "dirlink/inside", O_RDONLY | O_NOFOLLOW);
	try("path-of-link", "link", O_PATH | O_NOFOLLOW);
	try("dangling", "dangling", O_RDONLY);
	try("dangling-exclusive", "dangling", O_WRONLY | O_CREAT | O_EXCL);
	try("dangling-create", "dangling", O_WRONLY | O_CREAT);
	node("dangling-created", "nowhere");
	try("exclusive-existing", "excluded", O_WRONLY | O_CREAT | O_EXCL);
	try("exclusive-new", "fresh", O_WRONLY | O_CREAT | O_EXCL);
	try("create-below-missing", "missing/fresh", O_WRONLY | O_CREAT);
	try("create-with-slash", "fresh2/", O_WRONLY | O_CREAT);
	try("truncate", "truncated", O_WRONLY | O_TRUNC);
	contents("truncate-left", "truncated");
	try("truncate-reading", "file", O_RDONLY);
	try("sync", "file", O_RDWR | O_SYNC);
	try("dsync", "file", O_RDWR | O_DSYNC);
	try("async", "file", O_RDONLY | O_ASYNC);
	try("nonblock", "file", O_RDWR | O_NONBLOCK);
	try("access-mode-3", "file", 3);
	try("empty", "", O_RDONLY);
}

static void appending(void)
{
	int first = open("appended", O_WRONLY | O_APPEND | O_CLOEXEC);
	int second = open("appended", O_WRONLY | O_APPEND | O_CLOEXEC);

	answer("append", "%zd", write(first, "one\n", 4));
	answer("append-by-another", "%zd", write(second, "two\n", 4));
	answer("append-pwrite", "%zd", pwrite(first, "three\n", 6, 0));
	answer("append-position", "%lld", (long long)lseek(first, 0, SEEK_CUR));
	contents("append-left", "appended");
	close(first);
	close(second);
}

static void descriptors(void)
{
	char byte;
	struct stat st;
	int reader = open("file", O_RDONLY | O_CLOEXEC);
	int writer = open("file", O_WRONLY | O_CLOEXEC);
	int path = open("file", O_PATH | O_CLOEXEC);

	result("write-on-reader", write(reader, "x", 1));
	result("read-on-writer", read(writer, &byte, 1));
	result("truncate-on-reader", ftruncate(reader, 0));
	result("fchmod-on-reader", fchmod(reader, 0644));
	result("read-on-path", read(path, &byte, 1));
	result("fstat-on-path", fstat(path, &st));
	result("fchmod-on-path", fchmod(path, 0644));
	answer("flags-of-reader", "%o",
	       (unsigned int)fcntl(reader, F_GETFL) & (O_ACCMODE | O_APPEND));
	answer("flags-of-writer", "%o",
	       (unsigned int)fcntl(writer, F_GETFL) & (O_ACCMODE | O_APPEND));
	result("set-append-later", fcntl(writer, F_SETFL, O_APPEND));
	result("set-direct-later", fcntl(reader, F_SETFL, O_DIRECT));
	answer("seek-beyond", "%lld", (long long)lseek(reader, 1000, SEEK_SET));
	answer("read-beyond", "%zd", read(reader, &byte, 1));
	result("seek-negative", lseek(reader, -1, SEEK_SET));
	result("seek-nonsense", lseek(reader, 0, 77));
	close(reader);
	close(writer);
	close(path);
}

static void reopening(void)
{
	char name[64];
	int path = open("reopened", O_PATH | O_CLOEXEC), fd;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", path);
	contents("reopen-read", name);
	fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	answer("reopen-write", "%s", word(fd < 0 ? fd : write(fd, "more\n", 5)));
	contents("reopen-left", "reopened");
	close(fd);
	close(path);
}

static void without_name(void)
{
	int fd, plain;
	char name[64];

	fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);
	result("tmpfile", fd);
	plain = open("dir", O_TMPFILE | O_WRONLY | O_EXCL | O_CLOEXEC, 0600);
	result("tmpfile-exclusive", plain);
	if (fd < 0)
		return;
	answer("tmpfile-write", "%zd", write(fd, "nameless\n", 9));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	result("tmpfile-link", linkat(AT_FDCWD, name, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	node("tmpfile-named", "named");
	contents("tmpfile-contents", "named");
	result("tmpfile-link-by-descriptor", linkat(fd, "", AT_FDCWD, "named-too", AT_EMPTY_PATH));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", plain);
	result("tmpfile-exclusive-link",
	       linkat(AT_FDCWD, name, AT_FDCWD, "never", AT_SYMLINK_FOLLOW));
	result("tmpfile-read-only", open(".", O_TMPFILE | O_RDONLY | O_CLOEXEC, 0600));
	result("tmpfile-in-a-file", open("file", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	close(fd);
	close(plain);
}

static void unlinked(void)
{
	struct stat st;
	char name[64];
	int fd = open("unlinked", O_RDONLY | O_CLOEXEC);
	int writer = open("unlinked-writing", O_RDWR | O_CLOEXEC);

	result("unlink-open", unlink("unlinked"));
	result("unlink-open-for-writing", unlink("unlinked-writing"));
	must(fstat(fd, &st) == 0, "unlinked");
	answer("unlinked-stat", "%d links", (int)st.st_nlink);
	contents_fd("unlinked-read", fd);
	answer("unlinked-write", "%zd", write(writer, "STILL", 5));
	result("unlinked-truncate", ftruncate(writer, 7));
	result("unlinked-fchmod", fchmod(writer, 0600));
	lseek(writer, 0, SEEK_SET);
	contents_fd("unlinked-written", writer);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	contents("unlinked-reopen", name);
	result("unlinked-relink", linkat(AT_FDCWD, name, AT_FDCWD, "relinked", AT_SYMLINK_FOLLOW));
	try("unlinked-create-again", "unlinked", O_WRONLY | O_CREAT | O_EXCL);
	contents("unlinked-created-again", "unlinked");
	close(fd);
	close(writer);
	fd = open("over", O_RDONLY | O_CLOEXEC);
	result("renamed-over-open", rename("old-over", "over"));
	contents_fd("renamed-over-read", fd);
	contents("renamed-over-path", "over");
	close(fd);
}

static void try_resolve(const char *check, const char *path, unsigned long resolve)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = resolve};
	int dir = open("dir", O_PATH | O_CLOEXEC);
	long fd;

	do /* EAGAIN: somebody renamed or mounted something, anywhere */
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	result(check, fd);
	if (fd >= 0)
		close((int)fd);
	close(dir);
}

static void resolving(void)
{
	try_resolve("beneath", "inside", RESOLVE_BENEATH);
	try_resolve("beneath-escape", "../file", RESOLVE_BENEATH);
	try_resolve("beneath-escape-by-link", "up/file", RESOLVE_BENEATH);
	try_resolve("beneath-absolute", "/etc", RESOLVE_BENEATH);
	try_resolve("in-root-escape", "../../inside", RESOLVE_IN_ROOT);
	try_resolve("no-symlinks", "up/file", RESOLVE_NO_SYMLINKS);
	try_resolve("no-xdev", "../to-root/proc/self", RESOLVE_NO_XDEV);
	try_resolve("no-xdev-inside", "up/file", RESOLVE_NO_XDEV);
	try_resolve("resolve-nonsense", "inside", 1UL << 40);
}

/* One reader that was there first, and a writer: both see one file. */
static void seen_by_others(void)
{
	char text[32] = "";
	int reader = open("many", O_RDONLY | O_CLOEXEC);
	int writer = open("many", O_RDWR | O_CLOEXEC);

	answer("written-beside-a-reader", "%zd", pwrite(writer, "after!", 6, 0));
	answer("seen-by-the-reader", "%zd %.6s", pread(reader, text, 6, 0), text);
	result("truncated-beside-a-reader", ftruncate(writer, 2));
	answer("seen-truncated", "%zd", pread(reader, text, 6, 0));
	close(reader);
	close(writer);
}

static void direct(void)
{
	static char text[16384] __attribute__((aligned(4096)));
	int fd = open("direct", O_RDWR | O_DIRECT | O_CLOEXEC);

	result("direct", fd);
	if (fd < 0)
		return;
	answer("direct-read", "%zd", pread(fd, text, 8192, 4096));
	answer("direct-read-at-end", "%zd", pread(fd, text, 8192, 61440));
	memset(text, 'D', sizeof(text));
	answer("direct-write", "%zd", pwrite(fd, text, 4096, 8192));
	result("direct-read-unaligned", pread(fd, text + 1, 4096, 1));
	contents("direct-left", "direct");
	close(fd);
}

static void change(const char *check, int fd, int add, int take)
{
	int flags = fcntl(fd, F_GETFL);

	result(check, fcntl(fd, F_SETFL, (flags | add) & ~take));
}

/* What fcntl(2) says of an open file holds from then on. */
static void append_flag(void)
{
	int fd = open("no-more-appended", O_RDWR | O_APPEND | O_CLOEXEC), made;

	answer("append-before", "%zd", pwrite(fd, "end\n", 4, 0));
	change("append-cleared", fd, 0, O_APPEND);
	answer("append-cleared-write", "%zd", pwrite(fd, "SOME", 4, 0));
	contents("append-cleared-left", "no-more-appended");
	change("append-again", fd, O_APPEND, 0);
	answer("append-again-write", "%zd", pwrite(fd, "again\n", 6, 0));
	contents("append-again-left", "no-more-appended");
	close(fd);
	fd = open("appended-later", O_WRONLY | O_CLOEXEC);
	change("append-set", fd, O_APPEND, 0);
	answer("append-set-write", "%zd", write(fd, "later\n", 6));
	contents("append-set-left", "appended-later");
	close(fd);
	made = open("append-made", O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	answer("append-made-write", "%zd", write(made, "made\n", 5));
	change("append-made-cleared", made, 0, O_APPEND);
	answer("append-made-cleared-write", "%zd", pwrite(made, "MA", 2, 0));
	contents("append-made-left", "append-made");
	answer("append-made-read", "%zd", pread(made, (char[8]){0}, 8, 0));
	close(made);
}

/* One who appends sees what another has written, by whatever means, and the other way round. */
static void append_beside(void)
{
	int appender = open("appended-mapped", O_RDWR | O_APPEND | O_CLOEXEC);
	int writer = open("appended-mapped", O_RDWR | O_CLOEXEC);
	char text[32] = "", *map;

	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	result("append-beside-mapping", map == MAP_FAILED ? -1 : 0);
	if (map == MAP_FAILED)
		return;
	memcpy(map, "SOME", 4);
	answer("append-beside", "%zd", write(appender, "more\n", 5));
	answer("append-beside-seen", "%.5s", map + 10);
	answer("append-beside-read", "%zd %.15s", pread(appender, text, 31, 0), text);
	answer("append-beside-read-by-writer", "%zd %.15s", pread(writer, text, 31, 0), text);
	munmap(map, 4096);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, appender, 0);
	result("append-mapping", map == MAP_FAILED ? -1 : 0);
	if (map != MAP_FAILED)
		answer("append-mapped", "%.15s", map);
	close(appender);
	close(writer);
}

static void direct_flag(void)
{
	static char text[16384] __attribute__((aligned(4096)));
	int fd = open("no-more-direct", O_RDWR | O_DIRECT | O_CLOEXEC);

	result("direct-unaligned", pread(fd, text, 100, 1));
	change("direct-cleared", fd, 0, O_DIRECT);
	answer("direct-cleared-read", "%zd", pread(fd, text, 100, 1));
	answer("direct-cleared-write", "%zd", pwrite(fd, "unaligned", 9, 4095));
	contents("direct-cleared-left", "no-more-direct");
	change("direct-again", fd, O_DIRECT, 0);
	answer("direct-again-read", "%zd", pread(fd, text, 4096, 4096));
	close(fd);
	fd = open("direct-later", O_RDONLY | O_CLOEXEC);
	change("direct-set", fd, O_DIRECT, 0);
	answer("direct-set-read", "%zd", pread(fd, text, 4096, 4096));
	close(fd);
	fd = open("direct-mapped", O_RDWR | O_DIRECT | O_APPEND | O_CLOEXEC);
	memset(text, 'A', sizeof(text));
	answer("direct-append", "%zd", write(fd, text, 4096));
	change("direct-append-cleared", fd, 0, O_APPEND | O_DIRECT);
	answer("direct-append-cleared-write", "%zd", pwrite(fd, text, 3, 1));
	contents("direct-append-left", "direct-mapped");
	close(fd);
}

static void check(void)
{
	flags();
	appending();
	descriptors();
	reopening();
	without_name();
	unlinked();
	resolving();
	seen_by_others();
	direct();
	append_flag();
	append_beside();
	direct_flag();
}

const struct area area_open = {"open", prepare, check};
