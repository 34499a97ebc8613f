// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cancel.h"

#include <signal.h>
#include <stddef.h>

static volatile int cancelled;

static void cancel(int number)
{
	cancelled = number;
}

static void handle(void (*handler)(int number))
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction action = {.sa_handler = handler};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

const volatile int *cancel_begin(void)
{
	handle(cancel);
	return &cancelled;
}

void cancel_end(void)
{
	handle(SIG_DFL);
}

int cancel_signal(void)
{
	return cancelled;
}
