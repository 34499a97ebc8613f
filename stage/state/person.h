/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is at the keyboard: whoever logged in, whatever he has become since. */
#ifndef STAGE_STATE_PERSON_H
#define STAGE_STATE_PERSON_H

#include <sys/types.h>

struct person {
	uid_t uid;
	char name[256]; /* the number, where the machine has no name for it */
};

/* The login's user as the kernel keeps it; where nobody logged in, sudo's word; else our own user. */
void person_find(struct person *ret_person);

#endif
