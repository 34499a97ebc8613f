// SPDX-License-Identifier: BSD-2-Clause
/* What a container may: which capabilities, which system calls. */
#include "stage/container/capabilities.h"
#include "stage/container/private.h"

/* What its package goes without, unless somebody said otherwise, or it is to be seen what it uses. */
static bool is_tightened(const struct container_request *request)
{
	const struct spec *spec = request->spec;

	return request->defaults && !request->learned && !spec->seccomp && !spec->privileged;
}

static void drop_unused(struct container *container)
{
	const struct container_request *request = container->request;
	char *const *name = is_tightened(request) ? request->defaults->without_capabilities : NULL;

	for (; name && *name; name++)
		container->capabilities &= ~capability_find(*name) | container->capabilities_added;
}

static int choose_calls(struct container *container, struct error *err)
{
	const struct container_request *request = container->request;
	const struct spec *spec = request->spec;
	const struct seccomp_wanted wanted = {
		.choice = spec->seccomp ? spec->seccomp : spec->privileged ? "unconfined" : NULL,
		.capabilities = container->capabilities,
		.without = is_tightened(request) ? request->defaults->without_families : 0,
		.watch = request->learned ? learn_names : NULL,
	};

	return seccomp_choose(&wanted, request->cache, &container->seccomp, err);
}

int powers_choose(struct container *container, struct error *err)
{
	const struct spec *spec = container->request->spec;
	int r = capabilities_of(spec, &container->capabilities, err);

	if (r < 0)
		return r;
	container->capabilities_added = capabilities_added(spec);
	drop_unused(container);
	return choose_calls(container, err);
}
