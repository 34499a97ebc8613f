// SPDX-License-Identifier: BSD-2-Clause
/* Paths in a source: links, "..", what is not there, and nothing outside it. */
#include "pack/source/source.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "tests/root.h"

static struct root root;
static struct source *source;

struct hops {
	char text[512];
};

static int note_hop(const struct source_entry *link, void *data)
{
	struct hops *hops = data;

	strcat(strcat(hops->text, link->path), " ");
	return 0;
}

/* Where a walk ends, and the links on the way, as one string; the code when it fails. */
static const char *walk(const char *path, unsigned int flags)
{
	static char result[1024];
	const struct source_entry *entry;
	struct hops hops = {""};
	int r = source_walk(source, path, flags, note_hop, &hops, &entry, NULL);

	snprintf(result, sizeof(result), "%s%s", hops.text, r < 0 ? strerror(-r) : entry->path);
	return result;
}

static void a_walk_reports_each_link_and_ends_at_a_real_path(void)
{
	CHECK_STRING(walk("/usr/bin/tool", 0), "/usr/bin/tool");
	CHECK_STRING(walk("/bin/tool", 0), "/bin /usr/bin/tool");
	CHECK_STRING(walk("/bin/alias", 0), "/bin /usr/bin/alias");
	CHECK_STRING(walk("/bin/alias", SOURCE_FOLLOW), "/bin /usr/bin/alias /usr/bin/tool");
	CHECK_STRING(walk("/chain1", SOURCE_FOLLOW), "/chain1 /chain2 /chain3 /usr/bin/tool");
	CHECK_STRING(walk("/", 0), "/");
	CHECK_STRING(walk("usr//./bin/../bin/tool", 0), "/usr/bin /usr/bin/tool");
}

static void dots_are_taken_after_links_not_before(void)
{
	/* /bin is a link to usr/bin, so /bin/.. is /usr; and it has to be there to be left */
	CHECK_STRING(walk("/bin/../lib", 0), "/bin /usr/bin /usr/lib");
	CHECK_STRING(walk("/../../usr", 0), "/ / /usr");
}

static void absolute_and_climbing_links_stay_inside(void)
{
	CHECK_STRING(walk("/escape", SOURCE_FOLLOW), "/escape /usr/bin/tool");
	CHECK_STRING(walk("/climb", SOURCE_FOLLOW), "/climb / / / / /usr/bin/tool");
	CHECK_STRING(walk("/outside", SOURCE_FOLLOW), "/outside No such file or directory");
}

static void loops_and_dead_ends_are_said(void)
{
	CHECK(strstr(walk("/loop-a", SOURCE_FOLLOW), "Too many levels"));
	CHECK_STRING(walk("/loop-a", 0), "/loop-a");
	CHECK(strstr(walk("/self/x", 0), "Too many levels"));
	CHECK_STRING(walk("/dangling", 0), "/dangling");
	CHECK_STRING(walk("/dangling", SOURCE_FOLLOW), "/dangling No such file or directory");
	CHECK_STRING(walk("/usr/bin/tool/x", 0), "Not a directory");
	CHECK_STRING(walk("/usr/none/x", 0), "No such file or directory");
}

static void looking_follows_nothing(void)
{
	const struct source_entry *entry;

	CHECK_INT(source_look(source, "/bin", &entry, NULL), 0);
	CHECK_INT(entry->kind, ENTRY_LINK);
	CHECK_STRING(entry->target, "usr/bin");
	CHECK_INT(source_look(source, "/bin/tool", &entry, NULL), 0);
	CHECK_INT(entry->kind, ENTRY_MISSING);
	CHECK_INT(source_look(source, "/none", &entry, NULL), 0);
	CHECK_INT(entry->kind, ENTRY_MISSING);
	CHECK_INT(source_look(source, "/usr/bin/tool", &entry, NULL), 0);
	CHECK_INT(entry->kind, ENTRY_FILE);
	CHECK_INT(entry->size, 4);
	CHECK_INT(entry->mode, 0755);
}

static int add_path(const struct source_entry *entry, void *data)
{
	strcat(strcat(data, entry->path), " ");
	return 0;
}

static void patterns_find_what_is_there(void)
{
	static const struct {
		const char *pattern, *wanted;
	} cases[] = {
		{"/usr/*/tool", "/usr/bin/tool "},
		{"/bin/t*", "/usr/bin/tool "},
		{"/usr/lib/**", "/usr/lib/a /usr/lib/a/b /usr/lib/a/b/c.so "},
		{"/usr/lib/**/*.so", "/usr/lib/a/b/c.so "},
		{"/usr/lib/*", "/usr/lib/a "},
		{"/none/*", ""},
		{"/bin", "/bin "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char found[1024] = "";

		CHECK_INT(source_glob(source, cases[i].pattern, add_path, found, NULL), 0);
		CHECK_STRING(found, cases[i].wanted);
	}
}

static int add_name(const char *name, void *data)
{
	strcat(data, name);
	strcat(data, " ");
	return 0;
}

static const char *names_of(struct source *of, const char *path)
{
	static char names[200];

	names[0] = '\0';
	CHECK_INT(source_list(of, path, add_name, names, NULL), 0);
	return names;
}

/* What came later is seen by who looks for the first time, and not by who keeps what he saw. */
static void names_are_kept_where_they_are_to_be(void)
{
	struct source *keeping = NULL;
	char found[2][200] = {"", ""};

	REQUIRE(source_open(root.path, &keeping, NULL) == 0);
	source_keep_lists(keeping);
	CHECK_STRING(names_of(keeping, "/usr/lib/a"), "b ");
	CHECK_STRING(names_of(keeping, "/usr/lib/none"), "");
	CHECK_STRING(names_of(source, "/usr/lib/a"), "b ");
	CHECK_INT(source_glob(keeping, "/usr/lib/a/*", add_path, found[0], NULL), 0);
	root_file(&root, "/usr/lib/a/later", 0644, "");
	root_file(&root, "/usr/lib/none/later", 0644, "");
	CHECK_STRING(names_of(keeping, "/usr/lib/a"), "b ");
	CHECK_STRING(names_of(keeping, "/usr/lib/none"), "");
	CHECK_STRING(names_of(source, "/usr/lib/a"), "b later ");
	CHECK_INT(source_glob(keeping, "/usr/lib/a/*", add_path, found[1], NULL), 0);
	CHECK_STRING(found[1], found[0]);
	CHECK(strstr(found[0], "/usr/lib/a/b"));
	source_close(keeping);
}

static void files_are_read_through_links(void)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;

	CHECK_INT(source_read(source, "/bin/alias", 100, &text, &err), 0);
	CHECK_STRING(text.bytes, "tool");
	CHECK_INT(source_read(source, "/bin/alias", 3, &text, &err), -EFBIG);
	CHECK_INT(source_read(source, "/usr", 3, &text, &err), -EINVAL);
	CHECK_INT(source_read(source, "/none", 3, &text, &err), -ENOENT);
}

static void a_source_that_is_none_is_refused(void)
{
	struct source *none = NULL;
	struct error err = ERROR_INIT;

	CHECK_INT(source_open("/nowhere/at/all", &none, &err), -ENOENT);
	CHECK_STRING(err.message, "cannot open the source directory '/nowhere/at/all': "
				  "No such file or directory");
	CHECK_INT(source_open(root_at(&root, "/usr/bin/tool"), &none, &err), -ENOTDIR);
	CHECK(none == NULL);
}

int main(void)
{
	root_new(&root);
	root_file(&root, "/usr/bin/tool", 0755, "tool");
	root_file(&root, "/usr/lib/a/b/c.so", 0644, "");
	root_link(&root, "/bin", "usr/bin");
	root_link(&root, "/usr/bin/alias", "tool");
	root_link(&root, "/chain1", "chain2");
	root_link(&root, "/chain2", "/chain3");
	root_link(&root, "/chain3", "./usr/bin/tool");
	root_link(&root, "/escape", "/usr/bin/tool");
	root_link(&root, "/climb", "../../../../usr/bin/tool");
	root_link(&root, "/outside", "/proc/self/root/usr");
	root_link(&root, "/loop-a", "loop-b");
	root_link(&root, "/loop-b", "loop-a");
	root_link(&root, "/self", "self");
	root_link(&root, "/dangling", "nothing");
	REQUIRE(source_open(root.path, &source, NULL) == 0);
	RUN(a_walk_reports_each_link_and_ends_at_a_real_path);
	RUN(dots_are_taken_after_links_not_before);
	RUN(absolute_and_climbing_links_stay_inside);
	RUN(loops_and_dead_ends_are_said);
	RUN(looking_follows_nothing);
	RUN(patterns_find_what_is_there);
	RUN(files_are_read_through_links);
	RUN(names_are_kept_where_they_are_to_be);
	RUN(a_source_that_is_none_is_refused);
	source_close(source);
	root_free(&root);
	return test_end();
}
