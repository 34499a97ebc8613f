// SPDX-License-Identifier: BSD-2-Clause
/* Nodes: found, renamed, exchanged, forgotten, and the paths that they have. */
#include "fs/node_location.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "db/base/io.h"
#include "tests/test.h"

static char top[] = "/tmp/sfc-inode.XXXXXX";
static struct node_table table;
static int top_fd;

static void setup(void)
{
	REQUIRE(node_table_init(&table, open(top, O_PATH | O_CLOEXEC), NULL) == 0);
}

static void put(const char *path, const char *text)
{
	int fd = openat(top_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	REQUIRE(fd >= 0 && io_write(fd, text, strlen(text)) == 0);
	close(fd);
}

/* As op_lookup() does it. */
static struct node *look(struct node *parent, const char *name)
{
	struct node *node = NULL;
	struct node_location place;
	struct stat st;

	REQUIRE(node_child_place(&table, parent, name, &place) == 0);
	REQUIRE(location_stat(&place, &st) == 0);
	location_release(&place);
	REQUIRE(node_lookup(&table, parent, name, &st, -1, &node) == 0);
	return node;
}

static const char *path_of(struct node *node, const char *name)
{
	static char buffer[256];
	size_t length;

	return node_path(&table, node, name, buffer, sizeof(buffer), &length);
}

static char first_byte(struct node *node)
{
	struct node_location place;
	char byte = 0;
	int fd;

	REQUIRE(node_place(&table, node, &place) == 0);
	fd = location_open(&place, O_RDONLY);
	location_release(&place);
	if (fd < 0 || read(fd, &byte, 1) < 0)
		byte = 0;
	close(fd);
	return byte;
}

static void hard_links_are_two_nodes(void)
{
	struct node *a, *b;

	setup();
	put("a", "A");
	linkat(top_fd, "a", top_fd, "b", 0);
	a = look(table.root, "a");
	b = look(table.root, "b");
	CHECK(a != b);
	CHECK(a == look(table.root, "a"));
	CHECK_STRING(path_of(a, NULL), "/a");
	CHECK_STRING(path_of(b, NULL), "/b");
	CHECK_STRING(path_of(table.root, NULL), "/");
	CHECK_STRING(path_of(table.root, "x"), "/x");
	node_table_release(&table);
	unlinkat(top_fd, "b", 0);
}

static void a_forgotten_node_is_gone_and_takes_its_parents_along(void)
{
	struct node *d, *f;

	setup();
	mkdirat(top_fd, "d", 0755);
	put("d/f", "F");
	d = look(table.root, "d");
	f = look(d, "f");
	node_forget(&table, d, 1);
	CHECK_INT(table.nodes.count, 2); /* its child holds it */
	CHECK_STRING(path_of(f, NULL), "/d/f");
	CHECK_INT(first_byte(f), 'F');
	node_forget(&table, f, 1);
	CHECK_INT(table.nodes.count, 0);
	CHECK_INT(table.directories.count, 0);
	node_table_release(&table);
}

static void descriptors_are_few_whatever_the_tree(void)
{
	struct node *directories[DIRECTORY_LIMIT * 2];
	char name[32];

	setup();
	for (int i = 0; i < DIRECTORY_LIMIT * 2; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		mkdirat(top_fd, name, 0755);
		strcat(name, "/f");
		put(name, "M");
		name[strlen(name) - 2] = '\0';
		directories[i] = look(table.root, name);
		look(directories[i], "f");
	}
	CHECK_INT(table.directories.count, DIRECTORY_LIMIT);
	/* the first was closed meanwhile and opens again */
	CHECK_INT(first_byte(look(directories[0], "f")), 'M');
	CHECK_INT(table.directories.count, DIRECTORY_LIMIT);
	node_table_release(&table);
}

static void a_file_without_a_name_can_still_be_used(void)
{
	struct node *node;

	setup();
	put("gone", "G");
	node = look(table.root, "gone");
	node_pin(&table, node);
	unlinkat(top_fd, "gone", 0);
	node_unlinked(&table, node);
	put("gone", "N");
	CHECK(look(table.root, "gone") != node);
	CHECK_INT(first_byte(node), 'G');
	CHECK_INT(first_byte(look(table.root, "gone")), 'N');
	node_table_release(&table);
}

static void a_renamed_node_keeps_its_recorded_path(void)
{
	struct node *d, *f, *g;

	setup();
	d = look(table.root, "d");
	f = look(d, "f");
	renameat(top_fd, "d", top_fd, "e");
	CHECK_INT(node_renamed(&table, d, table.root, "e"), 0);
	CHECK_INT(first_byte(f), 'F');
	CHECK_STRING(path_of(f, NULL), "/d/f"); /* where the source has it */
	put("e/g", "G");
	g = look(d, "g");
	g->flags |= NODE_CREATED;
	renameat(top_fd, "e/g", top_fd, "h");
	CHECK_INT(node_renamed(&table, g, table.root, "h"), 0);
	CHECK_STRING(path_of(g, NULL), "/h"); /* it never was in the source */
	CHECK(node_find(&table, table.root, "h") == g);
	CHECK(node_find(&table, table.root, "d") == NULL);
	node_table_release(&table);
}

static void exchanged_nodes_answer_to_each_others_names(void)
{
	struct node *x, *y, *found;

	setup();
	put("x", "X");
	put("y", "Y");
	x = look(table.root, "x");
	y = look(table.root, "y");
	renameat2(top_fd, "x", top_fd, "y", RENAME_EXCHANGE);
	CHECK_INT(node_exchanged(&table, x, y), 0);
	found = node_find(&table, table.root, "y");
	CHECK(found == x);
	CHECK_INT(first_byte(x), 'X');
	CHECK_INT(first_byte(y), 'Y');
	node_table_release(&table);
}

static void a_file_replaced_behind_our_back_is_another_node(void)
{
	struct node *old, *new;

	setup();
	put("r", "1");
	old = look(table.root, "r");
	put("r.new", "2");
	renameat(top_fd, "r.new", top_fd, "r");
	new = look(table.root, "r");
	CHECK(old != new);
	CHECK_INT(first_byte(new), '2');
	node_table_release(&table);
}

static void a_path_longer_than_the_buffer_is_allocated(void)
{
	char buffer[4], *path;
	struct node *node;
	size_t length;

	setup();
	node = look(look(table.root, "e"), "f");
	path = node_path(&table, node, "name", buffer, sizeof(buffer), &length);
	CHECK(path != buffer);
	CHECK_STRING(path, "/e/f/name");
	CHECK_INT(length, 9);
	free(path);
	node_table_release(&table);
}

static void some_of_the_forgotten_are_remembered_by_number(void)
{
	struct node *nodes[4], *again;
	const char *const names[] = {"k0", "k1", "k2", "k3"};
	uint32_t generation;

	setup();
	REQUIRE(kept_init(&table.kept, 2) == 0);
	for (size_t i = 0; i < 4; i++) {
		put(names[i], "k");
		nodes[i] = look(table.root, names[i]);
	}
	CHECK(nodes[0]->generation != nodes[1]->generation);
	CHECK(node_remember(&table, nodes[0]) == nodes[0]); /* its forgetting is on the way */
	node_forget(&table, nodes[0], 2);
	generation = nodes[0]->generation;
	CHECK_INT(table.nodes.count, 4);
	again = node_remember(&table, nodes[0]);
	CHECK(again == nodes[0] && again->generation == generation);
	node_forget(&table, again, 1);
	for (size_t i = 1; i < 4; i++)
		node_forget(&table, nodes[i], 1);
	CHECK_INT(table.nodes.count, 2); /* the last two */
	CHECK(node_remember(&table, nodes[0]) == NULL);
	CHECK(node_remember(&table, &generation) == NULL);
	CHECK(node_remember(&table, nodes[3]) == nodes[3]);
	node_forget(&table, nodes[3], 1);
	node_unlinked(&table, nodes[3]);
	CHECK(node_remember(&table, nodes[3]) == NULL);
	CHECK(node_remember_parent(&table, nodes[2]) == table.root);
	node_table_release(&table);
}

int main(void)
{
	char command[64];

	REQUIRE(mkdtemp(top));
	top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RUN(hard_links_are_two_nodes);
	RUN(a_forgotten_node_is_gone_and_takes_its_parents_along);
	RUN(descriptors_are_few_whatever_the_tree);
	RUN(a_file_without_a_name_can_still_be_used);
	RUN(a_renamed_node_keeps_its_recorded_path);
	RUN(exchanged_nodes_answer_to_each_others_names);
	RUN(a_file_replaced_behind_our_back_is_another_node);
	RUN(a_path_longer_than_the_buffer_is_allocated);
	RUN(some_of_the_forgotten_are_remembered_by_number);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) ? 1 : test_end();
}
