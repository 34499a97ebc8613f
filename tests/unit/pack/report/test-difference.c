// SPDX-License-Identifier: BSD-2-Clause
/* What differs between two inventories, on data and on directories. */
#include "pack/report/difference.h"

#include <errno.h>
#include <sys/time.h>

#include "db/base/cleanup.h"
#include "tests/root.h"

static const struct difference_options strict;
static struct error err;

/* An inventory of a manifest's kind: what was found, no contents. */
static struct inventory inventory_of(struct inventory_item *items, size_t count)
{
	return (struct inventory){.kind = INVENTORY_MANIFEST, .items = items, .count = count,
				  .has_times = true};
}

static void one_walk_finds_added_removed_and_changed(void)
{
	struct inventory_item left[] = {
		{.path = (char *)"/a", .found = {.kind = ENTRY_FILE, .size = 10}},
		{.path = (char *)"/b", .found = {.kind = ENTRY_FILE, .size = 20}},
		{.path = (char *)"/d", .found = {.kind = ENTRY_DIR, .size = 4096}},
	};
	struct inventory_item right[] = {
		{.path = (char *)"/b", .found = {.kind = ENTRY_FILE, .size = 5}},
		{.path = (char *)"/b.c", .found = {.kind = ENTRY_FILE, .size = 7}},
		{.path = (char *)"/d", .found = {.kind = ENTRY_DIR, .size = 0}},
		{.path = (char *)"/e", .found = {.kind = ENTRY_DIR, .size = 4096}},
	};
	const struct inventory a = inventory_of(left, 3), b = inventory_of(right, 4);
	_cleanup_(differences_release) struct differences differences = {0};

	REQUIRE(differences_find(&a, &b, &strict, &differences, &err) == 0);
	REQUIRE(differences.count == 4);
	CHECK(differences.items[0].a == &left[0] && !differences.items[0].b);
	CHECK(differences.items[1].a == &left[1] && differences.items[1].b == &right[0]);
	CHECK_INT(differences.items[1].what, DIFFERENT_SIZE);
	CHECK(!differences.items[2].a && differences.items[2].b == &right[1]);
	CHECK_INT(differences.added, 2);
	CHECK_INT(differences.added_bytes, 7); /* a directory has none */
	CHECK_INT(differences.removed_bytes, 10);
	CHECK_INT(differences.changed, 1);
	CHECK_INT(differences.changed_bytes, -15);
	CHECK_INT(differences.same, 1);
}

static void nothing_against_something_and_itself(void)
{
	struct inventory_item items[] = {
		{.path = (char *)"/a", .found = {.kind = ENTRY_FILE, .size = 10}}};
	const struct inventory none = inventory_of(NULL, 0), one = inventory_of(items, 1);
	_cleanup_(differences_release) struct differences differences = {0};

	REQUIRE(differences_find(&none, &none, &strict, &differences, &err) == 0);
	CHECK(!differences.count && !differences.same);
	REQUIRE(differences_find(&none, &one, &strict, &differences, &err) == 0);
	CHECK_INT(differences.added, 1);
	differences_release(&differences);
	REQUIRE(differences_find(&one, &one, &strict, &differences, &err) == 0);
	CHECK(!differences.count && differences.same == 1);
}

static void two_items_differ_in_what_both_know(void)
{
	static const struct {
		struct found x, y;
		unsigned int what;
	} cases[] = {
		{{.kind = ENTRY_FILE}, {.kind = ENTRY_DIR, .mode = 0755}, DIFFERENT_KIND},
		{{.kind = ENTRY_FILE, .mode = 0644}, {.kind = ENTRY_FILE, .mode = 0600},
		 DIFFERENT_MODE},
		{{.kind = ENTRY_FILE, .uid = 1}, {.kind = ENTRY_FILE, .gid = 1}, DIFFERENT_OWNER},
		{{.kind = ENTRY_LINK, .mode = 0777}, {.kind = ENTRY_LINK, .mode = 0755}, 0},
		{{.kind = ENTRY_LINK, .target = "a"}, {.kind = ENTRY_LINK, .target = "b"},
		 DIFFERENT_TARGET},
		{{.kind = ENTRY_LINK, .target = "a"}, {.kind = ENTRY_LINK}, 0},
		{{.kind = ENTRY_MISSING}, {.kind = ENTRY_FILE, .size = 9, .mode = 0644}, 0},
		{{.kind = ENTRY_FILE, .mtime_ns = 1}, {.kind = ENTRY_FILE, .mtime_ns = 2},
		 DIFFERENT_TIME},
		{{.kind = ENTRY_DIR, .mtime_ns = 1}, {.kind = ENTRY_DIR, .mtime_ns = 2}, 0},
		{{.kind = ENTRY_FILE, .size = 1, .uid = 1, .mode = 1}, {.kind = ENTRY_FILE},
		 DIFFERENT_SIZE | DIFFERENT_OWNER | DIFFERENT_MODE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct inventory_item x = {.path = (char *)"/p", .found = cases[i].x};
		struct inventory_item y = {.path = (char *)"/p", .found = cases[i].y};
		const struct inventory a = inventory_of(&x, 1), b = inventory_of(&y, 1);

		CHECK_INT(difference_of(&a, &x, &b, &y, false), cases[i].what);
		CHECK_INT(difference_of(&b, &y, &a, &x, false), cases[i].what);
	}
}

/* An image has whole seconds: more cannot be asked of a comparison with it. */
static void times_are_compared_as_finely_as_both_know_them(void)
{
	struct inventory_item x = {.path = (char *)"/p",
				   .found = {.kind = ENTRY_DIR, .mtime_ns = 1999999999}};
	struct inventory_item y = {.path = (char *)"/p",
				   .found = {.kind = ENTRY_DIR, .mtime_ns = 1000000000}};
	struct inventory a = inventory_of(&x, 1), b = inventory_of(&y, 1);

	CHECK_INT(difference_of(&a, &x, &b, &y, true), DIFFERENT_TIME);
	b.has_times = false;
	CHECK_INT(difference_of(&a, &x, &b, &y, true), 0);
	x.found.mtime_ns = -1; /* before 1970, in the second that ends there */
	y.found.mtime_ns = -1000000000;
	CHECK_INT(difference_of(&a, &x, &b, &y, true), 0);
	y.found.mtime_ns = 0;
	CHECK_INT(difference_of(&a, &x, &b, &y, true), DIFFERENT_TIME);
}

static void contents_are_compared_byte_by_byte(void)
{
	_cleanup_(inventory_release) struct inventory a = INVENTORY_INIT, b = INVENTORY_INIT;
	_cleanup_(differences_release) struct differences differences = {0};
	const struct difference_options lenient = {.no_contents = true};
	struct root left, right;

	root_new(&left);
	root_new(&right);
	root_file(&left, "/same", 0644, "one");
	root_file(&right, "/same", 0644, "one");
	root_file(&left, "/other", 0644, "one");
	root_file(&right, "/other", 0644, "two");
	root_file(&left, "/longer", 0644, "one");
	root_file(&right, "/longer", 0644, "three");
	root_file(&left, "/empty", 0644, "");
	root_file(&right, "/empty", 0644, "");
	REQUIRE(inventory_load(left.path, INVENTORY_NEEDED, &a, &err) == 0);
	REQUIRE(inventory_load(right.path, INVENTORY_NEEDED, &b, &err) == 0);
	REQUIRE(differences_find(&a, &b, &strict, &differences, &err) == 0);
	REQUIRE(differences.count == 2);
	CHECK_STRING(differences.items[0].a->path, "/longer");
	CHECK_INT(differences.items[0].what, DIFFERENT_SIZE);
	CHECK_STRING(differences.items[1].a->path, "/other");
	CHECK_INT(differences.items[1].what, DIFFERENT_CONTENT);
	differences_release(&differences);
	REQUIRE(differences_find(&a, &b, &lenient, &differences, &err) == 0);
	CHECK_INT(differences.count, 1);
	root_free(&left);
	root_free(&right);
}

static void every_bit_has_a_name(void)
{
	unsigned int i = 0;

	while (difference_name(i))
		i++;
	CHECK_INT(1U << (i - 1), DIFFERENT_TIME);
}

int main(void)
{
	RUN(one_walk_finds_added_removed_and_changed);
	RUN(nothing_against_something_and_itself);
	RUN(two_items_differ_in_what_both_know);
	RUN(times_are_compared_as_finely_as_both_know_them);
	RUN(contents_are_compared_byte_by_byte);
	RUN(every_bit_has_a_name);
	return test_end();
}
