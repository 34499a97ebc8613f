// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/test_service.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/container/exec.h"
#include "stage/layer/package.h"
#include "stage/mount/namespace.h"
#include "stage/mount/user.h"
#include "stage/mount/work.h"
#include "stage/spec/spec_json.h"
#include "stage/stages/test_place.h"
#include "stage/stages/test_row.h"
#include "stage/state/event.h"

enum { STOP_MS = 600000, CHILDREN_MAX = 4096 };

/* What whoever waits for it to be up is told, once. */
struct word {
	int code; /* 0: it is */
	char message[1024];
};

struct staying {
	const struct test_request *request;
	struct state *state;
	int tell;
};

static void tell(int fd, int code, const char *message)
{
	struct word word = {.code = code};

	snprintf(word.message, sizeof(word.message), "%s", message);
	(void)!write(fd, &word, sizeof(word));
}

/* --- who stays --- */

/*
 * In the namespaces of the service. What was asked of the host's disks has been answered: from now on none is
 * held.
 */
static int is_up(void *data, struct error *err)
{
	const struct staying *staying = data;
	const char *const keep[] = {staying->state->dir, work_path(""), NULL};
	int r = namespace_trim(keep, err);

	if (r == 0)
		tell(staying->tell, 0, "");
	return r;
}

static int put_row(const struct staying *staying, const struct test *test, struct error *err)
{
	json_t *json = spec_to_json(staying->request->spec);
	_cleanup_(freep) char *asked = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct test_row row = {
		.label = test->label,
		.asked = asked,
		.container = (char *)test->container,
		.begun_ns = clock_wall_ns(),
	};
	int r;

	json_decref(json);
	if (!asked)
		return error_oom(err);
	r = process_note(getpid(), &row.process, err);
	return r < 0 ? r : test_row_put(staying->state, staying->request->name, &row, err);
}

/* However it went; `stop` looks it up. */
static int note_end(const struct staying *staying, const struct test *test, struct error *err)
{
	char object[160];
	int r;

	snprintf(object, sizeof(object), "test/%.100s", staying->request->name);
	r = event_note(staying->state, object, err, "%s", test->trial->said);
	return r < 0 ? r : test_row_remove(staying->state, staying->request->name, err);
}

static int failure_of(const struct trial *trial, struct error *err)
{
	if (trial->outcome == TRIAL_NOT_STARTED)
		return error_set(err, trial->status == 126 ? -EACCES : -ENOENT, "%s", trial->err.message);
	if (trial->outcome == TRIAL_BROKEN)
		return error_set(err, -EIO, "%s", trial->err.message);
	return trial->outcome == TRIAL_DONE ? 0 : error_set(err, -ECHILD, "%s", trial->said);
}

/* From now on what is printed is the service's. */
static int open_log(const struct staying *staying, struct error *err)
{
	const char *name = staying->request->name;
	_cleanup_(closep) int directory = -1, log = -1;
	int r = test_directory(staying->state, name, &directory, err);

	if (r < 0)
		return r;
	log = openat(directory, "log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		return error_errno(err, "cannot write '%s/test/%s/log'", staying->state->dir, name);
	return 0;
}

static int stay(struct staying *staying, struct error *err)
{
	struct test_request request = *staying->request;
	struct test test;
	int noted = 0, r;

	request.state = staying->state;
	request.is_up = is_up;
	request.data = staying;
	r = test_open(&request, &test, err);
	if (r == 0)
		r = open_log(staying, err);
	if (r == 0)
		r = put_row(staying, &test, err);
	if (r == 0)
		r = test_run(&test, err);
	if (r == 0)
		r = failure_of(test.trial, err);
	if (test.trial)
		noted = note_end(staying, &test, r < 0 ? NULL : err);
	test_close(&test);
	return r < 0 ? r : noted;
}

/* Nothing of the caller's terminal, session or output is left. */
static int detach(void)
{
	_cleanup_(closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (setsid() < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

static _Noreturn void become(const struct test_request *request, int tells)
{
	struct staying staying = {.request = request, .tell = tells};
	struct error err = ERROR_INIT;
	int r = detach();

	signal(SIGPIPE, SIG_IGN);
	r = r < 0 ? error_code(&err, r, "cannot stay") : state_open(NULL, &staying.state, &err);
	if (r == 0)
		r = user_stays(staying.state->dir, getpid(), &err);
	if (r == 0)
		r = stay(&staying, &err);
	/* once it was up nobody listens, and who reads the log wants to know */
	if (r < 0) {
		tell(tells, r, err.message);
		dprintf(STDERR_FILENO, "sfc: test: %s\n", err.message);
	}
	state_close(staying.state);
	exit(r < 0);
}

/* --- who starts it --- */

static int hear(int fd, struct error *err)
{
	struct word word;

	if (io_read(fd, &word, sizeof(word)) != (ssize_t)sizeof(word))
		return error_set(err, -ECHILD, "what was to stay with it was killed");
	return word.code < 0 ? error_set(err, word.code, "%s", word.message) : 0;
}

/* Only now: a connection to a database does not outlive a fork(). */
static int note_up(const struct test_request *request, struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	int r = state_open(NULL, &state, err);

	return r < 0 ? r : test_row_up(state, request->name, err);
}

int test_start(const struct test_request *request, struct error *err)
{
	_cleanup_(closep) int hears = -1, tells = -1;
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	hears = ends[0];
	tells = ends[1];
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(hears);
		become(request, tells);
	}
	if (pid < 0)
		return error_errno(err, "cannot start what stays with it");
	closep(&tells);
	tells = -1;
	r = hear(hears, err);
	if (r < 0)
		waitpid(pid, NULL, 0);
	return r < 0 ? r : note_up(request, err);
}

/* --- who finds it --- */

static int keep_last(const struct event_row *event, void *data)
{
	char **last = data;

	free(*last);
	*last = strdup(event->what);
	return *last ? 0 : -ENOMEM;
}

static int last_word(struct state *state, const char *name, char **ret_word, struct error *err)
{
	char object[160];

	snprintf(object, sizeof(object), "test/%.100s", name);
	return event_each(state, object, keep_last, ret_word, err);
}

/* A row whose process is gone is of one that was killed. */
static int find_up(struct state *state, const char *name, struct test_row *row, struct error *err)
{
	_cleanup_(freep) char *last = NULL;
	int r = test_row_find(state, name, row, err);

	if (r > 0 && !row->mount && process_is_alive(&row->process))
		return 0;
	if (r > 0)
		test_row_release(row);
	if (r >= 0)
		r = last_word(state, name, &last, err);
	if (r < 0)
		return r;
	return error_set(err, -ESRCH, "no service of '%s' is up%s%s; 'sfc test start %s' starts one", name,
			 last ? ", the last " : "", last ? last : "", name);
}

static int end(const struct process *process, const char *name, struct error *err)
{
	_cleanup_(closep) int pidfd = process_open(process);
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : error_code(err, pidfd, "cannot stop the service of '%s'", name);
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0 && errno != ESRCH)
		return error_errno(err, "cannot stop the service of '%s'", name);
	if (poll(&ended, 1, STOP_MS) != 1)
		return error_set(err, -ETIME, "the service of '%s' does not end; kill process %lld", name,
				 (long long)process->pid);
	return 0;
}

int test_stop(struct state *state, const char *name, struct test_stopped *ret_stopped, struct error *err)
{
	_cleanup_(test_stopped_release) struct test_stopped stopped = {.label = NULL};
	_cleanup_(test_row_release) struct test_row row = {.label = NULL};
	int r = find_up(state, name, &row, err);

	if (r == 0)
		r = end(&row.process, name, err);
	if (r == 0)
		r = last_word(state, name, &stopped.said, err);
	if (r == 0 && test_row_find(state, name, NULL, err) > 0)
		r = error_set(err, -ECHILD, "what stayed with the service of '%s' was killed", name);
	if (r == 0)
		r = test_manifest(state, name, &stopped.manifest, err);
	if (r == 0)
		r = trace_count(stopped.manifest, &stopped.counts, err);
	if (r < 0)
		return r;
	stopped.label = take(row.label);
	stopped.seconds = (double)(clock_wall_ns() - row.begun_ns) / 1e9;
	*ret_stopped = stopped;
	stopped = (struct test_stopped){.label = NULL};
	return 0;
}

void test_stopped_release(struct test_stopped *stopped)
{
	free(stopped->label);
	free(stopped->said);
	free(stopped->manifest);
}

/* The only child of who stays: the first process of the namespaces. 0: it is just ending. */
static pid_t inside_of(int64_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%lld/task/%lld/children", (long long)pid, (long long)pid);
	if (io_read_file(AT_FDCWD, path, CHILDREN_MAX, &text, NULL) < 0 || !text.size)
		return 0;
	return (pid_t)strtol(text.bytes, NULL, 10);
}

int test_exec(struct state *state, const char *name, const struct spec *spec, int *ret_status, struct error *err)
{
	_cleanup_(test_row_release) struct test_row row = {.label = NULL};
	struct container_exec request = {
		.work = work_path("/container"),
		.args = &spec->args,
		.terminal = spec->terminal,
	};
	struct spec asked = SPEC_INIT;
	int r = find_up(state, name, &row, err);

	if (r == 0)
		r = spec_from_text(row.asked, strlen(row.asked), &asked, err);
	request.spec = &asked;
	request.name = row.container;
	request.where = r == 0 ? inside_of(row.process.pid) : 0;
	if (r == 0 && !request.where)
		r = error_set(err, -ESRCH, "the service of '%s' is just ending", name);
	signal(SIGPIPE, SIG_IGN);
	if (r == 0)
		r = container_exec(&request, ret_status, err);
	spec_release(&asked);
	return r;
}

/* ---- who it is, for who looks into it ---- */

/* In another mount namespace than who put it up, and not the process 1 that the container has of ours. */
static bool is_of_container(pid_t pid, pid_t where)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char own[64], other[64], path[64];
	struct stat here, there;
	const char *line, *last;

	snprintf(own, sizeof(own), "/proc/%d/ns/mnt", (int)pid);
	snprintf(other, sizeof(other), "/proc/%d/ns/mnt", (int)where);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (stat(own, &there) < 0 || stat(other, &here) < 0 || here.st_ino == there.st_ino ||
	    io_read_file(AT_FDCWD, path, CHILDREN_MAX, &text, NULL) < 0)
		return false;
	line = strstr(text.bytes, "\nNSpid:");
	last = line ? memrchr(line + 1, '\t', strcspn(line + 1, "\n")) : NULL;
	return last && strtol(last, NULL, 10) != 1;
}

int test_find_process(struct state *state, const char *name, pid_t *ret_pid, struct error *err)
{
	_cleanup_(test_row_release) struct test_row row = {.label = NULL};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = find_up(state, name, &row, err);
	pid_t where = r == 0 ? inside_of(row.process.pid) : 0;
	char path[64], *rest, *word;

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)where, (int)where);
	rest = io_read_file(AT_FDCWD, path, CHILDREN_MAX, &text, NULL) == 0 ? text.bytes : NULL;
	while (rest && (word = strsep(&rest, " "))) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);

		if (pid > 0 && is_of_container(pid, where)) {
			*ret_pid = pid;
			return 0;
		}
	}
	return error_set(err, -ESRCH, "the service of '%s' is just ending", name);
}
