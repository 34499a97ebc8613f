/* SPDX-License-Identifier: BSD-2-Clause */
/* Between who asks and who is asked: packets of a socket. */
#ifndef STAGE_MOUNT_OUTSIDE_PRIVATE_H
#define STAGE_MOUNT_OUTSIDE_PRIVATE_H

#include <stddef.h>
#include <sys/types.h>

enum outside_kind { OUTSIDE_START, OUTSIDE_WAIT, OUTSIDE_KILL };
enum { OUTSIDE_OUTPUT = 1 << 0, OUTSIDE_SAID = 1 << 1, OUTSIDE_FDS = 2 };

/* OUTSIDE_START: number is the word that is joined, flags which descriptors come along; TMPDIR and words follow. */
struct outside_question {
	int kind, number, flags;
};

struct outside_answer {
	int code;   /* 0 or a negative errno */
	int number; /* of the process; its status */
};

int outside_send(int socket, const void *data, size_t size, const int *fds, size_t count);
/* How many bytes; fds that were not sent are left as they are; ret_sender: who sent it, as we number him. */
int outside_receive(int socket, void *data, size_t size, int *fds, size_t count, pid_t *ret_sender);

/* Until nobody asks any more. */
_Noreturn void outside_serve(int socket);

#endif
