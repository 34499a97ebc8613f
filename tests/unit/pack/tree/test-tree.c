// SPDX-License-Identifier: BSD-2-Clause
/* Trees: names added, found, linked and removed, in order, and contents opened. */
#include "pack/tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/open_beneath.h"
#include "pack/tree/arena.h"

#include "tests/test.h"

static struct tree *new_tree(void)
{
	struct tree *tree;

	REQUIRE(tree_new(&tree) == 0);
	return tree;
}

static void a_new_tree_is_one_directory(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	_cleanup_(freep) char *path = node_path(tree_root(tree));

	CHECK_INT(tree_node_count(tree), 1);
	CHECK_INT(tree_inode_count(tree), 1);
	CHECK_INT(tree_root(tree)->inode->mode, S_IFDIR | 0755);
	CHECK_STRING(path, "/");
	CHECK(tree_find(tree, "/") == tree_root(tree));
	CHECK(tree_find(tree, "/x") == NULL);
}

static void names_are_found_where_they_were_put(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	_cleanup_(freep) char *path = NULL;
	struct node *node, *again;
	uint64_t made;

	CHECK_INT(tree_insert(tree, "/usr/bin/env", S_IFREG | 0755, &node, &made), 0);
	CHECK_INT(made, 2);
	CHECK_INT(tree_insert(tree, "/usr/bin/awk", S_IFREG | 0755, &again, &made), 0);
	CHECK_INT(made, 0);
	CHECK(tree_find(tree, "/usr/bin/env") == node);
	CHECK(tree_find(tree, "/usr/bin/env/x") == NULL);
	path = node_path(node);
	CHECK_STRING(path, "/usr/bin/env");
	CHECK_INT(tree_node_count(tree), 5);
	CHECK_INT(tree_insert(tree, "/usr/bin/env", S_IFREG, NULL, NULL), -EEXIST);
	CHECK_INT(tree_insert(tree, "/usr/bin/env/x", S_IFREG, NULL, NULL), -ENOTDIR);
	CHECK_INT(tree_insert(tree, "/", S_IFDIR, NULL, NULL), -EEXIST);
}

static void bad_names_are_refused(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	char longest[257];

	memset(longest, 'n', 256);
	longest[256] = '\0';
	CHECK_INT(node_add(tree_root(tree), "", S_IFREG, NULL), -EINVAL);
	CHECK_INT(node_add(tree_root(tree), ".", S_IFREG, NULL), -EINVAL);
	CHECK_INT(node_add(tree_root(tree), "..", S_IFREG, NULL), -EINVAL);
	CHECK_INT(node_add(tree_root(tree), "a/b", S_IFREG, NULL), -EINVAL);
	CHECK_INT(node_add(tree_root(tree), longest, S_IFREG, NULL), -ENAMETOOLONG);
	longest[255] = '\0';
	CHECK_INT(node_add(tree_root(tree), longest, S_IFREG, NULL), 0);
	CHECK_INT(tree_node_count(tree), 2);
}

static void hard_links_share_an_inode_until_the_last_goes(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	struct node *first, *second, *root = tree_root(tree);

	CHECK_INT(node_add(root, "first", S_IFREG | 0644, &first), 0);
	CHECK_INT(node_link(root, "second", first, &second), 0);
	CHECK(first->inode == second->inode);
	CHECK_INT(first->inode->nlink, 2);
	CHECK_INT(tree_inode_count(tree), 2);
	CHECK_INT(inode_set_bytes(first->inode, "abc", 3), 0);
	node_remove(first);
	CHECK_INT(second->inode->nlink, 1);
	CHECK_INT(second->inode->size, 3);
	CHECK_INT(node_link(root, "third", root, NULL), -EISDIR);
	node_remove(second);
	CHECK_INT(tree_inode_count(tree), 1);
	CHECK_INT(tree_node_count(tree), 1);
}

static int count_and_compare(struct node *node, void *data)
{
	uint64_t *count = data;

	++*count;
	if (node != tree_root(node_tree(node))) {
		CHECK(node_child_at(node->parent, node->index) == node);
		CHECK(node_child(node->parent, node->name) == node);
		if (node->index)
			CHECK(strcmp(node_child_at(node->parent, node->index - 1)->name, node->name) <
			      0);
	}
	return 0;
}

/* 40,000 names in one directory and removals in between: the table must stay whole. */
static void a_big_directory_stays_whole_through_removals(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	struct node *big, *node;
	uint64_t seen = 0;
	char name[32];

	CHECK_INT(node_add(tree_root(tree), "big", S_IFDIR | 0755, &big), 0);
	for (unsigned int i = 0; i < 40000; i++) {
		snprintf(name, sizeof(name), "%u", i * 7919 % 40009);
		REQUIRE(node_add(big, name, S_IFREG | 0644, &node) == 0);
	}
	for (unsigned int i = 0; i < 40000; i += 3) {
		snprintf(name, sizeof(name), "%u", i * 7919 % 40009);
		node = node_child(big, name);
		REQUIRE(node);
		node_remove(node);
		CHECK(node_child(big, name) == NULL);
	}
	CHECK_INT(tree_sort(tree), 0);
	CHECK_INT(tree_walk(tree, count_and_compare, &seen), 0);
	CHECK_INT(seen, tree_node_count(tree));
	CHECK_INT(seen, 40000 - 13334 + 2);
	node_remove(big);
	CHECK_INT(tree_node_count(tree), 1);
	CHECK_INT(node_add(tree_root(tree), "big", S_IFREG, NULL), 0);
}

static struct node *numbered(struct node *directory, unsigned int number)
{
	char name[32];

	snprintf(name, sizeof(name), "%u", number * 7919 % 1009);
	return node_child(directory, name);
}

static void a_settled_tree_finds_and_loses_names_and_can_grow(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	struct node *many;
	uint64_t seen = 0;
	char path[32];

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/many/%u", i * 7919 % 1009);
		REQUIRE(tree_insert(tree, path, i % 10 ? S_IFREG : S_IFDIR, NULL, NULL) == 0);
	}
	many = tree_find(tree, "/many");
	CHECK_INT(tree_settle(tree), 0);
	CHECK_INT(tree_walk(tree, count_and_compare, &seen), 0);
	CHECK_INT(seen, 1002);
	CHECK(!node_child(many, "") && !node_child(many, "5x") && !node_child(many, "z"));
	for (unsigned int i = 0; i < 1000; i += 3) {
		REQUIRE(numbered(many, i));
		node_remove(numbered(many, i));
		CHECK(!numbered(many, i));
	}
	seen = 0;
	CHECK_INT(tree_walk(tree, count_and_compare, &seen), 0); /* they stayed in order */
	CHECK_INT(seen, 1002 - 334);
	CHECK_INT(tree_insert(tree, "/many/0/below", S_IFREG, NULL, NULL), 0);
	CHECK_INT(tree_insert(tree, "/many/1", S_IFREG, NULL, NULL), -EEXIST);
	for (unsigned int i = 0; i < 1000; i++)
		CHECK(i == 0 || !!numbered(many, i) == (i % 3 != 0));
	CHECK_INT(tree_node_count(tree), 1002 - 334 + 2);
}

static void a_source_is_the_nearest_scanned_directory(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	struct node *node;
	int rootfd;

	REQUIRE(tree_insert(tree, "/rootfs/usr/bin", S_IFREG, &node, NULL) == 0);
	_cleanup_(freep) char *nowhere = node_source(node, &rootfd);
	CHECK_STRING(nowhere, "/rootfs/usr/bin");
	CHECK_INT(rootfd, -1);
	tree_root(tree)->inode->directory->rootfd = 5;
	tree_find(tree, "/rootfs")->inode->directory->rootfd = 6;
	_cleanup_(freep) char *path = node_source(node, &rootfd);
	CHECK_STRING(path, "/usr/bin");
	CHECK_INT(rootfd, 6);
	_cleanup_(freep) char *top = node_source(tree_find(tree, "/rootfs"), &rootfd);
	CHECK_STRING(top, "/");
}

static void depth_costs_no_stack(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	struct node *at = tree_root(tree);
	uint64_t seen = 0;

	for (int i = 0; i < 200000; i++)
		REQUIRE(node_add(at, "d", S_IFDIR | 0755, &at) == 0);
	tree_sort(tree);
	tree_walk(tree, count_and_compare, &seen);
	CHECK_INT(seen, 200001);
	node_clear(tree_root(tree));
	CHECK_INT(tree_node_count(tree), 1);
}

static int stop_at_b(struct node *node, void *data)
{
	(void)data;
	return strcmp(node->name, "b") == 0 ? 42 : 0;
}

static void a_visitor_ends_the_walk(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();

	tree_insert(tree, "/a", S_IFREG, NULL, NULL);
	tree_insert(tree, "/b", S_IFREG, NULL, NULL);
	CHECK_INT(tree_walk(tree, stop_at_b, NULL), 42);
}

static void attributes_are_sorted_and_replaced(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	struct inode *inode = tree_root(tree)->inode;

	CHECK(inode_xattr(inode, "user.a") == NULL);
	CHECK_INT(inode_set_xattr(inode, "user.b", "1", 1), 0);
	CHECK_INT(inode_set_xattr(inode, "user.a", "", 0), 0);
	CHECK_INT(inode_set_xattr(inode, "user.c", "333", 3), 0);
	CHECK_INT(inode_set_xattr(inode, "user.b", "\0\1", 2), 0);
	REQUIRE(inode->xattrs && inode->xattrs->count == 3);
	CHECK_STRING(inode->xattrs->items[0].name, "user.a");
	CHECK_INT(inode->xattrs->items[0].size, 0);
	CHECK_STRING(inode->xattrs->items[2].name, "user.c");
	REQUIRE(inode_xattr(inode, "user.b"));
	CHECK_INT(inode_xattr(inode, "user.b")->size, 2);
	CHECK(memcmp(inode_xattr(inode, "user.b")->value, "\0\1", 2) == 0);
}

static void contents_in_memory_can_be_read(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	_cleanup_(closep) int fd = -1;
	struct error err = ERROR_INIT;
	struct node *node;
	uint64_t offset;
	char bytes[8];

	node_add(tree_root(tree), "f", S_IFREG | 0644, &node);
	CHECK_INT(content_open(node, &fd, &offset, &err), -EINVAL);
	CHECK_INT(inode_set_bytes(node->inode, "first", 5), 0);
	CHECK_INT(inode_set_bytes(node->inode, "second", 6), 0);
	REQUIRE(content_open(node, &fd, &offset, &err) == 0);
	CHECK_INT(io_pread(fd, bytes, sizeof(bytes), offset), 6);
	CHECK(memcmp(bytes, "second", 6) == 0);
}

/* A scratch directory, and a node that describes DIR/file as it is now. */
static int scratch_file(char *directory, struct tree *tree, struct node **ret_node)
{
	struct stat st;
	int dirfd, fd;

	REQUIRE(mkdtemp(directory));
	dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(dirfd >= 0);
	fd = openat(dirfd, "file", O_CREAT | O_WRONLY, 0644);
	REQUIRE(fd >= 0 && write(fd, "hello", 5) == 5);
	REQUIRE(fstat(fd, &st) == 0);
	close(fd);
	REQUIRE(node_add(tree_root(tree), "file", S_IFREG | 0644, ret_node) == 0);
	tree_root(tree)->inode->directory->rootfd = dirfd;
	inode_set_file((*ret_node)->inode, &st);
	return dirfd;
}

static void a_file_that_changed_is_noticed(void)
{
	_cleanup_(tree_freep) struct tree *tree = new_tree();
	char directory[] = "/tmp/test-tree.XXXXXX";
	struct error err = ERROR_INIT;
	_cleanup_(closep) int dirfd = -1;
	_cleanup_(closep) int fd = -1;
	_cleanup_(closep) int append = -1;
	struct node *node;
	uint64_t offset;

	dirfd = scratch_file(directory, tree, &node);
	CHECK_INT(content_open(node, &fd, &offset, &err), 0);
	CHECK_INT(content_check(node, fd, &err), 0);
	append = openat(dirfd, "file", O_WRONLY | O_APPEND);
	CHECK_INT(write(append, "!", 1), 1);
	CHECK_INT(content_check(node, fd, &err), -ESTALE);
	CHECK_STRING(err.message, "'/file' changed while it was being packed");
	CHECK_INT(content_open(node, &append, &offset, &err), -ESTALE);
	unlinkat(dirfd, "file", 0);
	CHECK_INT(content_open(node, &append, &offset, &err), -ESTALE);
	CHECK_STRING(err.message, "'/file' changed while it was being packed: it is gone");
	REQUIRE(symlinkat("/etc/passwd", dirfd, "file") == 0);
	CHECK_INT(content_open(node, &append, &offset, &err), -ESTALE);
	unlinkat(dirfd, "file", 0);
	rmdir(directory);
}

static void no_link_leads_out_of_the_root(void)
{
	char directory[] = "/tmp/test-below.XXXXXX";
	_cleanup_(closep) int rootfd = -1;
	_cleanup_(closep) int fd = -1;

	REQUIRE(mkdtemp(directory));
	rootfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(symlinkat("/etc", rootfd, "away") == 0);
	CHECK_INT(open_beneath(rootfd, "/away/passwd", O_RDONLY), -ELOOP);
	CHECK_INT(open_beneath(rootfd, "away", O_RDONLY), -ELOOP);
	CHECK_INT(open_beneath(rootfd, "nothing", O_RDONLY), -ENOENT);
	fd = open_beneath(rootfd, "/", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	unlinkat(rootfd, "away", 0);
	rmdir(directory);
}

static void an_arena_gives_zeroed_memory_of_any_size(void)
{
	static const size_t sizes[] = {1, 7, 8, 4000, 65536, 70000, 3, 65535, 24};
	struct arena arena = {0};

	for (size_t i = 0; i < 200; i++) {
		size_t size = sizes[i % (sizeof(sizes) / sizeof(*sizes))];
		char *taken = arena_take(&arena, size);

		REQUIRE(taken);
		CHECK_INT((uintptr_t)taken % 8, 0);
		CHECK(taken[0] == 0 && memcmp(taken, taken + 1, size - 1) == 0);
		memset(taken, 0xff, size);
	}
	arena_release(&arena);
	CHECK(arena_take(&arena, 1));
	arena_release(&arena);
}

int main(void)
{
	RUN(an_arena_gives_zeroed_memory_of_any_size);
	RUN(a_new_tree_is_one_directory);
	RUN(names_are_found_where_they_were_put);
	RUN(bad_names_are_refused);
	RUN(hard_links_share_an_inode_until_the_last_goes);
	RUN(a_big_directory_stays_whole_through_removals);
	RUN(a_settled_tree_finds_and_loses_names_and_can_grow);
	RUN(a_source_is_the_nearest_scanned_directory);
	RUN(depth_costs_no_stack);
	RUN(a_visitor_ends_the_walk);
	RUN(attributes_are_sorted_and_replaced);
	RUN(contents_in_memory_can_be_read);
	RUN(a_file_that_changed_is_noticed);
	RUN(no_link_leads_out_of_the_root);
	return test_end();
}
