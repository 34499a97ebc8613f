// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"

/* ---- values ---- */

/* ["a", "b"] as it stands; NULL when it is no list of words. */
static json_t *json_list(const char *value)
{
	json_t *list = *value == '[' ? json_loads(value, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (json_is_array(list))
		return list;
	json_decref(list);
	return NULL;
}

/* A list, or a line for the shell. */
static json_t *command(const char *value)
{
	json_t *list = json_list(value);

	return list ? list : json_pack("[s, s, s]", "/bin/sh", "-c", value);
}

/* The next word of a line, in place: quotes and backslashes as a Dockerfile has them. NULL: no more. */
static char *next_word(char **line)
{
	char *word, *to, *from = *line + strspn(*line, " \t"), quote = '\0';

	if (!*from)
		return NULL;
	for (word = to = from; *from && (quote || !strchr(" \t", *from)); from++) {
		if (quote ? *from == quote : *from == '"' || *from == '\'')
			quote = quote ? '\0' : *from;
		else
			*to++ = *from == '\\' && from[1] && quote != '\'' ? *++from : *from;
	}
	*line = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

/* ---- instructions: 0, -ENOMEM, or -EINVAL ---- */

/* The member, an empty one (taken) if it is not there. */
static json_t *member(json_t *config, const char *name, json_t *empty)
{
	json_t *value = json_object_get(config, name);

	if (value) {
		json_decref(empty);
		return value;
	}
	return json_set(config, name, empty) < 0 ? NULL : empty;
}

static int set_variable(json_t *env, const char *assignment)
{
	size_t length = strcspn(assignment, "="), i;
	json_t *item;

	json_array_foreach(env, i, item)
		if (strncmp(json_string_value(item), assignment, length + 1) == 0)
			return json_array_set_new(env, i, json_string(assignment));
	return json_array_append_new(env, json_string(assignment));
}

/* "A=b C=d", or in the old form "A b c". */
static int set_pairs(char *line, json_t *into, int (*set)(json_t *into, const char *pair))
{
	size_t length = strcspn(line, " \t=");
	char *word;
	int r = 0;

	if (!length || !line[length])
		return -EINVAL;
	if (line[length] != '=') {
		line[length] = '=';
		return set(into, line);
	}
	while (r == 0 && (word = next_word(&line)))
		r = strchr(word, '=') > word ? set(into, word) : -EINVAL;
	return r;
}

static int set_label(json_t *labels, const char *pair)
{
	_cleanup_(freep) char *name = strndup(pair, strcspn(pair, "="));

	return name ? json_set(labels, name, json_string(strchr(pair, '=') + 1)) : -ENOMEM;
}

/* {"/data": {}} of ["/data"] or of words. */
static int set_names(json_t *into, char *line)
{
	json_auto_t *list = json_list(line);
	json_t *item;
	char *word;
	size_t i;

	json_array_foreach(list, i, item)
		if (!json_is_string(item) || json_set(into, json_string_value(item), json_object()) < 0)
			return -EINVAL;
	while (!list && (word = next_word(&line)))
		if (json_set(into, word, json_object()) < 0)
			return -EINVAL; /* it is not UTF-8 */
	return 0;
}

static int apply(json_t *config, const char *name, char *value)
{
	static const char *const texts[][2] = {
		{"USER", "User"}, {"WORKDIR", "WorkingDir"}, {"STOPSIGNAL", "StopSignal"}};
	json_t *into;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcasecmp(name, texts[i][0]) == 0)
			return json_set(config, texts[i][1], json_string(value));
	if (strcasecmp(name, "CMD") == 0)
		return json_set(config, "Cmd", command(value));
	if (strcasecmp(name, "ENTRYPOINT") == 0)
		return json_set(config, "Entrypoint", command(value));
	if (strcasecmp(name, "ENV") == 0)
		return (into = member(config, "Env", json_array())) ? set_pairs(value, into, set_variable)
								     : -ENOMEM;
	if (strcasecmp(name, "LABEL") == 0)
		return (into = member(config, "Labels", json_object())) ? set_pairs(value, into, set_label)
									 : -ENOMEM;
	if (strcasecmp(name, "EXPOSE") == 0)
		return (into = member(config, "ExposedPorts", json_object())) ? set_names(into, value)
									       : -ENOMEM;
	if (strcasecmp(name, "VOLUME") == 0)
		return (into = member(config, "Volumes", json_object())) ? set_names(into, value) : -ENOMEM;
	if (strcasecmp(name, "HEALTHCHECK") == 0 && strcasecmp(value, "NONE") == 0)
		return json_object_del(config, "Healthcheck"), 0;
	return -EINVAL;
}

int change_apply(json_t *config, const char *change, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(change);
	size_t length = strcspn(change, " \t=");
	char *value;
	int r;

	if (!copy)
		return error_oom(err);
	value = copy + length + (copy[length] != '\0');
	value += strspn(value, " \t");
	copy[length] = '\0';
	r = *value ? apply(config, copy, value) : -EINVAL;
	return r < 0 ? error_set(err, -EINVAL,
				 "--change does not take '%.100s': CMD, ENTRYPOINT, ENV, EXPOSE, "
				 "HEALTHCHECK NONE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR, and what",
				 change)
		     : 0;
}
