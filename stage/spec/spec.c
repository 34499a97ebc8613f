// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/spec.h"

#include <stdlib.h>
#include <string.h>

int spec_strings_add(spec_strings *strings, const char *string)
{
	char *copy = strdup(string);

	if (copy && array_push(strings, copy) == 0)
		return 0;
	free(copy);
	return -ENOMEM;
}

void spec_strings_release(spec_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	array_release(strings);
}

static void release_sights(struct spec *spec)
{
	for (size_t i = 0; i < spec->volumes.count; i++) {
		free(spec->volumes.items[i].source);
		free(spec->volumes.items[i].destination);
	}
	for (size_t i = 0; i < spec->tmpfs.count; i++)
		free(spec->tmpfs.items[i].destination);
	for (size_t i = 0; i < spec->ports.count; i++)
		free(spec->ports.items[i].address);
	array_release(&spec->volumes);
	array_release(&spec->tmpfs);
	array_release(&spec->ports);
	free(spec->network_name);
}

static void release_limits(struct spec *spec)
{
	for (size_t i = 0; i < spec->read_rates.count; i++)
		free(spec->read_rates.items[i].device);
	for (size_t i = 0; i < spec->write_rates.count; i++)
		free(spec->write_rates.items[i].device);
	for (size_t i = 0; i < spec->ulimits.count; i++)
		free(spec->ulimits.items[i].name);
	for (size_t i = 0; i < spec->devices.count; i++) {
		free(spec->devices.items[i].path);
		free(spec->devices.items[i].inside);
	}
	array_release(&spec->read_rates);
	array_release(&spec->write_rates);
	array_release(&spec->ulimits);
	array_release(&spec->devices);
}

void spec_release(struct spec *spec)
{
	spec_strings *const lists[] = {&spec->args,	&spec->env,	    &spec->cap_add,
				       &spec->cap_drop, &spec->probes,	    &spec->http_probes,
				       &spec->exec_probes, &spec->runtime_args};
	char *const texts[] = {spec->user,    spec->cwd,        spec->hostname, spec->input,
			       spec->seccomp, spec->ready_text, spec->health,   spec->runtime};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		spec_strings_release(lists[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	release_sights(spec);
	release_limits(spec);
	*spec = (struct spec)SPEC_INIT;
}
