// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/asking.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/watch/crawl.h"
#include "stage/watch/ready.h"

enum { HTTP_PORT = 80 };

/* ---- what there is to ask ---- */

/* Of {"80/tcp": {}, "53/udp": {}} those of TCP, in their order. */
static int take_ports(struct asking *asking)
{
	json_t *exposed = image_config_member(asking->image, "ExposedPorts"), *value;
	const char *name;

	json_object_foreach(exposed, name, value) {
		const char *protocol = strchr(name, '/');

		if (protocol && strcmp(protocol, "/tcp") == 0 &&
		    array_push(&asking->ports, (uint16_t)strtoul(name, NULL, 10)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int asking_open(const struct spec *spec, const struct image_config *image, struct asking *asking,
		struct error *err)
{
	bool own = !spec->args.count; /* what runs is what the image says */
	int r = 0;

	*asking = (struct asking){.spec = spec, .image = image && image->json ? image : NULL};
	if (!asking->image)
		return 0;
	if (own && spec->ready == READY_UNSET && take_ports(asking) < 0)
		return error_oom(err);
	if (!spec->no_healthcheck && (own || asking_is_server(asking)))
		r = inside_check_of(image, &asking->check, err);
	return r;
}

void asking_release(struct asking *asking)
{
	array_release(&asking->ports);
	inside_check_release(&asking->check);
}

bool asking_has_probes(const struct asking *asking)
{
	return asking->spec->probes.count || asking->spec->http_probes.count || asking->spec->exec_probes.count;
}

bool asking_is_server(const struct asking *asking)
{
	return asking->spec->ready != READY_UNSET || asking_has_probes(asking) || asking->ports.count ||
	       asking->check.args.count;
}

bool asking_by_answer(const struct asking *asking)
{
	return asking->spec->ready == READY_UNSET && !asking->ports.count;
}

int asking_check_ports(const struct asking *asking, struct error *err)
{
	const struct spec *spec = asking->spec;

	if (spec->network != NETWORK_HOST && (spec->network != NETWORK_UNSET || spec->ports.count))
		return 0;
	for (size_t i = 0; i < asking->ports.count; i++)
		if (ready_port_taken(asking->ports.items[i]))
			return error_set(err, -EADDRINUSE,
					 "something on this machine listens on port %u already, which the image "
					 "exposes; stop it, or use --network none",
					 asking->ports.items[i]);
	return 0;
}

void asking_add_ports(const struct asking *asking, struct text *text)
{
	for (size_t i = 0; i < asking->ports.count; i++)
		text_printf(text, "%s%u/tcp", i ? ", " : "", asking->ports.items[i]);
}

/* ---- is it up ---- */

int asking_wait(struct asking *asking, struct container *container, struct pollfd *also, int64_t timeout_ms,
		struct error *err)
{
	if (!asking->ports.count)
		return ready_wait(container, asking->spec, also, 1, timeout_ms, err);
	return ready_wait_ports(container, asking->ports.items, asking->ports.count, also, timeout_ms,
				&asking->port, err);
}

/* ---- asking ---- */

int asking_check(struct asking *asking, struct container *container, const struct answers *answers,
		 struct pollfd *also, int *ret_status, struct error *err)
{
	/* what a check says is of the moment */
	return inside_run(container, &asking->check.args, answers->errors, answers->errors, also,
			  asking->check.timeout_ms, ret_status, err);
}

static int probe_inside(struct asking *asking, struct container *container, const char *command,
			const struct answers *answers, struct pollfd *also, int64_t timeout_ms, int *ret_status,
			struct error *err)
{
	spec_strings words = ARRAY_INIT;
	int r = inside_words(asking->image, command, &words, err);

	if (r == 0)
		r = inside_run(container, &words, answers->output, answers->errors, also, timeout_ms, ret_status,
			       err);
	spec_strings_release(&words);
	return r;
}

/* Of a path on the port that it is known to be up by. */
static int probe_http(struct asking *asking, struct container *container, const char *page,
		      const struct answers *answers, struct pollfd *also, int64_t timeout_ms, int *ret_status,
		      struct error *err)
{
	const struct spec *spec = asking->spec;
	unsigned int port = asking->port			  ? asking->port
			    : spec->ready == READY_TCP ? spec->ready_port
						       : HTTP_PORT;
	_cleanup_(freep) char *url = NULL;

	if (*page != '/')
		return crawl_run(container, page, answers->output, answers->errors, also, timeout_ms, ret_status,
				 err);
	if ((port == HTTP_PORT ? asprintf(&url, "http://localhost%s", page)
			       : asprintf(&url, "http://localhost:%u%s", port, page)) < 0) {
		url = NULL;
		return error_oom(err);
	}
	return crawl_run(container, url, answers->output, answers->errors, also, timeout_ms, ret_status, err);
}

int asking_probe(struct asking *asking, struct container *container, const char *root,
		 const struct answers *answers, struct pollfd *also, const char **ret_what, int *ret_status,
		 struct error *err)
{
	const struct spec *spec = asking->spec;
	int64_t timeout = spec->timeout_ms ? (int64_t)spec->timeout_ms : -1;
	int r = 0;

	*ret_status = 0;
	for (size_t i = 0; r == 0 && *ret_status == 0 && i < spec->exec_probes.count; i++) {
		*ret_what = "the probe inside";
		r = probe_inside(asking, container, spec->exec_probes.items[i], answers, also, timeout,
				 ret_status, err);
	}
	for (size_t i = 0; r == 0 && *ret_status == 0 && i < spec->probes.count; i++) {
		*ret_what = "the probe";
		r = probe_run(container, spec->probes.items[i], root, answers->output, answers->errors, also,
			      timeout, ret_status, err);
	}
	for (size_t i = 0; r == 0 && *ret_status == 0 && i < spec->http_probes.count; i++) {
		*ret_what = "the probe by HTTP";
		r = probe_http(asking, container, spec->http_probes.items[i], answers, also, timeout, ret_status,
			       err);
	}
	return r;
}
