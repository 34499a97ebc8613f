// SPDX-License-Identifier: BSD-2-Clause
/*
 * The rules of the margin, level by level: what a session touched of a small root, and what comes along.
 * Each root also has what must stay out, and each level is compared with the one before.
 */
#include "tests/unit/pack/need/margin.h"

/* One package of dpkg with these files. */
static void install(const char *name, const char *depends, const char *list)
{
	char text[1024], path[256];

	snprintf(path, sizeof(path), "/var/lib/dpkg/info/%s.list", name);
	root_file(&root, path, 0644, list);
	root_parents(&root, "/var/lib/dpkg/status");
	snprintf(text, sizeof(text),
		 "Package: %s\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nDepends: %s\n\n",
		 name, depends);
	{
		FILE *file = fopen(root_at(&root, "/var/lib/dpkg/status"), "a");

		REQUIRE(file && fputs(text, file) >= 0 && fclose(file) == 0);
	}
}

static bool has_directory(const struct touched *touched, const char *path)
{
	const struct closure_entry *entry = closure_find(touched->fixture.closure, path);

	return entry && closure_entry_in(entry) && entry->file->kind == ENTRY_DIR;
}

/* ---- own ---- */

static void own_takes_what_a_touched_text_names(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/etc/app.conf", 0644,
		  "# not /etc/comment\n; nor /etc/semicolon\nerrors = \"/etc/app/error.html\"\n"
		  "path /a:/etc/second;/etc/third, (/etc/fourth) # /etc/behind\nurl http://host/etc/url\n"
		  "glob /etc/glob/*.conf\nspool /var/spool/app\nhelp /usr/share/doc/app\n");
	root_file(&root, "/etc/other.conf", 0644, "/etc/nobody-read-this\n");
	for (const char *const *p = (const char *const[]){"comment", "semicolon", "second", "third", "fourth",
							  "behind", "url", "nobody-read-this", NULL};
	     *p; p++) {
		char path[64];

		snprintf(path, sizeof(path), "/etc/%s", *p);
		root_file(&root, path, 0644, "x");
	}
	root_file(&root, "/etc/app/error.html", 0644, "x");
	root_file(&root, "/etc/glob/a.conf", 0644, "x");
	root_file(&root, "/usr/share/doc/app", 0644, "x");
	root_file(&root, "/var/spool/app/job", 0644, "x");
	touch(&touched, "/etc/app.conf");
	CHECK_STRING(with_margin(&touched, MARGIN_NONE), "");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_OWN),
		     "/etc/app/error.html /etc/fourth /etc/second /etc/third");
	CHECK(has_directory(&touched, "/var/spool/app"));
	CHECK(has_directory(&touched, "/etc/glob"));
	CHECK_STRING(why(&touched.fixture, "/etc/app/error.html"),
		     "margin /etc/app.conf (own: named in /etc/app.conf)");
	over(&touched);
	/* and near, what lies in a directory so named */
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR),
		     "/etc/app/error.html /etc/fourth /etc/glob/a.conf /etc/second /etc/third "
		     "/var/spool/app/job");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void own_takes_empty_directories(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/bin/x", 0755, "x");
	root_dir(&root, "/var/spool/queue/new");
	root_file(&root, "/var/full/x", 0644, "x");
	touch(&touched, "/bin/x");
	with_margin(&touched, MARGIN_NONE);
	CHECK(!has_directory(&touched, "/var/spool/queue/new"));
	over(&touched);
	with_margin(&touched, MARGIN_OWN);
	CHECK(has_directory(&touched, "/var/spool/queue/new"));
	CHECK(!has_directory(&touched, "/var/full"));
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void plant_own_tree(void)
{
	root_new(&root);
	root_file(&root, "/srv/web/index.html", 0644, "x");
	root_file(&root, "/srv/web/error.html", 0644, "x");
	root_file(&root, "/srv/web/packaged", 0644, "x");
	root_file(&root, "/srv/web/key.pem", 0600,
		  "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n");
	root_file(&root, "/srv/other/x", 0644, "x");
	root_file(&root, "/opt/named/x", 0644, "x");
	root_file(&root, "/etc/app.conf", 0644, "root /opt/named/;\n");
}

static void own_takes_the_operators_own_tree_but_its_secrets(void)
{
	struct touched touched = {0};

	plant_own_tree();
	install("some", "", "/.\n/srv/web/packaged\n");
	/* what a package manager keeps for itself, and no package has */
	root_file(&root, "/var/lib/apt/extended_states", 0644, "x");
	root_file(&root, "/var/lib/apt/lists/a", 0644, "x");
	touch(&touched, "/etc/app.conf");
	touch(&touched, "/srv/web/index.html");
	touch(&touched, "/var/lib/apt/extended_states");
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "/opt/named/x /srv/web/error.html");
	CHECK_STRING(why(&touched.fixture, "/srv/web/error.html"),
		     "margin /srv/web/index.html (own: the operator's own tree /srv/web)");
	CHECK_INT(closure_find(touched.fixture.closure, "/srv/web/key.pem")->verdict, VERDICT_SECRET);
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void without_records_nobody_knows_what_is_own(void)
{
	struct touched touched = {0};

	plant_own_tree();
	touch(&touched, "/etc/app.conf");
	touch(&touched, "/srv/web/index.html");
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void data_is_packed_whole_or_said_to_be_in_part(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/data/pg/PG_VERSION", 0644, "15\n");
	root_file(&root, "/data/pg/global/1", 0644, "x");
	root_file(&root, "/data/pg/base/2", 0644, "x");
	root_file(&root, "/data/readme", 0644, "x");
	touch(&touched, "/data/pg/global/1");
	CHECK_STRING(with_margin(&touched, MARGIN_NONE), "");
	CHECK_STRING(warning(&touched.fixture),
		     "/data/pg is a PostgreSQL database of which 1 of 3 are packed: a part of it makes no "
		     "sense; --margin own packs all 5 bytes, --volume at its start gives it from outside");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "/data/pg/PG_VERSION /data/pg/base/2");
	CHECK_STRING(warning(&touched.fixture), "");
	over(&touched);
	/* who leaves it out whole has said what he wants */
	CHECK_INT(rules_add(&touched.fixture.rules, RULE_EXCLUDE, "/data/pg", NULL), 0);
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "");
	CHECK_STRING(warning(&touched.fixture), "");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void a_tree_that_was_written_to_is_data_but_for_its_logs(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/srv/app/state.json", 0644, "x");
	root_file(&root, "/srv/app/other.json", 0644, "x");
	root_file(&root, "/srv/log/app.log", 0644, "x");
	root_file(&root, "/srv/log/old", 0644, "x");
	touch_as(&touched, "/srv/app/state.json", USE_WRITTEN);
	touch_as(&touched, "/srv/log/app.log", USE_WRITTEN);
	CHECK_STRING(with_margin(&touched, MARGIN_NONE), "");
	CHECK_INT(touched.fixture.closure->warnings.count, 1);
	CHECK(strstr(warning(&touched.fixture), "/srv/app was written to, and of its files 1 of 2 are packed"));
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "/srv/app/other.json");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void a_large_tree_stays_as_traced_and_is_named(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/srv/web/index.html", 0644, "x");
	root_file(&root, "/srv/web/film", 0644, "");
	REQUIRE(truncate(root_at(&root, "/srv/web/film"), 300 << 20) == 0);
	install("some", "", "/.\n");
	touch(&touched, "/srv/web/index.html");
	CHECK_STRING(with_margin(&touched, MARGIN_OWN), "");
	CHECK_STRING(warning(&touched.fixture),
		     "/srv/web (315 MB), is packed as it was traced, 1 of 2 files: it is larger than what comes "
		     "by itself, 256 MiB; --include '/srv/web/**' takes it whole, --volume at its start gives "
		     "it from outside");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

/* ---- module, package, depends ---- */

static void module_takes_whole_modules_less_tests(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/v/site-packages/pkg/a.py", 0644, "");
	root_file(&root, "/v/site-packages/pkg/data/table.bin", 0644, "");
	root_file(&root, "/v/site-packages/pkg/tests/test_a.py", 0644, "");
	root_file(&root, "/v/site-packages/pkg/fast.c", 0644, "");
	root_file(&root, "/v/site-packages/pkgs/other.py", 0644, "");
	root_file(&root, "/app/node_modules/@s/p/i.js", 0644, "");
	root_file(&root, "/app/node_modules/@s/p/lib/x.js", 0644, "");
	root_file(&root, "/app/node_modules/@s/q/x.js", 0644, "");
	touch(&touched, "/app/node_modules/@s/p/i.js");
	touch(&touched, "/v/site-packages/pkg/a.py");
	CHECK_STRING(with_margin(&touched, MARGIN_NEAR), "");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_MODULE),
		     "/app/node_modules/@s/p/lib/x.js /v/site-packages/pkg/data/table.bin");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void package_takes_whole_packages_and_depends_their_dependencies(void)
{
	static const char *const files[] = {"/usr/sbin/app", "/usr/lib/app/helper", "/usr/share/doc/app/README",
					    "/usr/share/man/man1/app.1", "/usr/share/locale/de/app.mo",
					    "/usr/lib/common/x", "/usr/lib/virtual/x", "/usr/lib/far/x",
					    "/usr/lib/libapp.a", "/usr/lib/prefix/x", "/usr/lib/libapp.la",
					    "/usr/lib/app/plugin.la", "/usr/bin/app-editor", "/usr/bin/other-editor",
					    NULL};
	struct touched touched = {0};

	root_new(&root);
	for (const char *const *p = files; *p; p++)
		root_file(&root, *p, 0644, "x");
	install("app", "app-common (>= 2), no-such | mail-agent:any, pc:libprefix",
		"/.\n/usr/sbin/app\n/usr/lib/app/helper\n/usr/share/doc/app/README\n"
		"/usr/share/man/man1/app.1\n/usr/share/locale/de/app.mo\n/usr/lib/libapp.a\n"
		"/usr/lib/libapp.la\n/usr/lib/app/plugin.la\n/usr/bin/app-editor\n");
	install("app-common", "far", "/usr/lib/common/x\n");
	install("agent", "far\nProvides: mail-agent (= 1), other", "/usr/lib/virtual/x\n");
	install("prefix", "far\nProvides: pc:libprefix=1.2", "/usr/lib/prefix/x\n"); /* as apk has it */
	install("far", "", "/usr/lib/far/x\n");
	root_link(&root, "/etc/alternatives/editor", "/usr/bin/app-editor");
	root_link(&root, "/usr/bin/editor", "/etc/alternatives/editor");
	root_link(&root, "/etc/alternatives/pager", "/usr/bin/other-editor");
	root_link(&root, "/usr/bin/pager", "/etc/alternatives/pager");
	root_file(&root, "/var/lib/dpkg/alternatives/mail", 0644,
		  "auto\n/usr/bin/none\neditor\n/usr/bin/editor\n\n/usr/bin/pager\n");
	root_file(&root, "/var/lib/dpkg/alternatives/pager", 0644, "auto\n/usr/bin/pager\n\n/usr/bin/other-editor\n1\n");
	touch(&touched, "/usr/sbin/app");
	CHECK_STRING(with_margin(&touched, MARGIN_MODULE), "");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_PACKAGE),
		     "/etc/alternatives/editor /usr/bin/app-editor /usr/bin/editor /usr/lib/app/helper /usr/lib/app/plugin.la");
	CHECK_STRING(why(&touched.fixture, "/usr/bin/editor"), "margin /usr/bin/app-editor (package: the alternative editor)");
	CHECK_STRING(why(&touched.fixture, "/usr/lib/app/helper"), "margin (package: of the package app)");
	over(&touched);
	CHECK_STRING(with_margin(&touched, MARGIN_DEPENDS),
		     "/etc/alternatives/editor /usr/bin/app-editor /usr/bin/editor /usr/lib/app/helper "
		     "/usr/lib/app/plugin.la /usr/lib/common/x /usr/lib/prefix/x /usr/lib/virtual/x");
	CHECK_STRING(why(&touched.fixture, "/usr/lib/common/x"),
		     "margin (depends: of the package app-common, on which app depends)");
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

static void a_closure_can_be_widened_later(void)
{
	struct touched touched = {0};

	root_new(&root);
	root_file(&root, "/etc/a.conf", 0644, "/etc/b\n/etc/d/x\n");
	root_file(&root, "/etc/b", 0644, "x");
	root_file(&root, "/etc/d/y", 0644, "x");
	root_dir(&root, "/etc/d/x");
	touch(&touched, "/etc/a.conf");
	CHECK_STRING(with_margin(&touched, MARGIN_NONE), "");
	CHECK_INT(closure_widen(touched.fixture.closure, MARGIN_OWN, NULL), 0);
	CHECK_STRING(members(&touched.fixture), "/etc/a.conf /etc/b");
	CHECK(has_directory(&touched, "/etc/d/x"));
	over(&touched);
	touched_release(&touched);
	root_free(&root);
}

int main(void)
{
	RUN(own_takes_what_a_touched_text_names);
	RUN(own_takes_empty_directories);
	RUN(own_takes_the_operators_own_tree_but_its_secrets);
	RUN(without_records_nobody_knows_what_is_own);
	RUN(data_is_packed_whole_or_said_to_be_in_part);
	RUN(a_tree_that_was_written_to_is_data_but_for_its_logs);
	RUN(a_large_tree_stays_as_traced_and_is_named);
	RUN(module_takes_whole_modules_less_tests);
	RUN(package_takes_whole_packages_and_depends_their_dependencies);
	RUN(a_closure_can_be_widened_later);
	return test_end();
}
