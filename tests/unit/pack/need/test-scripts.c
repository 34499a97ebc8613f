// SPDX-License-Identifier: BSD-2-Clause
/* First lines of scripts, and commands in search paths. */
#include "pack/elf/shebang.h"
#include "pack/source/which.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "tests/root.h"

static void first_lines_are_parsed_as_the_kernel_and_env_do(void)
{
	static const struct {
		const char *head, *interpreter, *command;
	} cases[] = {
		{"#!/bin/sh\nx", "/bin/sh", NULL},
		{"#! /bin/sh -e\n", "/bin/sh", NULL},
		{"#!\t/bin/sh \t\n", "/bin/sh", NULL},
		{"#!/bin/sh", "/bin/sh", NULL},
		{"#!/usr/bin/env python3\n", "/usr/bin/env", "python3"},
		{"#!/usr/bin/env python3 -u\n", "/usr/bin/env", "python3 -u"}, /* one argument */
		{"#!/usr/bin/env -S python3 -u\n", "/usr/bin/env", "python3"},
		{"#!/usr/bin/env -S -i A=1 B='x y' \"my tool\" z\n", "/usr/bin/env", "my tool"},
		{"#!/usr/bin/env -S -u HOME -C /tmp perl\n", "/usr/bin/env", "perl"},
		{"#!/usr/bin/env --split-string=node --x\n", "/usr/bin/env", "node"},
		{"#!/usr/bin/env -i\n", "/usr/bin/env", NULL},
		{"#!/usr/bin/env\n", "/usr/bin/env", NULL},
		{"#!env sh\n", "env", "sh"},
		{"#!\n", NULL, NULL},
		{"#! \t\n", NULL, NULL},
		{"#", NULL, NULL},
		{"", NULL, NULL},
		{"\x7f" "ELF", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(shebang_release) struct shebang shebang = {0};

		CHECK_INT(shebang_parse(cases[i].head, strlen(cases[i].head), &shebang),
			  cases[i].interpreter != NULL);
		CHECK_STRING(shebang.interpreter, cases[i].interpreter);
		CHECK_STRING(shebang.command, cases[i].command);
	}
}

static struct root root;
static struct source *source;

static void commands_are_found_as_execvp_does(void)
{
	static const struct {
		const char *path, *cwd, *command, *wanted;
		int code;
	} cases[] = {
		{"/sbin:/usr/bin", NULL, "tool", "/usr/bin/tool", 0},
		{"/sbin:/usr/bin", NULL, "data", NULL, -EACCES},
		{"/sbin:/usr/bin", NULL, "sub", NULL, -EACCES},
		{"/usr/bin:/opt", NULL, "data", "/opt/data", 0}, /* the next directory has it */
		{"/usr/bin", NULL, "alias", "/usr/bin/alias", 0},
		{"/usr/bin", NULL, "dangling", NULL, -ENOENT},
		{"/usr/bin", NULL, "none", NULL, -ENOENT},
		{"/usr/bin", NULL, "", NULL, -ENOENT},
		{"relative:/usr/bin:", NULL, "tool", "/usr/bin/tool", 0},
		{"", "/usr", "bin/tool", "/usr/bin/tool", 0},
		{"", NULL, "./tool", NULL, -ENOENT},
		{"", NULL, "/usr/bin/data", NULL, -EACCES},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *found = NULL;
		struct error err = ERROR_INIT;

		CHECK_INT(which_find(source, cases[i].path, cases[i].cwd, cases[i].command, &found,
				     NULL, &err), cases[i].code);
		CHECK_STRING(found, cases[i].wanted);
		CHECK(cases[i].code == 0 || err.message[0]);
	}
}

static void a_slip_is_told_from_another_word(void)
{
	static const struct {
		const char *command, *wanted;
	} cases[] = {
		{"tol", "tool"}, {"otol", "tool"}, {"toool", "tool"}, {"aliass", "alias"},
		{"nginx", NULL}, {"x", NULL},	   {"a/tool", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(freep) char *meant = which_suggest(source, "/sbin:/usr/bin",
							     cases[i].command);

		CHECK_STRING(meant, cases[i].wanted);
	}
}

int main(void)
{
	root_new(&root);
	root_file(&root, "/usr/bin/tool", 0755, "");
	root_file(&root, "/usr/bin/data", 0644, "");
	root_file(&root, "/opt/data", 0755, "");
	root_dir(&root, "/usr/bin/sub");
	root_link(&root, "/usr/bin/alias", "tool");
	root_link(&root, "/usr/bin/dangling", "nothing");
	REQUIRE(source_open(root.path, &source, NULL) == 0);
	RUN(first_lines_are_parsed_as_the_kernel_and_env_do);
	RUN(commands_are_found_as_execvp_does);
	RUN(a_slip_is_told_from_another_word);
	source_close(source);
	root_free(&root);
	return test_end();
}
