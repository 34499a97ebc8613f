// SPDX-License-Identifier: BSD-2-Clause
/* The root: where its image is, what lies over it, and what every program expects to find in it. */
#include "pack/guest/guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"

enum { FIND_TRIES = 2000, FIND_US = 5000 };

/* ---- finding ---- */

static void hexadecimal(const unsigned char *bytes, size_t size, char *ret_text)
{
	for (size_t i = 0; i < size; i++)
		sprintf(ret_text + 2 * i, "%02x", bytes[i]);
}

static bool begins_so(const char *name, const char *superblock)
{
	unsigned char bytes[GUEST_SUPERBLOCK];
	char path[300], text[2 * GUEST_SUPERBLOCK + 1];
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	hexadecimal(bytes, sizeof(bytes), text);
	return strcmp(text, superblock) == 0;
}

static char *find_now(const char *superblock)
{
	_cleanup_(closedirp) DIR *dir = opendir("/sys/class/block");
	const struct dirent *item;
	char *path = NULL;

	while (dir && !path && (item = readdir(dir)))
		if (item->d_name[0] != '.' && begins_so(item->d_name, superblock) &&
		    asprintf(&path, "/dev/%s", item->d_name) < 0)
			path = NULL;
	return path;
}

int root_find(const char *superblock, char **ret_device)
{
	for (int tries = 0; tries < FIND_TRIES; tries++) {
		*ret_device = find_now(superblock);
		if (*ret_device)
			return 0;
		usleep(FIND_US);
	}
	return -ENODEV;
}

/* ---- mounting ---- */

int root_mount(const char *device, const char *layer)
{
	mkdir("/lower", 0755);
	mkdir("/layer", 0755);
	mkdir("/root", 0755);
	if (mount(device, "/lower", "squashfs", MS_RDONLY, NULL) < 0) {
		say("cannot mount the root on %s: %s", device, strerror(errno));
		return -1;
	}
	if (layer ? mount(layer, "/layer", "ext4", MS_NOATIME, NULL) < 0
		  : mount("layer", "/layer", "tmpfs", 0, "mode=755") < 0) {
		say("cannot mount the layer on %s: %s", layer ? layer : "memory", strerror(errno));
		return -1;
	}
	if ((mkdir("/layer/upper", 0755) < 0 && errno != EEXIST) ||
	    (mkdir("/layer/work", 0755) < 0 && errno != EEXIST)) {
		say("cannot write the layer on %s: %s", layer ? layer : "memory", strerror(errno));
		return -1;
	}
	return 0;
}

void root_umount(void)
{
	umount("/layer");
}

/* ---- what every program expects ---- */

static const struct {
	const char *place, *type;
	unsigned long flags;
	const char *options;
} fixed[] = {
	{"/root/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL},
	{"/root/sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL},
	{"/root/dev", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_STRICTATIME, "mode=755,size=65536k"},
	{"/root/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"},
	{"/root/dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777"},
	{"/root/dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL},
};

static const struct {
	const char *path;
	unsigned int major, minor;
	mode_t mode;
} nodes[] = {
	{"/root/dev/null", 1, 3, 0666},	  {"/root/dev/zero", 1, 5, 0666},    {"/root/dev/full", 1, 7, 0666},
	{"/root/dev/random", 1, 8, 0666}, {"/root/dev/urandom", 1, 9, 0666}, {"/root/dev/tty", 5, 0, 0666},
	{"/root/dev/console", 5, 1, 0620},
};

static const char *const links[][2] = {
	{"pts/ptmx", "/root/dev/ptmx"},	      {"/proc/self/fd", "/root/dev/fd"},
	{"/proc/self/fd/0", "/root/dev/stdin"}, {"/proc/self/fd/1", "/root/dev/stdout"},
	{"/proc/self/fd/2", "/root/dev/stderr"},
};

static int mount_fixed(void)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		mkdir(fixed[i].place, 0755);
		/* a kernel may be built without the last */
		if (mount(fixed[i].type, fixed[i].place, fixed[i].type, fixed[i].flags, fixed[i].options) < 0 &&
		    errno != ENODEV) {
			say("cannot mount %s: %s", fixed[i].place + strlen("/root"), strerror(errno));
			return -1;
		}
	}
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		mknod(nodes[i].path, S_IFCHR | nodes[i].mode, makedev(nodes[i].major, nodes[i].minor));
		chmod(nodes[i].path, nodes[i].mode);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		(void)!symlink(links[i][0], links[i][1]);
	return 0;
}

/* "/run mode=755,size=64k": what tmpfs(5) knows has a value; of the flags one says more than we do anyway. */
static int mount_scratch(char *said)
{
	unsigned long flags = MS_NOSUID | MS_NODEV;
	char *rest = strchr(said, ' '), *word;
	char options[512] = "";
	size_t used = 0;

	if (rest)
		*rest++ = '\0';
	while ((word = strsep(&rest, ","))) {
		if (strcmp(word, "noexec") == 0)
			flags |= MS_NOEXEC;
		else if (strchr(word, '=') && used + strlen(word) + 2 < sizeof(options))
			used += (size_t)sprintf(options + used, "%s%s", used ? "," : "", word);
	}
	mkdir(said, 0755);
	if (mount("tmpfs", said, "tmpfs", flags, options) < 0) {
		say("cannot mount a tmpfs at %s: %s", said, strerror(errno));
		return -1;
	}
	return 0;
}

/* What names this machine, unless the package has something there; `always` has the last word. */
static void write_file(const char *path, bool always, const char *text)
{
	struct stat st;
	int fd;

	if (!*text || (!always && stat(path, &st) == 0 && st.st_size > 0))
		return;
	/* it may be a link to what is not there */
	if (always)
		unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		say("cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void write_names(const struct start *start, const char *nameservers)
{
	char text[512];

	mkdir("/etc", 0755);
	snprintf(text, sizeof(text), "%s\n", start->name);
	write_file("/etc/hostname", false, text);
	snprintf(text, sizeof(text), "127.0.0.1\tlocalhost %s\n::1\tlocalhost\n", start->name);
	write_file("/etc/hosts", false, text);
	write_file("/etc/resolv.conf", true, nameservers ? nameservers : "");
}

/* A layer that is kept may find another image below it the next time: see stage/mount/overlay.h. */
static const char overlay_options[] = "lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work,"
				      "xino=off,index=off,metacopy=off,redirect_dir=off";

int root_enter(const struct start *start, const char *nameservers)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("root", "/root", "overlay", 0, overlay_options) < 0) {
		say("cannot lay a layer over the root: %s", strerror(errno));
		return -1;
	}
	if (mount_fixed() < 0)
		return -1;
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0) {
		say("cannot enter the root: %s", strerror(errno));
		return -1;
	}
	write_names(start, nameservers);
	for (size_t i = 0; i < start->tmpfs.count; i++)
		if (mount_scratch(start->tmpfs.items[i]) < 0)
			return -1;
	if (start->read_only && mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0) {
		say("cannot make the root read-only: %s", strerror(errno));
		return -1;
	}
	return 0;
}
