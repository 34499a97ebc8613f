// SPDX-License-Identifier: BSD-2-Clause
/* mounts of config.json: the kernel's own trees, what was asked for, and how names are looked up. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/container/private.h"
#include "stage/container/sysfs.h"
#include "stage/mount/mount.h"
#include "stage/mount/user.h"

enum { OPTIONS = 7, LINKS_MAX = 8, FILE_MAX = 1 << 20 };

static const struct fixed {
	const char *destination, *type;
	const char *options[OPTIONS];
} fixed[] = {
	{"/proc", "proc", {"nosuid", "noexec", "nodev"}},
	{"/dev", "tmpfs", {"nosuid", "noexec", "strictatime", "mode=755", "size=65536k"}},
	{"/dev/pts", "devpts",
	 {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
	{"/dev/shm", "tmpfs", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
	{"/dev/mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
	{"/sys", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
	{"/sys/fs/cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}},
};

static json_t *mount_item(const char *destination, const char *type, const char *source,
			  const char *const *options)
{
	json_t *item = json_object(), *list = json_array();

	for (; *options; options++)
		json_array_append_new(list, json_string(*options));
	json_set(item, "destination", json_stringn_nocheck(destination, strlen(destination)));
	json_set(item, "type", json_string(type));
	json_set(item, "source", json_stringn_nocheck(source, strlen(source)));
	json_set(item, "options", list);
	return item;
}

static void add_fixed(const struct container *container, json_t *mounts)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		const char *options[OPTIONS + 1] = {NULL};

		/* made before, and number 5 there is not */
		if (user_is_plain() && strcmp(fixed[i].type, "sysfs") == 0)
			continue;
		if (strcmp(fixed[i].type, "cgroup") == 0 &&
		    container->cgroup.version == CGROUP_NONE)
			continue;
		for (size_t n = 0; n < OPTIONS; n++)
			options[n] = fixed[i].options[n] && !user_has_range() &&
						     strncmp(fixed[i].options[n], "gid=", 4) == 0
					     ? NULL
					     : fixed[i].options[n];
		json_array_append_new(mounts, mount_item(fixed[i].destination, fixed[i].type,
							 fixed[i].type, options));
	}
}

/*
 * Runtimes leave the tmpfs writable in which they mount the hierarchies of version 1. As a read-only path it
 * would be bound once more with all of them, and these then be writable.
 */
static void add_cgroup_top(const struct container *container, json_t *mounts)
{
	static const char *const options[] = {"remount", "bind", "ro", "nosuid", "noexec", "nodev", NULL};

	if (container->runtime.kind != RUNTIME_OTHER && container->cgroup.version == CGROUP_V1)
		json_array_append_new(mounts, mount_item("/sys/fs/cgroup", "bind", "/sys/fs/cgroup",
							 options));
}

static void add_tmpfs(const struct spec *spec, json_t *mounts)
{
	for (size_t i = 0; i < spec->tmpfs.count; i++) {
		char size[40];
		const char *options[] = {"nosuid", "nodev", "mode=1777", size, NULL};

		snprintf(size, sizeof(size), "size=%ju", (uintmax_t)spec->tmpfs.items[i].size);
		if (!spec->tmpfs.items[i].size)
			options[3] = NULL;
		json_array_append_new(mounts, mount_item(spec->tmpfs.items[i].destination, "tmpfs",
							 "tmpfs", options));
	}
}

/* --- volumes --- */

/* Said to the runtime, too: it sets the flags of the topmost mount anew. */
static const char *const bind_options[] = {"rbind", "rprivate", "nosuid", "nodev", NULL};
static const char *const bind_read_only[] = {"rbind", "rprivate", "nosuid", "nodev", "ro", NULL};

static const char *const bind_sys[] = {"rbind", "rprivate", "nosuid", "noexec", "nodev", "ro", NULL};

static int add_sys(struct container *container, int work, json_t *mounts, struct error *err)
{
	_cleanup_(freep) char *path = path_join(container->work, "sys");
	int r = path ? sysfs_place(&container->network, work, container->cgroup.version != CGROUP_NONE, err)
		     : error_oom(err);

	if (r == 0)
		json_array_append_new(mounts, mount_item("/sys", "bind", path, bind_sys));
	return r;
}

/* What is bound has a place of ours, so that the mounts of the host can be let go. */
static int place_for(int mount, int work, const char *name, struct error *err)
{
	struct stat st;
	int fd;

	if (fstat(mount, &st) < 0)
		return error_errno(err, "cannot bind a volume");
	if (S_ISDIR(st.st_mode))
		return mkdirat(work, name, 0700) < 0 ? error_errno(err, "cannot bind a volume") : 0;
	fd = openat(work, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "cannot bind a volume");
	close(fd);
	return 0;
}

static int bind_volume(const struct spec_volume *volume, int work, const char *name,
		       struct error *err)
{
	_cleanup_(closep) int mount = -1;
	int r = mount_clone(AT_FDCWD, volume->source, true, &mount, err);

	if (r == 0)
		r = mount_set(mount,
			      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				      (volume->read_only ? MOUNT_ATTR_RDONLY : 0),
			      0, true, err);
	if (r == 0)
		r = place_for(mount, work, name, err);
	return r < 0 ? r : mount_attach(mount, work, name, err);
}

static int add_volumes(struct container *container, int work, json_t *mounts, struct error *err)
{
	const struct spec *spec = container->request->spec;
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->volumes.count; i++) {
		const struct spec_volume *volume = &spec->volumes.items[i];
		_cleanup_(freep) char *path = NULL;
		char name[32];

		snprintf(name, sizeof(name), "volume%zu", i);
		path = path_join(container->work, name);
		r = path ? bind_volume(volume, work, name, err) : error_oom(err);
		if (r == 0)
			json_array_append_new(mounts, mount_item(volume->destination, "bind", path,
								 volume->read_only ? bind_read_only
										   : bind_options));
	}
	return r;
}

/* --- how names are looked up --- */

/* Where a path of the root leads in the end, as text: a last link may lead to nothing. */
static char *lead(int root, const char *path)
{
	char *at = strdup(path);

	for (int i = 0; at && i < LINKS_MAX; i++) {
		_cleanup_(closep) int fd = mount_open_in(root, at, O_PATH | O_NOFOLLOW, 0);
		char target[PATH_MAX], *next;
		ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);

		if (n <= 0)
			return at;
		target[n] = '\0';
		next = path_resolve(at, target);
		free(at);
		at = next;
	}
	free(at);
	return NULL;
}

static bool has_contents(int root, const char *path)
{
	_cleanup_(closep) int fd = mount_open_in(root, path, O_PATH, 0);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > 0);
}

/* Can it be made there? Not behind a link to nothing, which a runtime would follow or refuse. */
static bool has_place(int root, const char *path)
{
	_cleanup_(freep) char *part = strdup(path);

	for (char *at = part ? part + 1 : NULL; at && (at = strchr(at, '/')); at++) {
		_cleanup_(closep) int fd = -1, link = -1;

		*at = '\0';
		fd = mount_open_in(root, part, O_PATH | O_DIRECTORY, 0);
		link = mount_open_in(root, part, O_PATH | O_NOFOLLOW, 0);
		*at = '/';
		if (fd < 0)
			return link == -ENOENT;
	}
	return part;
}

/* Give the root a file of ours at `path`, unless it has one that says something. */
static int add_file(struct container *container, int root, int work, const char *path,
		    const char *text, bool over, json_t *mounts)
{
	_cleanup_(freep) char *destination = lead(root, path), *source = NULL;
	_cleanup_(closep) int fd = -1;

	if (!destination || !text || !*text || (!over && has_contents(root, destination)) ||
	    !has_place(root, destination))
		return 0;
	fd = openat(work, path_name(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	source = path_join(container->work, path_name(path));
	if (fd < 0 || !source || fchmod(fd, 0644) < 0 || io_write(fd, text, strlen(text)) < 0)
		return -EIO;
	json_array_append_new(mounts, mount_item(destination, "bind", source, bind_options));
	return 0;
}

static int add_names(struct container *container, int root, int work, json_t *mounts)
{
	_cleanup_(text_release) struct text hosts = TEXT_INIT, resolver = TEXT_INIT;
	const char *own = network_resolver(&container->network);
	int r;

	if (network_has_host_names(&container->network)) {
		io_read_file(AT_FDCWD, "/etc/resolv.conf", FILE_MAX, &resolver, NULL);
		io_read_file(AT_FDCWD, "/etc/hosts", FILE_MAX, &hosts, NULL);
	}
	if (!hosts.size)
		text_add(&hosts, "127.0.0.1\tlocalhost\n::1\tlocalhost\n");
	r = add_file(container, root, work, "/etc/resolv.conf", own ? own : resolver.bytes,
		     own != NULL, mounts);
	return r < 0 ? r : add_file(container, root, work, "/etc/hosts", hosts.bytes, false, mounts);
}

int config_mounts(struct container *container, json_t **ret_mounts, struct error *err)
{
	_cleanup_(closep) int root = open(container->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closep) int work = open(container->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *mounts = json_array();
	int r = 0;

	if (root < 0 || work < 0)
		r = error_errno(err, "cannot open '%s'", root < 0 ? container->root : container->work);
	/* before the groups, which are mounted in it */
	if (r == 0 && user_is_plain())
		r = add_sys(container, work, mounts, err);
	add_fixed(container, mounts);
	add_cgroup_top(container, mounts);
	if (r == 0 && add_names(container, root, work, mounts) < 0)
		r = error_set(err, -EIO, "cannot write '%s'", container->work);
	add_tmpfs(container->request->spec, mounts);
	if (r == 0)
		r = add_volumes(container, work, mounts, err);
	if (r < 0)
		json_decref(mounts);
	else
		*ret_mounts = mounts;
	return r;
}
