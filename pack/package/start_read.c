// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/start_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/config.h"

int start_wrong(struct error *err, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return error_set(err, -EBADMSG, "config.json: %s", message);
}

/* The member, or NULL when it is not there or null. */
static const json_t *member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

int start_read_text(const json_t *object, const char *key, const char *field, const char **ret_text,
		    struct error *err)
{
	const json_t *value = member(object, key);

	if (value && !json_is_string(value))
		return start_wrong(err, "%s is not a string", field);
	if (value)
		*ret_text = json_string_value(value);
	return 0;
}

int start_read_bool(const json_t *object, const char *key, const char *field, bool *ret_value,
		    struct error *err)
{
	const json_t *value = member(object, key);

	if (value && !json_is_boolean(value))
		return start_wrong(err, "%s is neither true nor false", field);
	if (value)
		*ret_value = json_is_true(value);
	return 0;
}

int start_read_number(const json_t *object, const char *key, const char *field, uint64_t max,
		      uint64_t *ret_number, struct error *err)
{
	const json_t *value = member(object, key);
	json_int_t number = json_integer_value(value);

	if (value && (!json_is_integer(value) || number < 0 || (uint64_t)number > max))
		return start_wrong(err, "%s is not a number from 0 to %llu", field,
				   (unsigned long long)max);
	if (value)
		*ret_number = (uint64_t)number;
	return 0;
}

int start_read_limit(const json_t *object, const char *key, const char *field, uint64_t *ret_limit,
		     struct error *err)
{
	const json_t *value = member(object, key);
	json_int_t number = json_integer_value(value);

	if (value && !json_is_integer(value))
		return start_wrong(err, "%s is not a number", field);
	if (number > 0)
		*ret_limit = (uint64_t)number;
	return 0;
}

int start_read_object(const json_t *object, const char *key, const char *field,
		      const json_t **ret_object, struct error *err)
{
	const json_t *value = member(object, key);

	*ret_object = NULL;
	if (value && !json_is_object(value))
		return start_wrong(err, "%s is not an object", field);
	*ret_object = value;
	return 0;
}

int start_read_list(const json_t *object, const char *key, const char *field,
		    const json_t **ret_list, struct error *err)
{
	const json_t *value = member(object, key);

	*ret_list = NULL;
	if (value && !json_is_array(value))
		return start_wrong(err, "%s is not a list", field);
	*ret_list = value;
	return 0;
}

int start_read_strings(const json_t *object, const char *key, const char *field,
		       struct start_strings *strings, struct error *err)
{
	const json_t *list, *item;
	size_t i;
	int r = start_read_list(object, key, field, &list, err);

	json_array_foreach((json_t *)(r == 0 ? list : NULL), i, item) {
		char *copy;

		if (!json_is_string(item))
			return start_wrong(err, "%s[%zu] is not a string", field, i);
		copy = strdup(json_string_value(item));
		if (!copy || array_push(strings, copy) < 0) {
			free(copy);
			return error_oom(err);
		}
	}
	return r;
}

/* ---- the image's own configuration ---- */

static bool is_of_strings(const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)value, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(value);
}

/* Both lists of strings, or of members by name, as the image specification has them. */
static bool is_known(const char *key, const json_t *value)
{
	static const char *const lists[] = {"Cmd", "Entrypoint", "Env", "Shell"};
	static const char *const objects[] = {"ExposedPorts", "Healthcheck", "Labels", "Volumes"};
	static const char *const texts[] = {"User", "WorkingDir"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (strcmp(key, lists[i]) == 0)
			return is_of_strings(value);
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		if (strcmp(key, objects[i]) == 0)
			return json_is_object(value);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(key, texts[i]) == 0)
			return json_is_string(value);
	return strcmp(key, "StopSignal") == 0 && json_is_string(value) &&
	       start_signal_is_known(json_string_value(value));
}

int start_read_image(const json_t *annotations, json_t **ret_image, struct error *err)
{
	json_auto_t *whole = NULL, *known = json_object();
	const char *text = NULL, *key;
	json_t *value;
	int r = start_read_text(annotations, OCI_CONFIG_ANNOTATION, OCI_CONFIG_ANNOTATION, &text, err);

	if (r < 0 || !text)
		return r;
	r = json_read(text, strlen(text), START_CONFIG_MAX, &whole, err);
	if (r < 0)
		return error_prefix(err, r, "config.json: annotation %s", OCI_CONFIG_ANNOTATION);
	json_object_foreach(whole, key, value)
		if (is_known(key, value) && json_object_set(known, key, value) < 0)
			return error_oom(err);
	*ret_image = json_incref(known);
	return known ? 0 : error_oom(err);
}
