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
