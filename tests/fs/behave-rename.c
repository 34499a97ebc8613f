/* SPDX-License-Identifier: BSD-2-Clause */
/* rename(2) with and without flags, of files and directories, over what is there. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const files[] = {"a", "b", "c",	  "d", "e",	 "f",	    "g",
				    "h", "i", "exchange", "w", "source", "open-one"};
static const char *const directories[] = {"dir",      "dir-empty", "dir-full",	   "dir-moved",
					  "dir-over", "dir-deep",  "dir-exchange", "dir-cwd"};

static void prepare(void)
{
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make_file(files[i], 0644, files[i]);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		make_directory(directories[i], 0755);
		if (strcmp(directories[i], "dir-empty") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/inside", directories[i]);
		make_file(path, 0644, directories[i]);
	}
	make_directory("dir-deep/below", 0755);
	make_file("one", 0644, "linked\n");
	must(link("one", "two") == 0 && symlink("a", "link") == 0, "two");
}

static void of_files(void)
{
	int fd;

	result("file", rename("a", "new"));
	contents("file-left", "new");
	contents("file-gone", "a");
	result("over-file", rename("b", "c"));
	contents("over-file-left", "c");
	result("over-directory", rename("d", "dir"));
	result("over-empty-directory", rename("d", "dir-empty"));
	result("missing", rename("missing", "x"));
	result("to-missing-directory", rename("d", "missing/d"));
	result("to-itself", rename("d", "d"));
	result("hard-link-over-its-twin", rename("one", "two"));
	node("hard-link-twin-stays", "one");
	result("into-directory", rename("d", "dir/d"));
	contents("into-directory-left", "dir/d");
	result("slash", rename("e", "with-slash/"));
	result("link", rename("link", "link-moved"));
	node("link-left", "link-moved");
	result("file-over-link", rename("e", "link-moved"));
	node("file-over-link-left", "link-moved");
	fd = open("open-one", O_RDWR | O_CLOEXEC);
	result("while-open", rename("open-one", "open-moved"));
	answer("write-after", "%zd", pwrite(fd, "OPEN", 4, 0));
	contents("write-after-left", "open-moved");
	close(fd);
	result("dot", rename(".", "x"));
	result("name-too-long", rename("source", (char[300]){[0 ... 298] = 'n'}));
}

static void of_directories(void)
{
	char cwd[4096];

	result("directory", rename("dir-moved", "dir-there"));
	contents("directory-inside", "dir-there/inside");
	result("directory-over-empty", rename("dir-over", "dir-empty"));
	result("directory-over-full", rename("dir", "dir-full"));
	result("directory-over-file", rename("dir", "f"));
	result("directory-into-itself", rename("dir", "dir/x"));
	result("directory-over-parent", rename("dir-deep/below", "dir-deep"));
	result("directory-up", rename("dir-deep/below", "below"));
	must(mkdir("fresh", 0755) == 0, "fresh");
	make_file("fresh/inside", 0644, "fresh\n");
	result("fresh-directory", rename("fresh", "fresh-there"));
	contents("fresh-directory-inside", "fresh-there/inside");
	result("fresh-directory-into-old", rename("fresh-there", "dir/fresh"));
	contents("fresh-directory-inside-old", "dir/fresh/inside");
	result("enter", chdir("dir-cwd"));
	answer("current-directory", "%s", word(rename("../dir-cwd", "../dir-cwd-there")));
	answer("current-directory-path", "%s",
	       getcwd(cwd, sizeof(cwd)) ? strrchr(cwd, '/') : word(-1));
	result("leave", chdir(".."));
}

static void with_flags(void)
{
	struct stat st;

	result("noreplace-existing", renameat2(AT_FDCWD, "f", AT_FDCWD, "g", RENAME_NOREPLACE));
	contents("noreplace-left", "g");
	result("noreplace", renameat2(AT_FDCWD, "f", AT_FDCWD, "fresh-f", RENAME_NOREPLACE));
	result("exchange", renameat2(AT_FDCWD, "g", AT_FDCWD, "h", RENAME_EXCHANGE));
	contents("exchange-first", "g");
	contents("exchange-second", "h");
	result("exchange-missing", renameat2(AT_FDCWD, "g", AT_FDCWD, "missing", RENAME_EXCHANGE));
	result("exchange-with-directory",
	       renameat2(AT_FDCWD, "exchange", AT_FDCWD, "dir-exchange", RENAME_EXCHANGE));
	node("exchange-with-directory-left", "exchange");
	result("whiteout", renameat2(AT_FDCWD, "w", AT_FDCWD, "w-moved", RENAME_WHITEOUT));
	answer("whiteout-left", "%s",
	       lstat("w", &st) < 0   ? word(-1)
	       : S_ISCHR(st.st_mode) ? "device"
				     : "file");
	result("both-flags",
	       renameat2(AT_FDCWD, "g", AT_FDCWD, "h", RENAME_EXCHANGE | RENAME_NOREPLACE));
	result("strange-flag", renameat2(AT_FDCWD, "g", AT_FDCWD, "h", 1U << 20));
}

static void check(void)
{
	of_files();
	of_directories();
	with_flags();
}

const struct area area_rename = {"rename", prepare, check};
