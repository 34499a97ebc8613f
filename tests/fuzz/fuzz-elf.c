// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as a program: what it needs is named, or it is none; what it takes from others is listed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/elf/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_symbol(const char *symbol, void *data)
{
	size_t *length = data;

	*length += strlen(symbol);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(closep) int fd = memfd_create("elf", MFD_CLOEXEC);
	_cleanup_(elf_freep) struct elf_file *elf = NULL;
	size_t length = 0;
	int r;

	if (fd < 0 || io_write(fd, data, size) < 0)
		abort();
	r = elf_read(fd, &elf);
	if ((r == 0) != (elf != NULL) || (r < 0 && r != -ENOEXEC && r != -EBADMSG))
		abort();
	for (size_t i = 0; elf && i < elf->needed_count; i++)
		length += strlen(elf->needed[i]);
	for (size_t i = 0; elf && i < elf->note_count; i++)
		length += strlen(elf->notes[i]);
	if (elf && !*elf_machine_name(&elf->kind))
		abort();
	if (elf_imports(fd, on_symbol, &length) != 0)
		abort();
	return 0;
}
