// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/yaml.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

static int append(void *data, unsigned char *buffer, size_t size)
{
	return text_add_bytes(data, buffer, size) == 0;
}

/* Plain where no reader can take it for anything but text. */
static bool is_plain(const char *text)
{
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"};

	if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/", *text) || !*text ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") != strlen(text))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	return true;
}

static bool scalar(yaml_emitter_t *emitter, const char *text, bool is_text)
{
	bool plain = !is_text || is_plain(text);
	yaml_event_t event;

	return yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)text, (int)strlen(text), plain,
					    !plain, plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE) &&
	       yaml_emitter_emit(emitter, &event);
}

static bool emit(yaml_emitter_t *emitter, const json_t *json);

static bool mapping(yaml_emitter_t *emitter, const json_t *object)
{
	yaml_event_t event;
	const char *key;
	json_t *value;

	if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
						 json_object_size(object) ? YAML_BLOCK_MAPPING_STYLE
									  : YAML_FLOW_MAPPING_STYLE) ||
	    !yaml_emitter_emit(emitter, &event))
		return false;
	json_object_foreach((json_t *)object, key, value)
		if (!scalar(emitter, key, true) || !emit(emitter, value))
			return false;
	return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool sequence(yaml_emitter_t *emitter, const json_t *array)
{
	yaml_event_t event;
	const json_t *value;
	size_t i;

	if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						  json_array_size(array) ? YAML_BLOCK_SEQUENCE_STYLE
									 : YAML_FLOW_SEQUENCE_STYLE) ||
	    !yaml_emitter_emit(emitter, &event))
		return false;
	json_array_foreach((json_t *)array, i, value)
		if (!emit(emitter, value))
			return false;
	return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool emit(yaml_emitter_t *emitter, const json_t *json)
{
	char number[32];

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return mapping(emitter, json);
	case JSON_ARRAY:
		return sequence(emitter, json);
	case JSON_STRING:
		return scalar(emitter, json_string_value(json), true);
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(json));
		return scalar(emitter, number, false);
	case JSON_TRUE:
	case JSON_FALSE:
		return scalar(emitter, json_is_true(json) ? "true" : "false", false);
	default:
		return scalar(emitter, "null", false);
	}
}

static bool document(yaml_emitter_t *emitter, const json_t *json)
{
	yaml_event_t event;

	return yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0) && yaml_emitter_emit(emitter, &event) &&
	       emit(emitter, json) && yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(emitter, &event);
}

int yaml_write(const json_t *documents, struct text *text, struct error *err)
{
	yaml_emitter_t emitter;
	yaml_event_t event;
	const json_t *json;
	bool good;
	size_t i;

	if (!yaml_emitter_initialize(&emitter))
		return error_oom(err);
	yaml_emitter_set_output(&emitter, append, text);
	yaml_emitter_set_width(&emitter, -1);
	good = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(&emitter, &event);
	json_array_foreach((json_t *)documents, i, json)
		good = good && document(&emitter, json);
	good = good && yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(&emitter, &event);
	yaml_emitter_delete(&emitter);
	return good && !text_failed(text) ? 0 : error_oom(err);
}
