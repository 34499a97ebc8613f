// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/layer/package.h"
#include "stage/mount/namespace.h"
#include "stage/watch/ready.h"

enum { GRACE_MS = 10000, READY_MS = 60000, AGAIN_MS = 50 };

struct running {
	const struct trial_request *request;
	const struct spec *spec;
	const char *program; /* in sentences */
	const char *root;
	struct trial *trial;
	struct container *container;
	int signals;
	int interrupted; /* by this signal */
	bool asked_once; /* an interrupt was passed on */
	int64_t began_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool trial_is_server(const struct spec *spec)
{
	return spec->probes.count || spec->ready != READY_UNSET;
}

static double seconds_of(uint64_t ms)
{
	return (double)ms / 1000;
}

/* --- signals --- */

static int signals_open(struct error *err)
{
	sigset_t set;
	int fd;

	sigprocmask(SIG_BLOCK, NULL, &set);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_errno(err, "cannot wait for signals") : fd;
}

/* An interrupt of what has our terminal is its own business; a second one that it does not end by is not. */
static bool is_to_stop(struct running *running)
{
	struct signalfd_siginfo info;

	while (read(running->signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;
		bool typed = number == SIGINT || number == SIGQUIT;

		if (number == SIGUSR1 || number == SIGUSR2 || number == SIGWINCH ||
		    (typed && running->request->through && !running->asked_once)) {
			container_signal(running->container, number);
			running->asked_once |= typed;
		} else if (!running->interrupted) {
			running->interrupted = number == namespace_orphaned() ? SIGKILL : number;
		}
	}
	return running->interrupted != 0;
}

/* --- how it went --- */

static int outcome(struct running *running, enum trial_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int outcome(struct running *running, enum trial_outcome outcome, const char *format, ...)
{
	struct trial *trial = running->trial;
	va_list args;

	va_start(args, format);
	vsnprintf(trial->said, sizeof(trial->said), format, args);
	va_end(args);
	trial->outcome = outcome;
	return 0;
}

static int stop(struct running *running, uint64_t grace_ms, char **ret_unheard, struct error *err)
{
	_cleanup_(freep) char *unheard = NULL;
	int r = container_stop(running->container, grace_ms, &running->trial->status, &unheard, err);

	if (r == 0 && ret_unheard)
		*ret_unheard = take(unheard);
	return r;
}

static uint64_t grace_of(const struct running *running)
{
	return running->spec->grace_given ? running->spec->grace_ms : GRACE_MS;
}

static int interrupt(struct running *running, struct error *err)
{
	bool patient = running->request->patient && running->interrupted != SIGKILL;
	int r = stop(running, patient ? grace_of(running) : 0, NULL, err);

	if (r < 0)
		return r;
	running->trial->status = 128 + running->interrupted;
	return outcome(running, TRIAL_INTERRUPTED, "%s was told to end", running->program);
}

static int late(struct running *running, const char *what, uint64_t limit_ms, struct error *err)
{
	int r = stop(running, grace_of(running), NULL, err);

	return r < 0 ? r : outcome(running, TRIAL_FAILED, "%s %s within %g s", running->program, what,
				   seconds_of(limit_ms));
}

/*
 * crun finds out that the kernel does not take the program only when it is the program, and says so in its
 * place: of a script whose interpreter is missing, for one.
 */
static bool was_not_executed(struct running *running, struct error *err)
{
	static const char mark[] = "exec container process";
	struct trial *trial = running->trial;
	char said[256];
	const char *why;
	ssize_t n;

	if (trial->status != 1 || running->request->through)
		return false;
	n = io_pread(trial->captured[CAPTURED_ERRORS], said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	if (strncmp(said, mark, strlen(mark)) != 0)
		return false;
	said[strcspn(said, "\n")] = '\0';
	why = strstr(said, "`: ");
	trial->status = 127;
	trial->outcome = TRIAL_NOT_STARTED;
	error_set(err, -ENOENT, "cannot execute '%s': %s; is its interpreter in the root?", running->program,
		  why ? why + 3 : said);
	return true;
}

/* --- to its end --- */

static int run_through(struct running *running, struct error *err)
{
	int64_t deadline = running->spec->timeout_ms ? now_ms() + (int64_t)running->spec->timeout_ms : -1;
	struct container *container = running->container;
	int r;

	while (!container_ended(container)) {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();

		if (deadline >= 0 && left <= 0)
			return late(running, "did not end", running->spec->timeout_ms, err);
		r = container_pump(container, &signals, 1, left, err);
		if (r < 0)
			return r;
		if (r > 0 && is_to_stop(running))
			return interrupt(running, err);
	}
	r = container_wait(container, &running->trial->status, err);
	if (r == 0 && was_not_executed(running, err))
		return -ENOENT;
	return r < 0 ? r : outcome(running, TRIAL_DONE, "%s ended with status %d", running->program,
				   running->trial->status);
}

/* --- a server --- */

static int ended_early(struct running *running, const char *when, struct error *err)
{
	int r = container_wait(running->container, &running->trial->status, err);

	if (r == 0 && was_not_executed(running, err))
		return -ENOENT;
	return r < 0 ? r : outcome(running, TRIAL_FAILED, "%s ended with status %d %s", running->program,
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
		if (r == -EINTR && !is_to_stop(running)) {
			r = 0;
			continue;
		}
		if (r < 0 || *ret_status == 0 || running->spec->ready != READY_UNSET ||
		    container_ended(running->container) || now_ms() >= deadline)
			return r;
		r = container_pump(running->container, &signals, 1, AGAIN_MS, err);
		if (r > 0)
			r = is_to_stop(running) ? -EINTR : 0;
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
			return outcome(running, TRIAL_FAILED, "%s ended with status %d during the probe",
				       running->program, running->trial->status);
	} else {
		r = stop(running, grace_of(running), &unheard, err);
	}
	if (r < 0)
		return r;
	if (unheard)
		return outcome(running, TRIAL_DONE, "%s, killed after %g s: %s", how,
			       seconds_of(grace_of(running)), unheard);
	return outcome(running, TRIAL_DONE, "%s, stopped", how);
}

/* "nginx ready on :80 after 0.2 s" */
static void say_ready(const struct running *running, struct text *text)
{
	const struct spec *spec = running->spec;

	text_printf(text, "%s ready", running->program);
	if (spec->ready == READY_TCP)
		text_printf(text, " on :%u", spec->ready_port);
	if (spec->ready != READY_UNSET)
		text_printf(text, " after %.1f s", seconds_of((uint64_t)(now_ms() - running->began_ms)));
}

static int wait_ready(struct running *running, int64_t limit_ms, struct error *err)
{
	int64_t deadline = now_ms() + limit_ms;
	int r;

	do {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};

		r = ready_wait(running->container, running->spec, &signals, 1, deadline - now_ms(), err);
		if (r < 0 || !signals.revents)
			break;
	} while (!is_to_stop(running));
	is_to_stop(running);
	return r;
}

static int serve(struct running *running, struct error *err)
{
	uint64_t limit = running->spec->timeout_ms ? running->spec->timeout_ms : READY_MS;
	int64_t deadline = now_ms() + (int64_t)limit;
	_cleanup_(text_release) struct text how = TEXT_INIT;
	int status = 0, r = wait_ready(running, (int64_t)limit, err);

	if (running->interrupted)
		return interrupt(running, err);
	if (r == -ETIME)
		return late(running, "was not ready", limit, err);
	if (r < 0)
		return r;
	if (container_ended(running->container))
		return ended_early(running, "before it was ready", err);
	say_ready(running, &how);
	if (running->spec->probes.count) {
		r = probe(running, deadline, &status, err);
		if (running->interrupted)
			return interrupt(running, err);
		if (r < 0)
			return r;
		if (status) {
			r = stop(running, grace_of(running), NULL, err);
			return r < 0 ? r : outcome(running, TRIAL_FAILED, "%s: the probe failed with status %d",
						   running->program, status);
		}
		text_add(&how, ", probe passed");
	}
	return text_failed(&how) ? error_oom(err) : stop_server(running, how.bytes, err);
}

/* A service that stays up until a signal says otherwise. */
static int serve_on(struct running *running, struct error *err)
{
	struct container *container = running->container;
	uint64_t limit = running->spec->timeout_ms ? running->spec->timeout_ms : READY_MS;
	_cleanup_(freep) char *unheard = NULL;
	int r = wait_ready(running, (int64_t)limit, err);

	if (r == -ETIME)
		return late(running, "did not become ready", limit, err);
	if (r < 0)
		return r;
	if (container_ended(container))
		return ended_early(running, "before it was ready", err);
	running->request->is_up(running->request->data);
	while (!running->interrupted && !container_ended(container)) {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};

		r = container_pump(container, &signals, 1, -1, err);
		if (r < 0)
			return r;
		is_to_stop(running);
	}
	r = stop(running, running->interrupted == SIGKILL ? 0 : grace_of(running), &unheard, err);
	if (r < 0)
		return r;
	return unheard ? outcome(running, TRIAL_DONE, "%s served, killed after %g s: %s", running->program,
				 seconds_of(grace_of(running)), unheard)
		       : outcome(running, TRIAL_DONE, "%s served", running->program);
}

/* --- inside --- */

static const char *program_of(const struct spec *spec, const struct start_defaults *defaults)
{
	if (spec->args.count)
		return path_name(spec->args.items[0]);
	return defaults && defaults->args && defaults->args[0] ? path_name(defaults->args[0]) : "it";
}

static int start(struct running *running, const struct trial_ground *ground, struct error *err)
{
	const struct trial_request *request = running->request;
	const int *captured = running->trial->captured;
	const struct container_request wanted = {
		.spec = request->spec,
		.defaults = ground->defaults,
		.root = ground->root,
		.look = ground->look,
		.name = request->name,
		.work = LAYER_WORK "/container",
		.cache = request->cache,
		.traced = ground->traced,
		.set_id = ground->set_id,
		.init = true,
		.daemons = trial_is_server(request->spec) || request->is_up,
		.input = request->input,
		.output = request->through ? STDOUT_FILENO : captured[CAPTURED_OUTPUT],
		.errors = request->through ? STDERR_FILENO : captured[CAPTURED_ERRORS],
	};
	struct trial *trial = running->trial;
	const char *home;
	int r = container_prepare(&wanted, &running->container, err);

	if (r == -ENOENT || r == -EACCES) {
		trial->status = r == -ENOENT ? 127 : 126;
		trial->outcome = TRIAL_NOT_STARTED;
		return r;
	}
	if (r < 0)
		return r;
	container_identity(running->container, &trial->uid, &trial->gid, &home);
	snprintf(trial->home, sizeof(trial->home), "%s", home);
	running->began_ms = now_ms();
	r = container_start(running->container, err);
	if (r == -EIO) {
		trial->status = 126;
		trial->outcome = TRIAL_NOT_STARTED;
		return error_prefix(err, r, "cannot execute '%s'", running->program);
	}
	return r;
}

static int run_on(struct running *running, const struct trial_ground *ground, struct error *err)
{
	int r;

	running->program = program_of(running->spec, ground->defaults);
	running->root = ground->root;
	running->signals = signals_open(err);
	if (running->signals < 0)
		return running->signals;
	r = start(running, ground, err);
	if (r == 0)
		r = running->request->is_up               ? serve_on(running, err)
		    : trial_is_server(running->spec) ? serve(running, err)
						     : run_through(running, err);
	running->trial->seconds = seconds_of((uint64_t)(now_ms() - running->began_ms));
	/* an interrupt of all of us ends the runtime too, which may be noticed first: it is no verdict */
	if (running->trial->outcome != TRIAL_INTERRUPTED && running->container && is_to_stop(running)) {
		running->trial->status = 128 + running->interrupted;
		r = outcome(running, TRIAL_INTERRUPTED, "%s was told to end", running->program);
	}
	container_release(running->container);
	running->container = NULL;
	closep(&running->signals);
	return r;
}

static int inside(void *data)
{
	struct running *running = data;
	const struct trial_request *request = running->request;
	struct trial *trial = running->trial;
	struct trial_ground ground = {.root = NULL};
	struct error ignored = ERROR_INIT;
	int r, down = 0;

	signal(SIGPIPE, SIG_IGN);
	r = request->put_up(request->data, &ground, &trial->err);
	if (r == 0) {
		r = run_on(running, &ground, &trial->err);
		if (request->take_down)
			down = request->take_down(request->data, r < 0 ? &ignored : &trial->err);
	}
	if (r < 0 ? trial->outcome != TRIAL_NOT_STARTED : down < 0)
		trial->outcome = TRIAL_BROKEN;
	return 0;
}

/* --- outside --- */

static int trial_new(struct trial **ret_trial, struct error *err)
{
	struct trial *trial = mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				   -1, 0);

	if (trial == MAP_FAILED)
		return error_oom(err);
	trial->outcome = TRIAL_BROKEN;
	for (int i = 0; i < CAPTURED; i++)
		trial->captured[i] = -1;
	*ret_trial = trial;
	for (int i = 0; i < CAPTURED; i++) {
		trial->captured[i] = memfd_create("captured", MFD_CLOEXEC);
		if (trial->captured[i] < 0)
			return error_errno(err, "cannot keep its output");
	}
	return 0;
}

int trial_run(const struct trial_request *request, struct trial **ret_trial, struct error *err)
{
	_cleanup_(trial_freep) struct trial *trial = NULL;
	struct running running = {.request = request, .spec = request->spec, .signals = -1};
	int status, r = trial_new(&trial, err);

	if (r < 0)
		return r;
	running.trial = trial;
	r = namespace_run(NAMESPACE_PROCESSES, inside, &running, &status, err);
	if (r < 0)
		return r;
	if (status) {
		trial->outcome = TRIAL_BROKEN;
		error_set(&trial->err, -ECHILD, "what ran it was killed");
	}
	*ret_trial = take(trial);
	return 0;
}

void trial_free(struct trial *trial)
{
	if (!trial)
		return;
	for (int i = 0; i < CAPTURED; i++)
		closep(&trial->captured[i]);
	munmap(trial, sizeof(*trial));
}

void trial_freep(struct trial **trial)
{
	trial_free(*trial);
}
