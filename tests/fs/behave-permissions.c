/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may do what: permission bits, sticky and setgid directories, owners, umask. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const mode_t file_modes[] = {0000, 0007, 0070, 0100, 0400, 0444, 0600,
				    0604, 0640, 0644, 0660, 0711, 0755};
static const mode_t directory_modes[] = {0000, 0700, 0711, 0744, 0750, 0755, 0770, 0777};
static const struct person {
	uid_t uid;
	const char *name;
} people[] = {{0, "root"}, {OWNER, "owner"}, {MEMBER, "member"}, {OTHER, "other"}};

static const char *name_of(uid_t uid)
{
	for (size_t i = 0; i < COUNT(people); i++)
		if (people[i].uid == uid)
			return people[i].name;
	return "nobody";
}

static void make_owned(const char *path, mode_t mode)
{
	make_file(path, mode, "text\n");
	make_owner(path, OWNER, TEAM);
}

static void prepare_modes(void)
{
	char path[64];

	for (size_t i = 0; i < COUNT(file_modes); i++) {
		snprintf(path, sizeof(path), "file-%04o", (unsigned int)file_modes[i]);
		make_owned(path, file_modes[i]);
	}
	for (size_t i = 0; i < COUNT(directory_modes); i++) {
		snprintf(path, sizeof(path), "dir-%04o", (unsigned int)directory_modes[i]);
		make_directory(path, 0755);
		strcat(path, "/inside");
		make_owned(path, 0644);
		*strrchr(path, '/') = '\0';
		make_owner(path, OWNER, TEAM);
		must(chmod(path, directory_modes[i]) == 0, path);
	}
}

static void prepare(void)
{
	prepare_modes();
	make_directory("sticky", 01777);
	make_owned("sticky/owners", 0666);
	make_owned("sticky/owners-too", 0666);
	make_directory("setgid", 02777);
	make_owner("setgid", OWNER, TEAM);
	make_directory("open", 0777);
	make_owned("setuid-written", 06777);
	make_owned("setuid-written-by-root", 06777);
	make_owned("setuid-truncated", 06777);
	make_owned("setuid-chowned", 06777);
	make_owned("setgid-no-execute", 02767);
	make_owned("to-chmod", 0644);
	make_owned("to-chown", 0644);
	make_owned("to-touch", 0666);
	make_owned("plain-root", 0000);
}

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd;
}

struct asked {
	const char *path;
	uid_t uid;
};

static void ask_file(const void *about)
{
	const struct asked *asked = about;
	char check[96];
	char text[200];
	size_t n = 0;

	n += (size_t)snprintf(text + n, sizeof(text) - n, "read %s",
			      word(try_open(asked->path, O_RDONLY)));
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", write %s",
			      word(try_open(asked->path, O_WRONLY)));
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", access r %s",
			      word(access(asked->path, R_OK)));
	n += (size_t)snprintf(text + n, sizeof(text) - n, " w %s", word(access(asked->path, W_OK)));
	n += (size_t)snprintf(text + n, sizeof(text) - n, " x %s", word(access(asked->path, X_OK)));
	snprintf(text + n, sizeof(text) - n, " rw effective %s",
		 word(faccessat(AT_FDCWD, asked->path, R_OK | W_OK, AT_EACCESS)));
	snprintf(check, sizeof(check), "%s-%s", asked->path, name_of(asked->uid));
	answer(check, "%s", text);
}

static void ask_directory(const void *about)
{
	const struct asked *asked = about;
	char inside[96], made[96], check[96], text[200];
	struct stat st;
	size_t n = 0;
	int fd;

	snprintf(inside, sizeof(inside), "%s/inside", asked->path);
	snprintf(made, sizeof(made), "%s/made-by-%s", asked->path, name_of(asked->uid));
	n += (size_t)snprintf(text + n, sizeof(text) - n, "list %s",
			      word(try_open(asked->path, O_RDONLY | O_DIRECTORY)));
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", stat %s", word(stat(inside, &st)));
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", read %s",
			      word(try_open(inside, O_RDONLY)));
	fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", make %s", word(fd));
	if (fd >= 0)
		close(fd);
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", remove %s", word(unlink(made)));
	snprintf(text + n, sizeof(text) - n, ", enter %s", word(chdir(asked->path)));
	snprintf(check, sizeof(check), "%s-%s", asked->path, name_of(asked->uid));
	answer(check, "%s", text);
}

static void modes(void)
{
	char path[64];
	struct asked asked = {.path = path};

	for (size_t p = 0; p < COUNT(people); p++) {
		asked.uid = people[p].uid;
		for (size_t i = 0; i < COUNT(file_modes); i++) {
			snprintf(path, sizeof(path), "file-%04o", (unsigned int)file_modes[i]);
			as(asked.uid, ask_file, &asked);
		}
		for (size_t i = 0; i < COUNT(directory_modes); i++) {
			snprintf(path, sizeof(path), "dir-%04o", (unsigned int)directory_modes[i]);
			as(asked.uid, ask_directory, &asked);
		}
	}
}

static void ask_sticky_other(const void *about)
{
	(void)about;
	result("sticky-remove-by-other", unlink("sticky/owners"));
	result("sticky-rename-by-other", rename("sticky/owners", "sticky/taken"));
	make_file("sticky/others", 0644, "");
	result("sticky-rename-over-by-other", rename("sticky/others", "sticky/owners"));
	result("sticky-write-by-other", try_open("sticky/owners", O_WRONLY));
	result("sticky-remove-own", unlink("sticky/others"));
}

static void ask_sticky_owner(const void *about)
{
	(void)about;
	result("sticky-rename-by-owner", rename("sticky/owners-too", "sticky/renamed"));
	result("sticky-remove-by-owner", unlink("sticky/owners"));
}

static void ask_setgid(const void *about)
{
	(void)about;
	make_file("setgid/file", 0644, "");
	must(mkdir("setgid/dir", 0755) == 0 && symlink("x", "setgid/link") == 0, "setgid/dir");
	node("setgid-directory-new-file", "setgid/file");
	node("setgid-directory-new-directory", "setgid/dir");
	node("setgid-directory-new-link", "setgid/link");
	must(mknod("setgid/fifo", S_IFIFO | 02755, 0) == 0, "setgid/fifo");
	node("setgid-directory-new-fifo", "setgid/fifo");
	result("setgid-of-a-strange-group",
	       open("setgid/bits", O_CREAT | O_WRONLY | O_CLOEXEC, 02755));
	node("setgid-of-a-strange-group-bits", "setgid/bits");
}

static void write_a_byte(const char *check, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	answer(check, "%s", word(fd < 0 ? fd : write(fd, "x", 1)));
	if (fd >= 0)
		close(fd);
}

static void ask_privilege_bits(const void *about)
{
	(void)about;
	write_a_byte("setuid-write-by-other", "setuid-written");
	node("setuid-after-write-by-other", "setuid-written");
	result("setuid-truncate-by-other", truncate("setuid-truncated", 1));
	node("setuid-after-truncate-by-other", "setuid-truncated");
	write_a_byte("setgid-without-execute-write", "setgid-no-execute");
	node("setgid-without-execute-after-write", "setgid-no-execute");
}

static void privilege_bits(void)
{
	as(OTHER, ask_privilege_bits, NULL);
	write_a_byte("setuid-write-by-root", "setuid-written-by-root");
	node("setuid-after-write-by-root", "setuid-written-by-root");
	result("setuid-chown", chown("setuid-chowned", MEMBER, (gid_t)-1));
	node("setuid-after-chown", "setuid-chowned");
}

static void ask_change_by_other(const void *about)
{
	(void)about;
	result("chmod-by-other", chmod("to-chmod", 0777));
	result("chown-by-other", chown("to-chown", OTHER, (gid_t)-1));
	result("touch-now-by-other-who-may-write", utimensat(AT_FDCWD, "to-touch", NULL, 0));
	result("touch-then-by-other-who-may-write",
	       utimensat(AT_FDCWD, "to-touch", (struct timespec[]){{1, 1}, {1, 1}}, 0));
	result("touch-now-by-other-who-may-not", utimensat(AT_FDCWD, "to-chmod", NULL, 0));
	result("open-noatime-by-other", try_open("to-touch", O_RDONLY | O_NOATIME));
}

static void ask_change_by_owner(const void *about)
{
	(void)about;
	result("chmod-by-owner", chmod("to-chmod", 0640));
	result("chmod-setgid-of-a-strange-group", chmod("to-chmod", 02755));
	node("chmod-setgid-of-a-strange-group-bits", "to-chmod");
	result("chown-by-owner", chown("to-chown", OTHER, (gid_t)-1));
	result("chgrp-to-own-group", chown("to-chown", (uid_t)-1, OWNER));
	result("chgrp-to-strange-group", chown("to-chown", (uid_t)-1, TEAM));
	node("chgrp-left", "to-chown");
	result("touch-then-by-owner",
	       utimensat(AT_FDCWD, "to-touch", (struct timespec[]){{1, 1}, {1, 1}}, 0));
	result("open-noatime-by-owner", try_open("to-touch", O_RDONLY | O_NOATIME));
	result("chmod-sticky-file", chmod("to-touch", 01666));
	node("chmod-sticky-file-bits", "to-touch");
}

static void ask_plain_root(const void *about)
{
	(void)about;
	result("plain-root-read-0000", try_open("plain-root", O_RDONLY));
	result("plain-root-write-0000", try_open("plain-root", O_WRONLY));
	result("plain-root-chmod", chmod("plain-root", 0600));
	result("plain-root-chown", chown("plain-root", 0, 0));
	result("plain-root-remove-from-0000", unlink("dir-0000/inside"));
}

static void umasks(void)
{
	static const mode_t masks[] = {0000, 0022, 0027, 0077, 0777};
	char path[64], check[64];

	for (size_t i = 0; i < COUNT(masks); i++) {
		umask(masks[i]);
		snprintf(path, sizeof(path), "open/file-%04o", (unsigned int)masks[i]);
		snprintf(check, sizeof(check), "umask-%04o-file", (unsigned int)masks[i]);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 06777));
		node(check, path);
		snprintf(path, sizeof(path), "open/dir-%04o", (unsigned int)masks[i]);
		snprintf(check, sizeof(check), "umask-%04o-directory", (unsigned int)masks[i]);
		must(mkdir(path, 01777) == 0, path);
		node(check, path);
		snprintf(path, sizeof(path), "open/fifo-%04o", (unsigned int)masks[i]);
		snprintf(check, sizeof(check), "umask-%04o-fifo", (unsigned int)masks[i]);
		must(mkfifo(path, 0666) == 0, path);
		node(check, path);
	}
	umask(022);
}

static void ask_new_owner(const void *about)
{
	(void)about;
	make_file("open/by-member", 0644, "mine\n");
	node("new-file-belongs-to-its-maker", "open/by-member");
	must(mkdir("open/dir-by-member", 0755) == 0, "open/dir-by-member");
	node("new-directory-belongs-to-its-maker", "open/dir-by-member");
	must(symlink("nowhere", "open/link-by-member") == 0, "open/link-by-member");
	node("new-link-belongs-to-its-maker", "open/link-by-member");
}

static void check(void)
{
	modes();
	as(OTHER, ask_sticky_other, NULL);
	as(OWNER, ask_sticky_owner, NULL);
	as(OTHER, ask_setgid, NULL);
	privilege_bits();
	as(OTHER, ask_change_by_other, NULL);
	as(OWNER, ask_change_by_owner, NULL);
	as_plain_root(ask_plain_root, NULL);
	umasks();
	as(MEMBER, ask_new_owner, NULL);
}

const struct area area_permissions = {"permissions", prepare, check};
