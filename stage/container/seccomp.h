/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which system calls a container may make: the profile that the distribution has for its containers
 * (Debian: golang-github-containers-common), its rules chosen by the capabilities it gets and by the
 * architectures of this machine.
 *
 * Compiling the filter is most of a runtime's start. libseccomp does it once, here; the result is kept
 * under the profile's file, the capabilities, the architecture and libseccomp's version, and crun takes it as
 * an annotation. The rules themselves go with every configuration: who does not know the annotation would run
 * with none.
 */
#ifndef STAGE_CONTAINER_SECCOMP_H
#define STAGE_CONTAINER_SECCOMP_H

#include <jansson.h>
#include <stdint.h>

#include "db/base/error.h"

/* The annotation of crun that takes the filter. */
#define SECCOMP_ANNOTATION "run.oci.seccomp_bpf_data"

struct seccomp {
	json_t *rules;  /* linux.seccomp of a config.json; NULL: unconfined */
	char *filter;   /* compiled, in base64 */
};

struct seccomp_wanted {
	const char *choice;        /* NULL or "default", "unconfined", else a profile's file */
	uint64_t capabilities;
	uint32_t without;          /* families of calls, pack/elf/families.h */
	const char *const *watch;  /* calls that somebody is asked about (tighten.h): then nothing is compiled; NULL */
};

/* cache: a directory behind the 0700 door, or NULL. */
int seccomp_choose(const struct seccomp_wanted *wanted, const char *cache, struct seccomp *ret_seccomp,
		   struct error *err);
void seccomp_rules_release(struct seccomp *seccomp);

#endif
