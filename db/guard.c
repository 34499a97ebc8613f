// SPDX-License-Identifier: BSD-2-Clause
#include "db/guard.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static _Thread_local sigjmp_buf *landing;
static bool lost;

/* A fault of somebody else ends the process when it is repeated. */
static void fault(int number)
{
	if (landing)
		siglongjmp(*landing, 1);
	signal(number, SIG_DFL);
}

static void install(void)
{
	struct sigaction action = {.sa_handler = fault};

	sigaction(SIGBUS, &action, NULL);
}

static int refuse(const char *path, struct error *err)
{
	return error_set(err, -EIO,
			 "manifest '%s' is lost: its '-shm' cannot be written any more (did its disk "
			 "fail, fill up or become read-only?)", path);
}

int manifest_guard(const char *path, int (*call)(void *data, struct error *err), void *data,
		   struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	sigjmp_buf here;
	int r;

	pthread_once(&once, install);
	if (manifest_lost())
		return refuse(path, err);
	if (sigsetjmp(here, 1) != 0) {
		landing = NULL;
		__atomic_store_n(&lost, true, __ATOMIC_RELEASE);
		return refuse(path, err);
	}
	landing = &here;
	r = call(data, err);
	landing = NULL;
	return r;
}

bool manifest_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_ACQUIRE);
}
