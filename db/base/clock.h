/* SPDX-License-Identifier: BSD-2-Clause */
/* What time it is: for how long something took or may take, and when it was. */
#ifndef DB_BASE_CLOCK_H
#define DB_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Steadily on since some moment, whatever is done to the time of day: CLOCK_MONOTONIC. */
static inline int64_t clock_steady_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

static inline int64_t clock_steady_ms(void)
{
	return clock_steady_ns() / 1000000;
}

static inline double clock_steady_seconds(void)
{
	return (double)clock_steady_ns() / 1e9;
}

/* Since 1970. */
static inline int64_t clock_wall_ns(void)
{
	return clock_read_ns(CLOCK_REALTIME);
}

#endif
