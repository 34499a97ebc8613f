/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals as images spell them. */
#ifndef PACK_OCI_SIGNAL_H
#define PACK_OCI_SIGNAL_H

#include <stdbool.h>

/* "SIGTERM", "TERM", "15", "SIGRTMIN+3" as its number here; 0: it is no signal. */
int oci_signal_number(const char *name);

/* Is it the name or number of a signal: "SIGTERM", "TERM", "15", "SIGRTMIN+3"? */
bool oci_signal_is_known(const char *name);

#endif
