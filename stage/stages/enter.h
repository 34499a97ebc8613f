/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command in a dev name, in a container: what `sfc dev exec` and `shell` do. Its root is mounted in
 * namespaces of its own, which end with it; several may be in one name at once.
 */
#ifndef STAGE_STAGES_ENTER_H
#define STAGE_STAGES_ENTER_H

#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

/*
 * what: as the log has it; NULL: the command. *ret_status is the command's own. Negative errnos with err set: -ENOENT when there is no such name, the
 * status in *ret_status then: 125 ours, 126 the command is not executable, 127 it is not there.
 */
int enter_run(struct state *state, const char *name, const struct spec *spec, const char *what,
	      int *ret_status, struct error *err);

#endif
