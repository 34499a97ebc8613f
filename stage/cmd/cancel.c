// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/cancel.h"

#include <signal.h>
#include <stddef.h>

static volatile int cancelled;

static void cancel(int number)
{
	cancelled = number;
}

const volatile int *cancel_begin(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = cancel};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	return &cancelled;
}
