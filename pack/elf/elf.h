/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing elf/ is what a program says it needs, and which file the loader would take for it. It
 * may include db/base and pack/source, and it alone knows libelf. Another way of naming a
 * dependency goes into elf.c, another loader or search path into loader.c, another kind of
 * interpreter into shebang.c.
 */
/*
 * What one ELF file says about what it needs at run time: its interpreter, its needed libraries and
 * where to look for them. Read from the program headers, as the kernel and ld.so do, so stripped
 * files are no different. elf.c and calls.c alone know libelf.
 */
#ifndef PACK_ELF_ELF_H
#define PACK_ELF_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kind of machine a file is for; a library can be loaded only by files of the same kind. */
struct elf_kind {
	uint8_t class;    /* ELFCLASS32, ELFCLASS64 */
	uint8_t data;     /* byte order */
	uint16_t machine; /* EM_X86_64, … */
};

static inline bool elf_kind_equal(const struct elf_kind *a, const struct elf_kind *b)
{
	return a->class == b->class && a->data == b->data && a->machine == b->machine;
}

struct elf_file {
	struct elf_kind kind;
	bool dynamic;        /* it has a dynamic section */
	bool loadable;       /* a program or a shared library; not an object file, a core or a module */
	char *interpreter;   /* PT_INTERP; NULL for libraries and static programs */
	char *soname;        /* NULL when it has none */
	char *rpath;         /* DT_RPATH as it stands; NULL when there is none or a RUNPATH overrides it */
	char *runpath;       /* DT_RUNPATH as it stands, or NULL */
	char **needed;       /* DT_NEEDED, in order */
	size_t needed_count;
	char **notes;        /* of .note.dlopen, JSON each: what it may open by itself */
	size_t note_count;
};

/*
 * 0, -ENOEXEC when it is no ELF file, -EBADMSG when it is a broken one, -ENOMEM. fd is a regular
 * file, its offset may move.
 */
int elf_read(int fd, struct elf_file **ret_elf);
void elf_free(struct elf_file *elf);
/*
 * Call visit for each symbol that a file takes from others. A visitor that returns non-zero ends it.
 * 0 also when it is no ELF file, or has none.
 */
int elf_imports(int fd, int (*visit)(const char *symbol, void *data), void *data);
void elf_freep(struct elf_file **elf);

/* "x86_64", as $PLATFORM and people have it; "machine 243" for what we have no name for. */
const char *elf_machine_name(const struct elf_kind *kind);
/* Debian's directory name, "x86_64-linux-gnu"; NULL where it has none. */
const char *elf_multiarch(const struct elf_kind *kind);

#endif
