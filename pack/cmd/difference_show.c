// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/difference_show.h"

#include "db/base/cleanup.h"
#include "db/base/json.h"

void difference_add_size(struct text *text, int64_t bytes)
{
	text_add(text, bytes < 0 ? "-" : bytes > 0 ? "+" : "");
	text_add_size(text, bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes);
}

static void add_change(struct text *text, const struct difference *difference, unsigned int bit)
{
	const struct found *a = &difference->a->found, *b = &difference->b->found;

	switch (bit) {
	case DIFFERENT_KIND:
		text_printf(text, " %s → %s", entry_kind_name(a->kind), entry_kind_name(b->kind));
		break;
	case DIFFERENT_SIZE:
		text_add(text, " ");
		text_add_count(text, a->size);
		text_add(text, " → ");
		text_add_count(text, b->size);
		break;
	case DIFFERENT_TARGET:
		text_printf(text, " %s → %s", a->target, b->target);
		break;
	case DIFFERENT_MODE:
		text_printf(text, " %04o → %04o", a->mode, b->mode);
		break;
	case DIFFERENT_OWNER:
		text_printf(text, " %u:%u → %u:%u", a->uid, a->gid, b->uid, b->gid);
		break;
	default:
		break;
	}
}

char *difference_describe(const struct difference *difference)
{
	struct text text = TEXT_INIT;

	text_printf(&text, "%s  (", difference->a->path);
	for (unsigned int i = 0; difference_name(i); i++) {
		if (!(difference->what & (1U << i)))
			continue;
		text_printf(&text, "%s%s", text.bytes[text.size - 1] == '(' ? "" : ", ",
			    difference_name(i));
		add_change(&text, difference, 1U << i);
	}
	text_add(&text, ")");
	return text_take(&text);
}

#define NUMBER(value) ((json_int_t)(value))

json_t *difference_side_json(const struct inventory_item *item, bool with_path)
{
	json_auto_t *json = json_object();
	int r = json ? 0 : -1;

	if (r == 0 && with_path)
		r = json_set(json, "path", json_path(item->path));
	if (r == 0)
		r = json_object_update_new(
			json, json_pack("{s:s*, s:I, s:I, s:I, s:I, s:f}", "kind",
					entry_kind_name(item->found.kind), "size",
					NUMBER(item_size(item)), "mode",
					NUMBER(item->found.mode), "uid", NUMBER(item->found.uid),
					"gid", NUMBER(item->found.gid), "mtime",
					(double)item->found.mtime_ns / 1e9));
	if (r == 0 && item->found.target)
		r = json_set(json, "target", json_path(item->found.target));
	return r == 0 ? take(json) : NULL;
}

json_t *difference_json(const struct difference *difference)
{
	json_auto_t *what = json_array();
	int r = what ? 0 : -1;

	for (unsigned int i = 0; r == 0 && difference_name(i); i++)
		if (difference->what & (1U << i))
			r = json_array_append_new(what, json_string(difference_name(i)));
	return r < 0 ? NULL
		     : json_pack("{s:o, s:O, s:o, s:o}", "path", json_path(difference->a->path),
				 "what", what, "a", difference_side_json(difference->a, false), "b",
				 difference_side_json(difference->b, false));
}
