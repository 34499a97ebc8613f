// SPDX-License-Identifier: BSD-2-Clause
/* What programs, scripts and links need, and how it is found. */
#include "tests/unit/pack/need/closure.h"

static void nothing_needs_nothing(void)
{
	struct fixture f = {0};

	begin(&f);
	compute(&f);
	CHECK_INT(f.closure->entries.count, 0);
	CHECK_STRING(members(&f), "");
	end(&f);
}

static void every_hop_of_a_link_is_needed(void)
{
	struct fixture f = {0};

	root_link(&root, "/l/one", "two");
	root_link(&root, "/l/two", "/l/deep/three");
	root_link(&root, "/l/deep/three", "../../l/file");
	root_file(&root, "/l/file", 0644, "x");
	root_link(&root, "/short", "l");
	begin(&f);
	want(&f, "/short/one");
	compute(&f);
	CHECK_STRING(members(&f), "/l/deep/three /l/file /l/one /l/two /short");
	CHECK_STRING(why(&f, "/l/file"), "target /l/deep/three");
	CHECK_STRING(why(&f, "/short"), "passage (/short/one)");
	CHECK_STRING(why(&f, "/l/deep"),
		     "parent /l/deep/three; passage /l/deep/three (/l/deep/../../l/file)");
	CHECK(closure_find(f.closure, "/"));
	end(&f);
}

static void loops_and_links_to_nowhere_are_survived(void)
{
	struct fixture f = {0};

	root_link(&root, "/loop/a", "b");
	root_link(&root, "/loop/b", "a");
	root_link(&root, "/loop/self", "self");
	root_link(&root, "/loop/up", "../loop");
	root_link(&root, "/loop/dead", "/none");
	begin(&f);
	want(&f, "/loop/a");
	want(&f, "/loop/self");
	want(&f, "/loop/dead");
	want(&f, "/loop/up/up/up/dead");
	compute(&f);
	CHECK_STRING(members(&f), "/loop/a /loop/b /loop/dead /loop/self /loop/up");
	end(&f);
}

static void a_script_needs_its_interpreters(void)
{
	struct fixture f = {0};

	root_file(&root, "/s/run", 0755, "#!/usr/bin/env awkward -x\n");
	root_file(&root, "/s/go", 0755, "#!/usr/bin/env awk\n");
	root_file(&root, "/s/chain", 0755, "#!/s/go\n");
	root_file(&root, "/s/data", 0644, "#!/bin/nothing\n");
	root_file(&root, "/s/orphan", 0755, "#!/bin/nothing\n");
	root_file(&root, "/usr/bin/env", 0755, "env");
	root_link(&root, "/usr/bin/awk", "/etc/alternatives/awk");
	root_link(&root, "/etc/alternatives/awk", "/usr/bin/mawk");
	root_file(&root, "/usr/bin/mawk", 0755, "mawk");
	begin(&f);
	want(&f, "/s/chain");
	want(&f, "/s/data");
	compute(&f);
	CHECK_STRING(members(&f), "/etc/alternatives/awk /s/chain /s/data /s/go /usr/bin/awk "
				  "/usr/bin/env /usr/bin/mawk");
	CHECK_STRING(why(&f, "/usr/bin/awk"), "shebang /s/go (env awk)");
	CHECK_STRING(why(&f, "/usr/bin/env"), "shebang /s/go (/usr/bin/env)");
	CHECK_STRING(why(&f, "/s/go"), "shebang /s/chain (/s/go)");
	CHECK_INT(f.closure->warnings.count, 0);
	end(&f);

	f = (struct fixture){0};
	begin(&f);
	want(&f, "/s/run");
	want(&f, "/s/orphan");
	compute(&f);
	CHECK_INT(f.closure->warnings.count, 2);
	end(&f);
}

/* One library that is needed by another that a program needs, found in five ways. */
static void libraries_are_found_as_ld_so_finds_them(void)
{
	struct fixture f = {0};

	root_file(&root, "/e/leaf.c", 0644, "int leaf(void) { return 1; }");
	root_file(&root, "/e/mid.c", 0644, "int leaf(void); int mid(void) { return leaf(); }");
	root_file(&root, "/e/main.c", 0644, "int mid(void); int main(void) { return mid(); }");
	root_file(&root, "/e/ld.so", 0755, "");
	root_dir(&root, "/e/lib");
	root_dir(&root, "/e/other");
	root_cc(&root, "-shared -nostdlib -fPIC -Wl,-soname,libleaf.so.1 -o e/lib/libleaf.so.1.0 e/leaf.c");
	root_link(&root, "/e/lib/libleaf.so.1", "libleaf.so.1.0");
	root_cc(&root, "-shared -nostdlib -fPIC -Wl,-soname,libmid.so -o e/lib/libmid.so e/mid.c "
		       "e/lib/libleaf.so.1");
	/* RPATH is handed on to those that are loaded, RUNPATH is not */
	root_cc(&root, "-nostdlib -Wl,-e,main -Wl,-I/e/ld.so -Wl,--disable-new-dtags '-Wl,-rpath,$ORIGIN/lib' "
		       "-o e/by-rpath e/main.c e/lib/libmid.so -Wl,-rpath-link,e/lib");
	root_cc(&root, "-nostdlib -Wl,-e,main -Wl,-I/e/ld.so -Wl,--enable-new-dtags '-Wl,-rpath,${ORIGIN}/lib' "
		       "-o e/by-runpath e/main.c e/lib/libmid.so -Wl,-rpath-link,e/lib");
	root_cc(&root, "-nostdlib -Wl,-e,main -Wl,-I/e/ld.so -o e/by-conf e/main.c e/lib/libmid.so "
		       "-Wl,-rpath-link,e/lib");
	begin(&f);
	want(&f, "/e/by-rpath");
	compute(&f);
	CHECK(strstr(members(&f), "/e/lib/libleaf.so.1 /e/lib/libleaf.so.1.0 /e/lib/libmid.so"));
	CHECK_STRING(why(&f, "/e/lib/libmid.so"), "needed /e/by-rpath (libmid.so)");
	CHECK_STRING(why(&f, "/e/ld.so"), "interpreter /e/by-rpath (/e/ld.so)");
	CHECK_STRING(warning(&f), "");
	CHECK_STRING(why(&f, "/e/lib/libleaf.so.1"), "needed /e/lib/libmid.so (libleaf.so.1)");
	CHECK_STRING(why(&f, "/e/lib/libleaf.so.1.0"), "target /e/lib/libleaf.so.1");
	end(&f);

	f = (struct fixture){0};
	begin(&f);
	want(&f, "/e/by-runpath");
	compute(&f);
	CHECK(strstr(members(&f), "/e/lib/libmid.so"));
	CHECK(!closure_find(f.closure, "/e/lib/libleaf.so.1"));
	end(&f);

	f = (struct fixture){.options = {.library_path = "/nowhere:/e/lib"}};
	begin(&f);
	want(&f, "/e/by-runpath");
	compute(&f);
	CHECK(closure_find(f.closure, "/e/lib/libleaf.so.1"));
	end(&f);

	root_file(&root, "/etc/ld.so.conf", 0644, "# nothing\ninclude /etc/ld.so.conf.d/*.conf\n");
	root_file(&root, "/etc/ld.so.conf.d/e.conf", 0644, "/e/other /e/lib # both\n");
	f = (struct fixture){0};
	begin(&f);
	want(&f, "/e/by-conf");
	compute(&f);
	CHECK(closure_find(f.closure, "/e/lib/libleaf.so.1"));
	end(&f);
	unlink(root_at(&root, "/etc/ld.so.conf"));
}

static void variants_for_better_processors_come_along(void)
{
	struct fixture f = {0};

	root_dir(&root, "/e/lib/glibc-hwcaps/x86-64-v3");
	root_cc(&root, "-shared -nostdlib -fPIC -Wl,-soname,libmid.so "
		       "-o e/lib/glibc-hwcaps/x86-64-v3/libmid.so e/leaf.c");
	begin(&f);
	want(&f, "/e/by-runpath");
	compute(&f);
#ifdef __x86_64__
	CHECK_STRING(why(&f, "/e/lib/glibc-hwcaps/x86-64-v3/libmid.so"),
		     "needed /e/by-runpath (libmid.so in glibc-hwcaps/x86-64-v3)");
#endif
	CHECK(closure_find(f.closure, "/e/lib/libmid.so"));
	end(&f);
	unlink(root_at(&root, "/e/lib/glibc-hwcaps/x86-64-v3/libmid.so"));
}

static void foreign_and_broken_files_are_survived(void)
{
	char magic[] = "\x7f" "ELF\x02\x01\x01";
	struct fixture f = {0};
	FILE *file;

	/* a library of another machine stands in the way: e_machine is at 18 */
	root_dir(&root, "/e/first");
	root_cc(&root, "-shared -nostdlib -fPIC -o e/first/libmid.so e/leaf.c");
	file = fopen(root_at(&root, "/e/first/libmid.so"), "r+");
	REQUIRE(file && fseek(file, 18, SEEK_SET) == 0 && fputc(243 ^ 1, file) != EOF &&
		fclose(file) == 0);
	root_file(&root, "/e/broken", 0755, magic);
	f.options.library_path = "/e/first:/e/lib";
	begin(&f);
	want(&f, "/e/by-conf");
	want(&f, "/e/broken");
	compute(&f);
	CHECK(!closure_find(f.closure, "/e/first/libmid.so"));
	CHECK(closure_find(f.closure, "/e/lib/libmid.so"));
	CHECK(strstr(warning(&f), "/e/broken: a broken ELF file"));
	end(&f);

	f = (struct fixture){0};
	begin(&f);
	want(&f, "/e/by-conf");
	compute(&f);
	CHECK_STRING(warning(&f), "/e/by-conf: the library libmid.so it needs is not in the source");
	end(&f);
}

int main(void)
{
	root_new(&root);
	RUN(nothing_needs_nothing);
	RUN(every_hop_of_a_link_is_needed);
	RUN(loops_and_links_to_nowhere_are_survived);
	RUN(a_script_needs_its_interpreters);
	RUN(libraries_are_found_as_ld_so_finds_them);
	RUN(variants_for_better_processors_come_along);
	RUN(foreign_and_broken_files_are_survived);
	root_free(&root);
	return test_end();
}
