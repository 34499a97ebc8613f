// SPDX-License-Identifier: BSD-2-Clause
#include "pack/elf/loader.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/elf/loader_conf.h"

struct loader {
	struct source *source;
	char *library_path; /* "" when there is none */
	struct text conf;   /* the directories of ld.so.conf, colon-separated */
	struct text musl;   /* those of /etc/ld-musl-*.path */
	struct hash files;  /* struct known by path */
};

/* An ELF file that was read, or the knowledge that it is none. */
struct known {
	struct hash_link link;
	const struct source_entry *file;
	struct elf_file *elf; /* or NULL */
	bool broken;
};

/* Subdirectories of a library directory for better processors, best first. */
static const struct {
	uint16_t machine;
	const char *const names[4];
} hwcaps[] = {
	{EM_X86_64, {"x86-64-v4", "x86-64-v3", "x86-64-v2", NULL}},
	{EM_PPC64, {"power10", "power9", NULL}},
	{EM_S390, {"z16", "z15", "z14", NULL}},
};

int loader_new(struct source *source, const char *library_path, struct loader **ret_loader,
	       struct error *err)
{
	_cleanup_(loader_freep) struct loader *loader = calloc(1, sizeof(*loader));
	int r;

	if (!loader)
		return error_oom(err);
	loader->source = source;
	loader->conf = loader->musl = (struct text)TEXT_INIT;
	loader->library_path = strdup(library_path ? library_path : "");
	if (!loader->library_path)
		return error_oom(err);
	for (char *p = loader->library_path; *p; p++)
		if (*p == ';') /* ld.so takes both */
			*p = ':';
	r = loader_conf_read(source, "/etc/ld.so.conf", &loader->conf, err);
	if (r == 0)
		r = loader_conf_read_all(source, "/etc/ld-musl-*.path", &loader->musl, err);
	if (r < 0)
		return r;
	if (text_failed(&loader->conf) || text_failed(&loader->musl))
		return error_oom(err);
	*ret_loader = take(loader);
	return 0;
}

void loader_free(struct loader *loader)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	if (!loader)
		return;
	while ((link = hash_each(&loader->files, &cursor))) {
		struct known *known = container_of(link, struct known, link);

		elf_free(known->elf);
		free(known);
	}
	hash_release(&loader->files);
	text_release(&loader->conf);
	text_release(&loader->musl);
	free(loader->library_path);
	free(loader);
}

void loader_freep(struct loader **loader)
{
	loader_free(*loader);
}

static struct known *known_find(struct loader *loader, const struct source_entry *file)
{
	uint64_t hash = hash_number((uintptr_t)file);

	for (struct hash_link *l = hash_first(&loader->files, hash); l; l = hash_next(l, hash))
		if (container_of(l, struct known, link)->file == file)
			return container_of(l, struct known, link);
	return NULL;
}

static int known_read(struct loader *loader, struct known *known, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r;

	if (known->file->kind != ENTRY_FILE || known->file->size == 0)
		return 0;
	r = source_open_file(loader->source, known->file->path, &fd, err);
	if (r < 0)
		return r;
	r = elf_read(fd, &known->elf);
	known->broken = r == -EBADMSG;
	return r == -ENOMEM ? error_oom(err) : 0;
}

int loader_elf(struct loader *loader, const struct source_entry *file,
	       const struct elf_file **ret_elf, bool *ret_broken, struct error *err)
{
	struct known *known = known_find(loader, file);
	int r;

	if (!known) {
		known = calloc(1, sizeof(*known));
		if (!known)
			return error_oom(err);
		known->file = file;
		r = known_read(loader, known, err);
		if (r == 0 && hash_add(&loader->files, &known->link,
				       hash_number((uintptr_t)file)) < 0)
			r = error_oom(err);
		if (r < 0) {
			elf_free(known->elf);
			free(known);
			return r;
		}
	}
	*ret_elf = known->elf;
	if (ret_broken)
		*ret_broken = known->broken;
	return 0;
}

int loader_imports(struct loader *loader, const struct source_entry *file,
		   int (*visit)(const char *symbol, void *data), void *data, struct error *err)
{
	const struct elf_file *elf;
	_cleanup_(closep) int fd = -1;
	int r = loader_elf(loader, file, &elf, NULL, err);

	if (r < 0 || !elf || !elf->dynamic)
		return r;
	r = source_open_file(loader->source, file->path, &fd, err);
	return r < 0 ? r : elf_imports(fd, visit, data);
}

/* "$NAME" or "${NAME}" at p: the length it takes, or 0. */
static size_t token_at(const char *p, const char *name)
{
	size_t length = strlen(name);

	if (p[1] == '{')
		return strncmp(p + 2, name, length) == 0 && p[2 + length] == '}' ? length + 3 : 0;
	return strncmp(p + 1, name, length) == 0 ? length + 1 : 0;
}

/*
 * Append one directory, tokens replaced. $LIB differs between distributions: `lib` is tried by the
 * caller one after another; *ret_lib says that there was one.
 */
static void expand(struct text *text, const char *directory, size_t length,
		   const struct loader_query *query, const char *lib, bool *ret_lib)
{
	for (const char *p = directory; p < directory + length;) {
		size_t token = 0;

		if (*p == '$' && (token = token_at(p, "ORIGIN")))
			text_add(text, query->origin);
		else if (*p == '$' && (token = token_at(p, "PLATFORM")))
			text_add(text, elf_machine_name(&query->elf->kind));
		else if (*p == '$' && (token = token_at(p, "LIB"))) {
			text_add(text, lib);
			*ret_lib = true;
		} else
			text_add_char(text, *p);
		p += token ? token : 1;
	}
}

/* Append every directory of a colon-separated list, tokens replaced, colons between. */
static void expand_list(struct text *text, const char *list, const struct loader_query *query)
{
	char multiarch[64];
	const char *libs[] = {multiarch, "lib64", "lib"};
	const char *triplet = elf_multiarch(&query->elf->kind);

	snprintf(multiarch, sizeof(multiarch), "lib/%s", triplet ? triplet : "");
	for (const char *p = list, *end; p; p = end) {
		size_t length = strcspn(p, ":");
		bool lib = false;

		end = p[length] ? p + length + 1 : NULL;
		for (size_t i = 0; length && (i == 0 || (lib && i < 3)); i++) {
			if (text->size)
				text_add_char(text, ':');
			expand(text, p, length, query, libs[i], &lib);
		}
	}
}

char *loader_inheritance(const struct loader *loader, const struct elf_file *elf,
			 const char *origin, const char *inherited)
{
	struct loader_query query = {.elf = elf, .origin = origin};
	struct text text = TEXT_INIT;

	/* musl makes no difference between the two and hands both on */
	if (elf->rpath)
		expand_list(&text, elf->rpath, &query);
	else if (loader->musl.size && elf->runpath)
		expand_list(&text, elf->runpath, &query);
	if (*inherited)
		text_printf(&text, "%s%s", text.size ? ":" : "", inherited);
	return text_take(&text);
}

/* A search in progress. */
struct search {
	struct loader *loader;
	const struct loader_query *query;
	loader_found found;
	void *data;
	struct error *err;
};

/* 1 and reported when this path leads to a library of the right kind. */
static int try_file(const struct search *search, const char *directory, const char *subdirectory)
{
	struct loader *loader = search->loader;
	_cleanup_(text_release) struct text path = TEXT_INIT;
	const struct source_entry *file;
	const struct elf_file *elf;
	int r;

	text_add(&path, directory);
	if (*directory && directory[strlen(directory) - 1] != '/')
		text_add_char(&path, '/');
	if (subdirectory)
		text_printf(&path, "%s/", subdirectory);
	text_add(&path, search->query->name);
	if (text_failed(&path))
		return error_oom(search->err);
	if (source_walk(loader->source, path.bytes, SOURCE_FOLLOW, NULL, NULL, &file, NULL) < 0)
		return 0;
	r = loader_elf(loader, file, &elf, NULL, search->err);
	if (r < 0)
		return r;
	if (!elf || !elf_kind_equal(&elf->kind, &search->query->elf->kind))
		return 0;
	r = search->found(path.bytes, subdirectory, search->data);
	return r < 0 ? r : 1;
}

static int try_hwcaps(const struct search *search, const char *directory)
{
	_cleanup_(freep) char *caps = path_join(directory, "glibc-hwcaps");
	const struct source_entry *entry;

	if (!caps)
		return error_oom(search->err);
	if (source_walk(search->loader->source, caps, SOURCE_FOLLOW, NULL, NULL, &entry, NULL) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(hwcaps) / sizeof(*hwcaps); i++) {
		if (hwcaps[i].machine != search->query->elf->kind.machine)
			continue;
		for (const char *const *name = hwcaps[i].names; *name; name++) {
			char subdirectory[64];
			int r;

			snprintf(subdirectory, sizeof(subdirectory), "glibc-hwcaps/%s", *name);
			r = try_file(search, directory, subdirectory);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* 1 found, 0 not in any directory of the list. */
static int try_list(const struct search *search, const char *list)
{
	for (const char *p = list; *p; p += strspn(p, ":")) {
		size_t length = strcspn(p, ":");
		_cleanup_(freep) char *directory = strndup(p, length);
		int r;

		if (!directory)
			return error_oom(search->err);
		p += length;
		if (directory[0] != '/')
			continue; /* relative to a working directory that nobody promised */
		r = try_hwcaps(search, directory);
		if (r == 0)
			r = try_file(search, directory, NULL);
		if (r != 0)
			return r;
	}
	return 0;
}

static void default_directories(const struct elf_kind *kind, struct text *list)
{
	const char *triplet = elf_multiarch(kind);

	if (triplet)
		text_printf(list, "/lib/%s:/usr/lib/%s:", triplet, triplet);
	if (kind->class == ELFCLASS64)
		text_add(list, "/lib64:/usr/lib64:");
	else if (kind->machine == EM_386)
		text_add(list, "/lib32:/usr/lib32:");
	text_add(list, "/lib:/usr/lib");
}

int loader_search(struct loader *loader, const struct loader_query *query, loader_found found,
		  void *data, struct error *err)
{
	struct search search = {loader, query, found, data, err};
	_cleanup_(text_release) struct text list = TEXT_INIT;
	const struct elf_file *elf = query->elf;

	if (strchr(query->name, '/')) { /* a place, not a name */
		bool lib = false;

		expand(&list, query->name, strlen(query->name), query, "lib", &lib);
		if (text_failed(&list))
			return error_oom(err);
		if (list.bytes[0] != '/')
			return 0;
		search.query = &(struct loader_query){.name = list.bytes + 1, .elf = elf};
		return try_file(&search, "/", NULL);
	}
	if (!elf->runpath || loader->musl.size) {
		if (elf->rpath)
			expand_list(&list, elf->rpath, query);
		text_printf(&list, ":%s", query->inherited);
	}
	text_add_char(&list, ':');
	expand_list(&list, loader->library_path, query);
	if (elf->runpath) {
		text_add_char(&list, ':');
		expand_list(&list, elf->runpath, query);
	}
	text_printf(&list, ":%s:", loader->conf.bytes);
	default_directories(&elf->kind, &list);
	text_printf(&list, ":%s", loader->musl.bytes);
	return text_failed(&list) ? error_oom(err) : try_list(&search, list.bytes);
}
