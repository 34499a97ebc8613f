// SPDX-License-Identifier: BSD-2-Clause
/* Built without liburing: there are no rings, and whoever asks is told so. */
#include "fs/uring.h"

#include <errno.h>

int uring_check(void)
{
	return -EOPNOTSUPP;
}

int uring_open(const struct uring_config *config, struct uring **ret_uring)
{
	(void)config;
	(void)ret_uring;
	return -EOPNOTSUPP;
}

void uring_go(struct uring *uring)
{
	(void)uring;
}

bool uring_reply(const struct iovec *iov, int count)
{
	(void)iov;
	(void)count;
	return false;
}

void uring_stop(struct uring *uring)
{
	(void)uring;
}

void uring_free(struct uring *uring)
{
	(void)uring;
}
