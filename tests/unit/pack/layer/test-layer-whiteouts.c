// SPDX-License-Identifier: BSD-2-Clause
/* Layers on each other: what a later one hides, replaces and leads through. */
#include "tests/unit/pack/layer/tar.h"

static void a_whiteout_hides_what_is_below_only(void)
{
	/* the same names, whiteout before and after what the layer brings itself */
	for (int after = 0; after < 2; after++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);

		if (!after)
			add(&tar, 'f', "d/.wh.old", "");
		add(&tar, 'f', "d/old", "new");
		if (after)
			add(&tar, 'f', "d/.wh.old", "");
		add(&tar, 'f', ".wh.file", "");
		add(&tar, 'f', "nowhere/.wh.x", "");
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(text_at(&root, "/d/old"), "new");
		CHECK_STRING(text_at(&root, "/file"), "(none)");
		CHECK_STRING(text_at(&root, "/d/sub/deep"), "deep");
		CHECK(!inode_at(&root, "/nowhere"));
		CHECK(!inode_at(&root, "/.wh.file"));
		root_free(&root);
	}
}

static void a_whiteout_of_a_directory_keeps_what_the_layer_brings(void)
{
	for (int after = 0; after < 2; after++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);

		if (!after)
			add(&tar, 'f', ".wh.d", "");
		add(&tar, 'f', "d/sub/new", "new");
		if (after)
			add(&tar, 'f', ".wh.d", "");
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(text_at(&root, "/d/old"), "(none)");
		CHECK_STRING(text_at(&root, "/d/sub/deep"), "(none)");
		CHECK_STRING(text_at(&root, "/d/sub/new"), "new");
		root_free(&root);
	}
}

static void an_opaque_directory_starts_empty(void)
{
	for (int after = 0; after < 2; after++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);

		if (!after)
			add(&tar, 'f', "d/.wh..wh..opq", "");
		add(&tar, 'f', "d/new", "new");
		if (after)
			add(&tar, 'f', "d/.wh..wh..opq", "");
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(text_at(&root, "/d/new"), "new");
		CHECK_STRING(text_at(&root, "/d/old"), "(none)");
		CHECK(!inode_at(&root, "/d/sub"));
		CHECK_STRING(text_at(&root, "/file"), "file");
		root_free(&root);
	}
}

static void without_whiteouts_they_are_names(void)
{
	struct root root = root_with_lower();
	struct tar tar = tar_begin(NULL);

	root.options.whiteouts = false;
	add(&tar, 'f', ".wh.file", "w");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/.wh.file"), "w");
	CHECK_STRING(text_at(&root, "/file"), "file");
	root_free(&root);
}

static void a_later_layer_replaces_and_merges(void)
{
	struct root root = root_with_lower();
	struct tar tar = tar_begin(NULL);

	add(&tar, 'f', "d/sub", "a file now");
	add(&tar, 'd', "file/", "");
	add(&tar, 'f', "file/in", "in");
	add(&tar, 'd', "lib/", "");
	add(&tar, 'h', "hard", "d/old");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/d/sub"), "a file now");
	CHECK_STRING(text_at(&root, "/file/in"), "in");
	CHECK(S_ISDIR(inode_at(&root, "/lib")->mode));
	CHECK(inode_at(&root, "/hard") == inode_at(&root, "/d/old"));
	CHECK_STRING(text_at(&root, "/d/old"), "old");
	root_free(&root);
}

static void names_lead_through_links_of_earlier_layers(void)
{
	struct root root = root_with_lower();
	struct tar tar = tar_begin(NULL);

	add(&tar, 'f', "lib/a.so", "a");
	add(&tar, 'f', "abs/b.so", "b");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/usr/lib/a.so"), "a");
	CHECK_STRING(text_at(&root, "/usr/lib/b.so"), "b");
	CHECK(S_ISLNK(inode_at(&root, "/lib")->mode));
	root_free(&root);
}

int main(void)
{
	RUN(a_whiteout_hides_what_is_below_only);
	RUN(a_whiteout_of_a_directory_keeps_what_the_layer_brings);
	RUN(an_opaque_directory_starts_empty);
	RUN(without_whiteouts_they_are_names);
	RUN(a_later_layer_replaces_and_merges);
	RUN(names_lead_through_links_of_earlier_layers);
	return test_end();
}
