// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/verdict.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/need/secrets.h"

static enum closure_head head_kind(const char *head, size_t size)
{
	if (size >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
		return HEAD_ELF;
	return size >= 2 && memcmp(head, "#!", 2) == 0 ? HEAD_SCRIPT : HEAD_DATA;
}

/* What kind of secret a file is, by its place or by what is in it. */
static int secret_of(struct closure *closure, struct closure_entry *entry,
		     const char **ret_what, struct error *err)
{
	const struct source_entry *file = entry->file;
	_cleanup_(closep) int fd = -1;
	_cleanup_(freep) char *head = NULL;
	bool unless_read = false;
	ssize_t size;
	int r;

	*ret_what = NULL;
	if (file->kind != ENTRY_FILE)
		return 0;
	*ret_what = secrets_of_path(file->path, &unless_read);
	if (*ret_what && unless_read && entry->selected && entry->selected->uses & USE_READ)
		*ret_what = NULL;
	if (*ret_what || file->size == 0 || file->size > SECRETS_HEAD)
		return 0;
	r = source_open_file(closure->source, file->path, &fd, err);
	if (r < 0)
		return r;
	head = malloc(file->size);
	size = head ? io_pread(fd, head, file->size, 0) : -ENOMEM;
	if (size < 0)
		return error_code(err, (int)size, "cannot read '%s' in '%s'", file->path,
				  source_path(closure->source));
	entry->head = head_kind(head, (size_t)size);
	*ret_what = secrets_of_contents(head, (size_t)size);
	return 0;
}

static bool contents_matter_to_policy(const struct closure *closure,
				      const struct closure_entry *entry)
{
	return entry->contents || entry->file->kind != ENTRY_FILE ||
	       closure->options.stat_only != STAT_ONLY_OMIT;
}

int closure_judge(struct closure *closure, struct closure_entry *entry, struct error *err)
{
	static const struct rules no_rules;
	struct rules *rules = closure->options.rules;
	struct rules_verdict verdict = rules_judge(rules ? rules : &no_rules, entry->file->path);
	const char *secret = NULL;
	int r;

	if (verdict.out > entry->rule) {
		rules->items[verdict.out].matched++;
		entry->verdict = VERDICT_RULE;
		entry->verdict_detail = rules->items[verdict.out].text;
		return 0;
	}
	if (verdict.in < 0 && entry->rule < 0 && !closure->options.allow_secrets) {
		r = secret_of(closure, entry, &secret, err);
		if (r < 0)
			return r;
	}
	if (secret) {
		entry->verdict = VERDICT_SECRET;
		entry->verdict_detail = secret;
	} else {
		entry->verdict = contents_matter_to_policy(closure, entry) ? VERDICT_IN
									   : VERDICT_STAT_ONLY;
	}
	return 0;
}
