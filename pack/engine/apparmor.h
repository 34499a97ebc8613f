/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An AppArmor profile, as apparmor.d(5) has it: the capabilities it has, the programs of its root that it executes
 * and no others, and no mounts, tracing or user namespaces where it goes without them. For a kernel that has AppArmor
 * and an engine that takes a profile by its name; seccomp's part is in the package.
 */
#ifndef PACK_ENGINE_APPARMOR_H
#define PACK_ENGINE_APPARMOR_H

#include "pack/engine/engine.h"

engine_writer engine_write_apparmor;

#endif
