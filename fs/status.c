// SPDX-License-Identifier: BSD-2-Clause
#include "fs/status.h"

#include <inttypes.h>

#include "fs/requests.h"

/* As JSON has it; a byte that is no UTF-8 or would need it becomes the character of that number. */
static void add_string(struct text *text, const char *string)
{
	text_add_char(text, '"');
	for (const unsigned char *c = (const void *)string; *c; c++)
		if (*c < 0x20 || *c >= 0x7f || *c == '"' || *c == '\\')
			text_printf(text, "\\u%04x", *c);
		else
			text_add_char(text, (char)*c);
	text_add_char(text, '"');
}

static void field_text(struct text *text, bool json, const char *name, const char *value)
{
	if (json) {
		text_printf(text, "%s\"%s\":", text->size ? "," : "{", name);
		add_string(text, value);
		return;
	}
	text_printf(text, "%-12s ", name);
	text_add_escaped(text, value);
	text_add_char(text, '\n');
}

static void field_number(struct text *text, bool json, const char *name, uint64_t value)
{
	if (json) {
		text_printf(text, "%s\"%s\":%" PRIu64, text->size ? "," : "{", name, value);
		return;
	}
	text_printf(text, "%-12s ", name);
	text_add_count(text, value);
	text_add_char(text, '\n');
}

/* Of each kind that there were; in JSON an object. */
static void field_requests(struct text *text, bool json)
{
	const char *name, *between = "";
	unsigned int at = 0;
	uint64_t count;

	if (json)
		text_add(text, ",\"requests\":{");
	else
		text_printf(text, "%-12s ", "requests");
	for (; (name = requests_next(&at, &count)); between = json ? "," : ", ")
		text_printf(text, json ? "%s\"%s\":%" PRIu64 : "%s%s %" PRIu64, between, name, count);
	text_add_char(text, json ? '}' : '\n');
}

void status_write(struct run *run, bool json, struct text *text)
{
	struct tracefs *fs = run->fs;
	struct recorder_status recorder;
	size_t waiting, nodes;
	uint64_t seen;

	recorder_status(&run->recorder, &recorder);
	aggregator_status(&fs->aggregator, &waiting, &seen);
	pthread_mutex_lock(&fs->nodes.lock);
	nodes = fs->nodes.nodes.count;
	pthread_mutex_unlock(&fs->nodes.lock);

	field_text(text, json, "source", fs->source.path);
	field_text(text, json, "manifest", run->options->manifest);
	field_text(text, json, "label", recorder.label);
	field_text(text, json, "mode", run->options->mode == MODE_FIRST ? "first" : "every");
	field_text(text, json, "transport", run->transport.uring_used ? "uring" : "dev");
	field_text(text, json, "passthrough", fs->backing.offered ? "yes" : "no");
	field_text(text, json, "catalog",
		   !run->cataloguer.started			? "no"
		   : cataloguer_is_done(&run->cataloguer) ? "done"
							  : "being written");
	field_number(text, json, "elapsed_ms", recorder.elapsed_ms);
	field_number(text, json, "events", recorder.events);
	field_number(text, json, "per_second", recorder.per_second);
	field_requests(text, json);
	field_number(text, json, "paths", nodes);
	field_number(text, json, "waiting", waiting);
	field_number(text, json, "lag_ms", recorder.lag_ms);
	field_number(text, json, "dropped", recorder.dropped);
	field_text(text, json, "problem", recorder.problem);
	if (json)
		text_add(text, "}\n");
}
