/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of rpm: its database. */
#ifndef PACK_DISTRO_READ_RPM_H
#define PACK_DISTRO_READ_RPM_H

#include "pack/distro/reading.h"

/* Of what is not there it reads nothing. */
int distribution_read_rpm(struct reading *reading);

#endif
