// SPDX-License-Identifier: BSD-2-Clause
/* What is installed in a source, and the records of it trimmed to a tree. */
#include "db/base/cleanup.h"
#include "pack/distro/distribution.h"
#include "pack/distro/read.h"
#include "pack/distro/records.h"
#include "tests/manifest.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A file at a path below the scratch directory, with its directories. */
static void put(const char *path, const char *text)
{
	char command[256];
	FILE *file;

	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s')\"", path);
	REQUIRE(system(command) == 0);
	file = fopen(path, "w");
	REQUIRE(file);
	REQUIRE(fputs(text, file) >= 0 && fclose(file) == 0);
}

static struct source *open_source(const char *path)
{
	struct source *source = NULL;
	struct error err = ERROR_INIT;

	REQUIRE(source_open(path, &source, &err) == 0);
	return source;
}

static struct tree *tree_of(const char *const *paths, size_t count)
{
	struct tree *tree = NULL;
	struct node *node;

	REQUIRE(tree_new(&tree) == 0);
	for (size_t i = 0; i < count; i++)
		REQUIRE(tree_insert(tree, paths[i], S_IFREG | 0644, &node, NULL) == 0);
	return tree;
}

/* What was written at a path of the tree; "" when nothing is there. */
static const char *written(const struct tree *tree, const char *path)
{
	const struct node *node = tree_find(tree, path);

	return node && node->inode->content.kind == CONTENT_BYTES ? node->inode->content.data
								  : "";
}

/* A root whose /bin has become a link since its packages were made. */
static void make_debian(void)
{
	put("deb/usr/bin/ls", "ls");
	put("deb/usr/bin/dir", "dir");
	put("deb/usr/bin/sh.old", "old sh");
	put("deb/usr/bin/sh", "new sh");
	REQUIRE(symlink("usr/bin", "deb/bin") == 0);
	put("deb/var/lib/dpkg/status",
	    "Package: coreutils\nStatus: install ok installed\nVersion: 9.1-1\nArchitecture: amd64\n"
	    "Source: coreutils (9.1)\nDescription: tools\n more of it\n\n"
	    "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: amd64\n\n"
	    "Package: shell\nStatus: install ok installed\nVersion: 2\nArchitecture: amd64\n"
	    "Multi-Arch: same\n\n"
	    "Package: other\nStatus: install ok installed\nVersion: 3\nArchitecture: all\n");
	put("deb/var/lib/dpkg/info/coreutils.list",
	    "/.\n/bin\n/bin/dir\n/bin/ls\n/usr\n/usr/share\n/usr/share/never\n");
	put("deb/var/lib/dpkg/info/coreutils.md5sums", "11  bin/dir\n22  bin/ls\n");
	put("deb/var/lib/dpkg/info/shell:amd64.list", "/.\n/bin\n/bin/sh\n");
	put("deb/var/lib/dpkg/info/other.list", "/.\n/bin\n");
	put("deb/var/lib/dpkg/info/format", "1\n");
	put("deb/var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.old\nsomeone\n");
	put("deb/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
}

static void packages_are_read_with_the_names_their_files_have_today(void)
{
	_cleanup_(source_closep) struct source *source = open_source("deb");
	_cleanup_(distribution_release) struct distribution distribution = {0};
	struct error err = ERROR_INIT;

	REQUIRE(distribution_read(source, &distribution, &err) == 0);
	CHECK_STRING(distribution.id, "debian");
	CHECK_STRING(distribution.version, "12");
	CHECK(!distribution.unread);
	REQUIRE(distribution.count == 3); /* of the fourth only the configuration is left */
	CHECK_STRING(distribution.items[0].name, "coreutils");
	CHECK_STRING(distribution.items[0].version, "9.1-1");
	CHECK_STRING(distribution.items[0].origin, "coreutils (9.1)");
	CHECK_STRING(distribution.items[0].summary, "tools");
	REQUIRE(distribution.items[0].file_count == 6);
	CHECK(distribution.items[0].files[0].is_directory); /* /bin, a link */
	CHECK_STRING(distribution.items[0].files[2].file->path, "/usr/bin/ls");
	CHECK(!distribution.items[0].files[5].file);
	REQUIRE(distribution.items[1].file_count == 2);
	CHECK_STRING(distribution.items[1].files[1].file->path, "/usr/bin/sh.old");
}

static void records_are_trimmed_to_the_tree(void)
{
	static const char *const kept[] = {"/usr/bin/ls", "/usr/bin/sh"};
	_cleanup_(source_closep) struct source *source = open_source("deb");
	_cleanup_(distribution_release) struct distribution distribution = {0};
	_cleanup_(tree_freep) struct tree *tree = tree_of(kept, 2);
	struct error err = ERROR_INIT;
	uint64_t owned = 0;

	REQUIRE(distribution_read(source, &distribution, &err) == 0);
	records_mark(&distribution, tree_root(tree));
	CHECK_INT(distribution.items[0].files_kept, 1);
	CHECK_INT(distribution.items[0].files_total, 2);
	CHECK_INT(distribution.items[0].bytes_total, 5);
	CHECK_INT(distribution.items[1].files_kept, 0); /* its sh was moved aside */
	CHECK_INT(distribution.items[2].files_kept, 0); /* only a directory */
	CHECK_INT(distribution_count_owned(&distribution, &owned), 0);
	CHECK_INT(owned, 1);
	REQUIRE(records_write(&distribution, tree_root(tree), &err) == 0);
	CHECK_STRING(written(tree, "/var/lib/dpkg/status"),
		     "Package: coreutils\nStatus: install ok installed\nVersion: 9.1-1\n"
		     "Architecture: amd64\nSource: coreutils (9.1)\nDescription: tools\n more of it\n\n");
	CHECK_STRING(written(tree, "/var/lib/dpkg/info/coreutils.list"),
		     "/.\n/usr/bin/ls\n/usr\n");
	CHECK_STRING(written(tree, "/var/lib/dpkg/info/coreutils.md5sums"), "22  usr/bin/ls\n");
	CHECK_STRING(written(tree, "/var/lib/dpkg/info/format"), "1\n");
	CHECK(!tree_find(tree, "/var/lib/dpkg/info/shell:amd64.list"));
}

static void names_stay_where_the_link_is_kept(void)
{
	static const char *const kept[] = {"/usr/bin/ls"};
	_cleanup_(source_closep) struct source *source = open_source("deb");
	_cleanup_(distribution_release) struct distribution distribution = {0};
	_cleanup_(tree_freep) struct tree *tree = tree_of(kept, 1);
	struct error err = ERROR_INIT;
	struct node *link;

	REQUIRE(tree_insert(tree, "/bin", S_IFLNK | 0777, &link, NULL) == 0);
	link->inode->target = strdup("usr/bin");
	REQUIRE(distribution_read(source, &distribution, &err) == 0);
	records_mark(&distribution, tree_root(tree));
	REQUIRE(records_write(&distribution, tree_root(tree), &err) == 0);
	CHECK_STRING(written(tree, "/var/lib/dpkg/info/coreutils.list"), "/.\n/bin\n/bin/ls\n/usr\n");
	CHECK_STRING(written(tree, "/var/lib/dpkg/info/coreutils.md5sums"), "22  bin/ls\n");
}

static void a_file_in_the_way_of_a_record_is_an_error(void)
{
	static const char *const kept[] = {"/usr/bin/ls", "/var/lib/dpkg"};
	_cleanup_(source_closep) struct source *source = open_source("deb");
	_cleanup_(distribution_release) struct distribution distribution = {0};
	_cleanup_(tree_freep) struct tree *tree = tree_of(kept, 2);
	struct error err = ERROR_INIT;

	REQUIRE(distribution_read(source, &distribution, &err) == 0);
	records_mark(&distribution, tree_root(tree));
	CHECK_INT(records_write(&distribution, tree_root(tree), &err), -ENOTDIR);
}

static void apk_records_keep_what_describes_a_kept_name(void)
{
	static const char *const kept[] = {"/etc/b"};
	_cleanup_(source_closep) struct source *source = NULL;
	_cleanup_(distribution_release) struct distribution distribution = {0};
	_cleanup_(tree_freep) struct tree *tree = tree_of(kept, 1);
	struct error err = ERROR_INIT;

	put("apk/etc/a", "a");
	put("apk/etc/b", "b");
	put("apk/bin/c", "c");
	put("apk/lib/apk/db/installed", "P:one\nV:1-r0\nF:bin\nR:c\na:0:0:755\nF:etc\nM:0:0:700\nR:a\n"
					"Z:Q1a\nR:b\nZ:Q1b\n\nP:two\nV:2\nF:\nF:usr\n");
	put("apk/etc/apk/world", "one=1-r0\ntwo onetwo@edge !two\n");
	source = open_source("apk");
	REQUIRE(distribution_read(source, &distribution, &err) == 0);
	REQUIRE(distribution.count == 2);
	records_mark(&distribution, tree_root(tree));
	CHECK_INT(distribution.items[0].files_total, 3);
	CHECK_INT(distribution.items[0].files_kept, 1);
	REQUIRE(records_write(&distribution, tree_root(tree), &err) == 0);
	CHECK_STRING(written(tree, "/lib/apk/db/installed"),
		     "P:one\nV:1-r0\nF:etc\nM:0:0:700\nR:b\nZ:Q1b\n\n");
	CHECK_STRING(written(tree, "/etc/apk/world"), "one=1-r0\n");
}

static void damaged_records_are_survived(void)
{
	_cleanup_(source_closep) struct source *source = NULL;
	_cleanup_(distribution_release) struct distribution distribution = {0};
	struct error err = ERROR_INIT;

	put("bad/var/lib/dpkg/status", "\n\n\nPackage:\nStatus: install ok installed");
	put("bad/var/lib/dpkg/status.d/x.md5sums", "no sums here\n");
	put("bad/var/lib/dpkg/status.d/y", "");
	put("bad/var/lib/dpkg/diversions", "/a\n/b");
	put("bad/lib/apk/db/installed", ":\nF\nR:\n\n\nP:");
	put("bad/var/lib/rpm/Packages", "");
	source = open_source("bad");
	CHECK_INT(distribution_read(source, &distribution, &err), 0);
	CHECK_STRING(distribution.unread, "rpm"); /* with its program or without */
	CHECK(*distribution.because);
	CHECK_STRING(distribution.id, "");
}

static void records_are_known_by_their_place(void)
{
	CHECK(records_has("/var/lib/dpkg/status"));
	CHECK(records_has("/var/lib/dpkg/info/libc6:amd64.list"));
	CHECK(!records_has("/var/lib/dpkg/info/libc6:amd64.postinst"));
	CHECK(!records_has("/srv/status"));
}

int main(void)
{
	scratch_enter();
	make_debian();
	RUN(packages_are_read_with_the_names_their_files_have_today);
	RUN(records_are_trimmed_to_the_tree);
	RUN(names_stay_where_the_link_is_kept);
	RUN(a_file_in_the_way_of_a_record_is_an_error);
	RUN(apk_records_keep_what_describes_a_kept_name);
	RUN(damaged_records_are_survived);
	RUN(records_are_known_by_their_place);
	return test_end();
}
