// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as a file of rules: they are rules or one line says which line is none, and what is a rule judges any path
 * without a crash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/need/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"/", "/etc", "/etc/passwd", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/a b/\n"};
	_cleanup_(closep) int fd = memfd_create("rules", MFD_CLOEXEC);
	struct rules rules = {0};
	struct error err = ERROR_INIT;
	char path[40];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || io_write(fd, data, size) < 0)
		abort();
	r = rules_read(&rules, path, &err);
	if (r < 0 && (!*err.message || strchr(err.message, '\n')))
		abort();
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct rules_verdict verdict = rules_judge(&rules, paths[i]);

		if (verdict.in >= (int)rules.count || verdict.out >= (int)rules.count)
			abort();
	}
	for (size_t i = 0; i < rules.count; i++)
		if (rules.items[i].verb >= RULE_VERBS || !rules.items[i].text || !rules.items[i].where)
			abort();
	rules_release(&rules);
	return 0;
}
