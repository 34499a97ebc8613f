/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables as an operator gives them, one by one or as a file of lines NAME=VALUE; a NAME alone
 * takes the caller's, and is nothing where the caller has none. A file keeps a secret out of ps(1).
 */
#ifndef STAGE_SPEC_ENV_FILE_H
#define STAGE_SPEC_ENV_FILE_H

#include "stage/spec/spec.h"

/* 0; -EINVAL when it is neither form; -ENOMEM. A variable that is there already is replaced. */
int env_add(spec_strings *env, const char *word, struct error *err);

/* Empty lines and lines that begin with '#' are none. At most 1 MiB; errors name file and line. */
int env_add_file(spec_strings *env, const char *path, struct error *err);

#endif
