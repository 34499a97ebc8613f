// SPDX-License-Identifier: BSD-2-Clause
/* Takers of what bounds a program: how much it may have, what it may do, how long it may take. */
#include "stage/spec/take.h"

#include <ctype.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/spec/take_private.h"
#include "stage/spec/values.h"

enum { MEMORY_LEAST = 1024 * 1024 };

/* ---- how much it may have ---- */

int take_memory(struct asked *asked, const struct option_row *row, const char *value,
		struct error *err)
{
	uint64_t size;

	if (value_size(value, &size) < 0)
		return -EINVAL;
	if (size < MEMORY_LEAST)
		return error_set(err, -EINVAL, "'%s' is too little to start anything", value);
	*MEMBER(uint64_t) = size;
	return 0;
}

int take_cpus(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	uint64_t cpus;

	(void)row;
	(void)err;
	/* the kernel's shortest slice is a hundredth of its usual period */
	if (value_thousandths(value, &cpus) < 0 || cpus < 10)
		return -EINVAL;
	asked->spec.cpus_milli = cpus;
	return 0;
}

int take_rate(struct asked *asked, const struct option_row *row, const char *value,
	      struct error *err)
{
	ARRAY(struct spec_rate) *rates = (void *)((char *)asked + row->offset);
	struct spec_rate rate;
	int r = value_rate(value, &rate, err);

	return r < 0 ? r : ADD(rates, rate, free(rate.device));
}

int take_ulimit(struct asked *asked, const struct option_row *row, const char *value,
		struct error *err)
{
	struct spec_ulimit limit;
	int r = value_ulimit(value, &limit, err);

	(void)row;
	return r < 0 ? r : ADD(&asked->spec.ulimits, limit, free(limit.name));
}

/* ---- what it may do ---- */

int take_capability(struct asked *asked, const struct option_row *row, const char *value,
		    struct error *err)
{
	_cleanup_(freep) char *name = NULL;
	int r = value_capability(value, &name);

	if (r == -EINVAL)
		return error_set(err, -EINVAL, "there is no capability '%s'; see capabilities(7)",
				 value);
	return r < 0 ? r : spec_strings_add(MEMBER(spec_strings), name);
}

int take_device(struct asked *asked, const struct option_row *row, const char *value,
		struct error *err)
{
	struct spec_device device;
	int r = value_device(value, &device, err);

	(void)row;
	return r < 0 ? r
		     : ADD(&asked->spec.devices, device, (free(device.path), free(device.inside)));
}

int take_seccomp(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err)
{
	(void)row;
	(void)err;
	return *value ? replace(&asked->spec.seccomp, strdup(value)) : -EINVAL;
}

/* ---- when it is up, and how it ends ---- */

static bool is_url(const char *word)
{
	return strncmp(word, "http://", 7) == 0 && isgraph((unsigned char)word[7]) &&
	       word[7] != '/';
}

/* http:// it knows by itself; for the rest there are programs. */
static int refuse_scheme(const char *word, struct error *err)
{
	if (strncmp(word, "http://", 7) == 0)
		return -EINVAL;
	return error_set(err, -EINVAL,
			 "only http:// is asked directly; use a command such as 'curl -fsS %s'",
			 word);
}

int take_ready(struct asked *asked, const struct option_row *row, const char *value,
	       struct error *err)
{
	const char *port_word = strncmp(value, "tcp:", 4) == 0 ? value + 4 : NULL;
	struct spec *spec = &asked->spec;
	uint64_t port = 0;
	char *text = NULL;

	(void)row;
	if (*value && strspn(value, "0123456789") == strlen(value))
		port_word = value;
	if (!*value || (port_word && value_number(port_word, 1, UINT16_MAX, &port) < 0))
		return -EINVAL;
	if (!is_url(value) &&
	    (strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0))
		return refuse_scheme(value, err);
	if (!port_word && !(text = strdup(value)))
		return -ENOMEM;
	free(spec->ready_text);
	spec->ready_text = text;
	spec->ready_port = (uint16_t)port;
	spec->ready = port_word ? READY_TCP : is_url(value) ? READY_HTTP : READY_COMMAND;
	return 0;
}

int take_http_probe(struct asked *asked, const struct option_row *row, const char *value,
		    struct error *err)
{
	(void)err;
	if (!value)
		value = "/";
	if (*value != '/' && !is_url(value))
		return -EINVAL;
	for (const char *p = value; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '#')
			return -EINVAL;
	return spec_strings_add(MEMBER(spec_strings), value);
}

int take_health(struct asked *asked, const struct option_row *row, const char *value,
		struct error *err)
{
	(void)row;
	if (!*value)
		return -EINVAL;
	if (!is_url(value) &&
	    (strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0))
		return refuse_scheme(value, err);
	return replace(&asked->spec.health, strdup(value));
}

int take_restart(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err)
{
	static const char failure[] = "on-failure";
	enum spec_restart restart = RESTART_NO;
	uint64_t most = 0;

	(void)row;
	(void)err;
	if (strcmp(value, "always") == 0)
		restart = RESTART_ALWAYS;
	else if (strncmp(value, failure, sizeof(failure) - 1) == 0)
		restart = RESTART_ON_FAILURE;
	else if (strcmp(value, "no") != 0)
		return -EINVAL;
	value += restart == RESTART_ON_FAILURE ? sizeof(failure) - 1 : strlen(value);
	if (*value && (*value != ':' || value_number(value + 1, 1, UINT32_MAX, &most) < 0))
		return -EINVAL;
	asked->spec.restart = restart;
	asked->spec.restart_most = (unsigned int)most;
	return 0;
}

int take_idle(struct asked *asked, const struct option_row *row, const char *value, struct error *err)
{
	uint64_t ms;

	(void)row;
	(void)err;
	if (value_duration(value, &ms) < 0 || ms == 0)
		return -EINVAL;
	asked->spec.idle_ms = ms;
	return 0;
}

/* "0..4" */
int take_instances(struct asked *asked, const struct option_row *row, const char *value, struct error *err)
{
	const char *dots = strstr(value, "..");
	_cleanup_(freep) char *first = dots ? strndup(value, (size_t)(dots - value)) : NULL;
	uint64_t least, most;

	(void)row;
	(void)err;
	if (dots && !first)
		return -ENOMEM;
	if (!first || value_number(dots + 2, 1, INSTANCES_MAX, &most) < 0 || value_number(first, 0, most, &least) < 0)
		return -EINVAL;
	asked->spec.instances_least = least;
	asked->spec.instances_most = most;
	return 0;
}

int take_per(struct asked *asked, const struct option_row *row, const char *value, struct error *err)
{
	(void)row;
	(void)err;
	return value_number(value, 1, INT64_MAX, &asked->spec.per);
}

int take_timeout(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err)
{
	uint64_t ms;

	(void)row;
	(void)err;
	if (value_thousandths(value, &ms) < 0 || ms == 0)
		return -EINVAL;
	asked->spec.timeout_ms = ms;
	return 0;
}

int take_grace(struct asked *asked, const struct option_row *row, const char *value,
	       struct error *err)
{
	uint64_t ms;

	(void)row;
	(void)err;
	if (value_thousandths(value, &ms) < 0)
		return -EINVAL;
	asked->spec.grace_ms = ms;
	asked->spec.grace_given = true;
	return 0;
}

/* ---- by which runtime ---- */

int take_runtime(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err)
{
	char *path = NULL;
	int r;

	(void)row;
	if (strcmp(value, "crun") == 0 || strcmp(value, "runc") == 0)
		return replace(&asked->spec.runtime, strdup(value));
	if (strcmp(value, "lxc") == 0)
		return error_set(
		    err, -EINVAL,
		    "lxc is no OCI runtime; 'sfc test mount' gives lxc-execute a traced root, 'sfc export --to "
		    "lxc' a configuration");
	if (*value != '/')
		return -EINVAL;
	r = value_path(value, &path, err);
	return r < 0 ? r : replace(&asked->spec.runtime, path);
}
