/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and paths: odd bytes, lengths, links of both kinds, making and removing. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct odd {
	const char *check, *name;
} odd_names[] = {
    {"newline", "a\nb"},	 {"quotes", "a'b\"c`d"}, {"space", " a b "},
    {"backslash", "a\\b"},	 {"dash", "-rf"},	 {"glob", "*?[x]"},
    {"control", "\001\033\177"}, {"latin1", "caf\xe9"},	 {"broken-utf8", "\xff\xfe\x80"},
    {"utf8", "\xe2\x82\xac"},	 {"dots", "..."},	 {"hidden", ".hidden"},
    {"upper", "UPPER"},		 {"lower", "upper"},	 {"hash", "#percent%41"},
    {"colon", "a:b,c=d"},
};

static const char *long_name(int length)
{
	static char name[4200];

	snprintf(name, sizeof(name), "%0*d", length, 7);
	return name;
}

static void prepare(void)
{
	char target[PATH_MAX], name[64];

	for (size_t i = 0; i < sizeof(odd_names) / sizeof(odd_names[0]); i++)
		make_file(odd_names[i].name, 0644, odd_names[i].check);
	make_file(long_name(255), 0644, "long\n");
	make_file("file", 0644, "file\n");
	make_file("one", 0644, "linked\n");
	must(link("one", "two") == 0, "two");
	make_file("removed", 0644, "");
	make_file("again", 0644, "before\n");
	make_directory("dir", 0755);
	make_file("dir/inside", 0644, "inside\n");
	make_directory("empty", 0755);
	make_directory("emptied", 0755);
	make_file("emptied/inside", 0644, "");
	make_directory("left", 0755);
	must(symlink("file", "link") == 0 && symlink("dir", "dirlink") == 0, "link");
	must(symlink("nowhere/at/all", "dangling") == 0, "dangling");
	must(symlink("loop-b", "loop-a") == 0 && symlink("loop-a", "loop-b") == 0, "loop");
	memset(target, 'x', sizeof(target));
	target[PATH_MAX - 1] = '\0';
	must(symlink(target, "longest") == 0, "longest");
	must(symlink("file", "chain-0") == 0, "chain-0");
	for (int i = 1; i < 41; i++) {
		snprintf(target, sizeof(target), "chain-%d", i - 1);
		snprintf(name, sizeof(name), "chain-%d", i);
		must(symlink(target, name) == 0, name);
	}
}

static void odd(void)
{
	struct stat st;
	char check[64];

	for (size_t i = 0; i < sizeof(odd_names) / sizeof(odd_names[0]); i++) {
		snprintf(check, sizeof(check), "odd-%s", odd_names[i].check);
		contents(check, odd_names[i].name);
	}
	result("name-255", stat(long_name(255), &st));
	result("name-255-missing", stat(long_name(254), &st));
	result("name-256", stat(long_name(256), &st));
	result("name-256-create", open(long_name(256), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	result("name-256-mkdir", mkdir(long_name(256), 0755));
	result("name-254-create", open(long_name(254), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	result("name-255-remove", unlink(long_name(255)));
	result("path-4096", stat(long_name(4096), &st));
}

static void target_of(const char *check, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n < 0)
		result(check, n);
	else if (n > 40)
		answer(check, "%zd bytes", n);
	else
		answer(check, "%.*s", (int)n, target);
}

static void symbolic(void)
{
	char few[3];
	char long_target[PATH_MAX + 1];

	target_of("readlink", "link");
	target_of("readlink-dangling", "dangling");
	target_of("readlink-longest", "longest");
	target_of("readlink-file", "file");
	target_of("readlink-directory", "dir");
	target_of("readlink-missing", "missing");
	target_of("readlink-slash", "dirlink/");
	answer("readlink-cut", "%zd", readlink("link", few, sizeof(few)));
	contents("through-link", "link");
	contents("through-directory-link", "dirlink/inside");
	contents("through-dangling", "dangling");
	contents("loop", "loop-a");
	contents("chain-40", "chain-39");
	contents("chain-41", "chain-40");
	node("link", "link");
	node("link-with-slash", "dirlink/");
	result("symlink", symlink("target", "made-link"));
	target_of("symlink-left", "made-link");
	result("symlink-existing", symlink("target", "made-link"));
	result("symlink-nothing", symlink("", "made-empty"));
	memset(long_target, 'y', PATH_MAX);
	long_target[PATH_MAX] = '\0';
	result("symlink-too-long", symlink(long_target, "made-long"));
	result("symlink-remove", unlink("link"));
	contents("symlink-removed-target-stays", "file");
	result("chmod-through-link", chmod("chain-3", 0600));
	node("chmod-through-link-left", "file");
	result("lchown", lchown("dangling", OWNER, TEAM));
	node("lchown-left", "dangling");
}

static void hard(void)
{
	struct stat one, two;
	int fd;

	node("hard-links", "one");
	result("link", link("file", "file-too"));
	node("link-left", "file-too");
	result("link-existing", link("file", "two"));
	result("link-missing", link("missing", "x"));
	result("link-directory", link("dir", "dir-too"));
	result("link-of-link", linkat(AT_FDCWD, "dangling", AT_FDCWD, "dangling-too", 0));
	result("link-follow", linkat(AT_FDCWD, "chain-5", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
	node("link-follow-left", "followed");
	fd = open("one", O_WRONLY | O_APPEND | O_CLOEXEC);
	answer("write-by-one", "%zd", write(fd, "more\n", 5));
	close(fd);
	contents("read-by-two", "two");
	must(stat("one", &one) == 0 && stat("two", &two) == 0, "one, two");
	answer("one-inode", "%s", one.st_ino == two.st_ino ? "yes" : "no");
	result("remove-one", unlink("one"));
	contents("two-is-left", "two");
	node("two-links", "two");
}

static void removing(void)
{
	char cwd[PATH_MAX];

	result("unlink", unlink("removed"));
	result("unlink-again", unlink("removed"));
	result("unlink-directory", unlink("dir"));
	result("unlink-below-file", unlink("file/x"));
	result("unlink-then-create", unlink("again"));
	make_file("again", 0600, "after\n");
	contents("unlink-then-created", "again");
	node("unlink-then-created-node", "again");
	result("rmdir", rmdir("empty"));
	result("rmdir-again", rmdir("empty"));
	result("rmdir-not-empty", rmdir("emptied"));
	result("rmdir-emptied", unlink("emptied/inside") < 0 ? -1 : rmdir("emptied"));
	result("mkdir-emptied", mkdir("emptied", 0755));
	contents("mkdir-emptied-is-empty", "emptied/inside");
	result("rmdir-file", rmdir("file"));
	result("rmdir-link", rmdir("dirlink"));
	result("rmdir-dot", rmdir("dir/."));
	result("rmdir-dots", rmdir("dir/.."));
	result("mkdir-existing", mkdir("dir", 0755));
	result("mkdir-over-file", mkdir("file", 0755));
	result("mkdir-slash", mkdir("slash/", 0755));
	result("mkdir-below-missing", mkdir("missing/x", 0755));
	result("mkdir-dot", mkdir(".", 0755));
	result("leave-by-rmdir", chdir("left") < 0 ? -1 : rmdir("../left"));
	result("left-getcwd", getcwd(cwd, sizeof(cwd)) ? 0 : -1);
	result("left-create", open("x", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	result("left-mkdir", mkdir("x", 0755));
	result("left-list", open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	result("left-up", chdir(".."));
}

/* Deeper than any path can say: reached step by step. */
static void deep(void)
{
	enum { STEPS = 24 };
	char cwd[PATH_MAX], whole[STEPS * 202 + 8] = ".";
	struct stat st;
	int fd, home = open(".", O_PATH | O_CLOEXEC);
	int r = 0;

	for (int i = 0; i < STEPS && r == 0; i++) {
		r = mkdir(long_name(200), 0755) < 0 ? -1 : chdir(long_name(200));
		strcat(whole, "/");
		strcat(whole, long_name(200));
	}
	result("deep", r);
	make_file("leaf", 0644, "deep down\n");
	contents("deep-read", "leaf");
	fd = open("leaf", O_WRONLY | O_APPEND | O_CLOEXEC);
	answer("deep-write", "%zd", write(fd, "more\n", 5));
	close(fd);
	result("deep-getcwd", getcwd(cwd, sizeof(cwd)) ? 0 : -1);
	result("deep-rename", rename("leaf", "fruit"));
	result("deep-unlink", unlink("fruit"));
	must(fchdir(home) == 0, "home");
	result("deep-by-path", stat(whole, &st));
	close(home);
}

static void dots(void)
{
	contents("dot-dot", "dir/../file");
	contents("dot-dot-of-link", "dirlink/../file");
	contents("dot-dot-of-missing", "missing/../file");
	contents("double-slash", "dir//inside");
	contents("slash-dot", "dir/./inside");
	contents("file-dot", "file/.");
}

static void check(void)
{
	odd();
	dots();
	symbolic();
	hard();
	removing();
	deep();
}

const struct area area_names = {"names", prepare, check};
