// SPDX-License-Identifier: BSD-2-Clause
#include "pack/elf/elf.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

static const struct {
	uint16_t machine;
	uint8_t class;
	uint8_t data;
	const char *name, *multiarch;
} machines[] = {
	{EM_386, ELFCLASS32, ELFDATA2LSB, "i686", "i386-linux-gnu"},
	{EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "aarch64", "aarch64-linux-gnu"},
	{EM_ARM, ELFCLASS32, ELFDATA2LSB, "armv7l", "arm-linux-gnueabihf"},
	{EM_LOONGARCH, ELFCLASS64, ELFDATA2LSB, "loongarch64", "loongarch64-linux-gnu"},
	{EM_MIPS, ELFCLASS32, ELFDATA2LSB, "mips", "mipsel-linux-gnu"},
	{EM_MIPS, ELFCLASS64, ELFDATA2LSB, "mips64", "mips64el-linux-gnuabi64"},
	{EM_PPC64, ELFCLASS64, ELFDATA2LSB, "powerpc64le", "powerpc64le-linux-gnu"},
	{EM_PPC64, ELFCLASS64, ELFDATA2MSB, "powerpc64", "powerpc64-linux-gnu"},
	{EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64", "riscv64-linux-gnu"},
	{EM_S390, ELFCLASS64, ELFDATA2MSB, "s390x", "s390x-linux-gnu"},
	{EM_X86_64, ELFCLASS32, ELFDATA2LSB, "x86_64", "x86_64-linux-gnux32"},
	{EM_X86_64, ELFCLASS64, ELFDATA2LSB, "x86_64", "x86_64-linux-gnu"},
};

const char *elf_machine_name(const struct elf_kind *kind)
{
	static _Thread_local char number[32];

	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (machines[i].machine == kind->machine && machines[i].class == kind->class &&
		    machines[i].data == kind->data)
			return machines[i].name;
	snprintf(number, sizeof(number), "machine %u", kind->machine);
	return number;
}

const char *elf_multiarch(const struct elf_kind *kind)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (machines[i].machine == kind->machine && machines[i].class == kind->class &&
		    machines[i].data == kind->data)
			return machines[i].multiarch;
	return NULL;
}

void elf_free(struct elf_file *elf)
{
	if (!elf)
		return;
	for (size_t i = 0; i < elf->needed_count; i++)
		free(elf->needed[i]);
	free(elf->needed);
	for (size_t i = 0; i < elf->note_count; i++)
		free(elf->notes[i]);
	free(elf->notes);
	free(elf->interpreter);
	free(elf->soname);
	free(elf->rpath);
	free(elf->runpath);
	free(elf);
}

void elf_freep(struct elf_file **elf)
{
	elf_free(*elf);
}

static void elf_endp(Elf **handle)
{
	elf_end(*handle);
}

/* The image of a file in memory: what its program headers map, and the string table in there. */
struct view {
	const char *bytes;
	size_t size;
	Elf *handle;
	size_t headers;
	const char *strings; /* DT_STRTAB; NULL until found */
	size_t strings_size;
};

/* The file offset of a virtual address; false when no segment of the file holds it. */
static bool offset_of(const struct view *view, uint64_t address, uint64_t *ret_offset)
{
	for (size_t i = 0; i < view->headers; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(view->handle, (int)i, &header) && header.p_type == PT_LOAD &&
		    address >= header.p_vaddr && address - header.p_vaddr < header.p_filesz) {
			*ret_offset = header.p_offset + (address - header.p_vaddr);
			return *ret_offset < view->size;
		}
	}
	return false;
}

/* A copy of the NUL-terminated string at `offset` of an area; -EBADMSG when it does not end there. */
static int string_copy(const char *area, size_t size, uint64_t offset, char **ret_string)
{
	char *copy;

	if (offset >= size || !memchr(area + offset, '\0', size - offset))
		return -EBADMSG;
	copy = strdup(area + offset);
	if (!copy)
		return -ENOMEM;
	free(*ret_string);
	*ret_string = copy;
	return 0;
}

/* Takes ownership of the string. */
static int strings_add(char ***strings, size_t *count, char *string)
{
	char **grown = reallocarray(*strings, *count + 1, sizeof(*grown));

	if (!grown) {
		free(string);
		return -ENOMEM;
	}
	*strings = grown;
	grown[(*count)++] = string;
	return 0;
}

static int needed_add(struct elf_file *elf, const struct view *view, uint64_t offset)
{
	char *name = NULL;
	int r = string_copy(view->strings, view->strings_size, offset, &name);

	return r < 0 ? r : strings_add(&elf->needed, &elf->needed_count, name);
}

/* ELF metadata for dlopen, of the UAPI group: notes of this owner and type hold JSON. */
static int notes_read(struct elf_file *elf, struct view *view, const GElf_Phdr *header)
{
	enum { DLOPEN = 0x407c0c0a, NOTES_MAX = 64 };
	Elf_Data *data = elf_getdata_rawchunk(view->handle, (int64_t)header->p_offset, header->p_filesz,
					      header->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	size_t at = 0, next, name, value;
	GElf_Nhdr note;
	int r = 0;

	for (; data && r == 0 && (next = gelf_getnote(data, at, &note, &name, &value)); at = next) {
		const char *bytes = data->d_buf;
		char *copy;

		if (note.n_type != DLOPEN || note.n_namesz != 4 || memcmp(bytes + name, "FDO", 4) != 0 ||
		    elf->note_count == NOTES_MAX)
			continue;
		copy = strndup(bytes + value, note.n_descsz);
		r = copy ? strings_add(&elf->notes, &elf->note_count, copy) : -ENOMEM;
	}
	return r;
}

static int dynamic_entry(struct elf_file *elf, const struct view *view, const GElf_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_NEEDED:
		return needed_add(elf, view, entry->d_un.d_val);
	case DT_SONAME:
		return string_copy(view->strings, view->strings_size, entry->d_un.d_val, &elf->soname);
	case DT_RPATH:
		return string_copy(view->strings, view->strings_size, entry->d_un.d_val, &elf->rpath);
	case DT_RUNPATH:
		return string_copy(view->strings, view->strings_size, entry->d_un.d_val,
				   &elf->runpath);
	default:
		return 0;
	}
}

static int strings_find(struct view *view, Elf_Data *data)
{
	uint64_t address = 0, offset, size = 0;
	GElf_Dyn entry;

	for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		if (entry.d_tag == DT_STRTAB)
			address = entry.d_un.d_ptr;
		else if (entry.d_tag == DT_STRSZ)
			size = entry.d_un.d_val;
	}
	if (!offset_of(view, address, &offset))
		return -EBADMSG;
	view->strings = view->bytes + offset;
	view->strings_size = size < view->size - offset ? size : view->size - offset;
	return 0;
}

static int dynamic_read(struct elf_file *elf, struct view *view, const GElf_Phdr *header)
{
	GElf_Dyn entry;
	Elf_Data *data;
	int r;

	data = elf_getdata_rawchunk(view->handle, (int64_t)header->p_offset, header->p_filesz,
				    ELF_T_DYN);
	if (!data)
		return -EBADMSG;
	elf->dynamic = true;
	r = strings_find(view, data);
	for (int i = 0; r == 0 && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		r = dynamic_entry(elf, view, &entry);
	if (elf->runpath) { /* ld.so then ignores the other */
		free(elf->rpath);
		elf->rpath = NULL;
	}
	return r;
}

static int headers_read(struct elf_file *elf, struct view *view)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < view->headers; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(view->handle, (int)i, &header))
			return -EBADMSG;
		if (header.p_type != PT_INTERP && header.p_type != PT_DYNAMIC && header.p_type != PT_NOTE)
			continue;
		if (header.p_offset > view->size ||
		    header.p_filesz > view->size - header.p_offset)
			return -EBADMSG;
		if (header.p_type == PT_INTERP)
			r = string_copy(view->bytes + header.p_offset, header.p_filesz, 0,
					&elf->interpreter);
		else if (header.p_type == PT_NOTE)
			r = notes_read(elf, view, &header);
		else if (header.p_filesz) /* none is left in what objcopy --only-keep-debug made */
			r = dynamic_read(elf, view, &header);
	}
	return r;
}

int elf_read(int fd, struct elf_file **ret_elf)
{
	_cleanup_(elf_freep) struct elf_file *elf = NULL;
	_cleanup_(elf_endp) Elf *handle = NULL;
	struct view view = {0};
	GElf_Ehdr header;
	char magic[SELFMAG];
	int r;

	if (pread(fd, magic, sizeof(magic), 0) != SELFMAG || memcmp(magic, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	elf_version(EV_CURRENT);
	handle = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!handle || elf_kind(handle) != ELF_K_ELF || !gelf_getehdr(handle, &header))
		return -EBADMSG;
	elf = calloc(1, sizeof(*elf));
	if (!elf)
		return -ENOMEM;
	elf->kind = (struct elf_kind){.class = header.e_ident[EI_CLASS],
				      .data = header.e_ident[EI_DATA],
				      .machine = header.e_machine};
	elf->loadable = header.e_type == ET_EXEC || header.e_type == ET_DYN;
	if (elf->loadable) {
		view.handle = handle;
		view.bytes = elf_rawfile(handle, &view.size);
		if (!view.bytes || elf_getphdrnum(handle, &view.headers) < 0)
			return -EBADMSG;
		r = headers_read(elf, &view);
		if (r < 0)
			return r;
	}
	*ret_elf = take(elf);
	return 0;
}

/* ---- symbols ---- */

static Elf_Data *section_data(Elf *handle, size_t index)
{
	Elf_Scn *section = elf_getscn(handle, index);

	return section ? elf_getdata(section, NULL) : NULL;
}

/* Those of one table that are undefined: taken from others. */
static int visit_undefined(Elf *handle, Elf_Scn *section, const GElf_Shdr *header,
			   int (*visit)(const char *symbol, void *data), void *data)
{
	Elf_Data *symbols = elf_getdata(section, NULL), *strings = section_data(handle, header->sh_link);
	GElf_Sym symbol;
	int r = 0;

	if (!symbols || !strings || !strings->d_buf)
		return 0;
	for (int i = 1; r == 0 && gelf_getsym(symbols, i, &symbol); i++) {
		const char *name = (const char *)strings->d_buf + symbol.st_name;

		if (symbol.st_shndx == SHN_UNDEF && symbol.st_name < strings->d_size &&
		    memchr(name, '\0', strings->d_size - symbol.st_name))
			r = visit(name, data);
	}
	return r;
}

int elf_imports(int fd, int (*visit)(const char *symbol, void *data), void *data)
{
	_cleanup_(elf_endp) Elf *handle = NULL;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int r = 0;

	elf_version(EV_CURRENT);
	handle = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!handle || elf_kind(handle) != ELF_K_ELF)
		return 0;
	while (r == 0 && (section = elf_nextscn(handle, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM)
			r = visit_undefined(handle, section, &header, visit, data);
	return r;
}
