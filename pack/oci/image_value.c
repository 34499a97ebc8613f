// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/image_value.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/oci/signal.h"
#include "pack/oci/store.h"

json_t *image_value_wrong(struct error *err, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	error_set(err, -EBADMSG, "the image's configuration: %s", message);
	return NULL;
}

json_t *image_value_no_memory(struct error *err)
{
	error_oom(err);
	return NULL;
}

json_t *image_value_text(json_t *value, const char *field, struct error *err)
{
	return json_is_string(value) ? json_incref(value) : image_value_wrong(err, "%s is not a string", field);
}

static bool is_word(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

/* A name of something: no spaces, nothing that drives a terminal. */
json_t *image_value_word(json_t *value, const char *field, struct error *err)
{
	if (!json_is_string(value))
		return image_value_wrong(err, "%s is not a string", field);
	return is_word(json_string_value(value)) && json_string_length(value) < 256
		       ? json_incref(value)
		       : image_value_wrong(err, "%s is '%.60s', which is no name", field,
			       json_string_value(value));
}

json_t *image_value_time(json_t *value, const char *field, struct error *err)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) >= 64 || strspn(text, "0123456789-:.+TZ") != strlen(text))
		return image_value_wrong(err, "%s is not a time of RFC 3339", field);
	return json_incref(value);
}

json_t *image_value_strings(json_t *value, const char *field, struct error *err)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return image_value_wrong(err, "%s is not a list", field);
	json_array_foreach(value, i, item)
		if (!json_is_string(item))
			return image_value_wrong(err, "%s[%zu] is not a string", field, i);
	return json_incref(value);
}

json_t *image_value_env(json_t *value, const char *field, struct error *err)
{
	json_t *strings = image_value_strings(value, field, err), *item;
	size_t i;

	json_array_foreach(strings, i, item) {
		const char *text = json_string_value(item);

		if (*text != '=' && strchr(text, '='))
			continue;
		json_decref(strings);
		return image_value_wrong(err, "%s[%zu] is '%.60s', not NAME=VALUE", field, i, text);
	}
	return strings;
}

json_t *image_value_signal(json_t *value, const char *field, struct error *err)
{
	const char *text = json_string_value(value);

	if (!text)
		return image_value_wrong(err, "%s is not a string", field);
	return !*text || oci_signal_is_known(text)
		       ? json_incref(value)
		       : image_value_wrong(err, "%s is '%.60s', which is no signal", field, text);
}

static bool has_dots(const char *path)
{
	size_t length;
	const char *part;

	while ((part = path_next(&path, &length)))
		if (length == 2 && part[0] == '.' && part[1] == '.')
			return true;
	return false;
}

static bool is_place(const char *path)
{
	return path[0] == '/' && strlen(path) < PATH_MAX && !has_dots(path);
}

json_t *image_value_directory(json_t *value, const char *field, struct error *err)
{
	const char *text = json_string_value(value);

	if (!text)
		return image_value_wrong(err, "%s is not a string", field);
	return !*text || is_place(text)
		       ? json_incref(value)
		       : image_value_wrong(err, "%s is '%.60s', not an absolute path", field, text);
}

/* "80/tcp", and "80", which is the same. */
static bool is_port(const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '1' || *text > '9' || port > 65535)
		return false;
	return !*end || strcmp(end, "/tcp") == 0 || strcmp(end, "/udp") == 0 ||
	       strcmp(end, "/sctp") == 0;
}

json_t *image_value_ports(json_t *value, const char *field, struct error *err)
{
	json_auto_t *ports = json_object();
	const char *key;
	char port[32]; /* more than any that is one */
	json_t *none;

	if (!json_is_object(value))
		return image_value_wrong(err, "%s is not an object", field);
	json_object_foreach(value, key, none) {
		if (!is_port(key))
			return image_value_wrong(err, "%s has '%.60s', which is no port", field, key);
		snprintf(port, sizeof(port), "%s%s", key, strchr(key, '/') ? "" : "/tcp");
		if (json_set(ports, port, json_object()) < 0)
			return image_value_no_memory(err);
	}
	return ports ? json_incref(ports) : image_value_no_memory(err);
}

/* Normalised: "/data/" is "/data". The root itself is no volume. */
json_t *image_value_volumes(json_t *value, const char *field, struct error *err)
{
	json_auto_t *volumes = json_object();
	const char *key;
	json_t *none;

	if (!json_is_object(value))
		return image_value_wrong(err, "%s is not an object", field);
	json_object_foreach(value, key, none) {
		_cleanup_(freep) char *path = path_canonicalize(key);

		if (!path)
			return image_value_no_memory(err);
		if (!is_place(key) || !path[1])
			return image_value_wrong(err, "%s has '%.60s', which is no absolute path", field, key);
		if (json_set(volumes, path, json_object()) < 0)
			return image_value_no_memory(err);
	}
	return volumes ? json_incref(volumes) : image_value_no_memory(err);
}

json_t *image_value_labels(json_t *value, const char *field, struct error *err)
{
	const char *key;
	json_t *label;

	if (!json_is_object(value))
		return image_value_wrong(err, "%s is not an object", field);
	json_object_foreach(value, key, label)
		if (!json_is_string(label))
			return image_value_wrong(err, "%s: '%.60s' is not a string", field, key);
	return json_incref(value);
}

json_t *image_value_count(json_t *value, const char *field, struct error *err)
{
	return json_is_integer(value) && json_integer_value(value) >= 0
		       ? json_incref(value)
		       : image_value_wrong(err, "%s is not a number from 0 on", field);
}

json_t *image_value_true(json_t *value, const char *field, struct error *err)
{
	return json_is_boolean(value) ? json_incref(value)
				      : image_value_wrong(err, "%s is neither true nor false", field);
}

json_t *image_value_digests(json_t *value, const char *field, struct error *err)
{
	json_t *strings = image_value_strings(value, field, err), *item;
	size_t i;

	json_array_foreach(strings, i, item) {
		if (oci_digest_check(json_string_value(item), NULL) == 0)
			continue;
		json_decref(strings);
		return image_value_wrong(err, "%s[%zu] is no digest", field, i);
	}
	return strings;
}
