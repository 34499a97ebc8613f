// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/phases.h"

#include "db/base/cleanup.h"
#include "db/manifest.h"
#include "db/phase.h"

int phases_note(const char *manifest, const struct trial *trial, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *opened = NULL;
	const struct phase phases[] = {{"started", trial->at.started_ns},
				       {"ready", trial->at.ready_ns},
				       {"probe", trial->at.probe_ns},
				       {"stopping", trial->at.stopping_ns}};
	int r = manifest_open(manifest, MANIFEST_WRITE, &opened, err);

	return r < 0 ? r : phase_note(opened, phases, sizeof(phases) / sizeof(*phases), err);
}
