// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/apparmor.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "pack/engine/output.h"

/* The package goes without this family of calls. */
static bool goes_without(const struct export_job *job, const char *family)
{
	const json_t *calls = json_object_get(job->options->profile, "calls"), *name;
	size_t i;

	json_array_foreach(json_object_get(calls, "without"), i, name)
		if (json_is_string(name) && strcmp(json_string_value(name), family) == 0)
			return true;
	return false;
}

/* Quoted, and nothing in it a pattern; a line break would be the next rule. */
static int add_path(struct text *text, const char *path, struct error *err)
{
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return error_set(err, -EINVAL, "an AppArmor profile cannot hold the control character in '%s'", path);
	text_add(text, "  \"");
	for (const char *c = path; *c; c++) {
		if (strchr("\"\\*?[]{}^@", *c))
			text_add(text, "\\");
		text_add_bytes(text, c, 1);
	}
	text_add(text, "\" ix,\n");
	return 0;
}

struct programs {
	struct text *text;
	struct error *err;
};

static int add_program(struct node *node, void *data)
{
	struct programs *programs = data;
	_cleanup_(freep) char *path = NULL;

	if (!S_ISREG(node->inode->mode) || !(node->inode->mode & 0111))
		return 0;
	path = node_path(node);
	return path ? add_path(programs->text, path, programs->err) : error_oom(programs->err);
}

static void add_capabilities(const struct facts *facts, struct text *text)
{
	if (facts->all_capabilities)
		text_add(text, "  capability,\n");
	for (size_t i = 0; !facts->all_capabilities && i < facts->capabilities.count; i++) {
		const char *name = facts->capabilities.items[i];

		if (strncmp(name, "CAP_", 4) != 0)
			continue;
		text_add(text, "  capability ");
		for (name += 4; isalnum((unsigned char)*name) || *name == '_'; name++)
			text_printf(text, "%c", tolower((unsigned char)*name));
		text_add(text, ",\n");
	}
}

static void add_name(const struct facts *facts, struct text *text)
{
	text_add(text, "profile sfc-");
	for (const char *c = facts->name; *c; c++)
		text_printf(text, "%c", isalnum((unsigned char)*c) || strchr("-_.", *c) ? *c : '-');
	text_add(text, " flags=(attach_disconnected,mediate_deleted) {\n");
}

int engine_write_apparmor(const struct export_job *job, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct programs programs = {&text, err};
	int r;

	text_add(&text, "# Of an sfc package: apparmor_parser -r FILE, then --security-opt apparmor=NAME\n");
	add_name(job->facts, &text);
	text_add(&text, "  network,\n  signal,\n  unix,\n");
	add_capabilities(job->facts, &text);
	if (!goes_without(job, "mount"))
		text_add(&text, "  mount,\n  umount,\n  pivot_root,\n");
	if (!goes_without(job, "ptrace"))
		text_add(&text, "  ptrace,\n");
	/* whatever it finds and makes; of its root it executes what is in the package */
	text_add(&text, "  /** rwklm,\n  / r,\n");
	r = node_walk(job->root, add_program, &programs);
	text_add(&text, "  deny /sys/kernel/** w,\n  deny /proc/sys/** w,\n  deny /proc/sysrq-trigger rwklx,\n}\n");
	if (r < 0)
		return r;
	return text_failed(&text) ? error_oom(err) : output_document(job, text.bytes, err);
}
