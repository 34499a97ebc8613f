// SPDX-License-Identifier: BSD-2-Clause
/* A directory scanned into a tree. */
#include "pack/source/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/cleanup.h"

#include "tests/test.h"

/* A directory with one of most kinds, below /var/tmp: tmpfs has no user attributes everywhere. */
static char directory[] = "/var/tmp/test-scan.XXXXXX";
static int rootfd = -1;

static void source_make(void)
{
	int fd;

	REQUIRE(mkdtemp(directory));
	rootfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(rootfd >= 0);
	REQUIRE(mkdirat(rootfd, "sub", 0750) == 0);
	REQUIRE(mkdirat(rootfd, "sub/deep", 0700) == 0);
	fd = openat(rootfd, "sub/file", O_CREAT | O_WRONLY, 0640);
	REQUIRE(fd >= 0 && write(fd, "content", 7) == 7);
	close(fd);
	REQUIRE(linkat(rootfd, "sub/file", rootfd, "other", 0) == 0);
	REQUIRE(symlinkat("sub/file", rootfd, "link") == 0);
	REQUIRE(mknodat(rootfd, "fifo", S_IFIFO | 0600, 0) == 0);
}

static void source_remove(void)
{
	static const char *const names[] = {"other", "link", "fifo", "sub/file"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlinkat(rootfd, names[i], 0);
	unlinkat(rootfd, "sub/deep", AT_REMOVEDIR);
	unlinkat(rootfd, "sub", AT_REMOVEDIR);
	close(rootfd);
	rmdir(directory);
}

struct scanned {
	struct tree *tree;
	struct scan *scan;
};

static struct scanned begin(const struct scan_options *options)
{
	struct scanned s;

	REQUIRE(tree_new(&s.tree) == 0);
	REQUIRE(scan_new(rootfd, options, &s.scan) == 0);
	return s;
}

static void end(struct scanned *s)
{
	scan_free(s->scan);
	tree_free(s->tree);
}

static void a_whole_directory_comes_as_it_is(void)
{
	struct scanned s = begin(NULL);
	struct error err = ERROR_INIT;
	struct node *file, *other, *link, *fifo;

	REQUIRE(scan_all(s.scan, s.tree, &err) == 0);
	CHECK_INT(tree_node_count(s.tree), 7);
	CHECK_INT(tree_inode_count(s.tree), 6);
	file = tree_find(s.tree, "/sub/file");
	other = tree_find(s.tree, "/other");
	link = tree_find(s.tree, "/link");
	fifo = tree_find(s.tree, "/fifo");
	REQUIRE(file && other && link && fifo);
	CHECK(file->inode == other->inode);
	CHECK_INT(file->inode->nlink, 2);
	CHECK_INT(file->inode->size, 7);
	CHECK_INT(file->inode->mode & 07777, 0640);
	CHECK_STRING(link->inode->target, "sub/file");
	CHECK(S_ISFIFO(fifo->inode->mode));
	CHECK_INT(tree_find(s.tree, "/sub")->inode->mode & 07777, 0750);
	CHECK(scan_warnings(s.scan) == NULL);
	end(&s);
}

static void one_path_brings_its_parents(void)
{
	struct scanned s = begin(NULL);
	struct error err = ERROR_INIT;
	struct node *node, *again;

	REQUIRE(scan_path(s.scan, s.tree, "/sub/file", &node, &err) == 0);
	CHECK_INT(tree_node_count(s.tree), 3);
	CHECK_INT(node->parent->inode->mode & 07777, 0750);
	REQUIRE(scan_path(s.scan, s.tree, "/sub/file", &again, &err) == 0);
	CHECK(node == again);
	REQUIRE(scan_path(s.scan, s.tree, "/other", &again, &err) == 0);
	CHECK(again->inode == node->inode);
	CHECK_INT(scan_path(s.scan, s.tree, "/sub/none", &node, &err), -ENOENT);
	CHECK_STRING(err.message, "cannot look at '/sub/none': No such file or directory");
	CHECK(scan_path(s.scan, s.tree, "/link/x", &node, &err) < 0);
	REQUIRE(scan_path(s.scan, s.tree, "/", &node, &err) == 0);
	CHECK(node == tree_root(s.tree));
	end(&s);
}

static bool not_sub(const char *path, uint32_t mode, void *data)
{
	(void)mode;
	(void)data;
	return strcmp(path, "/sub") != 0;
}

static void what_is_not_wanted_stays_out_with_all_below(void)
{
	struct scan_options options = {.wanted = not_sub};
	struct scanned s = begin(&options);
	struct error err = ERROR_INIT;

	REQUIRE(scan_all(s.scan, s.tree, &err) == 0);
	CHECK_INT(tree_node_count(s.tree), 4);
	CHECK(tree_find(s.tree, "/sub") == NULL);
	end(&s);
}

static void attributes_are_taken_unless_told_otherwise(void)
{
	struct scan_options without = {.no_xattrs = true};
	struct error err = ERROR_INIT;
	struct scanned s;
	struct node *node;
	char big[3000];
	int fd = openat(rootfd, "sub/file", O_RDONLY);

	memset(big, 'x', sizeof(big));
	if (fsetxattr(fd, "user.small", "v", 1, 0) < 0) {
		close(fd);
		return; /* a file system without attributes */
	}
	CHECK_INT(fsetxattr(fd, "user.big", big, sizeof(big), 0), 0);
	s = begin(NULL);
	REQUIRE(scan_path(s.scan, s.tree, "/sub/file", &node, &err) == 0);
	REQUIRE(node->inode->xattrs);
	CHECK_INT(node->inode->xattrs->count, 2);
	CHECK_INT(inode_xattr(node->inode, "user.big")->size, sizeof(big));
	end(&s);
	s = begin(&without);
	REQUIRE(scan_path(s.scan, s.tree, "/sub/file", &node, &err) == 0);
	CHECK(node->inode->xattrs == NULL);
	end(&s);
	fremovexattr(fd, "user.small");
	fremovexattr(fd, "user.big");
	close(fd);
}

static void an_acl_is_left_out_loudly(void)
{
	/* version 2; owner rwx, user 1 r, group r, mask r, others none */
	static const unsigned char acl[] = {
		2, 0, 0, 0, 1,  0, 7, 0, 255, 255, 255, 255, 2,  0, 4, 0, 1,   0,   0,   0,
		4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0,
		255, 255, 255, 255};
	struct scanned s = begin(NULL);
	struct error err = ERROR_INIT;
	struct node *node;
	int fd = openat(rootfd, "sub/file", O_RDONLY);

	if (fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0) == 0) {
		REQUIRE(scan_path(s.scan, s.tree, "/sub/file", &node, &err) == 0);
		CHECK(node->inode->xattrs == NULL);
		CHECK_STRING(scan_warnings(s.scan),
			     "the attribute 'system.posix_acl_access' of 1 file cannot be stored "
			     "and was left out");
		fremovexattr(fd, "system.posix_acl_access");
		fchmod(fd, 0640);
	}
	close(fd);
	end(&s);
}

int main(void)
{
	source_make();
	RUN(a_whole_directory_comes_as_it_is);
	RUN(one_path_brings_its_parents);
	RUN(what_is_not_wanted_stays_out_with_all_below);
	RUN(attributes_are_taken_unless_told_otherwise);
	RUN(an_acl_is_left_out_loudly);
	source_remove();
	return test_end();
}
