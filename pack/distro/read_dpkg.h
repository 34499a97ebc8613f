/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of dpkg: status with info/, or status.d/ of images without dpkg. */
#ifndef PACK_DISTRO_READ_DPKG_H
#define PACK_DISTRO_READ_DPKG_H

#include "pack/distro/reading.h"

/* Of what is not there it reads nothing. */
int distribution_read_dpkg(struct reading *reading);

#endif
