// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/archive.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#define DEFINE(function) __typeof__(function) *sym_##function;
ARCHIVE_FUNCTIONS(DEFINE)

#define NAME_AND_PLACE(function) {#function, (void **)&sym_##function},
static const struct {
	const char *name;
	void **place;
} functions[] = {ARCHIVE_FUNCTIONS(NAME_AND_PLACE)};

/*
 * What a packager's tools, tracepack among them, would not see otherwise: a note as those have it that load a
 * library so, https://uapi-group.org/specifications/specs/elf_dlopen_metadata/
 */
#define NOTED                                                                                      \
	"[{\"feature\":\"archive\",\"description\":\"container layers, in and out\","              \
	"\"priority\":\"required\",\"soname\":[\"" ARCHIVE_SONAME "\"]}]"
static const struct {
	uint32_t name_size, size, type;
	char name[4], json[(sizeof(NOTED) + 3) / 4 * 4];
} noted __attribute__((used, section(".note.dlopen"), aligned(4))) = {4, sizeof(NOTED), 0x407c0c0a, "FDO", NOTED};

int archive_load(struct error *err)
{
	static bool loaded;
	void *library;

	if (loaded)
		return 0;
	library = dlopen(ARCHIVE_SONAME, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; library && i < sizeof(functions) / sizeof(*functions); i++) {
		*functions[i].place = dlsym(library, functions[i].name);
		if (!*functions[i].place)
			library = NULL;
	}
	if (!library)
		return error_set(err, -ELIBACC, "cannot load libarchive: %s", dlerror());
	loaded = true; /* and stays until the end */
	return 0;
}
