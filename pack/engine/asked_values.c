// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/asked_values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/size.h"

/* ---- plain values ---- */

int asked_text(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	(void)err;
	if (!json_is_string(value))
		return -EINVAL;
	ASKED_FACT(facts, const char *, offset) = json_string_value(value);
	return 0;
}

int asked_flag(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	(void)err;
	if (!json_is_boolean(value))
		return -EINVAL;
	ASKED_FACT(facts, bool, offset) = json_is_true(value);
	return 0;
}

/* A number, or a text that is one with a unit. */
int asked_size(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	uint64_t size = (uint64_t)json_integer_value(value);

	(void)err;
	if (json_is_integer(value) ? json_integer_value(value) <= 0
				   : !json_is_string(value) || !size_parse(json_string_value(value), &size) || !size)
		return -EINVAL;
	if (size > INT64_MAX)
		return -EINVAL;
	ASKED_FACT(facts, int64_t, offset) = (int64_t)size;
	return 0;
}

/* "1.5" is 1500. */
int asked_thousandths(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	double number = json_is_number(value) ? json_number_value(value) : -1;
	char none[1] = "", *end = none;

	(void)err;
	if (text && *text && strspn(text, "0123456789.") == strlen(text))
		number = strtod(text, &end);
	if (*end || number < 0 || number > 1e9)
		return -EINVAL;
	ASKED_FACT(facts, int64_t, offset) = (int64_t)(number * 1000 + 0.5);
	return 0;
}

int asked_word(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	if (!json_is_string(value))
		return -EINVAL;
	return array_push(&ASKED_FACT(facts, struct fact_list, offset), json_string_value(value)) < 0 ? error_oom(err) : 0;
}

/* ---- the program ---- */

/* The last of a name counts. */
int asked_env(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	size_t length = text ? strcspn(text, "=") : 0;

	(void)offset;
	if (!length || !text[length])
		return -EINVAL;
	for (size_t i = 0; i < facts->env.count; i++)
		if (strncmp(facts->env.items[i], text, length + 1) == 0)
			facts->env.items[i] = facts->env.items[--facts->env.count];
	return array_push(&facts->env, text) < 0 ? error_oom(err) : 0;
}

int asked_user(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	unsigned long uid, gid;
	char *end;

	(void)offset;
	if (!text || *text < '0' || *text > '9')
		return error_set(err, -EINVAL, "--user: engines want numbers, UID or UID:GID, not '%.60s'", text ? text : "");
	uid = gid = strtoul(text, &end, 10);
	if (*end == ':' && end[1] >= '0' && end[1] <= '9')
		gid = strtoul(end + 1, &end, 10);
	if (*end || uid > UINT32_MAX || gid > UINT32_MAX)
		return -EINVAL;
	facts->uid = (int64_t)uid;
	facts->gid = (int64_t)gid;
	return 0;
}

static void take_out(struct fact_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		while (i < list->count && strcmp(list->items[i], name) == 0)
			list->items[i] = list->items[--list->count];
}

/* add: it is one more, else one less. "ALL" is all of them. */
int asked_capability(struct facts *facts, const json_t *value, size_t add, struct error *err)
{
	const char *text = json_string_value(value), *name;
	char *whole = NULL;

	if (!text || !*text || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != strlen(text))
		return -EINVAL;
	if (asprintf(&whole, "%s%s", strcmp(text, "ALL") == 0 ? "" : "CAP_", facts_capability(text)) < 0)
		whole = NULL;
	name = facts_keep(facts, whole);
	if (!name)
		return error_oom(err);
	if (strcmp(text, "ALL") == 0) {
		facts->all_capabilities = add;
		facts->capabilities.count = add ? facts->capabilities.count : 0;
	}
	take_out(&facts->capabilities, name);
	if (add && (array_push(&facts->cap_added, name) < 0 || array_push(&facts->capabilities, name) < 0))
		return error_oom(err);
	return 0;
}

/* ---- what it sees ---- */

bool asked_is_port(const char *text, unsigned long *ret_number)
{
	char *end;

	*ret_number = strtoul(text, &end, 10);
	return *text >= '1' && *text <= '9' && !*end && *ret_number <= UINT16_MAX;
}

/* [ADDR:][HOST[-LAST]]:PORT[/udp], from its end. */
int asked_publish(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	struct fact_publish publish = {.text = json_string_value(value)};
	char *word = publish.text ? strdup(publish.text) : NULL, *slash, *colon, *dash;
	unsigned long port, host = 0, last = 0;
	char bytes[sizeof(struct in6_addr)];

	(void)offset;
	if (!facts_keep(facts, word))
		return publish.text ? error_oom(err) : -EINVAL;
	slash = strchr(word, '/');
	if (slash && strcmp(slash, "/udp") != 0 && strcmp(slash, "/tcp") != 0)
		return -EINVAL;
	publish.udp = slash && slash[1] == 'u';
	if (slash)
		*slash = '\0';
	colon = strrchr(word, ':');
	if (!colon || !asked_is_port(colon + 1, &port))
		return -EINVAL;
	*colon = '\0';
	colon = strrchr(word, ':');
	if (colon) {
		*colon = '\0';
		publish.address = word;
		if (*word == '[' && colon[-1] == ']') {
			colon[-1] = '\0';
			publish.address++;
		}
		if (inet_pton(strchr(publish.address, ':') ? AF_INET6 : AF_INET, publish.address, bytes) != 1)
			return -EINVAL;
		word = colon + 1;
	}
	dash = strchr(word, '-');
	if (dash)
		*dash = '\0';
	if ((*word && !asked_is_port(word, &host)) || (dash && (!asked_is_port(dash + 1, &last) || last < host)))
		return -EINVAL;
	publish.port = (uint16_t)port;
	publish.host = (uint16_t)host;
	publish.last = (uint16_t)last;
	return array_push(&facts->publish, publish) < 0 ? error_oom(err) : 0;
}

static void take_out_mount(struct fact_mount *mounts, size_t *count, const char *place)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		if (strcmp(mounts[i].destination, place) != 0)
			mounts[kept++] = mounts[i];
	*count = kept;
}

/* Engines mount a place once: what is asked for is there instead of what was. */
static void clear_place(struct facts *facts, const char *place)
{
	take_out_mount(facts->tmpfs.items, &facts->tmpfs.count, place);
	take_out_mount(facts->mounts.items, &facts->mounts.count, place);
	take_out(&facts->volumes, place);
}

/* SRC:DST[:ro] */
int asked_volume(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	char *word = text ? strdup(text) : NULL, *colon, *more;
	struct fact_mount mount = {.source = word};

	(void)offset;
	if (!facts_keep(facts, word))
		return text ? error_oom(err) : -EINVAL;
	colon = strchr(word, ':');
	if (!colon || *word != '/' || colon[1] != '/')
		return -EINVAL;
	*colon = '\0';
	mount.destination = colon + 1;
	more = strchr(colon + 1, ':');
	if (more && strcmp(more, ":ro") != 0)
		return -EINVAL;
	mount.read_only = more;
	if (more)
		*more = '\0';
	clear_place(facts, mount.destination);
	return array_push(&facts->mounts, mount) < 0 ? error_oom(err) : 0;
}

/* DIR[:SIZE] */
int asked_tmpfs(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	char *word = text ? strdup(text) : NULL, *colon;
	struct fact_mount mount = {.destination = word};

	(void)offset;
	if (!facts_keep(facts, word))
		return text ? error_oom(err) : -EINVAL;
	colon = strchr(word, ':');
	if (*word != '/' || (colon && !size_parse(colon + 1, &mount.size)))
		return -EINVAL;
	if (colon)
		*colon = '\0';
	clear_place(facts, mount.destination);
	return array_push(&facts->tmpfs, mount) < 0 ? error_oom(err) : 0;
}

int asked_network(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	static const char *const words[] = {"", "host", "none", "private"};
	const char *text = json_string_value(value);

	(void)offset;
	for (size_t i = 1; text && i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i], text) == 0) {
			facts->network = (enum fact_network)i;
			return 0;
		}
	}
	return text ? error_set(err, -EINVAL, "no export can express --network %.60s: host, none or private", text)
		    : -EINVAL;
}
