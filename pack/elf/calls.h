/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which families of rare system calls (pack/elf/families.h) a file could make by itself: those it takes from a C
 * library by name, those whose name is among its literals, as dlsym(3) wants it, and those whose number it calls,
 * with syscall(2) or an instruction of its own. The C library itself has all of them for others, and is asked for
 * none.
 *
 * Numbers are read where they are given, in the code of this machine. Where a program works its number out, as Go
 * programs do, all numbers in its code count; in code of another machine, whatever calls by number counts for every
 * family. So it errs towards more. What a script has called by number (Perl's syscall) is not in any file of code.
 */
#ifndef PACK_ELF_CALLS_H
#define PACK_ELF_CALLS_H

#include <stdint.h>

/* 0 and a bit for each family, also none for what is no ELF file; -EBADMSG for what is a broken one. */
int calls_read(int fd, uint32_t *ret_families);

#endif
