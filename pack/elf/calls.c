// SPDX-License-Identifier: BSD-2-Clause
#include "pack/elf/calls.h"

#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "pack/elf/elf.h"
#include "pack/elf/families.h"
#include "pack/elf/strings.h"

#if defined(__x86_64__) && defined(__LP64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_NONE /* code that nobody reads here */
#endif

enum { BEFORE_CALL = 64, BEFORE_INSTRUCTION = 24, CALL_NUMBERS = 1024 };

/* Words that programs have for other things, too: as literals they say nothing. */
static const char *const ordinary[] = {"bpf", "mount", "security", "sysfs", "umount", NULL};

static const struct {
	uint32_t number;
	enum family family;
} numbers[] = {
#if MACHINE == EM_X86_64
	{SYS_add_key, FAMILY_KEYRINGS},
	{SYS_keyctl, FAMILY_KEYRINGS},
	{SYS_request_key, FAMILY_KEYRINGS},
	{425, FAMILY_IO_URING}, /* io_uring_setup, and its two */
	{426, FAMILY_IO_URING},
	{427, FAMILY_IO_URING},
	{SYS_kcmp, FAMILY_PTRACE},
	{438, FAMILY_PTRACE}, /* pidfd_getfd */
	{440, FAMILY_PTRACE}, /* process_madvise */
	{SYS_process_vm_readv, FAMILY_PTRACE},
	{SYS_process_vm_writev, FAMILY_PTRACE},
	{SYS_ptrace, FAMILY_PTRACE},
	{SYS_mount, FAMILY_MOUNT},
	{SYS_umount2, FAMILY_MOUNT},
	{SYS_pivot_root, FAMILY_MOUNT},
	{428, FAMILY_MOUNT}, /* open_tree, move_mount, fsopen, fsconfig, fsmount, fspick */
	{429, FAMILY_MOUNT},
	{430, FAMILY_MOUNT},
	{431, FAMILY_MOUNT},
	{432, FAMILY_MOUNT},
	{433, FAMILY_MOUNT},
	{442, FAMILY_MOUNT}, /* mount_setattr */
	{467, FAMILY_MOUNT}, /* open_tree_attr */
	{SYS_bpf, FAMILY_BPF},
	{SYS_perf_event_open, FAMILY_PERF},
	{SYS_lookup_dcookie, FAMILY_PERF},
	{SYS_setns, FAMILY_NAMESPACES},
	{SYS_unshare, FAMILY_NAMESPACES},
	{SYS_modify_ldt, FAMILY_OBSOLETE},
	{SYS_remap_file_pages, FAMILY_OBSOLETE},
	{SYS_sysfs, FAMILY_OBSOLETE},
	{SYS_uselib, FAMILY_OBSOLETE},
	{SYS_ustat, FAMILY_OBSOLETE},
#endif
	{UINT32_MAX, FAMILIES},
};

struct reading {
	Elf *handle;
	uint32_t families;
	bool calls_by_number;  /* it takes syscall(2) from a library */
	bool defines;          /* it has syscall(2) for others: a C library */
	bool open;             /* some number is worked out */
	bool alone;            /* no library is loaded with it */
	GElf_Addr slot;        /* where the address of syscall(2) will be; 0: not found */
	ARRAY(GElf_Addr) stubs; /* what jumps there */
};

static uint32_t bit_of_number(uint32_t number)
{
	for (size_t i = 0; numbers[i].number != UINT32_MAX; i++)
		if (numbers[i].number == number)
			return FAMILY_BIT(numbers[i].family);
	return 0;
}

static uint32_t number_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* --- names --- */

static int note_import(const char *symbol, void *data)
{
	struct reading *reading = data;
	int family = family_of_call(symbol);

	if (family >= 0)
		reading->families |= FAMILY_BIT(family);
	/* the function that takes its flags: nobody knows which */
	if (strcmp(symbol, "clone") == 0 || strcmp(symbol, "__clone") == 0)
		reading->families |= FAMILY_BIT(FAMILY_NAMESPACES);
	reading->calls_by_number |= strcmp(symbol, "syscall") == 0;
	return 0;
}

static int note_literal(const char *string, void *data)
{
	struct reading *reading = data;
	int family = family_of_call(string);

	for (const char *const *word = ordinary; *word; word++)
		if (strcmp(*word, string) == 0)
			return 0;
	if (family >= 0)
		reading->families |= FAMILY_BIT(family);
	return 0;
}

/* --- sections --- */

typedef void section_visit(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section);

static void each_section(struct reading *reading, section_visit *visit)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(reading->handle, section)))
		if (gelf_getshdr(section, &header))
			visit(reading, &header, section);
}

static const char *symbol_name(Elf *handle, const GElf_Shdr *header, const GElf_Sym *symbol)
{
	const char *name = elf_strptr(handle, header->sh_link, symbol->st_name);

	return name ? name : "";
}

static void find_definition(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section)
{
	Elf_Data *data = header->sh_type == SHT_DYNSYM ? elf_getdata(section, NULL) : NULL;
	GElf_Sym symbol;

	for (int i = 1; data && gelf_getsym(data, i, &symbol); i++)
		if (symbol.st_shndx != SHN_UNDEF && strcmp(symbol_name(reading->handle, header, &symbol), "syscall") == 0)
			reading->defines = true;
}

static void find_slot(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section)
{
	Elf_Data *data = header->sh_type == SHT_RELA ? elf_getdata(section, NULL) : NULL;
	Elf_Scn *table = data ? elf_getscn(reading->handle, header->sh_link) : NULL;
	Elf_Data *symbols = table ? elf_getdata(table, NULL) : NULL;
	GElf_Shdr of_table;
	GElf_Rela rela;
	GElf_Sym symbol;

	if (!symbols || !gelf_getshdr(table, &of_table))
		return;
	for (int i = 0; gelf_getrela(data, i, &rela); i++)
		if (gelf_getsym(symbols, (int)GELF_R_SYM(rela.r_info), &symbol) &&
		    strcmp(symbol_name(reading->handle, &of_table, &symbol), "syscall") == 0)
			reading->slot = rela.r_offset;
}

static void read_literals(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section)
{
	Elf_Data *data = NULL;

	if (header->sh_type != SHT_PROGBITS || !(header->sh_flags & SHF_ALLOC) || (header->sh_flags & SHF_EXECINSTR))
		return;
	while ((data = elf_getdata(section, data)))
		if (data->d_buf)
			strings_each(data->d_buf, data->d_size, note_literal, reading);
}

/* --- code --- */

struct code {
	const unsigned char *bytes;
	size_t size;
	GElf_Addr address;
};

static bool code_of(const GElf_Shdr *header, Elf_Scn *section, struct code *ret_code)
{
	Elf_Data *data = header->sh_type == SHT_PROGBITS && (header->sh_flags & SHF_EXECINSTR) ? elf_getdata(section, NULL)
												    : NULL;

	if (!data || !data->d_buf)
		return false;
	*ret_code = (struct code){data->d_buf, data->d_size, header->sh_addr};
	return true;
}

/* Where the four bytes at `at`, a distance from what follows them, lead. */
static GElf_Addr leads_to(const struct code *code, size_t at)
{
	return code->address + at + 4 + (GElf_Addr)(int64_t)(int32_t)number_at(code->bytes + at);
}

/* jmp *slot(%rip): a stub is it, or the landing pad in front of it. */
static void find_stubs(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section)
{
	struct code code;

	if (!code_of(header, section, &code))
		return;
	for (size_t i = 0; i + 6 <= code.size; i++) {
		GElf_Addr at = code.address + i;

		if (code.bytes[i] != 0xff || code.bytes[i + 1] != 0x25 || leads_to(&code, i + 2) != reading->slot)
			continue;
		for (GElf_Addr before = 0; before <= 5; before++)
			if (array_push(&reading->stubs, at - before) < 0)
				reading->open = true;
	}
}

static bool is_stub(const struct reading *reading, GElf_Addr address)
{
	for (size_t i = 0; i < reading->stubs.count; i++)
		if (reading->stubs.items[i] == address)
			return true;
	return false;
}

/* A constant for this register (its number in the instruction) in the code before; false: there is none. */
static bool number_before(struct reading *reading, const struct code *code, size_t at, size_t most, unsigned char into)
{
	size_t from = at > most ? at - most : 0;
	bool found = false;

	for (size_t i = from; i + 5 <= at; i++) {
		const unsigned char *bytes = code->bytes + i;
		bool wide = i + 7 <= at && bytes[0] == 0x48 && bytes[1] == 0xc7 && bytes[2] == (0xc0 | into);
		uint32_t number = wide ? number_at(bytes + 3) : number_at(bytes + 1);

		if ((!wide && bytes[0] != (0xb8 | into)) || number >= CALL_NUMBERS)
			continue;
		found = true;
		reading->families |= bit_of_number(number);
	}
	return found;
}

/* Calls of syscall(2), whose first argument is in %edi. */
static void read_calls(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section)
{
	struct code code;

	if (!code_of(header, section, &code))
		return;
	for (size_t i = 0; i + 6 <= code.size; i++) {
		bool direct = code.bytes[i] == 0xe8 || code.bytes[i] == 0xe9;
		bool through = code.bytes[i] == 0xff && code.bytes[i + 1] == 0x15;

		if ((direct && is_stub(reading, leads_to(&code, i + 1))) ||
		    (through && leads_to(&code, i + 2) == reading->slot))
			reading->open |= !number_before(reading, &code, i, BEFORE_CALL, 7);
	}
}

/* The instruction, whose number is in %eax. Of a dynamic file its bytes can be those of something else. */
static void read_instructions(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section)
{
	struct code code;

	if (!code_of(header, section, &code))
		return;
	for (size_t i = 0; i + 2 <= code.size; i++)
		if (code.bytes[i] == 0x0f && code.bytes[i + 1] == 0x05 &&
		    !number_before(reading, &code, i, BEFORE_INSTRUCTION, 0))
			reading->open |= reading->alone;
}

/* Every number that some instruction puts into a register or onto the stack. */
static void read_all_numbers(struct reading *reading, const GElf_Shdr *header, Elf_Scn *section)
{
	struct code code;

	if (!code_of(header, section, &code))
		return;
	for (size_t i = 0; i + 8 <= code.size; i++) {
		const unsigned char *bytes = code.bytes + i;

		if ((bytes[0] & 0xf8) == 0xb8)
			reading->families |= bit_of_number(number_at(bytes + 1));
		else if (bytes[0] == 0xc7 && (bytes[1] & 0xf8) == 0xc0)
			reading->families |= bit_of_number(number_at(bytes + 2));
		else if (bytes[0] == 0xc7 && (bytes[1] == 0x04 || bytes[1] == 0x44))
			reading->families |= bit_of_number(number_at(bytes + (bytes[1] == 0x04 ? 3 : 4)));
	}
}

static void read_numbers(struct reading *reading, bool same_machine)
{
	if (!same_machine) {
		if (reading->calls_by_number || reading->alone)
			reading->families |= FAMILIES_ALL & ~FAMILY_BIT(FAMILY_FOREIGN);
		return;
	}
	if (reading->calls_by_number) {
		each_section(reading, find_slot);
		reading->open |= !reading->slot;
		each_section(reading, find_stubs);
		each_section(reading, read_calls);
	}
	each_section(reading, read_instructions);
	if (reading->open)
		each_section(reading, read_all_numbers);
}

int calls_read(int fd, uint32_t *ret_families)
{
	_cleanup_(elf_freep) struct elf_file *file = NULL;
	struct reading reading = {.families = 0};
	int r = elf_read(fd, &file);

	*ret_families = 0;
	if (r < 0)
		return r == -ENOEXEC ? 0 : r;
	if (!file->loadable)
		return 0;
	reading.alone = !file->needed_count && !file->soname;
	if (file->kind.class == ELFCLASS32)
		reading.families |= FAMILY_BIT(FAMILY_FOREIGN);
	elf_imports(fd, note_import, &reading);
	reading.handle = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!reading.handle)
		return -EBADMSG;
	each_section(&reading, find_definition);
	if (!reading.defines) {
		each_section(&reading, read_literals);
		read_numbers(&reading, file->kind.class == ELFCLASS64 && file->kind.machine == MACHINE);
	}
	elf_end(reading.handle);
	array_release(&reading.stubs);
	*ret_families = reading.families;
	return 0;
}
