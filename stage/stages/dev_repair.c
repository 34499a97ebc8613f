// SPDX-License-Identifier: BSD-2-Clause
/* What killed commands left of names and bases is taken down. */
#include "stage/stages/dev.h"

#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/layer/base.h"
#include "stage/layer/dev.h"
#include "stage/state/claim.h"

struct repair {
	struct state *state;
	void (*say)(const char *line);
	struct error *err;
};

static int repair_one(struct repair *repair, const char *part, const char *name,
		      int (*settle)(struct state *, const char *, struct error *))
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160], line[256];
	int r;

	snprintf(object, sizeof(object), "%s/%s", part, name);
	/* somebody is at it: then it is not left over */
	if (claim_try(repair->state, object, &claim, NULL) < 0)
		return 0;
	r = settle(repair->state, name, repair->err);
	if (r < 0)
		return r;
	snprintf(line, sizeof(line), "removed what was left of the %s '%s'",
		 strcmp(part, "dev") == 0 ? "root" : "base", name);
	repair->say(line);
	return 0;
}

static int repair_dev(const char *name, void *data)
{
	return repair_one(data, "dev", name, dev_settle);
}

static int repair_base(const char *name, void *data)
{
	return repair_one(data, "base", name, base_settle);
}

static int repair_layers(const char *name, void *data)
{
	struct repair *repair = data;
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160];

	snprintf(object, sizeof(object), "dev/%s", name);
	if (claim_try(repair->state, object, &claim, NULL) < 0)
		return 0;
	return dev_settle(repair->state, name, repair->err);
}

int dev_repair(struct state *state, void (*say)(const char *line), struct error *err)
{
	struct repair repair = {state, say, err};
	int r = dev_each_unsettled(state, repair_dev, &repair, err);

	/* dev names first: a base may be stood on by what was never whole */
	if (r == 0)
		r = base_each_unsettled(state, repair_base, &repair, err);
	return r == 0 ? dev_each_ready(state, repair_layers, &repair, err) : r;
}
