/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes, file capabilities and ACLs, the last two as the kernel encodes them. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACCESS_ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

enum { ACL_ROWS = 8 };

struct acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry rows[ACL_ROWS];
};

/* u::rw- u:USER:USERPERM g::r-- m::MASK o::--- */
static size_t named_user_acl(struct acl *acl, uid_t user, unsigned int permissions,
			     unsigned int mask)
{
	acl->header.a_version = POSIX_ACL_XATTR_VERSION;
	acl->rows[0] = (struct posix_acl_xattr_entry){ACL_USER_OBJ, 6, ACL_UNDEFINED_ID};
	acl->rows[1] = (struct posix_acl_xattr_entry){ACL_USER, (__le16)permissions, user};
	acl->rows[2] = (struct posix_acl_xattr_entry){ACL_GROUP_OBJ, 4, ACL_UNDEFINED_ID};
	acl->rows[3] = (struct posix_acl_xattr_entry){ACL_MASK, (__le16)mask, ACL_UNDEFINED_ID};
	acl->rows[4] = (struct posix_acl_xattr_entry){ACL_OTHER, 0, ACL_UNDEFINED_ID};
	return sizeof(acl->header) + 5 * sizeof(acl->rows[0]);
}

static struct vfs_cap_data net_bind(void)
{
	return (struct vfs_cap_data){
	    .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
	    .data = {{.permitted = 1U << CAP_NET_BIND_SERVICE}},
	};
}

static void prepare(void)
{
	struct vfs_cap_data capability = net_bind();
	struct acl acl;
	size_t size = named_user_acl(&acl, OTHER, 6, 7);

	make_file("plain", 0666, "plain\n");
	make_file("with", 0644, "with\n");
	must(setxattr("with", "user.one", "1", 1, 0) == 0, "user.one");
	must(setxattr("with", "user.empty", "", 0, 0) == 0, "user.empty");
	must(setxattr("with", "trusted.one", "t", 1, 0) == 0, "trusted.one");
	make_file("to-copy", 0644, "to copy\n");
	must(setxattr("to-copy", "user.kept", "kept", 4, 0) == 0, "user.kept");
	make_directory("dir", 0755);
	must(setxattr("dir", "user.dir", "d", 1, 0) == 0, "user.dir");
	must(symlink("plain", "link") == 0, "link");
	make_file("capable", 0755, "not a program\n");
	must(setxattr("capable", "security.capability", &capability, sizeof(capability), 0) == 0,
	     "capable");
	make_file("capable-chmod", 0755, "not a program\n");
	must(setxattr("capable-chmod", "security.capability", &capability, sizeof(capability), 0) ==
		 0,
	     "capable-chmod");
	make_file("acl", 0600, "acl\n");
	must(setxattr("acl", ACCESS_ACL, &acl, size, 0) == 0, "acl");
	make_file("acl-chmod", 0600, "acl\n");
	must(setxattr("acl-chmod", ACCESS_ACL, &acl, size, 0) == 0, "acl-chmod");
	make_file("no-acl", 0600, "no acl\n");
	make_directory("default", 0755);
	must(setxattr("default", DEFAULT_ACL, &acl, size, 0) == 0, "default");
	make_file("owned", 0644, "owned\n");
	make_owner("owned", OWNER, TEAM);
	make_file("setgid-outside", 02755, "setgid\n");
	make_owner("setgid-outside", OWNER, TEAM);
	make_file("setgid-member", 02755, "setgid\n");
	make_owner("setgid-member", MEMBER, TEAM);
	make_file("setgid-root", 02755, "setgid\n");
	make_owner("setgid-root", OWNER, TEAM);
	must(chmod("setgid-outside", 02755) == 0 && chmod("setgid-member", 02755) == 0 &&
		 chmod("setgid-root", 02755) == 0,
	     "setgid");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted: the order is not promised. */
static void list(const char *check, const char *path)
{
	char names[4096], text[4096] = "";
	char *each[64];
	size_t count = 0;
	ssize_t size = llistxattr(path, names, sizeof(names));

	if (size < 0) {
		result(check, size);
		return;
	}
	for (char *name = names; name < names + size && count < 64; name += strlen(name) + 1)
		each[count++] = name;
	qsort(each, count, sizeof(each[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		strcat(text, " ");
		strcat(text, each[i]);
	}
	answer(check, "%zd bytes%s", size, text);
}

static void value(const char *check, const char *path, const char *name)
{
	unsigned char bytes[256];
	char text[sizeof(bytes) * 2 + 1] = "";
	ssize_t size = lgetxattr(path, name, bytes, sizeof(bytes));

	if (size < 0) {
		result(check, size);
		return;
	}
	for (ssize_t i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	answer(check, "%zd bytes %s", size, text);
}

static void reading(void)
{
	char small[1];

	list("list", "with");
	list("list-none", "plain");
	list("list-directory", "dir");
	list("list-link", "link");
	value("get", "with", "user.one");
	value("get-empty", "with", "user.empty");
	value("get-trusted", "with", "trusted.one");
	value("get-missing", "with", "user.two");
	value("get-of-missing-file", "missing", "user.two");
	value("get-unknown-namespace", "with", "strange.one");
	value("get-without-namespace", "with", "one");
	value("get-of-link", "link", "user.one");
	answer("get-size", "%zd", getxattr("with", "user.one", NULL, 0));
	result("get-too-small", getxattr("to-copy", "user.kept", small, sizeof(small)));
	result("list-too-small", listxattr("with", small, sizeof(small)));
	answer("list-size", "%zd", listxattr("with", NULL, 0));
}

static void writing(void)
{
	static char big[XATTR_SIZE_MAX + 1];
	char name[XATTR_NAME_MAX + 10];

	result("set", setxattr("plain", "user.new", "new", 3, 0));
	value("set-left", "plain", "user.new");
	result("set-again", setxattr("plain", "user.new", "newer", 5, 0));
	value("set-again-left", "plain", "user.new");
	result("set-create-existing", setxattr("plain", "user.new", "x", 1, XATTR_CREATE));
	result("set-replace-missing", setxattr("plain", "user.none", "x", 1, XATTR_REPLACE));
	result("set-replace", setxattr("plain", "user.new", "x", 1, XATTR_REPLACE));
	result("set-both-flags",
	       setxattr("plain", "user.new", "x", 1, XATTR_REPLACE | XATTR_CREATE));
	result("set-trusted", setxattr("plain", "trusted.new", "t", 1, 0));
	result("set-security", setxattr("plain", "security.new", "s", 1, 0));
	result("set-unknown-namespace", setxattr("plain", "strange.new", "s", 1, 0));
	result("set-overlay-private", setxattr("plain", "trusted.overlay.behave", "s", 1, 0));
	result("set-on-link", lsetxattr("link", "user.new", "x", 1, 0));
	result("set-trusted-on-link", lsetxattr("link", "trusted.new", "x", 1, 0));
	list("list-link-after", "link");
	result("set-on-directory", setxattr("dir", "user.more", "m", 1, 0));
	list("list-directory-after", "dir");
	result("set-1000-bytes", setxattr("plain", "user.big", big, 1000, 0));
	result("set-size-max", setxattr("plain", "user.bigger", big, XATTR_SIZE_MAX, 0));
	result("set-more-than-max", setxattr("plain", "user.bigger", big, XATTR_SIZE_MAX + 1, 0));
	snprintf(name, sizeof(name), "user.%0*d", XATTR_NAME_MAX - 5, 0);
	result("set-255-byte-name", setxattr("plain", name, "x", 1, 0));
	snprintf(name, sizeof(name), "user.%0*d", XATTR_NAME_MAX - 4, 0);
	result("set-256-byte-name", setxattr("plain", name, "x", 1, 0));
	result("set-no-name", setxattr("plain", "user.", "x", 1, 0));
	list("list-after", "plain");
	result("remove", removexattr("plain", "user.new"));
	result("remove-again", removexattr("plain", "user.new"));
	list("list-after-remove", "plain");
}

static void changing_keeps(void)
{
	int fd = open("to-copy", O_WRONLY | O_APPEND | O_CLOEXEC);

	answer("append", "%s", word(fd < 0 ? fd : write(fd, "more\n", 5)));
	list("list-after-append", "to-copy");
	value("get-after-append", "to-copy", "user.kept");
	result("fset", fsetxattr(fd, "user.by-fd", "f", 1, 0));
	result("fremove", fremovexattr(fd, "user.kept"));
	list("list-after-fset", "to-copy");
	close(fd);
	result("rename", rename("to-copy", "copied"));
	list("list-after-rename", "copied");
}

static void ask_other(const void *about)
{
	(void)about;
	list("list-by-other", "with");
	value("get-trusted-by-other", "with", "trusted.one");
	result("set-by-other", setxattr("with", "user.other", "o", 1, 0));
	result("set-trusted-by-other", setxattr("plain", "trusted.other", "o", 1, 0));
	result("set-by-other-who-may-write", setxattr("plain", "user.other", "o", 1, 0));
	result("set-capability-by-other", setxattr("plain", "security.capability", "", 0, 0));
	result("set-acl-by-other", setxattr("plain", ACCESS_ACL, "", 0, 0));
}

static void write_to_it(const void *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || write(fd, "x", 1) != 1)
		_exit(1);
}

static void capabilities(void)
{
	struct vfs_cap_data capability = net_bind();

	value("capability", "capable", "security.capability");
	result("capability-chmod", chmod("capable-chmod", 0711));
	value("capability-after-chmod", "capable-chmod", "security.capability");
	result("capability-chown", chown("capable-chmod", OWNER, TEAM));
	value("capability-after-chown", "capable-chmod", "security.capability");
	answer("capability-write", "exit status %d", in_child(write_to_it, "capable"));
	value("capability-after-write", "capable", "security.capability");
	result("capability-set",
	       setxattr("capable", "security.capability", &capability, sizeof(capability), 0));
	value("capability-set-left", "capable", "security.capability");
	result("capability-set-nonsense",
	       setxattr("capable", "security.capability", "nonsense", 8, 0));
	result("capability-truncate", truncate("capable", 3));
	value("capability-after-truncate", "capable", "security.capability");
	result("capability-remove", removexattr("capable", "security.capability"));
}

static void ask_acl(const void *about)
{
	const char *check = about;
	int reading = open("acl", O_RDONLY | O_CLOEXEC);
	const char *read_word = word(reading);
	int writing = open("acl", O_WRONLY | O_CLOEXEC);
	const char *write_word = word(writing);

	answer(check, "read %s, write %s, access %s", read_word, write_word,
	       word(access("acl", R_OK | W_OK)));
}

/* An owner who is not in the file's group loses setgid when he sets an ACL. */
static void set_acl(const void *about)
{
	struct acl acl;
	size_t size = named_user_acl(&acl, OTHER, 6, 7);

	result(about, setxattr(about, ACCESS_ACL, &acl, size, 0));
}

static void acls_of_setgid(void)
{
	as(OWNER, set_acl, "setgid-outside");
	node("setgid-outside-after-acl", "setgid-outside");
	as(MEMBER, set_acl, "setgid-member");
	node("setgid-member-after-acl", "setgid-member");
	as(0, set_acl, "setgid-root");
	node("setgid-root-after-acl", "setgid-root");
}

static void acls(void)
{
	struct acl acl;
	size_t size;

	node("acl-mode", "acl");
	value("acl-value", "acl", ACCESS_ACL);
	as(OTHER, ask_acl, "acl-named-user");
	as(MEMBER, ask_acl, "acl-somebody-else");
	size = named_user_acl(&acl, OTHER, 6, 4);
	result("acl-set-mask", setxattr("acl", ACCESS_ACL, &acl, size, 0));
	node("acl-mode-after-mask", "acl");
	as(OTHER, ask_acl, "acl-named-user-after-mask");
	result("acl-chmod", chmod("acl-chmod", 0620));
	value("acl-after-chmod", "acl-chmod", ACCESS_ACL);
	node("acl-mode-after-chmod", "acl-chmod");
	result("acl-set-on-plain", setxattr("no-acl", ACCESS_ACL, &acl, size, 0));
	value("acl-set-on-plain-left", "no-acl", ACCESS_ACL);
	node("acl-set-on-plain-mode", "no-acl");
	result("acl-remove", removexattr("no-acl", ACCESS_ACL));
	node("acl-mode-after-remove", "no-acl");
	result("acl-nonsense", setxattr("no-acl", ACCESS_ACL, "nonsense", 8, 0));
	acl.rows[3].e_tag = 0x77;
	result("acl-strange-tag", setxattr("no-acl", ACCESS_ACL, &acl, size, 0));
	acl.rows[3].e_tag = ACL_MASK;
	result("acl-default-on-file", setxattr("no-acl", DEFAULT_ACL, &acl, size, 0));
	result("acl-on-link", lsetxattr("link", ACCESS_ACL, &acl, size, 0));
}

static void default_acls(void)
{
	umask(077);
	value("default-acl", "default", DEFAULT_ACL);
	make_file("default/made", 0600, "");
	close(open("default/opened", O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	node("default-acl-new-file", "default/opened");
	value("default-acl-new-file-acl", "default/opened", ACCESS_ACL);
	must(mkdir("default/dir", 0777) == 0, "default/dir");
	node("default-acl-new-directory", "default/dir");
	value("default-acl-inherited", "default/dir", DEFAULT_ACL);
	value("default-acl-new-directory-acl", "default/dir", ACCESS_ACL);
	result("default-acl-remove", removexattr("default", DEFAULT_ACL));
	close(open("default/later", O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	node("default-acl-removed-new-file", "default/later");
	umask(022);
}

static void ask_owner(const void *about)
{
	struct acl acl;
	size_t size = named_user_acl(&acl, OTHER, 4, 4);

	(void)about;
	result("set-by-owner", setxattr("owned", "user.owner", "o", 1, 0));
	result("set-trusted-by-owner", setxattr("owned", "trusted.owner", "o", 1, 0));
	result("set-acl-by-owner", setxattr("owned", ACCESS_ACL, &acl, size, 0));
	list("list-by-owner", "owned");
}

static void check(void)
{
	reading();
	as(OTHER, ask_other, NULL);
	writing();
	changing_keeps();
	as(OWNER, ask_owner, NULL);
	capabilities();
	acls();
	acls_of_setgid();
	default_acls();
}

const struct area area_xattrs = {"xattrs", prepare, check};
