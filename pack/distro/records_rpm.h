/* SPDX-License-Identifier: BSD-2-Clause */
/* rpm's database with what is present: its packages, and which of their files are installed. */
#ifndef PACK_DISTRO_RECORDS_RPM_H
#define PACK_DISTRO_RECORDS_RPM_H

#include "db/base/error.h"
#include "pack/distro/distribution.h"
#include "pack/tree/tree.h"

/* When rpm's program cannot write, the distribution says so. */
int records_write_rpm(struct distribution *distribution, struct node *top, struct error *err);

#endif
