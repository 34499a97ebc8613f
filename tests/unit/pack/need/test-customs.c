// SPDX-License-Identifier: BSD-2-Clause
/* Files of customs: what is none is named by its line, and who comes later takes a name over. */
#include "tests/unit/pack/need/closure.h"

#include "pack/need/customs.h"

/* What a file says, as one customs file in a directory of its own. */
static const char *said_of(const char *contents)
{
	static struct error err;
	struct customs customs = {0};

	error_set(&err, 0, "nothing");
	root_new(&root);
	root_file(&root, "/own.custom", 0644, contents);
	if (customs_read(&customs, root.path, &err) == 0)
		snprintf(err.message, sizeof(err.message), "%zu", customs.count);
	customs_release(&customs);
	root_free(&root);
	return strstr(err.message, "own.custom:") ? strstr(err.message, "own.custom:") : err.message;
}

static void what_is_no_custom_is_named_by_its_line(void)
{
	CHECK_STRING(said_of("# none\n"), "0");
	CHECK_STRING(said_of("when /a\nadd /b\n\nimports f g\nimports h\nmargin near\nadd {dir}/c"), "2");
	CHECK_STRING(said_of("when /a\n"), "own.custom:2: the custom that ends here adds nothing");
	CHECK_STRING(said_of("\nadd /a\n"), "own.custom:3: the custom that ends here does not say when");
	CHECK_STRING(said_of("when /a\nholds x\nadd /b\n"),
		     "own.custom:2: a custom has one kind of sign: when, imports or holds");
	CHECK_STRING(said_of("when /a\nadd b\n"), "own.custom:2: a path begins with '/' or '{': 'b'");
	CHECK_STRING(said_of("when /a\nadd /{sub}/b\n"),
		     "own.custom:2: what stands in '{}' is unknown in '/{sub}/b'");
	CHECK_STRING(said_of("when /a\nmargin wide\n"), "own.custom:2: there is no margin 'wide'");
	CHECK_STRING(said_of("when /a\nadd /{word}\n"),
		     "own.custom:3: the custom that ends here has no words for '{word}'");
	CHECK_STRING(said_of("when /a\nadd {after}/b\n"),
		     "own.custom:3: the custom that ends here has no anchor for '{after}'");
	CHECK_STRING(said_of("when\n"), "own.custom:1: nothing stands behind 'when'");
	CHECK_STRING(said_of("if /a\n"), "own.custom:1: a line begins with when, imports, holds, unless, "
					 "anchor, words, margin or add, not with 'if'");
}

static void a_later_file_takes_the_place_of_one_of_its_name(void)
{
	struct customs customs = {0};
	size_t count;

	read_customs(&customs);
	count = customs.count;
	root_new(&root);
	root_file(&root, "/nss.custom", 0644, "when /mine\nadd /yours\n");
	CHECK_INT(customs_read(&customs, root.path, NULL), 0);
	CHECK(customs.count < count);
	count = 0;
	for (size_t i = 0; i < customs.count; i++)
		count += strcmp(customs.items[i].ecosystem, "nss") == 0;
	CHECK_INT(count, 1);
	root_free(&root);
	customs_release(&customs);
}

int main(void)
{
	RUN(what_is_no_custom_is_named_by_its_line);
	RUN(a_later_file_takes_the_place_of_one_of_its_name);
	return test_end();
}
