/* SPDX-License-Identifier: BSD-2-Clause */
/* inotify(7): which events arrive, in which order. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static void prepare(void)
{
	make_directory("dir", 0755);
	make_file("dir/file", 0644, "text\n");
	make_file("dir/removed", 0644, "text\n");
	make_file("dir/moved", 0644, "text\n");
	make_file("dir/read", 0644, "text\n");
	make_file("alone", 0644, "text\n");
	make_file("alone-removed", 0644, "text\n");
	make_directory("gone", 0755);
}

static const char *const bits[32] = {"access",	       "modify",
				     "attrib",	       "close-write",
				     "close",	       "open",
				     "from",	       "to",
				     "create",	       "delete",
				     "delete-self",    "move-self",
				     [13] = "unmount", [14] = "overflow",
				     [15] = "ignored", [30] = "dir"};

static size_t spell(char *text, size_t size, const struct inotify_event *event)
{
	size_t n = (size_t)snprintf(text, size, " ");

	for (int bit = 0; bit < 32; bit++)
		if (event->mask & 1U << bit && bits[bit])
			n += (size_t)snprintf(text + n, size - n, "%s,", bits[bit]);
	n += (size_t)snprintf(text + n - 1, size - n + 1, "%s%s", event->len ? ":" : "",
			      event->len ? event->name : "");
	return n - 1;
}

static void heard(const char *check, int watch)
{
	char buffer[8192] __attribute__((aligned(8))), text[4096] = "";
	ssize_t size = read(watch, buffer, sizeof(buffer));
	size_t n = 0;

	for (char *at = buffer; size > 0 && at < buffer + size;) {
		const struct inotify_event *event = (const void *)at;

		n += spell(text + n, sizeof(text) - n, event);
		at += sizeof(*event) + event->len;
	}
	answer(check, "%s", size < 0 ? word(-1) : text);
}

static void write_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, "x", 1) == 1, path);
	close(fd);
}

static void of_directory(int watch)
{
	int id = inotify_add_watch(watch, "dir", IN_ALL_EVENTS);
	char byte;
	int fd;

	result("watch-directory", id);
	make_file("dir/made", 0644, "text\n");
	heard("make", watch);
	write_to("dir/file");
	heard("write", watch);
	fd = open("dir/read", O_RDONLY | O_CLOEXEC);
	must(read(fd, &byte, 1) == 1, "dir/read");
	close(fd);
	heard("read", watch);
	must(chmod("dir/file", 0600) == 0, "chmod");
	heard("chmod", watch);
	must(unlink("dir/removed") == 0, "unlink");
	heard("unlink", watch);
	must(rename("dir/moved", "dir/there") == 0, "rename");
	heard("rename", watch);
	must(rename("dir/there", "out-of-it") == 0, "rename");
	heard("rename-out", watch);
	must(mkdir("dir/below", 0755) == 0, "mkdir");
	heard("mkdir", watch);
	must(rmdir("dir/below") == 0, "rmdir");
	heard("rmdir", watch);
	result("unwatch", inotify_rm_watch(watch, id));
	heard("unwatched", watch);
}

static void of_file(int watch)
{
	result("watch-file",
	       inotify_add_watch(watch, "alone", IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE));
	write_to("alone");
	heard("file-write", watch);
	write_to("alone");
	heard("file-write-again", watch);
	must(truncate("alone", 0) == 0, "truncate");
	heard("file-truncate", watch);
	result("watch-removed", inotify_add_watch(watch, "alone-removed", IN_ALL_EVENTS));
	must(unlink("alone-removed") == 0, "unlink");
	heard("file-unlink", watch);
	result("watch-gone", inotify_add_watch(watch, "gone", IN_DELETE_SELF));
	must(rmdir("gone") == 0, "rmdir");
	heard("directory-gone", watch);
}

static void check(void)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	must(watch >= 0, "inotify");
	result("watch-missing", inotify_add_watch(watch, "missing", IN_ALL_EVENTS));
	result("watch-not-a-directory", inotify_add_watch(watch, "alone", IN_ONLYDIR));
	of_directory(watch);
	of_file(watch);
	close(watch);
}

const struct area area_watch = {"watch", prepare, check};
