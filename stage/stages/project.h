/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A compose project: its file as docker compose has it where there is one, and all of its images made slim by
 * what the traced ones saw.
 */
#ifndef STAGE_STAGES_PROJECT_H
#define STAGE_STAGES_PROJECT_H

#include <jansson.h>

#include "stage/stages/traces.h"

/* Without docker compose it is read by stage/spec/yaml.h. The caller owns *ret_project. */
int project_read(const char *file, json_t **ret_project, struct error *err);

/*
 * Each image of the project that there are traces of, from the docker daemon and back to it, with -slim behind its
 * tag; how: what goes for all of them, but image, output, name and own_only. *ret_override is the file that has
 * the services use them; what is written is told by `made`, and what stays as it was is added to `said`, a line
 * each. -ENODATA: there are no traces of any.
 */
int project_slim(const json_t *project, const struct traces_request *how,
		 void (*made)(const char *image, const struct traces_result *result), json_t **ret_override,
		 struct text *said, struct error *err);

#endif
