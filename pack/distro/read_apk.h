/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of apk: /lib/apk/db/installed. */
#ifndef PACK_DISTRO_READ_APK_H
#define PACK_DISTRO_READ_APK_H

#include "pack/distro/reading.h"

/* Of what is not there it reads nothing. */
int distribution_read_apk(struct reading *reading);

#endif
