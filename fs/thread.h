/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel says of a thread, ours or another's; from /proc, in some four microseconds. */
#ifndef FS_THREAD_H
#define FS_THREAD_H

#include <stdbool.h>
#include <sys/types.h>

struct thread_stat {
	char state; /* 'R': it runs, or would; else proc_pid_stat(5) */
	int cpu;    /* it runs on, or ran on last */
};

/* False when there is no such thread to be seen. */
bool thread_stat_read(pid_t tid, struct thread_stat *ret_stat);

#endif
