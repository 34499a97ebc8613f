// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/stays.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/path.h"
#include "db/base/process.h"
#include "db/base/text.h"
#include "stage/container/keep.h"
#include "stage/instance/output.h"
#include "stage/instance/restarts.h"
#include "stage/instance/stop.h"

/* What has nothing to be ready by. */
enum { LIFE_MS = 200 };

bool start_goes_on(const struct start *start)
{
	return !start->ran && !start->done && start->code == 0;
}

static int64_t life_of(const struct start *start)
{
	if (start->life_ms)
		return start->life_ms;
	return start->instance.spec.ready == READY_UNSET ? LIFE_MS : 0;
}

void stays_watch(const struct starts *starts, const int64_t *up_ms)
{
	size_t count = starts->count, pending;
	_cleanup_(freep) struct pollfd *fds = calloc(count ? count : 1, sizeof(*fds));
	int64_t last = 0;

	for (size_t i = 0; fds && i < count; i++) {
		const struct start *start = &starts->items[i];

		fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (!start_goes_on(start))
			continue;
		fds[i].fd = process_open(&start->run.note.process);
		if (fds[i].fd >= 0 && up_ms[i] + life_of(start) > last)
			last = up_ms[i] + life_of(start);
	}
	do {
		int64_t left = last - clock_steady_ms();

		pending = 0;
		for (size_t i = 0; fds && i < count; i++) {
			if (fds[i].revents && fds[i].fd >= 0) {
				close(fds[i].fd);
				fds[i].fd = -1;
			}
			pending += fds[i].fd >= 0;
		}
		if (!fds || !pending || left <= 0 || poll(fds, count, (int)left) < 0)
			break;
	} while (true);
	for (size_t i = 0; fds && i < count; i++)
		closep(&fds[i].fd);
}

/* Behind the message, what it printed last. */
static void add_output(struct start *start, const struct preparation *prepared)
{
	_cleanup_(freep) char *path = path_join(prepared->directory, "log");
	_cleanup_(freep) char *last = path ? output_last(path, prepared->log_before) : NULL;
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct error said = start->err;

	if (!last)
		return;
	text_add_plain(&shown, last);
	if (!text_failed(&shown))
		error_set(&start->err, start->code, "%s: %s", said.message, shown.bytes);
}

/* It is over already. To be done at once and well is no failure, unless it was to become ready. */
static void judge_end(struct state *state, struct start *start, const struct preparation *prepared)
{
	struct run *run = &start->run;
	int r;

	container_clear(&run->note, NULL);
	run->seen = container_status(prepared->conmon, &run->status) > 0;
	/* whoever starts it again has it now */
	if (start->instance.spec.ready == READY_UNSET && instance_restarts(&start->instance, run))
		return;
	start->done = run->seen && run->status == 0 && start->instance.spec.ready == READY_UNSET;
	if (start->done) {
		r = instance_take_down(state, &start->instance, run, &start->err);
		start->code = r;
		return;
	}
	if (run->seen)
		start->code = error_set(&start->err, -ECANCELED, "ended with status %d", run->status);
	else
		start->code = error_set(&start->err, -ECANCELED, "ended, and nobody saw how");
	add_output(start, prepared);
}

void stays_judge(struct state *state, struct start *start, const struct preparation *prepared)
{
	if (start_goes_on(start) && !process_is_alive(&start->run.note.process))
		judge_end(state, start, prepared);
	else if (start->code == -ETIME)
		add_output(start, prepared);
}
