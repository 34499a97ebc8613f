// SPDX-License-Identifier: BSD-2-Clause
#include "fs/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

enum { QUESTION_MAX = 4096 };

/* Who we are outside of our user namespace: who serves a mount in it may be there. */
static unsigned int outer_uid(void)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned int inside, outside, count, uid = geteuid();

	while (file && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3)
		if (uid >= inside && uid - inside < count)
			return outside + (uid - inside);
	return uid;
}

/* Where sockets may be, in the order in which they are tried; false behind the last. */
static bool directory_nth(int n, char *buffer, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	switch (n) {
	case 0:
		snprintf(buffer, size, "/run/tracefs");
		return true;
	case 1:
		snprintf(buffer, size, "%s/tracefs", runtime ? runtime : "/nonexistent");
		return true;
	case 2:
		snprintf(buffer, size, "/tmp/tracefs-%u", (unsigned int)geteuid());
		return true;
	case 3:
		snprintf(buffer, size, "/tmp/tracefs-%u", outer_uid());
		return true;
	default:
		return false;
	}
}

/* A directory of our own that nobody else may enter. */
static bool directory_is_ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

static bool directory_usable(const char *path)
{
	return (mkdir(path, 0700) == 0 || errno == EEXIST) && directory_is_ours(path) && access(path, W_OK) == 0;
}

static int address_of(const char *directory, dev_t dev, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	return snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/%u:%u",
			directory, major(dev), minor(dev)) <
			       (int)sizeof(ret_address->sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

/*
 * Held by who takes a name, and by who takes one away, from looking at it on: between the two it would become the
 * next one's. The descriptor is the lock; -1 where there is none, and then nothing is taken away.
 */
static int lock_place(const char *socket_path)
{
	_cleanup_(closep) int fd = -1;
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(socket_path, '/') - socket_path), socket_path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -1;
	return take_fd(&fd);
}

/*
 * Under its name only when it can be asked: device numbers are used again, also while who had this one before is
 * still ending and looks what it left. Until then it has another, the same for all of this number: whoever was
 * killed in between has left one, and the next takes it away.
 */
static int listen_at(int fd, const char *path, ino_t *ret_inode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(closep) int lock = -1;
	struct stat st;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", path) >=
	    (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	lock = lock_place(path);
	unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (listen(fd, 8) < 0 || lstat(address.sun_path, &st) < 0 || rename(address.sun_path, path) < 0) {
		unlink(address.sun_path);
		return -EIO;
	}
	*ret_inode = st.st_ino;
	return 0;
}

/* Who answers has come since. */
static void remove_dead(const struct sockaddr_un *address)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	_cleanup_(closep) int lock = lock_place(address->sun_path);

	if (lock >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 && errno == ECONNREFUSED)
		unlink(address->sun_path);
}

/* Of those that were killed together with who looks after them. */
static void sweep(const char *directory)
{
	_cleanup_(closedirp) DIR *dir = opendir(directory);
	unsigned int major_number, minor_number;
	struct sockaddr_un address;
	struct dirent *item;
	int length;

	while (dir && (item = readdir(dir)))
		if (sscanf(item->d_name, "%u:%u%n", &major_number, &minor_number, &length) == 2 &&
		    !item->d_name[length] &&
		    address_of(directory, makedev(major_number, minor_number), &address) == 0)
			remove_dead(&address);
}

int control_open(struct control *control, dev_t dev, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	struct sockaddr_un address;
	char directory[80];

	control->fd = -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(err, "cannot make a socket");
	for (int n = 0; directory_nth(n, directory, sizeof(directory)); n++) {
		if (!directory_usable(directory) || address_of(directory, dev, &address) < 0 ||
		    listen_at(fd, address.sun_path, &control->inode) < 0)
			continue;
		memcpy(control->path, address.sun_path, sizeof(control->path));
		sweep(directory);
		control->fd = take_fd(&fd);
		return 0;
	}
	return error_set(err, -EACCES, "no directory for the control socket: neither /run/tracefs "
				       "nor XDG_RUNTIME_DIR nor /tmp can be used");
}

void control_release(struct control *control)
{
	_cleanup_(closep) int lock = -1;
	struct stat st;

	if (control->fd < 0)
		return;
	lock = lock_place(control->path);
	/* by now it may be another's */
	if (lstat(control->path, &st) == 0 && st.st_ino == control->inode)
		unlink(control->path);
	closep(&control->fd);
	control->fd = -1;
}

void control_sweep(dev_t dev)
{
	struct sockaddr_un address;
	char directory[80];

	for (int n = 0; directory_nth(n, directory, sizeof(directory)); n++)
		if (address_of(directory, dev, &address) == 0)
			remove_dead(&address);
}

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* Everything up to the end, but not for ever. */
static int read_all(int fd, struct text *text, size_t limit)
{
	char buffer[512];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (text->size + (size_t)n > limit ||
		    text_add_bytes(text, buffer, (size_t)n) < 0)
			return -EFBIG;
	return n < 0 ? -errno : 0;
}

int control_accept(struct control *control, struct text *question, int *ret_fd)
{
	const struct timeval patience = {.tv_sec = 1};
	_cleanup_(closep) int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return -EAGAIN;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!may_ask(fd)) {
		control_answer(take_fd(&fd), false, "only root and whoever mounted may do this");
		return -EAGAIN;
	}
	if (read_all(fd, question, QUESTION_MAX) < 0)
		return -EAGAIN;
	*ret_fd = take_fd(&fd);
	return 0;
}

void control_answer(int fd, bool good, const char *text)
{
	if (io_write(fd, good ? "+" : "-", 1) == 0)
		io_write(fd, text, strlen(text));
	close(fd);
}

/* A connection to whoever serves the device. */
static int connect_to(dev_t dev, const char *mountpoint, struct error *err)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	bool forbidden = false;
	char directory[80];

	if (fd < 0)
		return error_errno(err, "cannot make a socket");
	for (int n = 0; directory_nth(n, directory, sizeof(directory)); n++) {
		if (address_of(directory, dev, &address) < 0)
			continue;
		/* below /tmp somebody else may have made one that is called so, and answer */
		if (access(directory, X_OK) == 0 && !directory_is_ours(directory))
			continue;
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return take_fd(&fd);
		forbidden |= errno == EACCES;
	}
	return error_set(err, forbidden ? -EACCES : -ENOENT,
			 "%s is not a mount that a tracefs of yours serves%s", mountpoint,
			 forbidden ? "; only root and whoever mounted may ask" : "");
}

/* A path, or, of a mount that has none here, its device as "MAJOR:MINOR". */
static int device_of(const char *mountpoint, dev_t *ret_dev, struct error *err)
{
	unsigned int major_number, minor_number;
	struct stat st;
	int length;

	if (sscanf(mountpoint, "%u:%u%n", &major_number, &minor_number, &length) == 2 &&
	    !mountpoint[length]) {
		*ret_dev = makedev(major_number, minor_number);
		return 0;
	}
	if (stat(mountpoint, &st) < 0)
		return error_errno(err, "mount point %s", mountpoint);
	*ret_dev = st.st_dev;
	return 0;
}

int control_begin(const char *mountpoint, const char *question, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	dev_t dev = 0;
	int r = device_of(mountpoint, &dev, err);

	if (r < 0)
		return r;
	fd = connect_to(dev, mountpoint, err);
	if (fd < 0)
		return fd;
	r = io_write(fd, question, strlen(question));
	if (r < 0)
		return error_code(err, r, "%s: cannot speak to its tracefs", mountpoint);
	shutdown(fd, SHUT_WR);
	return take_fd(&fd);
}

int control_end(int fd, const char *mountpoint, struct text *answer, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = read_all(fd, &text, 1 << 20);

	close(fd);
	if (r < 0)
		return error_code(err, r, "%s: cannot speak to its tracefs", mountpoint);
	if (text.size == 0)
		return error_set(err, -EIO, "%s: its tracefs hung up", mountpoint);
	if (text.bytes[0] != '+')
		return error_set(err, -EIO, "%s: %s", mountpoint, text.bytes + 1);
	return text_add(answer, text.bytes + 1) < 0 ? error_oom(err) : 0;
}

int control_ask(const char *mountpoint, const char *question, struct text *answer,
		struct error *err)
{
	int fd = control_begin(mountpoint, question, err);

	return fd < 0 ? fd : control_end(fd, mountpoint, answer, err);
}
