// SPDX-License-Identifier: BSD-2-Clause
/*
 * On random trees of links, directories and scripts a program needs exactly its closure: with it the
 * program runs, and without any one path of it it does not. Whether it runs is decided by a model of
 * its own in memory, which knows nothing of the code under test. SFC_SEEDS: how many trees.
 */
#include "pack/need/closure.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "pack/need/admission.h"
#include "pack/need/from_selection.h"
#include "pack/need/need.h"
#include "pack/need/reason.h"
#include "tests/root.h"

enum { NAMES_MAX = 48, HOPS_MAX = 40, DEPTH_MAX = 16 };

enum kind { DIR_KIND, LINK_KIND, SCRIPT_KIND, BINARY_KIND };

/* The model: a flat list of names. */
struct name {
	char path[256];
	enum kind kind;
	char target[256]; /* of a link, or the interpreter of a script */
	bool there;       /* in the closure that is tried */
};

static struct name names[NAMES_MAX];
static size_t name_count;
static uint64_t state;

static unsigned int dice(unsigned int sides)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(state >> 33) % sides;
}

static struct name *find(const char *path)
{
	for (size_t i = 0; i < name_count; i++)
		if (strcmp(names[i].path, path) == 0)
			return &names[i];
	return NULL;
}

static struct name *random_of(enum kind kind)
{
	size_t start = dice((unsigned int)name_count);

	for (size_t i = 0; i < name_count; i++)
		if (names[(start + i) % name_count].kind == kind)
			return &names[(start + i) % name_count];
	return &names[0];
}

/* snprintf(3) into an array of known size, which has to be large enough. */
#define PRINT(array, ...) REQUIRE(snprintf(array, sizeof(array), __VA_ARGS__) < (int)sizeof(array))

/* A path to what is there by now, mostly straight, sometimes with detours. */
static void spell(struct name *into, const struct name *name)
{
	switch (dice(4)) {
	case 0:
		PRINT(into->target, "/./%s", name->path + 1);
		break;
	case 1:
		PRINT(into->target, "/%s/..%s", "d0", name->path);
		break;
	default:
		PRINT(into->target, "%s", name->path);
	}
}

static void grow(void)
{
	struct name *parent = random_of(DIR_KIND), *name = &names[name_count];
	struct name *other = &names[dice((unsigned int)name_count)];

	name->kind = (enum kind)dice(4);
	if (strlen(parent->path) > 60)
		parent = &names[0];
	PRINT(name->path, "%s/%c%zu", parent->path[1] ? parent->path : "",
		 "dlsb"[name->kind], name_count);
	if (name->kind == SCRIPT_KIND && other->kind == DIR_KIND)
		other = random_of(BINARY_KIND);
	spell(name, other);
	name_count++;
}

static void plant(const struct root *root)
{
	for (size_t i = 1; i < name_count; i++) {
		char script[300];

		PRINT(script, "#!%s\n", names[i].target);
		if (names[i].kind == DIR_KIND)
			root_dir(root, names[i].path);
		else if (names[i].kind == LINK_KIND)
			root_link(root, names[i].path, names[i].target);
		else
			root_file(root, names[i].path, 0755,
				  names[i].kind == SCRIPT_KIND ? script : "binary");
	}
}

/* Where a path leads among what is there; NULL: nowhere. Recursive over links, unlike the source. */
static struct name *model_walk(const char *path, int *hops)
{
	struct name *at = find("/");
	char copy[2048], *saved, *part;

	PRINT(copy, "%s", path);
	for (part = strtok_r(copy, "/", &saved); part; part = strtok_r(NULL, "/", &saved)) {
		char next[600];

		if (at->kind != DIR_KIND || !at->there)
			return NULL;
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			PRINT(next, "%s", at->path);
			*strrchr(next, '/') = '\0';
			at = find(next[0] ? next : "/");
			continue;
		}
		PRINT(next, "%s/%s", at->path[1] ? at->path : "", part);
		at = find(next);
		if (!at || !at->there)
			return NULL;
		if (at->kind == LINK_KIND) {
			if (++*hops > HOPS_MAX)
				return NULL;
			at = model_walk(at->target, hops); /* all of them are absolute */
			if (!at)
				return NULL;
		}
	}
	return at->there ? at : NULL;
}

static bool runs(const char *path, int depth)
{
	int hops = 0;
	const struct name *name = model_walk(path, &hops);

	if (!name || depth > DEPTH_MAX)
		return false;
	return name->kind == BINARY_KIND ||
	       (name->kind == SCRIPT_KIND && runs(name->target, depth + 1));
}

static void everything_is_there(bool there)
{
	for (size_t i = 0; i < name_count; i++)
		names[i].there = there;
}

/* The closure of one program, into the model. */
static void compute(const struct root *root, const char *program)
{
	struct reason reason = {.kind = REASON_RULE, .detail = "test"};
	struct closure_options options = {.allow_secrets = true};
	struct source *source = NULL;
	struct closure *closure = NULL;

	REQUIRE(source_open(root->path, &source, NULL) == 0);
	REQUIRE(closure_new(source, &options, &closure, NULL) == 0);
	CHECK_INT(closure_add(closure, program, CLOSURE_CONTENTS, &reason, -1, NULL, NULL), 0);
	CHECK_INT(closure_compute(closure, NULL), 0);
	everything_is_there(false);
	for (size_t i = 0; i < closure->entries.count; i++) {
		struct name *name = find(closure->entries.items[i]->file->path);

		REQUIRE(name);
		name->there = closure_entry_in(closure->entries.items[i]);
	}
	closure_free(closure);
	source_close(source);
}

static void try_program(const struct root *root, const char *program, uint64_t seed)
{
	everything_is_there(true);
	if (!runs(program, 0))
		return;
	compute(root, program);
	if (!runs(program, 0))
		fprintf(stderr, "seed %" PRIu64 ": %s does not run from its closure\n", seed, program);
	CHECK(runs(program, 0));
	for (size_t i = 1; i < name_count; i++) {
		if (!names[i].there)
			continue;
		names[i].there = false;
		if (runs(program, 0))
			fprintf(stderr, "seed %" PRIu64 ": %s runs without %s\n", seed, program,
				names[i].path);
		CHECK(!runs(program, 0));
		names[i].there = true;
	}
}

static void a_program_needs_exactly_its_closure(void)
{
	const char *wanted = getenv("SFC_SEEDS");
	uint64_t seeds = wanted ? strtoull(wanted, NULL, 10) : 100;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct root root;

		state = seed * 1000003;
		names[0] = (struct name){.path = "/", .kind = DIR_KIND};
		names[1] = (struct name){.path = "/d0", .kind = DIR_KIND};
		names[2] = (struct name){.path = "/b0", .kind = BINARY_KIND};
		name_count = 3;
		while (name_count < NAMES_MAX)
			grow();
		root_new(&root);
		plant(&root);
		for (size_t i = 0; i < name_count; i++)
			if (names[i].kind != DIR_KIND)
				try_program(&root, names[i].path, seed);
		root_free(&root);
	}
}

int main(void)
{
	RUN(a_program_needs_exactly_its_closure);
	return test_end();
}
