// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/text.h"

struct reading {
	yaml_document_t document;
	unsigned char *seen;  /* by node: it was read before, so it is an alias now */
	size_t repeated; /* nodes read again */
};

static int convert(struct reading *reading, int index, int depth, json_t **ret_json, struct error *err);

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* A plain scalar is what YAML takes it for; any other is text. */
static json_t *scalar(const yaml_node_t *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};
	const char *text = (const char *)node->data.scalar.value;
	char *end;
	long long number;

	if (strlen(text) != node->data.scalar.length)
		return NULL; /* a NUL in it */
	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return json_string(text);
	if (is_one_of(text, nulls))
		return json_null();
	if (is_one_of(text, yes) || is_one_of(text, no))
		return json_boolean(is_one_of(text, yes));
	errno = 0;
	number = strtoll(text, &end, 10);
	if (*text && !*end && !errno && (text[0] != '0' || !text[1]))
		return json_integer(number);
	return json_string(text);
}

static int refuse(const yaml_node_t *node, struct error *err, const char *what)
{
	return error_set(err, -EBADMSG, "line %zu: %s", node->start_mark.line + 1, what);
}

/* "<<": what it names is there too, where the mapping has not its own. */
static int merge(json_t *object, const yaml_node_t *node, json_t *value, struct error *err)
{
	json_t *one;
	size_t i;

	if (json_is_object(value))
		return json_object_update_missing(object, value) < 0 ? error_oom(err) : 0;
	if (!json_is_array(value))
		return refuse(node, err, "'<<' wants a mapping");
	json_array_foreach(value, i, one) {
		if (!json_is_object(one))
			return refuse(node, err, "'<<' wants mappings");
		if (json_object_update_missing(object, one) < 0)
			return error_oom(err);
	}
	return 0;
}

static int mapping(struct reading *reading, const yaml_node_t *node, int depth, json_t *object,
		   struct error *err)
{
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	_cleanup_(json_freep) json_t *merged = NULL;
	int r = 0;

	for (; r == 0 && pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&reading->document, pair->key);
		const char *name = key && key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value
									: NULL;
		json_t *value = NULL;

		if (!name || strlen(name) != key->data.scalar.length)
			return refuse(node, err, "a key that is no text");
		if (json_object_get(object, name) || (merged && strcmp(name, "<<") == 0))
			return error_set(err, -EBADMSG, "line %zu: the key '%s' comes twice",
					 key->start_mark.line + 1, name);
		r = convert(reading, pair->value, depth + 1, &value, err);
		if (r < 0)
			return r;
		if (strcmp(name, "<<") == 0)
			merged = value;
		else if (json_object_set_new(object, name, value) < 0)
			return refuse(key, err, "a key that is no UTF-8");
	}
	return merged ? merge(object, node, merged, err) : 0;
}

static int sequence(struct reading *reading, const yaml_node_t *node, int depth, json_t *array,
		    struct error *err)
{
	const yaml_node_item_t *item = node->data.sequence.items.start;

	for (; item < node->data.sequence.items.top; item++) {
		json_t *value = NULL;
		int r = convert(reading, *item, depth + 1, &value, err);

		if (r < 0)
			return r;
		if (json_array_append_new(array, value) < 0)
			return error_oom(err);
	}
	return 0;
}

static int convert(struct reading *reading, int index, int depth, json_t **ret_json, struct error *err)
{
	const yaml_node_t *node = yaml_document_get_node(&reading->document, index);
	_cleanup_(json_freep) json_t *json = NULL;
	int r = 0;

	if (!node)
		return error_set(err, -EBADMSG, "a node that is not there");
	if (depth > YAML_DEPTH_MAX)
		return refuse(node, err, "it is nested too deeply");
	reading->repeated += reading->seen[index];
	reading->seen[index] = 1;
	if (reading->repeated > YAML_ALIAS_NODES_MAX)
		return refuse(node, err, "its aliases stand for too much");
	if (node->type == YAML_MAPPING_NODE) {
		json = json_object();
		r = json ? mapping(reading, node, depth, json, err) : error_oom(err);
	} else if (node->type == YAML_SEQUENCE_NODE) {
		json = json_array();
		r = json ? sequence(reading, node, depth, json, err) : error_oom(err);
	} else {
		json = scalar(node);
		r = json ? 0 : refuse(node, err, "text that is no UTF-8");
	}
	if (r < 0)
		return r;
	*ret_json = take(json);
	return 0;
}

/* 1: there was none left. */
static int next_document(yaml_parser_t *parser, json_t *documents, struct error *err)
{
	struct reading reading = {0};
	const yaml_node_t *root;
	json_t *json = NULL;
	size_t count;
	int r;

	if (!yaml_parser_load(parser, &reading.document))
		return error_set(err, -EBADMSG, "line %zu: %s", parser->problem_mark.line + 1,
				 parser->problem ? parser->problem : "no YAML");
	root = yaml_document_get_root_node(&reading.document);
	count = (size_t)(reading.document.nodes.top - reading.document.nodes.start);
	reading.seen = calloc(count + 1, 1);
	r = !root ? 1 : !reading.seen ? error_oom(err) : convert(&reading, 1, 0, &json, err);
	if (r == 0 && json_array_append_new(documents, json) < 0)
		r = error_oom(err);
	free(reading.seen);
	yaml_document_delete(&reading.document);
	return r;
}

int yaml_read(const char *data, size_t size, json_t **ret_documents, struct error *err)
{
	_cleanup_(json_freep) json_t *documents = json_array();
	yaml_parser_t parser;
	int r = 0;

	if (size > YAML_SIZE_MAX)
		return error_set(err, -EFBIG, "it has more than 1 MiB");
	if (!documents || !yaml_parser_initialize(&parser))
		return error_oom(err);
	yaml_parser_set_input_string(&parser, (const unsigned char *)data, size);
	while (r == 0)
		r = next_document(&parser, documents, err);
	yaml_parser_delete(&parser);
	if (r < 0)
		return r;
	*ret_documents = take(documents);
	return 0;
}

int yaml_read_path(const char *path, json_t **ret_documents, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = io_read_file(AT_FDCWD, path, YAML_SIZE_MAX, &text, err);

	if (r < 0)
		return r;
	r = yaml_read(text.bytes ? text.bytes : "", text.size, ret_documents, err);
	return r < 0 ? error_prefix(err, r, "'%s'", path) : 0;
}
