// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/restarts.h"

#include "stage/instance/enable.h"

bool instance_restarts(const struct instance *instance, const struct run *run)
{
	const struct spec *spec = &instance->spec;

	/* two that start it again would meet */
	if (!instance->wanted || spec->restart == RESTART_NO || enable_rules(instance->app, instance->name))
		return false;
	if (spec->restart == RESTART_ALWAYS)
		return true;
	if (run->seen && run->status == 0)
		return false;
	return !spec->restart_most || run->restarts < (int)spec->restart_most;
}
