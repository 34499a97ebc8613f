/* SPDX-License-Identifier: BSD-2-Clause */
/* Units as files where systemd looks for them: root's (instance/enable.h), and a user's (instance/enable_user.h). */
#ifndef STAGE_INSTANCE_UNIT_FILE_H
#define STAGE_INSTANCE_UNIT_FILE_H

#include "db/base/error.h"
#include "db/base/text.h"

/* With those above it; one that is there is as good. */
int unit_file_directory(const char *path, struct error *err);
int unit_file_write(const char *path, const struct text *text, struct error *err);
/* A link from what wants it: DIRECTORY/WANTS/FILE to ../FILE. */
int unit_file_link(const char *directory, const char *wants, const char *file, struct error *err);

#endif
