// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "db/learned.h"
#include "pack/elf/calls.h"
#include "pack/elf/families.h"
#include "pack/tree/content.h"
#include "pack/tree/tree.h"

enum { PROFILE_FORMAT = 1 };

/* ---- what the sessions saw ---- */

/* What was looked for, and who uses it: name → null or whose. */
struct seen {
	json_t *calls, *capabilities;
	const char *label; /* of the session */
	size_t facts;
};

static int note_use(json_t *names, const char *name, const char *word, const char *who)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_printf(&text, "%s%s", word, who);
	return text_failed(&text) ? -ENOMEM : json_set(names, name, json_path(text.bytes));
}

static int take_fact(const struct learned_fact *fact, void *data)
{
	struct seen *seen = data;
	json_t *names = strcmp(fact->kind, LEARNED_CALLS) == 0 ? seen->calls : seen->capabilities;
	json_t *known = json_object_get(names, fact->name);

	seen->facts++;
	if (fact->used && !json_is_string(known))
		return note_use(names, fact->name, "session ", seen->label);
	return known ? 0 : json_set(names, fact->name, json_null());
}

/* 1: all that ran learned; 0: one did not. */
static int read_sessions(struct manifest *manifest, const struct selection *selection, struct seen *seen,
			 struct error *err)
{
	size_t ran = 0;

	for (size_t i = 0; i < selection->sessions.count; i++) {
		const struct session *session = &selection->sessions.items[i];
		int r;

		/* what a guard missed is a list of files: nothing ran in that session */
		if (session->kind == SESSION_PROD)
			continue;
		seen->label = session->label;
		seen->facts = 0;
		ran++;
		r = learned_each(manifest, session->id, take_fact, seen, err);
		if (r < 0)
			return r == -ENOMEM ? error_oom(err) : r;
		if (!seen->facts)
			return 0;
	}
	return ran > 0;
}

/* ---- what the files could ---- */

static int read_file(struct seen *seen, const struct node *node, const char *path, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	uint32_t families = FAMILIES_ALL;
	uint64_t offset;
	int r = content_open(node, &fd, &offset, err);

	if (r < 0)
		return r;
	/* of a broken one nobody knows what the loader makes, and libelf maps files from their beginning */
	r = offset ? 0 : calls_read(fd, &families);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		families = FAMILIES_ALL;
	for (unsigned int i = 0; i < FAMILIES; i++)
		if ((families & FAMILY_BIT(i)) && !json_is_string(json_object_get(seen->calls, family_name(i))) &&
		    note_use(seen->calls, family_name(i), "", path) < 0)
			return error_oom(err);
	return 0;
}

static int read_files(struct seen *seen, const struct closure *closure, const struct tree *tree, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];
		_cleanup_(freep) char *path = NULL;
		const struct node *node;

		if (entry->verdict != VERDICT_IN || entry->head == HEAD_SCRIPT || entry->head == HEAD_DATA)
			continue;
		path = path_join("/rootfs", entry->file->path + 1);
		node = path ? tree_find(tree, path) : NULL;
		if (!path)
			return error_oom(err);
		if (node && S_ISREG(node->inode->mode) && inode_content(node->inode) != CONTENT_NONE)
			r = read_file(seen, node, entry->file->path, err);
	}
	return r;
}

/* ---- as JSON ---- */

/* Those with nobody's name, and the others. */
static json_t *part_of(const json_t *names)
{
	json_t *part = json_object(), *without = json_array(), *kept = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)names, name, value) {
		if (json_is_string(value))
			json_object_set(kept, name, value);
		else
			json_array_append_new(without, json_string(name));
	}
	json_set(part, "without", without);
	json_set(part, "kept", kept);
	return part;
}

int profile_make(struct manifest *manifest, const struct selection *selection, const struct closure *closure,
		 const struct tree *tree, json_t **ret_json, struct error *err)
{
	json_auto_t *calls = json_object(), *capabilities = json_object();
	struct seen seen = {.calls = calls, .capabilities = capabilities};
	int r = calls && capabilities ? read_sessions(manifest, selection, &seen, err) : error_oom(err);

	*ret_json = NULL;
	if (r <= 0)
		return r;
	r = read_files(&seen, closure, tree, err);
	if (r < 0)
		return r;
	*ret_json = json_pack("{s:i, s:o, s:o}", "format", PROFILE_FORMAT, "calls", part_of(calls), "capabilities",
			      part_of(capabilities));
	return *ret_json ? 0 : error_oom(err);
}

void profile_lessen(const json_t *json, json_t *capabilities)
{
	json_t *without = json_object_get(json_object_get(json, "capabilities"), "without"), *name;
	size_t i;

	json_array_foreach(without, i, name)
		for (size_t j = json_array_size(capabilities); j-- > 0;)
			if (json_equal(json_array_get(capabilities, j), name))
				json_array_remove(capabilities, j);
}

/* ---- from JSON ---- */

void profile_release(struct profile *profile)
{
	for (size_t i = 0; i < profile->capabilities.count; i++)
		free(profile->capabilities.items[i]);
	array_release(&profile->capabilities);
	profile->families = 0;
}

/* The list of `part` that says what it goes without; NULL: it is not as it has to be. */
static const json_t *without_of(const json_t *json, const char *part)
{
	const json_t *list = json_object_get(json_object_get(json, part), "without");
	json_t *item;
	size_t i;

	if (!json_is_array(list))
		return NULL;
	json_array_foreach(list, i, item)
		if (!json_is_string(item))
			return NULL;
	return list;
}

static int take_all(const json_t *json, struct profile *profile, struct error *err)
{
	const json_t *calls = without_of(json, "calls"), *capabilities = without_of(json, "capabilities");
	json_t *item;
	size_t i;

	if (json_integer_value(json_object_get(json, "format")) != PROFILE_FORMAT || !calls || !capabilities)
		return error_set(err, -EBADMSG, "it is not a profile of format %d", PROFILE_FORMAT);
	json_array_foreach(calls, i, item) {
		int family = family_find(json_string_value(item));

		if (family >= 0)
			profile->families |= FAMILY_BIT(family);
	}
	json_array_foreach(capabilities, i, item) {
		char *name = strdup(json_string_value(item));

		if (!name || array_push(&profile->capabilities, name) < 0) {
			free(name);
			return error_oom(err);
		}
	}
	if (array_push(&profile->capabilities, NULL) < 0)
		return error_oom(err);
	profile->capabilities.count--;
	return 0;
}

int profile_parse(const char *data, size_t size, struct profile *profile, struct error *err)
{
	json_auto_t *json = NULL;
	int r = json_read(data, size, PROFILE_MAX, &json, err);

	return r < 0 ? r : take_all(json, profile, err);
}
