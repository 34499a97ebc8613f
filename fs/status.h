/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a mount is doing, as text for a person or as one JSON object of the same names; tracefs.1
 * says what each is.
 */
#ifndef FS_STATUS_H
#define FS_STATUS_H

#include <stdbool.h>

#include "db/base/text.h"
#include "fs/run.h"

/* Never waits for the manifest. That memory was there for it the text remembers. */
void status_write(struct run *run, bool json, struct text *text);

#endif
