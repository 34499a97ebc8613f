// SPDX-License-Identifier: BSD-2-Clause
/* A server: until it is ready, has answered and was stopped, or until it is told to end. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "stage/stages/running.h"
#include "stage/watch/ready.h"

enum { AGAIN_MS = 50, LIFE_MS = 200 };

static int ended_early(struct running *running, const char *when, struct error *err)
{
	int r = container_wait(running->container, &running->trial->status, err);

	if (r == 0 && running_was_not_executed(running, err))
		return -ENOENT;
	return r < 0 ? r : running_outcome(running, TRIAL_FAILED, "%s ended with status %d %s", running->program,
				   running->trial->status, when);
}

/* Of the last time that it was asked. */
static void forget_answers(const struct trial *trial)
{
	for (int i = CAPTURED_PROBE; i <= CAPTURED_PROBE_ERRORS; i++) {
		(void)!ftruncate(trial->captured[i], 0);
		lseek(trial->captured[i], 0, SEEK_SET);
	}
}

/* *ret_status: 0 when all have passed. Their output is ours where the command's is. */
static int ask_all(struct running *running, int *ret_status, struct error *err)
{
	const struct spec *spec = running->spec;
	struct pollfd signals = {.fd = running->signals, .events = POLLIN};
	const int *captured = running->trial->captured;
	int r = 0;

	forget_answers(running->trial);
	*ret_status = 0;
	for (size_t i = 0; r == 0 && *ret_status == 0 && i < spec->probes.count; i++)
		r = probe_run(running->container, spec->probes.items[i], running->root,
			      captured[CAPTURED_PROBE], captured[CAPTURED_PROBE_ERRORS], &signals,
			      spec->timeout_ms ? (int64_t)spec->timeout_ms : -1, ret_status, err);
	return r;
}

/* Who said when it is ready means the first answer; else it is ready when the answer is good. */
static int probe(struct running *running, int64_t deadline, int *ret_status, struct error *err)
{
	struct pollfd signals = {.fd = running->signals, .events = POLLIN};
	int r = 0;

	while (r == 0) {
		r = ask_all(running, ret_status, err);
		if (r == -EINTR && !running_is_to_stop(running)) {
			r = 0;
			continue;
		}
		if (r < 0 || *ret_status == 0 || running->spec->ready != READY_UNSET ||
		    container_ended(running->container) || running_now_ms() >= deadline)
			return r;
		r = container_pump(running->container, &signals, 1, AGAIN_MS, err);
		if (r > 0)
			r = running_is_to_stop(running) ? -EINTR : 0;
	}
	return r;
}

static int stop_server(struct running *running, const char *how, struct error *err)
{
	_cleanup_(freep) char *unheard = NULL;
	int r;

	if (container_ended(running->container)) {
		r = container_wait(running->container, &running->trial->status, err);
		if (r == 0 && running->trial->status)
			return running_outcome(running, TRIAL_FAILED, "%s ended with status %d during the probe",
				       running->program, running->trial->status);
	} else {
		r = running_stop(running, running_grace(running), &unheard, err);
	}
	if (r < 0)
		return r;
	if (unheard)
		return running_outcome(running, TRIAL_DONE, "%s, killed after %g s: %s", how,
			       running_seconds(running_grace(running)), unheard);
	return running_outcome(running, TRIAL_DONE, "%s, stopped", how);
}

/* "nginx ready on :80 after 0.2 s" */
static void say_ready(const struct running *running, struct text *text)
{
	const struct spec *spec = running->spec;

	text_printf(text, "%s ready", running->program);
	if (spec->ready == READY_TCP)
		text_printf(text, " on :%u", spec->ready_port);
	if (spec->ready != READY_UNSET)
		text_printf(text, " after %.1f s", running_seconds((uint64_t)(running_now_ms() - running->began_ms)));
}

static int wait_ready(struct running *running, int64_t limit_ms, struct error *err)
{
	int64_t deadline = running_now_ms() + limit_ms;
	int r;

	do {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};

		r = ready_wait(running->container, running->spec, &signals, 1, deadline - running_now_ms(), err);
		if (r < 0 || !signals.revents)
			break;
	} while (!running_is_to_stop(running));
	running_is_to_stop(running);
	return r;
}

int running_serve(struct running *running, struct error *err)
{
	uint64_t limit = running->spec->timeout_ms ? running->spec->timeout_ms : RUNNING_READY_MS;
	int64_t deadline = running_now_ms() + (int64_t)limit;
	_cleanup_(text_release) struct text how = TEXT_INIT;
	int status = 0, r = wait_ready(running, (int64_t)limit, err);

	if (running->interrupted)
		return running_interrupt(running, err);
	if (r == -ETIME)
		return running_late(running, "was not ready", limit, err);
	if (r < 0)
		return r;
	if (container_ended(running->container))
		return ended_early(running, "before it was ready", err);
	say_ready(running, &how);
	if (running->spec->probes.count) {
		r = probe(running, deadline, &status, err);
		if (running->interrupted)
			return running_interrupt(running, err);
		if (r < 0)
			return r;
		if (status) {
			r = running_stop(running, running_grace(running), NULL, err);
			return r < 0 ? r : running_outcome(running, TRIAL_FAILED, "%s: the probe failed with status %d",
						   running->program, status);
		}
		text_add(&how, ", probe passed");
	}
	return text_failed(&how) ? error_oom(err) : stop_server(running, how.bytes, err);
}

/* A service that stays up until a signal says otherwise. */
int running_serve_on(struct running *running, struct error *err)
{
	struct container *container = running->container;
	uint64_t limit = running->spec->timeout_ms ? running->spec->timeout_ms : RUNNING_READY_MS;
	_cleanup_(freep) char *unheard = NULL;
	int r = wait_ready(running, (int64_t)limit, err);

	if (r == -ETIME)
		return running_late(running, "did not become ready", limit, err);
	if (r < 0)
		return r;
	/* nobody said when it is up: it is when it lives for a while */
	if (r == 0 && running->spec->ready == READY_UNSET)
		r = container_pump(container, NULL, 0, LIFE_MS, err);
	if (r < 0)
		return r;
	if (container_ended(container))
		return ended_early(running, "before it was ready", err);
	r = running->request->is_up(running->request->data, err);
	if (r < 0)
		return r;
	while (!running->interrupted && !container_ended(container)) {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};

		r = container_pump(container, &signals, 1, -1, err);
		if (r < 0)
			return r;
		running_is_to_stop(running);
	}
	if (!running->interrupted) {
		r = container_wait(container, &running->trial->status, err);
		return r < 0 ? r : running_outcome(running, TRIAL_DONE, "%s ended by itself with status %d",
						   running->program, running->trial->status);
	}
	r = running_stop(running, running->interrupted == SIGKILL ? 0 : running_grace(running), &unheard, err);
	if (r < 0)
		return r;
	return unheard ? running_outcome(running, TRIAL_DONE, "%s served, killed after %g s: %s", running->program,
				 running_seconds(running_grace(running)), unheard)
		       : running_outcome(running, TRIAL_DONE, "%s served", running->program);
}
