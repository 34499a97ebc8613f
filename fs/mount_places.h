/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories of a container's image that its volumes are mounted over: nobody looks at them, yet whose they are
 * and who may enter is what a new volume takes from them.
 */
#ifndef FS_MOUNT_PLACES_H
#define FS_MOUNT_PLACES_H

#include "fs/tracefs.h"

/* Note each as used. Once, when recording has begun. */
void mount_places_note(struct tracefs *fs);

#endif
