// SPDX-License-Identifier: BSD-2-Clause
/* What a rules file says, and which rule decides; and what is a secret without any rule. */
#include "pack/need/rules.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "pack/need/secrets.h"
#include "tests/root.h"

static struct root root;
static struct error err;

/* Rules as they would be read from a file. */
static int read_rules(struct rules *rules, const char *text)
{
	err = (struct error)ERROR_INIT;
	root_file(&root, "/rules", 0644, text);
	return rules_read(rules, root_at(&root, "/rules"), &err);
}

/* "in 2", "out 0" or "-": the rule that decides. */
static const char *judge(const char *text, const char *path)
{
	static char said[32];
	_cleanup_(rules_release) struct rules rules = {0};
	struct rules_verdict verdict;

	REQUIRE(read_rules(&rules, text) == 0);
	verdict = rules_judge(&rules, path);
	strcpy(said, "-");
	if (verdict.in > verdict.out)
		snprintf(said, sizeof(said), "in %d", verdict.in);
	if (verdict.out > verdict.in)
		snprintf(said, sizeof(said), "out %d", verdict.out);
	return said;
}

static void of_all_that_match_the_last_decides(void)
{
	static const struct {
		const char *rules, *path, *wanted;
	} cases[] = {
		{"", "/a", "-"},
		{"include /a", "/a", "in 0"},
		{"include /a", "/a/b", "-"},
		{"include /a\nexclude /a", "/a", "out 1"},
		{"exclude /a\ninclude /a", "/a", "in 1"},
		{"exclude /a\ninclude /a/b", "/a/b", "in 1"},
		{"exclude /a\ninclude /a/b", "/a/c", "out 0"},
		{"exclude /a\ninclude /b\ninclude /c", "/a/x/y", "out 0"},
		/* what is excluded takes along what is below */
		{"exclude /usr/share/doc", "/usr/share/doc/x/y", "out 0"},
		{"exclude /usr/share/doc", "/usr/share/docs", "-"},
		{"exclude *.pyc", "/usr/lib/a.pyc", "out 0"},
		{"exclude __pycache__", "/usr/lib/__pycache__/a", "out 0"},
		{"exclude /usr/**", "/usr", "-"},
		{"exclude /usr/**", "/usr/a/b", "out 0"},
		{"exclude /**", "/", "out 0"},
		{"include-dir /etc", "/etc/a/b", "in 0"},
		{"include-dir /etc", "/etc", "in 0"},
		{"include-dir /etc/", "/etc/a", "in 0"},
		{"include-dir /etc", "/etcetera", "-"},
		/* the directory stays, what is in it goes */
		{"keep-empty /var/log", "/var/log", "in 0"},
		{"keep-empty /var/log", "/var/log/syslog", "out 0"},
		{"keep-empty /var/log\ninclude /var/log/keep", "/var/log/keep", "in 1"},
		{"replace /etc/a WITH b", "/etc/a", "in 0"},
		{"replace /etc/a with b", "/etc/b", "-"},
		/* these change, they do not choose */
		{"mode 600 /etc/a\nowner 1:2 /etc/a", "/etc/a", "-"},
		{"include-bin sh\ninclude-package bash", "/bin/sh", "-"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *said = judge(cases[i].rules, cases[i].path);

		CHECK_STRING(said, cases[i].wanted);
		if (strcmp(said, cases[i].wanted) != 0)
			fprintf(stderr, "\t%s of '%s'\n", cases[i].path, cases[i].rules);
	}
}

static void stars_and_escapes_are_those_of_patterns(void)
{
	static const struct {
		const char *rules, *path;
		bool wanted;
	} cases[] = {
		{"include /a/**/z", "/a/z", true},
		{"include /a/**/z", "/a/b/c/z", true},
		{"include /a/**/z", "/b/a/z", false},
		{"include a/**/z", "/b/a/z", true},
		{"include /a/*/z", "/a/b/c/z", false},
		{"include **", "/any/thing", true},
		{"include /a[0-9]", "/a5", true},
		{"include /a[!0-9]", "/a5", false},
		{"include /a\\*b", "/a*b", true},
		{"include /a\\*b", "/axb", false},
		{"include \"/a b\"", "/a b", true},
		{"include /a\" \"b", "/a b", true},
		{"include \"#x\"", "/#x", true},
		{"include /a#b", "/a#b", true},
		{"include /caf\xc3\xa9", "/caf\xc3\xa9", true},
		{"include /\xff?", "/\xff\xfe", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_STRING(judge(cases[i].rules, cases[i].path), cases[i].wanted ? "in 0" : "-");
		if ((strcmp(judge(cases[i].rules, cases[i].path), "-") != 0) != cases[i].wanted)
			fprintf(stderr, "\t%s of '%s'\n", cases[i].path, cases[i].rules);
	}
}

static void lines_may_be_empty_commented_and_from_elsewhere(void)
{
	_cleanup_(rules_release) struct rules rules = {0};

	CHECK_INT(read_rules(&rules, "# a comment\n\n  \t\n\tinclude   /a # why\r\n"
				     "mode 0750 /b\nowner 33:4294967295 /c\n"
				     "replace /d WITH here\nreplace /e WITH /there"),
		  0);
	REQUIRE(rules.count == 5);
	CHECK_STRING(rules.items[0].text, "include /a");
	CHECK_STRING(strrchr(rules.items[0].where, '/'), "/rules:4");
	CHECK_INT(rules.items[1].mode, 0750);
	CHECK_INT(rules.items[2].uid, 33);
	CHECK_INT(rules.items[2].gid, UINT32_MAX);
	CHECK_STRING(rules.items[3].file, root_at(&root, "/here"));
	CHECK_STRING(rules.items[4].file, "/there");
	CHECK_INT(rules_add(&rules, RULE_EXCLUDE, "/x/", &err), 0);
	CHECK_STRING(rules.items[5].pattern, "/x");
	CHECK_STRING(rules.items[5].where, "the command line");
	CHECK_INT(rules_add(&rules, RULE_INCLUDE, "", &err), -EINVAL);
	CHECK_INT(rules.count, 6);
}

static void what_makes_no_sense_names_its_line(void)
{
	static const char *const lines[] = {
		"frobnicate /x", "include",           "include a b",       "include \"\"",
		"include \"a",   "mode 8 /x",         "mode 17777 /x",     "mode 0x1 /x",
		"owner 1 /x",    "owner 1:2:3 /x",    "owner a:b /x",      "owner -1:1 /x",
		"owner 1:4294967296 /x", "replace /a b c", "replace a WITH b", "replace /a/../b WITH c",
		"replace /a WITH", "a b c d e",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		_cleanup_(rules_release) struct rules rules = {0};
		char text[128];

		snprintf(text, sizeof(text), "include /fine\n\n%s\n", lines[i]);
		CHECK_INT(read_rules(&rules, text), -EINVAL);
		CHECK(strstr(err.message, "/rules:3: "));
		if (!strstr(err.message, "/rules:3: "))
			fprintf(stderr, "\t'%s' says '%s'\n", lines[i], err.message);
	}
}

static void a_file_that_is_none_is_refused(void)
{
	_cleanup_(rules_release) struct rules rules = {0};
	FILE *file;

	CHECK_INT(rules_read(&rules, root_at(&root, "/nothing"), &err), -ENOENT);
	file = fopen(root_at(&root, "/binary"), "w");
	REQUIRE(file);
	REQUIRE(fwrite("include /a\0b\n", 1, 13, file) == 13 && fclose(file) == 0);
	CHECK_INT(rules_read(&rules, root_at(&root, "/binary"), &err), -EINVAL);
	CHECK(strstr(err.message, "not a text file"));
	CHECK_INT(rules.count, 0);
}

static void secrets_are_known_by_their_places(void)
{
	static const struct {
		const char *path, *what;
		bool unless_read;
	} cases[] = {
		{"/root/.ssh/config", "SSH directory", false},
		{"/home/a/.ssh/known_hosts", "SSH known hosts", false},
		{"/etc/ssh/ssh_host_rsa_key", "SSH host key", false},
		{"/etc/ssh/ssh_host_rsa_key.pub", NULL, false},
		{"/srv/id_ed25519", "SSH key", false},
		{"/srv/id_ed25519.pub", NULL, false},
		{"/etc/shadow", "password hashes", true},
		{"/etc/shadow-", "password hashes", true},
		{"/usr/share/doc/shadow", NULL, false},
		{"/root/.aws/credentials", "cloud credentials", false},
		{"/root/.bash_history", "shell history", false},
		{"/root/bash_history", NULL, false},
		{"/root/.docker/config.json", "login data", false},
		{"/etc/docker/config.json", NULL, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool unless_read = false;

		CHECK_STRING(secrets_of_path(cases[i].path, &unless_read), cases[i].what);
		CHECK_INT(unless_read, cases[i].unless_read);
	}
}

static void secrets_are_known_by_what_is_in_them(void)
{
	static const struct {
		const char *head, *what;
	} cases[] = {
		{"-----BEGIN PRIVATE KEY-----\nMII\n", "private key"},
		{"-----BEGIN RSA PRIVATE KEY-----\nMII\n", "private key"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----\nb3B\n", "private key"},
		{"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n", "private key"},
		{"cert and key\n-----BEGIN EC PRIVATE KEY-----\nMII\n", "private key"},
		{"-----BEGIN CERTIFICATE-----\nMII\n", NULL},
		{"-----BEGIN CERTIFICATE-----\nMII\nPRIVATE KEY\n", NULL},
		{"-----BEGIN PUBLIC KEY-----\nMII\n", NULL},
		{"say \"-----BEGIN PRIVATE KEY-----\" in a program\n", NULL},
		{"-----BEGIN PRIVATE KEY-----", NULL},
		{"PuTTY-User-Key-File-2: ssh-rsa\n", "private key"},
		{"PuTTY-User-Key-File-", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STRING(secrets_of_contents(cases[i].head, strlen(cases[i].head)),
			     cases[i].what);
	/* a program that knows the words */
	CHECK_STRING(secrets_of_contents("\0\n-----BEGIN PRIVATE KEY-----\n", 30), NULL);
}

int main(void)
{
	root_new(&root);
	RUN(of_all_that_match_the_last_decides);
	RUN(stars_and_escapes_are_those_of_patterns);
	RUN(lines_may_be_empty_commented_and_from_elsewhere);
	RUN(what_makes_no_sense_names_its_line);
	RUN(a_file_that_is_none_is_refused);
	RUN(secrets_are_known_by_their_places);
	RUN(secrets_are_known_by_what_is_in_them);
	root_free(&root);
	return test_end();
}
