/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes along by custom: a small root, a file that is asked for, and what is in with its ecosystem and
 * without.
 */
#ifndef TESTS_ECOSYSTEM_H
#define TESTS_ECOSYSTEM_H

#include "tests/unit/pack/need/closure.h"

enum { FILES_MAX = 20 };

struct example {
	const char *name; /* of the ecosystem */
	const char *wanted;
	const char *with, *without;    /* what is in, but the directories; NULL: what is wanted */
	/* "path", "path=contents", "path>target", or "path!symbol": an ELF file that imports it */
	const char *files[FILES_MAX];
};

/* A library that takes a symbol from others. */
static inline void plant_importer(const char *path, const char *symbol)
{
	char text[1024];

	snprintf(text, sizeof(text), ".data\n.quad %s\n", symbol);
	root_file(&root, "/source.s", 0644, text);
	root_parents(&root, path);
	snprintf(text, sizeof(text), "-shared -nostdlib -o .%s source.s", path);
	root_cc(&root, text);
	unlink(root_at(&root, "/source.s"));
}

static inline void plant(const char *file)
{
	char path[512];
	size_t length = strcspn(file, "=>!");

	snprintf(path, sizeof(path), "%.*s", (int)length, file);
	if (file[length] == '>')
		root_link(&root, path, file + length + 1);
	else if (file[length] == '!')
		plant_importer(path, file + length + 1);
	else
		root_file(&root, path, 0644, file[length] ? file + length + 1 : "data");
}

static inline void check_members(const struct example *example, enum margin margin,
			  const struct customs *customs, const char *wanted)
{
	struct fixture fixture = {.options.margin = margin, .customs = *customs};

	begin(&fixture);
	want(&fixture, example->wanted);
	compute(&fixture);
	CHECK_STRING(members(&fixture), wanted ? wanted : example->wanted);
	/* the customs are not ours to release */
	fixture.customs = (struct customs){0};
	end(&fixture);
}

/* All ecosystems but one are off, or that one is. */
static inline void switch_one(struct customs *customs, const char *name, bool on)
{
	for (size_t i = 0; i < customs->ecosystems.count; i++)
		customs_switch(customs, &customs->ecosystems.items[i],
			       (strcmp(customs->ecosystems.items[i].name, name) == 0) != on);
}

static inline void check_examples(const struct example *table, size_t count, enum margin margin)
{
	struct customs customs = {0};

	read_customs(&customs);
	for (size_t i = 0; i < count; i++) {
		const struct example *example = &table[i];

		root_new(&root);
		for (size_t j = 0; j < FILES_MAX && example->files[j]; j++)
			plant(example->files[j]);
		REQUIRE(customs_ecosystem(&customs, example->name));
		switch_one(&customs, example->name, true);
		check_members(example, margin, &customs, example->with);
		if (margin != MARGIN_NONE)
			check_members(example, MARGIN_NONE, &customs, NULL);
		switch_one(&customs, example->name, false);
		check_members(example, MARGIN_NONE, &customs, example->without);
		root_free(&root);
	}
	customs_release(&customs);
}

/* Each ecosystem that has a custom of this level has an example. */
static inline void check_all_are_there(const struct example *table, size_t count, enum margin margin)
{
	struct customs customs = {0};

	read_customs(&customs);
	CHECK(customs.count >= 40);
	for (size_t i = 0; i < customs.count; i++) {
		size_t found = customs.items[i].margin != margin;

		for (size_t j = 0; j < count; j++)
			found += strcmp(table[j].name, customs.items[i].ecosystem) == 0;
		if (!found)
			fprintf(stderr, "%s has no example\n", customs.items[i].ecosystem);
		CHECK(found > 0);
	}
	customs_release(&customs);
}

#endif
