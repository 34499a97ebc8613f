/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first line of a script: "#!/bin/sh -e", "#!/usr/bin/env -S VAR=1 python3 -u". Parsed as the
 * kernel does it, and behind env(1) as env does it.
 */
#ifndef PACK_ELF_SHEBANG_H
#define PACK_ELF_SHEBANG_H

#include <stddef.h>

enum { SHEBANG_MAX = 4096 }; /* bytes of a script worth reading; the kernel looks at 256 */

struct shebang {
	char *interpreter; /* as written */
	char *command;     /* what env(1) is to find in PATH; NULL when the interpreter is not env */
};

/* 1 a script, 0 not one ("#!" alone is none either), or -ENOMEM. Head may be cut short. */
int shebang_parse(const char *head, size_t size, struct shebang *ret_shebang);
void shebang_release(struct shebang *shebang);

#endif
