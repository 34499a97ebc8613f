// SPDX-License-Identifier: BSD-2-Clause
/* Files whose times others know keep them. */
#include "pack/source/recorded.h"

#include <endian.h>
#include <string.h>

#include "db/base/cleanup.h"

#include "tests/test.h"

enum { LIMIT = 1000000000, LATER = 1700000000 };

static struct inode *put(struct tree *tree, const char *path, uint32_t kind, int64_t mtime)
{
	struct node *node;

	REQUIRE(tree_insert(tree, path, kind | 0644, &node, NULL) == 0);
	node->inode->mtime = mtime;
	return node->inode;
}

static void put_bytes(struct tree *tree, const char *path, const void *bytes, size_t size)
{
	REQUIRE(inode_set_bytes(put(tree, path, S_IFREG, LATER), bytes, size) == 0);
}

static void put_pyc(struct tree *tree, const char *path, uint32_t flags, uint32_t time)
{
	const uint32_t words[4] = {htole32(0x0a0d0da7), htole32(flags), htole32(time), 0};

	put_bytes(tree, path, words, sizeof(words));
}

static bool is_kept(struct tree *tree, const char *path)
{
	struct node *node = tree_find(tree, path);

	REQUIRE(node);
	return node->inode->recorded;
}

static void keep(struct tree *tree, int64_t limit)
{
	struct error err = ERROR_INIT;

	CHECK_INT(recorded_times_keep(tree_root(tree), limit, &err), 0);
	CHECK_STRING(err.message, "");
}

static void a_source_of_python_keeps_the_time_that_its_pyc_knows(void)
{
	static const struct {
		const char *source, *pyc;
		uint32_t flags, time;
		int64_t mtime;
		bool kept;
	} cases[] = {
	    {"/a.py", "/__pycache__/a.cpython-311.pyc", 0, LATER, LATER, true},
	    {"/b.py", "/__pycache__/b.cpython-311.opt-2.pyc", 0, LATER, LATER, true},
	    {"/c.d.py", "/__pycache__/c.d.cpython-311.pyc", 0, LATER, LATER, true},
	    {"/e.py", "/e.pyc", 0, LATER, LATER, true},
	    {"/before37.py", "/before37.pyc", LATER, 7, LATER, true},
	    {"/far.py", "/far.pyc", 0, LATER, LATER + (INT64_C(1) << 32), true},
	    {"/hash.py", "/hash.pyc", 3, LATER, LATER, false},
	    {"/stale.py", "/stale.pyc", 0, LATER - 1, LATER, false},
	    {"/early.py", "/early.pyc", 0, LIMIT, LIMIT, false}, /* nobody touches its time */
	    {"/other.py", "/__pycache__/.pyc", 0, LATER, LATER, false},
	};
	_cleanup_(tree_freep) struct tree *tree = NULL;

	REQUIRE(tree_new(&tree) == 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(tree, cases[i].source, S_IFREG, cases[i].mtime);
		put_pyc(tree, cases[i].pyc, cases[i].flags, cases[i].time);
	}
	put_bytes(tree, "/short.pyc", "x", 1);
	put(tree, "/short.py", S_IFREG, LATER);
	put_pyc(tree, "/alone.pyc", 0, LATER);
	keep(tree, LIMIT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (is_kept(tree, cases[i].source) != cases[i].kept)
			CHECK_STRING(cases[i].source, cases[i].kept ? "(kept)" : "(not kept)");
		CHECK(!is_kept(tree, cases[i].pyc));
	}
}

static void put_font_cache(struct tree *tree, const char *path, const char *directory, int64_t nanoseconds)
{
	struct {
		uint32_t magic, version;
		uint64_t size, directory, more[3];
		int32_t seconds, unused;
		int64_t nanoseconds;
		char name[32];
	} cache = {.magic = htole32(0xFC02FC04),
		   .directory = htole64(64),
		   .seconds = (int32_t)htole32(LATER),
		   .nanoseconds = (int64_t)htole64((uint64_t)nanoseconds)};

	strcpy(cache.name, directory);
	put_bytes(tree, path, &cache, sizeof(cache));
}

static void directories_of_fonts_are_as_their_caches_have_them(void)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;

	REQUIRE(tree_new(&tree) == 0);
	put(tree, "/fonts/whole", S_IFDIR, LATER);
	put(tree, "/fonts/part", S_IFDIR, LATER);
	put(tree, "/fonts/stale", S_IFDIR, LATER + 1);
	put_font_cache(tree, "/cache/1-le64.cache-8", "/fonts/whole", 0);
	put_font_cache(tree, "/cache/2-le64.cache-8", "/fonts/part/", 500);
	put_font_cache(tree, "/cache/3-le64.cache-8", "/fonts/stale", 500);
	put_font_cache(tree, "/cache/4-le64.cache-8", "/not/here", 500);
	put_bytes(tree, "/cache/5-le64.cache-8", "", 0);
	/* without a limit, too: no image holds nanoseconds */
	keep(tree, INT64_MAX);
	CHECK(is_kept(tree, "/fonts/whole"));
	CHECK_INT(tree_find(tree, "/fonts/whole")->inode->mtime, LATER);
	CHECK_INT(tree_find(tree, "/fonts/part")->inode->mtime, 0);
	CHECK_INT(tree_find(tree, "/fonts/stale")->inode->mtime, LATER + 1);
	CHECK(!is_kept(tree, "/fonts/stale"));
}

static void a_pair_of_a_time_and_a_size_names_a_file(void)
{
	static const char *const recorders[] = {"/lib/server/classes.jsa", "/app/tmp/cache/bootsnap/iseq/1f/77",
						"/var/cache/apt/srcpkgcache.bin"};
	enum { WORDS = 40000 }; /* more than are read at a time */

	for (size_t i = 0; i < sizeof(recorders) / sizeof(*recorders); i++) {
		_cleanup_(tree_freep) struct tree *tree = NULL;
		uint64_t *words = calloc(WORDS, sizeof(*words));

		REQUIRE(words && tree_new(&tree) == 0);
		put_bytes(tree, "/first.jar", "123", 3);
		put_bytes(tree, "/last.jar", "12345", 5);
		put_bytes(tree, "/apart.jar", "1234567", 7);
		words[32767] = LATER; /* over the edge of what is read at a time */
		words[32768] = 3;
		words[WORDS - 2] = 5;
		words[WORDS - 1] = LATER;
		words[100] = 7;
		words[102] = LATER;
		put_bytes(tree, recorders[i], words, WORDS * sizeof(*words));
		keep(tree, LIMIT);
		CHECK(is_kept(tree, "/first.jar"));
		CHECK(is_kept(tree, "/last.jar"));
		CHECK(!is_kept(tree, "/apart.jar"));
		free(words);
	}
}

int main(void)
{
	RUN(a_source_of_python_keeps_the_time_that_its_pyc_knows);
	RUN(directories_of_fonts_are_as_their_caches_have_them);
	RUN(a_pair_of_a_time_and_a_size_names_a_file);
	return test_end();
}
