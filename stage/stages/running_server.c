// SPDX-License-Identifier: BSD-2-Clause
/* A server: until it is ready, has answered and was stopped, or until it is told to end. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/text.h"
#include "stage/stages/running.h"

enum { AGAIN_MS = 50, CHECK_AGAIN_MS = 250, LIFE_MS = 200 };

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

static struct answers answers_of(const struct running *running)
{
	const int *captured = running->trial->captured;

	return (struct answers){captured[CAPTURED_PROBE], captured[CAPTURED_PROBE_ERRORS]};
}

/* Between one question and the next. 0; -EINTR: it is to stop. */
static int pause_for(struct running *running, int64_t ms, struct error *err)
{
	struct pollfd signals = {.fd = running->signals, .events = POLLIN};
	int r = container_pump(running->container, &signals, 1, ms, err);

	return r > 0 ? (running_is_to_stop(running) ? -EINTR : 0) : r;
}

/* Until it is well, or the time is over. */
static int check_health(struct running *running, int64_t deadline, int *ret_status, struct error *err)
{
	struct answers answers = answers_of(running);
	int r = 0;

	*ret_status = 0;
	while (r == 0 && running->asking.check.args.count) {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};

		forget_answers(running->trial);
		r = asking_check(&running->asking, running->container, &answers, &signals, ret_status, err);
		if (r == -EINTR && !running_is_to_stop(running)) {
			r = 0;
			continue;
		}
		if (r < 0 || *ret_status == 0 || container_ended(running->container) ||
		    clock_steady_ms() >= deadline)
			return r;
		r = pause_for(running, CHECK_AGAIN_MS, err);
	}
	return r;
}

/* Who said when it is ready means the first answer; else it is ready when the answer is good. */
static int probe(struct running *running, int64_t deadline, const char **ret_what, int *ret_status,
		 struct error *err)
{
	struct answers answers = answers_of(running);
	int r = 0;

	*ret_status = 0;
	running->trial->at.probe_ns = asking_has_probes(&running->asking) ? clock_wall_ns() : 0;
	while (r == 0 && asking_has_probes(&running->asking)) {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};

		forget_answers(running->trial);
		r = asking_probe(&running->asking, running->container, running->root, &answers, &signals,
				 ret_what, ret_status, err);
		if (r == -EINTR && !running_is_to_stop(running)) {
			r = 0;
			continue;
		}
		if (r < 0 || *ret_status == 0 || !asking_by_answer(&running->asking) ||
		    container_ended(running->container) || clock_steady_ms() >= deadline)
			return r;
		r = pause_for(running, AGAIN_MS, err);
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
	unsigned int port = running->spec->ready == READY_TCP ? running->spec->ready_port : running->asking.port;

	text_printf(text, "%s ready", running->program);
	if (port)
		text_printf(text, " on :%u", port);
	if (!asking_by_answer(&running->asking))
		text_printf(text, " after %.1f s", running_seconds((uint64_t)(clock_steady_ms() - running->began_ms)));
}

static int wait_ready(struct running *running, int64_t limit_ms, struct error *err)
{
	int64_t deadline = clock_steady_ms() + limit_ms;
	int r;

	do {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};

		r = asking_wait(&running->asking, running->container, &signals, deadline - clock_steady_ms(), err);
		if (r < 0 || !signals.revents)
			break;
	} while (!running_is_to_stop(running));
	running_is_to_stop(running);
	return r;
}

/*
 * Nobody says when it is up, or only a HEALTHCHECK, which may be answered by what is just ending: it is up when it
 * lives for a while.
 */
static int live(struct running *running, struct error *err)
{
	if (!asking_by_answer(&running->asking) || asking_has_probes(&running->asking))
		return 0;
	return pause_for(running, LIFE_MS, err);
}

/* It was not up in time: of an image it is said by which ports it would have been. */
static int not_ready(struct running *running, uint64_t limit_ms, struct error *err)
{
	_cleanup_(text_release) struct text what = TEXT_INIT;

	if (!running->asking.ports.count)
		return running_late(running, "was not ready", limit_ms, err);
	text_add(&what, "listened on none of the ports that its image exposes (");
	asking_add_ports(&running->asking, &what);
	text_add(&what, ")");
	return text_failed(&what) ? error_oom(err) : running_late(running, what.bytes, limit_ms, err);
}

/* One that nobody called a server but its image, and that ends well, was none. */
static int ended_unready(struct running *running, struct error *err)
{
	_cleanup_(text_release) struct text ports = TEXT_INIT;
	bool by_image = running->spec->ready == READY_UNSET && !asking_has_probes(&running->asking);
	int r = by_image ? container_wait(running->container, &running->trial->status, err) : 0;

	if (r < 0)
		return r;
	if (!by_image || running->trial->status)
		return ended_early(running, "before it was ready", err);
	asking_add_ports(&running->asking, &ports);
	running->trial->served = false;
	return running_outcome(running, TRIAL_DONE, "%s ended with status 0 before it %s%s: a run, no server",
			       running->program, ports.size ? "listened on " : "was ready",
			       ports.size ? ports.bytes : "");
}

/* Not as it has to be: what that was is the outcome. */
static int failed(struct running *running, const char *what, int status, struct error *err)
{
	int r = running_stop(running, running_grace(running), NULL, err);

	return r < 0 ? r : running_outcome(running, TRIAL_FAILED, "%s: %s failed with status %d", running->program,
					   what, status);
}

/* 1: it is up, and well, and has answered, which is said in `how`; 0: the outcome is known. */
static int ask(struct running *running, int64_t deadline, struct text *how, struct error *err)
{
	const char *what = "HEALTHCHECK";
	int status = 0, r = check_health(running, deadline, &status, err);

	if (r == 0 && status == 0 && running->asking.check.args.count)
		text_add(how, ", healthy");
	if (r == 0 && status && container_ended(running->container) && asking_by_answer(&running->asking))
		return ended_unready(running, err);
	if (r == 0 && status == 0)
		r = probe(running, deadline, &what, &status, err);
	if (running->interrupted)
		return running_interrupt(running, err);
	if (r < 0)
		return r;
	if (status)
		return failed(running, what, status, err);
	if (asking_has_probes(&running->asking))
		text_add(how, ", probe passed");
	return text_failed(how) ? error_oom(err) : 1;
}

int running_serve(struct running *running, struct error *err)
{
	uint64_t limit = running->spec->timeout_ms ? running->spec->timeout_ms : RUNNING_READY_MS;
	int64_t deadline = clock_steady_ms() + (int64_t)limit;
	_cleanup_(text_release) struct text how = TEXT_INIT;
	int r = wait_ready(running, (int64_t)limit, err);

	running->trial->served = true;
	if (r == 0)
		r = live(running, err);
	if (running->interrupted)
		return running_interrupt(running, err);
	if (r == -ETIME)
		return not_ready(running, limit, err);
	if (r < 0)
		return r;
	if (container_ended(running->container))
		return ended_unready(running, err);
	running->trial->at.ready_ns = clock_wall_ns();
	say_ready(running, &how);
	r = ask(running, deadline, &how, err);
	return r <= 0 ? r : stop_server(running, how.bytes, err);
}

/* 1: it is up, and who asked for it knows, or it is to stop already; 0: the outcome is known. */
static int come_up(struct running *running, struct error *err)
{
	uint64_t limit = running->spec->timeout_ms ? running->spec->timeout_ms : RUNNING_READY_MS;
	int64_t deadline = clock_steady_ms() + (int64_t)limit;
	int status = 0, r = wait_ready(running, (int64_t)limit, err);

	running->trial->served = true;
	if (r == -ETIME)
		return not_ready(running, limit, err);
	if (r == 0)
		r = live(running, err);
	if (running->interrupted)
		return 1;
	if (r < 0)
		return r;
	if (container_ended(running->container))
		return ended_early(running, "before it was ready", err);
	running->trial->at.ready_ns = clock_wall_ns();
	r = check_health(running, deadline, &status, err);
	if (running->interrupted)
		return 1;
	if (r == 0 && status)
		return failed(running, "HEALTHCHECK", status, err);
	if (r == 0)
		r = running->request->is_up(running->request->data, err);
	return r < 0 ? r : 1;
}

/* A service that stays up until a signal says otherwise. */
int running_serve_on(struct running *running, struct error *err)
{
	struct container *container = running->container;
	_cleanup_(freep) char *unheard = NULL;
	int r = come_up(running, err);

	if (r <= 0)
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
