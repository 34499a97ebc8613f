// SPDX-License-Identifier: BSD-2-Clause
/* What came of a start, as sfc prod start says it. */
#include <stdio.h>

#include "db/base/log.h"
#include "stage/cmd/prod.h"
#include "stage/container/ports.h"
#include "stage/instance/start.h"

/* Those that were chosen for it. */
static void print_ports(const struct spec *asked, const struct spec *spec)
{
	for (size_t i = 0; i < asked->ports.count && i < spec->ports.count; i++) {
		const struct spec_port *port = &spec->ports.items[i];

		if (!asked->ports.items[i].host && port->host)
			printf(", %s%s%u:%u%s", port->address ? port->address : "", port->address ? ":" : "",
			       port->host, port->port, port->udp ? "/udp" : "");
	}
}

static void say_held(const struct instance *instance)
{
	printf("%s/%s waits", instance->app, instance->name);
	for (size_t i = 0; i < instance->spec.ports.count; i++) {
		const struct spec_port *port = &instance->spec.ports.items[i];

		printf("%s%s%s%u:%u", i ? ", " : " at ", port->address ? port->address : "", port->address ? ":" : "",
		       port_of_host(port), port->port);
	}
	putchar('\n');
}

static void say(const struct asked *asked, const struct start *start)
{
	const struct instance *instance = &start->instance;

	if (start->code < 0)
		log_error("%s", start->err.message);
	else if (asked->quiet)
		printf("%s/%s\n", instance->app, instance->name);
	else if (instance->spec.on_demand)
		say_held(instance);
	else if (start->done)
		printf("%s/%s ended at once with status 0; 'sfc prod logs %s/%s' shows what it printed\n",
		       instance->app, instance->name, instance->app, instance->name);
	else if (!start->ran) {
		printf("%s/%s started", instance->app, instance->name);
		print_ports(&asked->spec, &instance->spec);
		putchar('\n');
	}
}

bool prod_say_started(const struct asked *asked, const struct starts *starts)
{
	bool well = true;

	for (size_t i = 0; i < starts->count; i++) {
		say(asked, &starts->items[i]);
		well &= starts->items[i].code == 0;
	}
	return well;
}
