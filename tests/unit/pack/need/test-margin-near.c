// SPDX-License-Identifier: BSD-2-Clause
/*
 * What --margin near adds: other languages, plugins, imports of one's own sources, and what programs open
 * by themselves. Each root also has what must stay out.
 */
#include "tests/unit/pack/need/margin.h"

#include <errno.h>

#include "pack/need/from_imports.h"
#include "pack/need/from_trees.h"

static void near_takes_the_same_file_in_other_languages(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/usr/share/x/de/LC_MESSAGES/x.mo", 0644, "x");
	root_file(&root, "/usr/share/x/pt_BR/LC_MESSAGES/x.mo", 0644, "x");
	root_file(&root, "/usr/share/x/sr@latin/LC_MESSAGES/x.mo", 0644, "x");
	root_file(&root, "/usr/share/x/fr/LC_MESSAGES/y.mo", 0644, "x");
	root_file(&root, "/usr/share/x/lib/LC_MESSAGES/x.mo", 0644, "x");
	root_file(&root, "/usr/share/db/english/err.sys", 0644, "x");
	root_file(&root, "/usr/share/db/german/err.sys", 0644, "x");
	root_file(&root, "/usr/share/db/charsets/err.sys", 0644, "x");
	touch(&touched, "/usr/share/db/english/err.sys");
	touch(&touched, "/usr/share/x/de/LC_MESSAGES/x.mo");
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/usr/share/db/german/err.sys /usr/share/x/pt_BR/LC_MESSAGES/x.mo "
		     "/usr/share/x/sr@latin/LC_MESSAGES/x.mo");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void near_takes_plugins_but_no_libraries_of_the_linker(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/usr/lib/app/mod_a.so", 0644, "x");
	root_file(&root, "/usr/lib/app/mod_b.so", 0644, "x");
	root_file(&root, "/usr/lib/app/mod_b.la", 0644, "dlname='mod_b.so'\n");
	root_file(&root, "/usr/lib/x86_64-linux-gnu/liby.la", 0644, "x");
	root_file(&root, "/usr/lib/app/README", 0644, "x");
	root_file(&root, "/usr/lib/python3.11/lib-dynload/_json.so", 0644, "x");
	root_file(&root, "/usr/lib/python3.11/lib-dynload/_dbm.so", 0644, "x"); /* who imports it brings it */
	root_file(&root, "/usr/lib/x86_64-linux-gnu/libz.so.1", 0644, "x");
	root_file(&root, "/usr/lib/x86_64-linux-gnu/liby.so.1", 0644, "x");
	touch(&touched, "/usr/lib/app/mod_a.so");
	touch(&touched, "/usr/lib/python3.11/lib-dynload/_json.so");
	touch(&touched, "/usr/lib/x86_64-linux-gnu/libz.so.1");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR), "/usr/lib/app/mod_b.la /usr/lib/app/mod_b.so");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void near_follows_what_own_python_imports(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/app/main.py", 0644,
		  "import json, os.path as p\n"
		  "# import commented\n"
		  "text = '''\nimport quoted\n'''\n"
		  "def page():\n    from lazy.inner import view\n    from . import sibling\n"
		  "    settings = 'plugins.one.Class'\n    import_module(\"called\")\n");
	for (const char *const *p =
		     (const char *const[]){"/app/commented.py", "/app/quoted.py", "/app/lazy/__init__.py",
					   "/app/lazy/inner.py", "/app/lazy/unused.py", "/app/sibling.py",
					   "/app/plugins/one.py", "/app/plugins/two.py", "/app/called.py", NULL};
	     *p; p++)
		root_file(&root, *p, 0644, "\n");
	root_file(&root, "/usr/lib/python3.11/json/__init__.py", 0644,
		  "try:\n    import encoder_helper\nexcept ImportError:\n    pass\n"
		  "class C:\n    def rare(self):\n\n        import deep\n\n    import in_class\n");
	root_file(&root, "/usr/lib/python3.11/in_class.py", 0644, "");
	root_file(&root, "/usr/lib/python3.11/encoder_helper.py", 0644, "");
	root_file(&root, "/usr/lib/python3.11/deep.py", 0644, "");
	root_file(&root, "/usr/lib/python3.11/os.py", 0644, "");
	root_file(&root, "/usr/lib/python3.11/unrelated.py", 0644, "");
	root_file(&root, "/app/templates/index.html", 0644, "");
	touch(&touched, "/app/main.py");
	touch(&touched, "/usr/lib/python3.11/os.py");
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/app/called.py /app/lazy/__init__.py /app/lazy/inner.py /app/plugins/one.py "
		     "/app/sibling.py /app/templates/index.html "
		     "/usr/lib/python3.11/encoder_helper.py /usr/lib/python3.11/in_class.py "
		     "/usr/lib/python3.11/json/__init__.py");
	CHECK(strstr(why(&touched.fixture, "/app/sibling.py"),
		     "margin /app/main.py (near: imported by /app/main.py)"));
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

/* A library that needs another by name. */
static void plant_plugin(const char *path, const char *needs)
{
	char text[512];

	root_file(&root, "/empty.s", 0644, "");
	root_parents(&root, path);
	snprintf(text, sizeof(text), "-shared -nostdlib -o lib/%s empty.s -Wl,-soname,%s", needs, needs);
	root_dir(&root, "/lib");
	root_cc(&root, text);
	snprintf(text, sizeof(text), "-shared -nostdlib -o .%s empty.s -Wl,--no-as-needed lib/%s", path, needs);
	root_cc(&root, text);
	unlink(root_at(&root, "/empty.s"));
}

static void a_plugin_is_weighed_with_all_that_its_libraries_need(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/usr/lib/app/mod_a.so", 0644, "x");
	plant_plugin("/usr/lib/app/deep.so", "libmiddle.so");
	plant_plugin("/lib/libmiddle.so", "libbottom.so"); /* it needs the heavy one */
	REQUIRE(truncate(root_at(&root, "/lib/libbottom.so"), 5 << 20) == 0);
	touch(&touched, "/usr/lib/app/mod_a.so");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR), "");
	over(&touched);
	REQUIRE(truncate(root_at(&root, "/lib/libbottom.so"), 3 << 20) == 0);
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/lib/libbottom.so /lib/libmiddle.so /usr/lib/app/deep.so");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void a_plugin_that_needs_very_much_stays_out(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/usr/lib/app/mod_a.so", 0644, "x");
	plant_plugin("/usr/lib/app/light.so", "liblight.so");
	plant_plugin("/usr/lib/app/heavy.so", "libheavy.so");
	REQUIRE(truncate(root_at(&root, "/lib/libheavy.so"), 40 << 20) == 0);
	touch(&touched, "/usr/lib/app/mod_a.so");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR), "/lib/liblight.so /usr/lib/app/light.so");
	over(&touched);
	/* one that is there for another reason weighs nothing */
	touch(&touched, "/lib/libheavy.so");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/lib/liblight.so /usr/lib/app/heavy.so /usr/lib/app/light.so");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

/* A page that nothing touched came with its tree, and wants a module of the standard library. */
/* Each directory is listed once: what the second source asks for is known from the first. */
static void near_takes_python_modules_in_c(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/app/a.py", 0644, "import _hash\n");
	root_file(&root, "/app/b.py", 0644, "import _zip, _none\n");
	root_file(&root, "/usr/lib/python3.11/os.py", 0644, "");
	root_file(&root, "/usr/lib/python3.11/_hash.cpython-311-x86_64-linux-gnu.so", 0644, "x");
	root_file(&root, "/usr/lib/python3.11/_hash.txt", 0644, "x");
	root_file(&root, "/usr/lib/python3.11/_zip.abi3.so", 0644, "x");
	root_file(&root, "/usr/lib/python3.11/_zipped.so", 0644, "x");
	touch(&touched, "/app/a.py");
	touch(&touched, "/app/b.py");
	touch(&touched, "/usr/lib/python3.11/os.py");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/usr/lib/python3.11/_hash.cpython-311-x86_64-linux-gnu.so /usr/lib/python3.11/_zip.abi3.so");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void near_follows_sources_that_came_with_their_tree(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/srv/app/main.py", 0644, "module = __import__('pages.' + name)\n");
	root_file(&root, "/srv/app/pages/data.py", 0644, "def page():\n    import wanted\n");
	root_file(&root, "/usr/lib/python3.11/wanted.py", 0644, "");
	root_file(&root, "/usr/lib/python3.11/other.py", 0644, "");
	root_file(&root, "/usr/lib/python3.11/os.py", 0644, "import other_too\n");
	root_file(&root, "/usr/lib/python3.11/other_too.py", 0644, "");
	root_file(&root, "/var/lib/dpkg/status", 0644,
		  "Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n");
	touch(&touched, "/srv/app/main.py");
	touch(&touched, "/usr/lib/python3.11/os.py");
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "/srv/app/pages/data.py");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/srv/app/pages/data.py /usr/lib/python3.11/wanted.py");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void near_follows_what_own_javascript_requires(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/app/server.mjs", 0644,
		  "import a from './a.js'; // import './comment.js'\n"
		  "async function f() { await import(\"./lazy.js\"); require('pkg/sub'); }\n"
		  "new Worker('./worker.js'); const main = require('main-pkg');\n");
	for (const char *const *p = (const char *const[]){"/app/a.js", "/app/comment.js", "/app/worker.js",
							  "/app/unused.js", "/app/node_modules/pkg/sub.js",
							  "/app/node_modules/pkg/other.js", NULL};
	     *p; p++)
		root_file(&root, *p, 0644, "\n");
	root_file(&root, "/app/lazy.js", 0644, "require('./deeper')\n");
	root_file(&root, "/app/deeper/index.js", 0644, "");
	root_file(&root, "/app/node_modules/main-pkg/package.json", 0644,
		  "{\"main\": \"x.js\", \"exports\": {\".\": {\"require\": \"./lib/main.cjs\"}}}");
	root_file(&root, "/app/node_modules/main-pkg/lib/main.cjs", 0644,
		  "const y = require('./y');\nfunction f() {\n\treturn require('./z');\n}\n");
	root_file(&root, "/app/node_modules/main-pkg/lib/y.js", 0644, "");
	root_file(&root, "/app/node_modules/main-pkg/lib/z.js", 0644, "");
	touch(&touched, "/app/server.mjs");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/app/a.js /app/deeper/index.js /app/lazy.js "
		     "/app/node_modules/main-pkg/lib/main.cjs /app/node_modules/main-pkg/lib/y.js "
		     "/app/node_modules/main-pkg/package.json /app/node_modules/pkg/sub.js /app/worker.js");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void near_takes_templates_beside_one_that_was_used(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/usr/lib/python3/dist-packages/shop/templates/shop/page.html", 0644, "");
	root_file(&root, "/usr/lib/python3/dist-packages/shop/templates/shop/error.html", 0644, "");
	root_file(&root, "/usr/lib/python3/dist-packages/shop/templates/mail/lost.txt", 0644, "");
	root_file(&root, "/usr/lib/python3/dist-packages/shop/static/style.css", 0644, "");
	root_file(&root, "/usr/lib/python3/dist-packages/other/templates/page.html", 0644, "");
	touch(&touched, "/usr/lib/python3/dist-packages/shop/templates/shop/page.html");
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/usr/lib/python3/dist-packages/shop/templates/mail/lost.txt "
		     "/usr/lib/python3/dist-packages/shop/templates/shop/error.html");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void near_follows_ruby_perl_and_php(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/app/a.rb", 0644, "require_relative 'lib/b'\ndef x\n  require 'set'\nend\n# require 'no'\n"
					      "get('/') { require('csv'); 'no' }\n");
	root_file(&root, "/app/lib/b.rb", 0644, "");
	root_file(&root, "/app/no.rb", 0644, "");
	root_file(&root, "/usr/lib/ruby/3.1.0/set.rb", 0644, "");
	root_file(&root, "/usr/lib/ruby/3.1.0/csv.rb", 0644, "");
	root_file(&root, "/usr/lib/ruby/3.1.0/json.rb", 0644, "");
	root_file(&root, "/app/a.pl", 0755, "use Foo::Bar;\nsub f { require Lazy::One; }\n=pod\n\nuse Pod::Thing;\n\n=cut\n");
	root_file(&root, "/usr/share/perl5/Foo/Bar.pm", 0644, "");
	root_file(&root, "/usr/share/perl5/Lazy/One.pm", 0644, "");
	root_file(&root, "/usr/share/perl5/Pod/Thing.pm", 0644, "");
	root_file(&root, "/usr/share/perl5/strict.pm", 0644, "");
	root_file(&root, "/app/a.php", 0644, "<?php if ($x) { require __DIR__ . '/error.php'; } /* include 'c.php'; */\n");
	root_file(&root, "/app/error.php", 0644, "");
	root_file(&root, "/app/c.php", 0644, "");
	touch(&touched, "/app/a.php");
	touch(&touched, "/app/a.pl");
	touch(&touched, "/app/a.rb");
	touch(&touched, "/usr/lib/ruby/3.1.0/json.rb");
	touch(&touched, "/usr/share/perl5/strict.pm");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/app/error.php /app/lib/b.rb /usr/lib/ruby/3.1.0/csv.rb /usr/lib/ruby/3.1.0/set.rb /usr/share/perl5/Foo/Bar.pm "
		     "/usr/share/perl5/Lazy/One.pm");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

/* A program that opens libraries by itself: as a note says, and as its strings do. */
static void plant_opener(const char *path, const char *symbol, const char *note, const char *string)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 ".data\n.quad %s\n.section .rodata\n.asciz \"%s\"\n"
		 ".section .note.dlopen,\"a\",%%note\n.align 4\n.long 4, 2f-1f, 0x407c0c0a\n"
		 ".asciz \"FDO\"\n1: .ascii \"%s\"\n2:\n.align 4\n",
		 symbol, string, note);
	root_file(&root, "/source.s", 0644, text);
	root_parents(&root, path);
	snprintf(text, sizeof(text), "-shared -nostdlib -o .%s source.s", path);
	root_cc(&root, text);
	unlink(root_at(&root, "/source.s"));
}

static void what_a_program_opens_is_told_by_notes_and_strings(void)
{
	static const char note[] =
		"[{\\\"soname\\\":[\\\"libmust.so.1\\\"],\\\"priority\\\":\\\"required\\\"},"
		"{\\\"soname\\\":[\\\"libmay.so\\\",\\\"libshould.so.2\\\"]},"
		"{\\\"soname\\\":[\\\"libcould.so.3\\\"],\\\"priority\\\":\\\"suggested\\\"}]";
	static const char *const libraries[] = {"libmust.so.1", "libshould.so.2", "libcould.so.3",
						"libnamed.so.4", "libother.so.5", NULL};
	struct touched touched = {0};

	root_new(&root);
	for (const char *const *p = libraries; *p; p++) {
		char path[64];

		snprintf(path, sizeof(path), "/usr/lib/%s", *p);
		plant_opener(path, "nothing", "[]", "libother.so.5");
	}
	plant_opener("/bin/x", "dlopen", note, "libnamed.so.4");
	plant_opener("/bin/broken", "dlsym", "[{", "libother.so.5");
	touch(&touched, "/bin/broken");
	touch(&touched, "/bin/x");
	CHECK_STRING(with_margin(&touched, MARGIN_NONE), "/usr/lib/libmust.so.1 /usr/lib/libshould.so.2");
	CHECK_STRING(why(&touched.fixture, "/usr/lib/libmust.so.1"),
		     "dlopen /bin/x (libmust.so.1, required)");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/usr/lib/libcould.so.3 /usr/lib/libmust.so.1 /usr/lib/libnamed.so.4 "
		     "/usr/lib/libshould.so.2");
	CHECK_STRING(why(&touched.fixture, "/usr/lib/libcould.so.3"),
		     "margin /bin/x (near: /bin/x suggests libcould.so.3)");
	CHECK_STRING(why(&touched.fixture, "/usr/lib/libnamed.so.4"),
		     "margin /bin/x (near: /bin/x names libnamed.so.4)");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

/* A rule may look at a million names. */
static void a_rule_ends_when_it_is_told_to(void)
{
	struct touched touched = {0};
	struct error err = ERROR_INIT;
	const volatile int cancelled = 1;

	root_new(&root);
	root_file(&root, "/app/a.py", 0644, "import b\n");
	root_file(&root, "/app/b.py", 0644, "");
	touch(&touched, "/app/a.py");
	touched.fixture.options.cancel = &cancelled;
	begin(&touched.fixture);
	REQUIRE(closure_add_selection(touched.fixture.closure, &touched.selection, &err) == 0);
	CHECK_INT(closure_add_imports(touched.fixture.closure, &err), -EINTR);
	CHECK_STRING(err.message, "interrupted");
	CHECK_INT(closure_add_empty_directories(touched.fixture.closure, &err), -EINTR);
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

int main(void)
{
	RUN(near_takes_the_same_file_in_other_languages);
	RUN(near_takes_plugins_but_no_libraries_of_the_linker);
	RUN(a_plugin_is_weighed_with_all_that_its_libraries_need);
	RUN(a_plugin_that_needs_very_much_stays_out);
	RUN(near_follows_what_own_python_imports);
	RUN(near_takes_python_modules_in_c);
	RUN(near_follows_sources_that_came_with_their_tree);
	RUN(near_follows_what_own_javascript_requires);
	RUN(near_takes_templates_beside_one_that_was_used);
	RUN(near_follows_ruby_perl_and_php);
	RUN(what_a_program_opens_is_told_by_notes_and_strings);
	RUN(a_rule_ends_when_it_is_told_to);
	return test_end();
}
