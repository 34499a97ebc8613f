/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices, fifos, sockets, file handles, mounts on top. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sched.h>
#include <unistd.h>

static int address(struct sockaddr_un *to, const char *path)
{
	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	return snprintf(to->sun_path, sizeof(to->sun_path), "%s", path);
}

static int bound(const char *path, int type)
{
	struct sockaddr_un to;
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	address(&to, path);
	return bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ? -1 : fd;
}

static void prepare(void)
{
	must(mknod("null", S_IFCHR | 0666, makedev(1, 3)) == 0 && chmod("null", 0666) == 0, "null");
	must(mknod("zero", S_IFCHR | 0644, makedev(1, 5)) == 0, "zero");
	must(mknod("nowhere", S_IFBLK | 0644, makedev(250, 250)) == 0, "nowhere");
	must(mknod("strange", S_IFCHR | 0644, makedev(250, 250)) == 0, "strange");
	must(mkfifo("fifo", 0644) == 0, "fifo");
	must(bound("socket", SOCK_STREAM) >= 0, "socket");
	make_file("file", 0644, "handled\n");
	make_directory("dir", 0755);
	make_file("dir/under", 0644, "under\n");
}

static void devices(void)
{
	char bytes[8] = "xxxxxxx";
	int fd = open("null", O_RDWR | O_CLOEXEC);

	node("device", "null");
	answer("device-write", "%zd", write(fd, "x", 1));
	answer("device-read", "%zd", read(fd, bytes, 1));
	close(fd);
	fd = open("zero", O_RDONLY | O_CLOEXEC);
	answer("device-zero", "%zd", read(fd, bytes, sizeof(bytes)));
	answer("device-zero-byte", "%d", bytes[3]);
	close(fd);
	result("device-nobody-drives", open("strange", O_RDONLY | O_CLOEXEC));
	result("block-device-nobody-drives", open("nowhere", O_RDONLY | O_CLOEXEC));
	result("device-truncate", truncate("null", 0));
	result("device-chmod", chmod("zero", 0600));
	node("device-chmod-left", "zero");
	result("make-device", mknod("made-null", S_IFCHR | 0666, makedev(1, 3)));
	fd = open("made-null", O_WRONLY | O_CLOEXEC);
	result("make-device-open", fd);
	node("make-device-left", "made-null");
	close(fd);
	result("make-whiteout", mknod("made-whiteout", S_IFCHR, makedev(0, 0)));
	result("make-file", mknod("made-file", S_IFREG | 0644, 0));
	result("make-directory", mknod("made-directory", S_IFDIR | 0755, 0));
	result("make-socket", mknod("made-socket", S_IFSOCK | 0755, 0));
	result("device-unlink", unlink("null"));
}

static void ask_other(const void *about)
{
	(void)about;
	must(mkdir("open/by-other", 0755) == 0, "open/by-other");
	result("make-device-by-other", mknod("open/null", S_IFCHR | 0666, makedev(1, 3)));
	result("make-fifo-by-other", mkfifo("open/fifo", 0644));
	result("handle-by-other",
	       open_by_handle_at(AT_FDCWD, (struct file_handle *)(char[64]){0}, O_RDONLY));
}

static void fifos(void)
{
	char text[8] = "";
	int reader, writer;

	result("fifo-write-without-reader", open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
	reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	result("fifo-read", reader);
	writer = open("fifo", O_WRONLY | O_CLOEXEC);
	result("fifo-write", writer);
	answer("fifo-send", "%zd", write(writer, "passed", 6));
	answer("fifo-receive", "%zd %s", read(reader, text, 6), text);
	result("fifo-seek", lseek(reader, 0, SEEK_CUR));
	close(writer);
	answer("fifo-end", "%zd", read(reader, text, 6));
	close(reader);
	node("fifo", "fifo");
	result("fifo-rename", rename("fifo", "fifo-there"));
	node("fifo-there", "fifo-there");
}

static void sockets(void)
{
	struct sockaddr_un to, from = {0};
	socklen_t size = sizeof(from);
	int server, client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[8] = "";

	node("socket", "socket");
	result("socket-open", open("socket", O_RDWR | O_CLOEXEC));
	address(&to, "socket");
	result("socket-nobody-listens", connect(client, (const struct sockaddr *)&to, sizeof(to)));
	result("socket-bind-existing", bound("socket", SOCK_STREAM));
	result("socket-unlink", unlink("socket"));
	server = bound("socket", SOCK_STREAM);
	result("socket-bind", server);
	result("socket-listen", listen(server, 1));
	result("socket-connect", connect(client, (const struct sockaddr *)&to, sizeof(to)));
	answer("socket-send", "%zd", send(client, "hello", 5, 0));
	server = accept(server, (struct sockaddr *)&from, &size);
	answer("socket-receive", "%zd %s", recv(server, text, 5, 0), text);
	must(getpeername(client, (struct sockaddr *)&from, &(socklen_t){sizeof(from)}) == 0,
	     "socket");
	answer("socket-peer", "%s", from.sun_path);
	result("socket-bind-below-missing", bound("missing/socket", SOCK_STREAM));
	result("datagram-bind", bound("datagrams", SOCK_DGRAM));
	close(client);
	close(server);
}

static void handles(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} of = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	struct stat one, two;
	int mount, fd, here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	result("handle", name_to_handle_at(AT_FDCWD, "file", &of.handle, &mount, 0));
	fd = open_by_handle_at(here, &of.handle, O_RDONLY | O_CLOEXEC);
	result("handle-open", fd);
	if (fd >= 0 && fstat(fd, &one) == 0 && stat("file", &two) == 0)
		answer("handle-same", "%s", one.st_ino == two.st_ino ? "yes" : "no");
	of.handle.handle_bytes = 0;
	result("handle-size", name_to_handle_at(AT_FDCWD, "file", &of.handle, &mount, 0));
	result("handle-missing", name_to_handle_at(AT_FDCWD, "missing", &of.handle, &mount, 0));
	close(here);
}

static void ask_mounts(const void *about)
{
	(void)about;
	must(unshare(CLONE_NEWNS) == 0, "unshare");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "/");
	result("mount-on-it", mount("none", "dir", "tmpfs", 0, "size=64k"));
	contents("mount-hides", "dir/under");
	result("mount-rename", rename("dir", "elsewhere"));
	result("mount-rmdir", rmdir("dir"));
	result("unmount", umount2("dir", MNT_DETACH));
	contents("unmount-shows", "dir/under");
	result("bind-file", mount("dir/under", "file", NULL, MS_BIND, NULL));
	contents("bind-file-read", "file");
	result("bind-unmount", umount2("file", MNT_DETACH));
	result("swap-root", chroot("dir"));
	contents("root-inside", "/under");
}

static void check(void)
{
	must(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0, "open");
	devices();
	as(OTHER, ask_other, NULL);
	fifos();
	sockets();
	handles();
	in_child(ask_mounts, NULL);
}

const struct area area_special = {"special", prepare, check};
