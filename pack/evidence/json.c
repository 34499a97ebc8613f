// SPDX-License-Identifier: BSD-2-Clause
#include "pack/evidence/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/need/reason.h"

/* Goes up when a reader of before would misunderstand what is written now. */
enum { EVIDENCE_VERSION = 1 };

json_t *evidence_reason_json(const struct evidence_reason *reason)
{
	json_t *json = json_pack("{s:s}", "why", reason_name(reason->kind));
	int r = json ? 0 : -ENOMEM;

	if (r == 0 && reason->from)
		r = json_set(json, "from", json_path(reason->from));
	if (r == 0 && reason->detail)
		r = json_set(json, "detail", json_path(reason->detail));
	if (r == 0 && reason->session) {
		r = json_set(json, "session", json_path(reason->session));
		if (r == 0)
			r = json_set(json, "program", json_path(reason->program));
		if (r == 0)
			r = json_set(json, "op", json_path(reason->op));
		if (r == 0)
			r = json_set(json, "after_ns", json_integer(reason->after_ns));
		if (r == 0 && reason->missed)
			r = json_object_update_new(json, json_pack("{s:I, s:I}", "missed",
								   (json_int_t)reason->missed,
								   "missed_ns",
								   (json_int_t)reason->missed_ns));
	}
	if (r < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

json_t *evidence_entry_json(const struct evidence_entry *entry)
{
	json_t *json = json_object(), *reasons = json_array();
	int r = json && reasons ? 0 : -ENOMEM;

	for (size_t i = 0; i < entry->reason_count && r == 0; i++)
		r = json_array_append_new(reasons, evidence_reason_json(&entry->reasons[i]));
	if (r == 0)
		r = json_set(json, "path", json_path(entry->path));
	if (r == 0)
		r = json_set(json, "kind", json_string(entry_kind_name(entry->kind)));
	if (r == 0 && entry->kind == ENTRY_FILE)
		r = json_set(json, "size", json_integer((json_int_t)entry->size));
	if (r == 0 && entry->sha256[0])
		r = json_set(json, "sha256", json_string(entry->sha256));
	if (r == 0 && entry->kind == ENTRY_FILE && !entry->contents)
		r = json_set(json, "stub", json_true());
	if (r == 0 && entry->order)
		r = json_set(json, "order", json_integer((json_int_t)entry->order));
	if (r == 0 && entry->verdict != VERDICT_IN)
		r = json_set(json, "left_out", json_string(verdict_name(entry->verdict)));
	if (r == 0 && entry->verdict_detail)
		r = json_set(json, "left_out_by", json_path(entry->verdict_detail));
	if (r == 0) {
		r = json_set(json, "reasons", reasons);
		reasons = NULL;
	}
	json_decref(reasons);
	if (r < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

json_t *evidence_json(const struct evidence *evidence)
{
	json_auto_t *entries = json_array(), *warnings = json_array();

	for (size_t i = 0; entries && i < evidence->count; i++)
		if (json_array_append_new(entries, evidence_entry_json(&evidence->items[i])) < 0)
			return NULL;
	for (size_t i = 0; warnings && i < evidence->warning_count; i++)
		if (json_array_append_new(warnings, json_path(evidence->warnings[i])) < 0)
			return NULL;
	if (!entries || !warnings)
		return NULL;
	return json_pack("{s:i, s:O, s:O}", "version", EVIDENCE_VERSION, "warnings", warnings,
			 "entries", entries);
}

/* A member that is a path or a string of ours; *ret_string NULL when it is not there. */
static bool take_string(struct evidence *evidence, const json_t *json, const char *key,
			const char **ret_string)
{
	const char *value = json_string_value(json_object_get(json, key));
	_cleanup_(freep) char *bytes = value ? json_path_bytes(value) : NULL;

	return evidence_keep(evidence, bytes, ret_string);
}

static int reason_from_json(struct evidence *evidence, const json_t *json,
			    struct evidence_reason *reason)
{
	const char *why = json_string_value(json_object_get(json, "why"));
	int kind = 0;

	while (kind < REASON_KINDS && (!why || strcmp(why, reason_name((enum reason_kind)kind))))
		kind++;
	if (kind == REASON_KINDS)
		return -EINVAL;
	reason->kind = (enum reason_kind)kind;
	reason->after_ns = json_integer_value(json_object_get(json, "after_ns"));
	reason->missed = (uint64_t)json_integer_value(json_object_get(json, "missed"));
	reason->missed_ns = json_integer_value(json_object_get(json, "missed_ns"));
	return take_string(evidence, json, "from", &reason->from) &&
			       take_string(evidence, json, "detail", &reason->detail) &&
			       take_string(evidence, json, "session", &reason->session) &&
			       take_string(evidence, json, "program", &reason->program) &&
			       take_string(evidence, json, "op", &reason->op)
		       ? 0
		       : -ENOMEM;
}

static int entry_from_json(struct evidence *evidence, const json_t *json,
			   struct evidence_entry *entry)
{
	const json_t *reasons = json_object_get(json, "reasons");
	const char *out = json_string_value(json_object_get(json, "left_out"));
	const char *kind = json_string_value(json_object_get(json, "kind"));
	const char *sha256 = json_string_value(json_object_get(json, "sha256"));
	int r = 0;

	entry->kind = entry_kind_of_name(kind);
	entry->size = (uint64_t)json_integer_value(json_object_get(json, "size"));
	entry->order = (uint64_t)json_integer_value(json_object_get(json, "order"));
	entry->contents = !json_is_true(json_object_get(json, "stub"));
	if (sha256 && strlen(sha256) == DIGEST_HEX_SIZE - 1)
		memcpy(entry->sha256, sha256, DIGEST_HEX_SIZE);
	while (out && entry->verdict <= VERDICT_STAT_ONLY &&
	       strcmp(out, verdict_name(entry->verdict)) != 0)
		entry->verdict++;
	if (entry->verdict > VERDICT_STAT_ONLY)
		return -EINVAL;
	if (!take_string(evidence, json, "path", &entry->path) ||
	    !take_string(evidence, json, "left_out_by", &entry->verdict_detail))
		return -ENOMEM;
	if (!entry->path || !entry_kind_name(entry->kind) || !json_is_array(reasons))
		return -EINVAL;
	entry->reasons = calloc(json_array_size(reasons) + 1, sizeof(*entry->reasons));
	if (!entry->reasons)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(reasons) && r == 0; i++)
		r = reason_from_json(evidence, json_array_get(reasons, i),
				     &entry->reasons[entry->reason_count++]);
	return r;
}

static int warnings_from_json(struct evidence *evidence, const json_t *warnings)
{
	evidence->warnings = calloc(json_array_size(warnings) + 1, sizeof(*evidence->warnings));
	if (!evidence->warnings)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		const char *text = json_string_value(json_array_get(warnings, i));
		_cleanup_(freep) char *bytes = text ? json_path_bytes(text) : NULL;

		if (!bytes || !evidence_keep(evidence, bytes, &evidence->warnings[evidence->warning_count++]))
			return -ENOMEM;
	}
	return 0;
}

int evidence_from_json(const json_t *json, struct evidence *ret_evidence, struct error *err)
{
	_cleanup_(evidence_release) struct evidence evidence = {0};
	const json_t *entries = json_object_get(json, "entries");
	int r = 0;

	if (json_integer_value(json_object_get(json, "version")) != EVIDENCE_VERSION ||
	    !json_is_array(entries))
		return error_set(err, -EINVAL, "the package's closure.json is of no version we know");
	evidence.items = calloc(json_array_size(entries) + 1, sizeof(*evidence.items));
	if (!evidence.items)
		return error_oom(err);
	for (size_t i = 0; i < json_array_size(entries) && r == 0; i++)
		r = entry_from_json(&evidence, json_array_get(entries, i),
				    &evidence.items[evidence.count++]);
	if (r == -EINVAL)
		return error_set(err, r, "entry %zu of the package's closure.json is damaged",
				 evidence.count);
	if (r < 0 || warnings_from_json(&evidence, json_object_get(json, "warnings")) < 0 ||
	    evidence_index(&evidence) < 0)
		return error_oom(err);
	*ret_evidence = evidence;
	evidence = (struct evidence){0};
	return 0;
}
