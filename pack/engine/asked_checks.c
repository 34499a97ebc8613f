// SPDX-License-Identifier: BSD-2-Clause
/* When it is up, whether it is well, and how it ends. */
#include "pack/engine/asked_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

/* http://HOST[:PORT][/PATH]: the port and the path are asked for inside, whoever HOST is. */
static int take_url(struct facts *facts, const char *text, struct fact_check *check, struct error *err)
{
	const char *host = text + strlen("http://"), *path = host + strcspn(host, "/");
	_cleanup_(freep) char *word = strndup(host, (size_t)(path - host));
	char *colon = word ? strrchr(word, ':') : NULL;
	unsigned long port = 80;

	if (!word)
		return error_oom(err);
	if (colon && !strchr(colon, ']') && !asked_is_port(colon + 1, &port))
		return -EINVAL;
	array_release(&check->command);
	*check = (struct fact_check){.how = CHECK_HTTP, .port = (uint16_t)port, .path = *path ? path : "/"};
	(void)facts;
	return 0;
}

int asked_check(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	struct fact_check *check = &ASKED_FACT(facts, struct fact_check, offset);
	const char *name = offset == offsetof(struct facts, ready) ? "ready" : "health";
	const char *text = json_string_value(value);
	unsigned long port;

	if (!text)
		return -EINVAL;
	if (strncmp(text, "http://", 7) == 0)
		return take_url(facts, text, check, err);
	if (strncmp(text, "tcp:", 4) != 0)
		return error_set(err, -EINVAL, "no export can express --%s %.60s: a command of this host; --exec-probe is one inside",
				 name, text);
	if (!asked_is_port(text + 4, &port))
		return -EINVAL;
	array_release(&check->command);
	*check = (struct fact_check){.how = CHECK_TCP, .port = (uint16_t)port};
	return 0;
}

/* The one way it is asked: of several only one could be said. */
static int one_probe(struct facts *facts, const char *text, struct error *err)
{
	if (facts->probe.how != CHECK_NONE)
		return error_set(err, -EINVAL, "engines ask one probe: '%.60s' is one too many", text ? text : "");
	return text ? 0 : -EINVAL;
}

/* A path of the port that it is ready on, else of the first it exposes. */
int asked_http_probe(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	int r = one_probe(facts, text, err);

	(void)offset;
	if (r == 0 && *text != '/')
		return -EINVAL;
	if (r == 0)
		facts->probe = (struct fact_check){.how = CHECK_HTTP, .path = text};
	return r;
}

int asked_exec_probe(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	int r = one_probe(facts, text, err);

	(void)offset;
	if (r < 0)
		return r;
	facts->probe = (struct fact_check){.how = CHECK_EXEC};
	return array_push(&facts->probe.command, "/bin/sh") < 0 || array_push(&facts->probe.command, "-c") < 0 ||
			       array_push(&facts->probe.command, text) < 0
		       ? error_oom(err)
		       : 0;
}

int asked_no_health(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	(void)offset;
	(void)err;
	if (json_is_true(value)) {
		array_release(&facts->health.command);
		facts->health = (struct fact_check){.how = CHECK_NONE};
	}
	return json_is_boolean(value) ? 0 : -EINVAL;
}

int asked_restart(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	const char *text = json_string_value(value);
	unsigned long most;

	(void)offset;
	(void)err;
	if (!text || (strcmp(text, "no") != 0 && strcmp(text, "always") != 0 && strcmp(text, "on-failure") != 0 &&
		      (strncmp(text, "on-failure:", 11) != 0 || !asked_is_port(text + 11, &most))))
		return -EINVAL;
	facts->restart = text;
	return 0;
}

int asked_nothing(struct facts *facts, const json_t *value, size_t offset, struct error *err)
{
	(void)facts;
	(void)value;
	(void)offset;
	(void)err;
	return 0;
}
