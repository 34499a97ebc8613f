/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operator wants of every package that is installed: /etc/sfc/policy, lines of
 *
 *	signed-by FILE		a public key; a package has to be signed with one of those named
 *
 * and comments behind '#'. A line that is none of these is an error, so that nothing is let in by a typing mistake.
 */
#ifndef STAGE_INSTANCE_POLICY_H
#define STAGE_INSTANCE_POLICY_H

#include "db/base/error.h"
#include "stage/store/signature.h"

/* -EKEYREJECTED: not as the policy wants it. path: where the package was found; its signature is PATH.sig. */
int policy_check(const char *path, const struct signature_subject *subject, struct error *err);

#endif
