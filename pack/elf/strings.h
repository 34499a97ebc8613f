/* SPDX-License-Identifier: BSD-2-Clause */
/* The strings in a program, as its literals stand in it: NUL-terminated, of bytes that can be printed. */
#ifndef PACK_ELF_STRINGS_H
#define PACK_ELF_STRINGS_H

#include <stddef.h>

enum { STRINGS_LONGEST = 255 }; /* longer ones are no names */

/* Call visit for each; one that returns non-zero ends it. 0 or what that was. */
int strings_each(const char *bytes, size_t size, int (*visit)(const char *string, void *data),
		 void *data);

#endif
