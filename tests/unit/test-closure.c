// SPDX-License-Identifier: BSD-2-Clause
/* What is needed by what: links, scripts, ELF files built here, rules, secrets, customs. */
#include "pack/need/closure.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "pack/evidence/explanation.h"
#include "pack/need/admission.h"
#include "pack/need/closure_tree.h"
#include "pack/need/ecosystem.h"
#include "pack/need/from_selection.h"
#include "pack/need/need.h"
#include "pack/need/reason.h"
#include "tests/root.h"

static struct root root;

/* A closure over the root as it is now, and the rules it may have. */
struct fixture {
	struct source *source;
	struct closure *closure;
	struct closure_options options;
	struct rules rules;
};

static void begin(struct fixture *fixture)
{
	fixture->options.rules = &fixture->rules;
	REQUIRE(source_open(root.path, &fixture->source, NULL) == 0);
	REQUIRE(closure_new(fixture->source, &fixture->options, &fixture->closure, NULL) == 0);
}

static void end(struct fixture *fixture)
{
	closure_free(fixture->closure);
	source_close(fixture->source);
	rules_release(&fixture->rules);
}

static void want(struct fixture *fixture, const char *path)
{
	struct reason reason = {.kind = REASON_RULE, .detail = "test"};
	int r = closure_add(fixture->closure, path, CLOSURE_CONTENTS, &reason, -1, NULL, NULL);

	CHECK_INT(r, 0);
}

static void compute(struct fixture *fixture)
{
	struct error err = ERROR_INIT;

	if (closure_compute(fixture->closure, &err) < 0)
		CHECK_STRING(err.message, "nothing");
}

/* Everything that is in and is no directory, blanks between. */
static const char *members(const struct fixture *fixture)
{
	static char text[8192];

	text[0] = '\0';
	for (size_t i = 0; i < fixture->closure->entries.count; i++) {
		const struct closure_entry *entry = fixture->closure->entries.items[i];

		if (closure_entry_in(entry) && entry->file->kind != ENTRY_DIR)
			strcat(strcat(text, text[0] ? " " : ""), entry->file->path);
	}
	return text;
}

static const char *why(const struct fixture *fixture, const char *path)
{
	static char text[2048];
	const struct closure_entry *entry = closure_find(fixture->closure, path);

	text[0] = '\0';
	for (size_t i = 0; entry && i < entry->reason_count; i++) {
		const struct reason *reason = &entry->reasons[i];

		if (text[0])
			strcat(text, "; ");
		strcat(text, reason_name(reason->kind));
		if (reason->from)
			strcat(strcat(text, " "), reason->from->file->path);
		if (reason->detail)
			strcat(strcat(strcat(text, " ("), reason->detail), ")");
	}
	return text;
}

static const char *warning(const struct fixture *fixture)
{
	return fixture->closure->warnings.count ? fixture->closure->warnings.items[0] : "";
}

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

static void the_last_rule_that_matches_wins(void)
{
	struct fixture f = {0};

	root_file(&root, "/r/a/keep.txt", 0644, "1");
	root_file(&root, "/r/a/drop.txt", 0644, "2");
	root_file(&root, "/r/a/b/deep.txt", 0644, "3");
	rules_add(&f.rules, RULE_INCLUDE_DIR, "/r", NULL);
	rules_add(&f.rules, RULE_EXCLUDE, "/r/a", NULL);
	rules_add(&f.rules, RULE_INCLUDE, "*/keep.txt", NULL);
	rules_add(&f.rules, RULE_EXCLUDE, "/nothing/*", NULL);
	begin(&f);
	compute(&f);
	CHECK_STRING(members(&f), "/r/a/keep.txt");
	CHECK(closure_entry_in(closure_find(f.closure, "/r/a"))); /* its parent comes back */
	CHECK_INT(closure_find(f.closure, "/r/a/drop.txt")->verdict, VERDICT_RULE);
	CHECK_STRING(closure_find(f.closure, "/r/a/drop.txt")->verdict_detail, "exclude /r/a");
	CHECK(f.rules.items[0].matched > 0 && f.rules.items[1].matched > 0);
	CHECK_INT(f.rules.items[3].matched, 0);
	end(&f);
}

static void what_is_left_out_needs_nothing(void)
{
	struct fixture f = {0};

	rules_add(&f.rules, RULE_EXCLUDE, "/l/two", NULL);
	begin(&f);
	want(&f, "/l/one");
	compute(&f);
	CHECK_STRING(members(&f), "/l/one");
	CHECK_STRING(why(&f, "/l/two"), "target /l/one"); /* who would have needed it */
	end(&f);
}

/* why needs no more of a closure than this. */
static void what_explains_one_path_explains_it_as_all_does(void)
{
	struct fixture fixture = {0};
	_cleanup_(selection_release) struct selection selection = SELECTION_INIT;
	_cleanup_(evidence_release) struct evidence all = {0};

	begin(&fixture);
	root_file(&root, "/bin/app", 0755, "#!/bin/interp\n");
	root_link(&root, "/bin/interp", "/opt/real");
	root_file(&root, "/opt/real", 0755, "x");
	root_file(&root, "/etc/other", 0644, "x");
	want(&fixture, "/bin/app");
	want(&fixture, "/etc/other");
	compute(&fixture);
	REQUIRE(evidence_from_closure(fixture.closure, &selection, &all, NULL) == 0);
	for (size_t i = 0; i < all.count; i++) {
		_cleanup_(explanation_release) struct explanation chain = {0}, wanted = {0};
		_cleanup_(evidence_release) struct evidence about = {0};

		REQUIRE(evidence_about(fixture.closure, &selection, all.items[i].path, &about, NULL) == 0);
		REQUIRE(explanation_find(&all, &all.items[i], &wanted) == 0);
		REQUIRE(explanation_find(&about, evidence_find(&about, all.items[i].path), &chain) == 0);
		REQUIRE(chain.count == wanted.count);
		for (size_t j = 0; j < chain.count; j++)
			CHECK_STRING(chain.items[j].entry->path, wanted.items[j].entry->path);
		if (strcmp(all.items[i].path, "/opt/real") == 0) {
			CHECK_INT(chain.count, 3);
			CHECK(!evidence_find(&about, "/etc/other"));
		}
	}
	end(&fixture);
}

static void secrets_stay_unless_a_rule_asks(void)
{
	static const char key[] = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
	static const char certificate[] =
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
	struct fixture f = {0};

	root_file(&root, "/etc/tls/server.pem", 0600, key);
	root_file(&root, "/etc/tls/public.pem", 0644, certificate);
	root_file(&root, "/root/.ssh/config", 0600, "Host x\n");
	root_file(&root, "/root/.bash_history", 0600, "ls\n");
	root_file(&root, "/etc/shadow", 0600, "root:x\n");
	begin(&f);
	want(&f, "/etc/tls/server.pem");
	want(&f, "/etc/tls/public.pem");
	want(&f, "/root/.ssh/config");
	want(&f, "/root/.bash_history");
	want(&f, "/etc/shadow");
	compute(&f);
	CHECK_STRING(members(&f), "/etc/tls/public.pem");
	CHECK_STRING(closure_find(f.closure, "/etc/tls/server.pem")->verdict_detail, "private key");
	end(&f);

	f = (struct fixture){0};
	rules_add(&f.rules, RULE_INCLUDE, "/etc/tls/*.pem", NULL);
	begin(&f);
	compute(&f);
	CHECK_STRING(members(&f), "/etc/tls/public.pem /etc/tls/server.pem");
	end(&f);
}

static void customs_follow_their_files(void)
{
	struct fixture f = {0};

	root_file(&root, "/py/pkg/__init__.py", 0644, "");
	root_file(&root, "/py/pkg/mod.py", 0644, "");
	root_file(&root, "/py/pkg/__pycache__/mod.cpython-311.pyc", 0644, "");
	root_file(&root, "/py/pkg/unused.py", 0644, "");
	begin(&f);
	want(&f, "/py/pkg/__pycache__/mod.cpython-311.pyc");
	compute(&f);
	CHECK_STRING(members(&f), "/py/pkg/__init__.py /py/pkg/__pycache__/mod.cpython-311.pyc "
				  "/py/pkg/mod.py");
	CHECK_STRING(why(&f, "/py/pkg/mod.py"),
		     "ecosystem /py/pkg/__pycache__/mod.cpython-311.pyc (python)");
	end(&f);

	f = (struct fixture){.options = {.ecosystems_off = ecosystem_bit("python")}};
	begin(&f);
	want(&f, "/py/pkg/__pycache__/mod.cpython-311.pyc");
	compute(&f);
	CHECK_STRING(members(&f), "/py/pkg/__pycache__/mod.cpython-311.pyc");
	end(&f);
	CHECK_INT(ecosystem_bit("cobol"), 0);
}

static void a_tree_has_what_is_in_and_mount_points(void)
{
	struct fixture f = {0};
	struct tree *tree = NULL;
	struct tree_totals totals;

	rules_add(&f.rules, RULE_INCLUDE, "/l/file", NULL);
	REQUIRE(tree_new(&tree) == 0);
	begin(&f);
	want(&f, "/l/one");
	compute(&f);
	CHECK_INT(closure_tree(f.closure, tree_root(tree), NULL), 0);
	CHECK(tree_find(tree, "/l/file"));
	CHECK(tree_find(tree, "/proc") && tree_find(tree, "/tmp"));
	CHECK_INT(tree_find(tree, "/tmp")->inode->mode, S_IFDIR | 01777);
	CHECK(!tree_find(tree, "/s"));
	tree_total(tree_root(tree), &totals);
	CHECK_INT(totals.files, 1);
	CHECK_INT(totals.bytes, 1);
	CHECK_INT(totals.links, 3);
	tree_free(tree);
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
	RUN(the_last_rule_that_matches_wins);
	RUN(what_is_left_out_needs_nothing);
	RUN(what_explains_one_path_explains_it_as_all_does);
	RUN(secrets_stay_unless_a_rule_asks);
	RUN(customs_follow_their_files);
	RUN(a_tree_has_what_is_in_and_mount_points);
	root_free(&root);
	return test_end();
}
