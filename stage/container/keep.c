// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "stage/container/private.h"
#include "stage/container/spawn.h"

enum { CREATE_MS = 120000, STATUS_MS = 10000, TICK_MS = 5, ENDING_MS = 10000, SAID_MAX = 4096 };

/* ---- conmon's words ---- */

struct words {
	const char **items;
	size_t count, capacity;
	char *owned[8];
	size_t owned_count;
};

static void words_release(struct words *words)
{
	for (size_t i = 0; i < words->owned_count; i++)
		free(words->owned[i]);
	array_release(words);
}

static void add(struct words *words, const char *option, const char *value, int *r)
{
	if (*r == 0)
		*r = array_push(words, option);
	if (*r == 0 && value)
		*r = array_push(words, value);
}

/* Takes the string. */
static void add_owned(struct words *words, const char *option, char *value, int *r)
{
	if (!value)
		*r = -ENOMEM;
	else
		words->owned[words->owned_count++] = value;
	add(words, option, value, r);
}

static char *log_argument(const struct container_keep *keep)
{
	char *text = NULL;

	return asprintf(&text, "k8s-file:%s", keep->log) < 0 ? NULL : text;
}

static char *number(uint64_t value)
{
	char *text = NULL;

	return asprintf(&text, "%" PRIu64, value) < 0 ? NULL : text;
}

static int add_words(struct words *words, const struct container *container)
{
	const struct container_keep *keep = container->request->keep;
	int r = 0;

	add(words, "conmon", NULL, &r);
	add(words, "--api-version", "1", &r);
	add(words, "--cid", container->name, &r);
	add(words, "--cuuid", container->name, &r);
	add(words, "--name", container->name, &r);
	add(words, "--runtime", container->runtime.program, &r);
	for (size_t i = 0; i < container->runtime.args.count; i++)
		add(words, "--runtime-arg", container->runtime.args.items[i], &r);
	add_owned(words, "--bundle", path_join(container->work, "bundle"), &r);
	add_owned(words, "--container-pidfile", path_join(container->work, "pid"), &r);
	add_owned(words, "--conmon-pidfile", path_join(keep->directory, "conmon"), &r);
	add(words, "--socket-dir-path", container->work, &r);
	add(words, "--persist-dir", keep->directory, &r);
	add_owned(words, "--log-path", log_argument(keep), &r);
	add_owned(words, "--log-size-max", number(keep->log_size), &r);
	add(words, "--no-sync-log", NULL, &r);
	if (container->request->restore)
		add(words, "--restore", container->request->restore, &r);
	if (keep->ended)
		add(words, "--exit-command", keep->ended[0], &r);
	for (size_t i = 1; keep->ended && keep->ended[i]; i++)
		add(words, "--exit-command-arg", keep->ended[i], &r);
	return r < 0 ? r : array_push(words, NULL);
}

/* ---- starting it ---- */

/* One line of JSON: {"data": PID}, or below zero and {"message": …}. */
static int hear(struct container *container, int sync, struct error *err)
{
	_cleanup_(json_decrefp) json_t *answer = NULL;
	struct pollfd waiting = {.fd = sync, .events = POLLIN};
	char text[SAID_MAX] = "";
	ssize_t n = poll(&waiting, 1, CREATE_MS) == 1 ? read(sync, text, sizeof(text) - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	answer = json_loads(text, 0, NULL);
	if (json_integer_value(json_object_get(answer, "data")) > 0)
		return 0;
	return start_failed(container, json_text(answer, "message"), err);
}

static int note_conmon(struct container *container, struct error *err)
{
	_cleanup_(freep) char *path = path_join(container->directory, "conmon");
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = path ? io_read_file(AT_FDCWD, path, 32, &text, err) : error_oom(err);

	return r < 0 ? r : process_note(strtol(text.bytes, NULL, 10), &container->conmon, err);
}

/* It waits for a byte, so that what it starts is where it is to be. */
static int talk(struct container *container, const struct words *words, const char *program, struct error *err)
{
	static const char *const env[] = {"_OCI_SYNCPIPE=3", "_OCI_STARTPIPE=4", NULL};
	int sync[2] = {-1, -1}, start[2] = {-1, -1}, r = 0;
	pid_t pid;

	if (pipe2(sync, O_CLOEXEC) < 0 || pipe2(start, O_CLOEXEC) < 0)
		r = error_errno(err, "cannot make a pipe");
	if (r == 0) {
		const int fds[] = {-1, -1, -1, sync[1], start[0], container->request->keep->lock};

		r = spawn(program, words->items, env, fds, 6, &pid, err);
	}
	closep(&sync[1]);
	closep(&start[0]);
	if (r == 0) {
		if (!container->request->keep->unit)
			cgroup_leave(pid);
		(void)!write(start[1], "", 1);
		closep(&start[1]);
		start[1] = -1;
		spawn_wait(pid); /* it goes on as a child of its own */
		r = hear(container, sync[0], err);
	}
	closep(&start[1]);
	closep(&sync[0]);
	return r;
}

int keep_create(struct container *container, struct error *err)
{
	_cleanup_(freep) char *program = spawn_find("conmon");
	_cleanup_(words_release) struct words words = {0};
	int r;

	if (!program)
		return error_set(err, -ENOENT, "what stays up needs conmon, which is not here; install it "
					       "(Debian: apt-get install conmon)");
	container->directory = strdup(container->request->keep->directory);
	if (!container->directory || add_words(&words, container) < 0)
		return error_oom(err);
	container->delete = true;
	r = talk(container, &words, program, err);
	return r < 0 ? r : note_conmon(container, err);
}

/* ---- leaving it, and finding it again ---- */

int container_describe(const struct container *container, struct container_note *ret_note, struct error *err)
{
	int r;

	*ret_note = (struct container_note){.stop_signal = container->stop_signal};
	r = process_note(container->pid, &ret_note->process, err);
	if (r == 0 && container_is_served(container))
		r = process_note(getpid(), &ret_note->network, err);
	ret_note->conmon = container->conmon;
	snprintf(ret_note->name, sizeof(ret_note->name), "%s", container->name);
	snprintf(ret_note->cgroup, sizeof(ret_note->cgroup), "%s", container->cgroup.path);
	return r;
}

void container_leave(struct container *container)
{
	if (!container)
		return;
	network_leave(&container->network);
	container_free(container);
}

bool container_is_served(const struct container *container)
{
	return container->network.helpers.count > 0;
}

int container_attach(const struct container_note *note, const char *directory,
		     struct container **ret_container, struct error *err)
{
	struct container *container = calloc(1, sizeof(*container));
	char path[64];
	int r;

	if (!container)
		return error_oom(err);
	streams_init(&container->streams);
	container->init = (struct init)INIT_INIT;
	container->network = (struct network)NETWORK_INIT;
	container->kept = true;
	container->conmon = note->conmon;
	container->pid = (pid_t)note->process.pid;
	container->stop_signal = note->stop_signal ? note->stop_signal : SIGTERM;
	container->name = strdup(note->name);
	container->directory = strdup(directory);
	snprintf(path, sizeof(path), "/proc/%d/root", (int)container->pid);
	container->root = strdup(path);
	r = cgroup_init(note->name, &container->cgroup, err);
	if (r == 0 && *note->cgroup) {
		free(container->cgroup.path);
		container->cgroup.path = strdup(note->cgroup);
		container->cgroup.version = cgroup_version_at(&container->cgroup, note->cgroup);
	}
	if (r < 0 || !container->name || !container->directory || !container->root ||
	    !container->cgroup.path) {
		container_free(container);
		return r < 0 ? r : error_oom(err);
	}
	container->pidfd = process_open(&note->process);
	if (container->pidfd < 0) {
		container->pidfd = -1;
		container->first_ended = container->reaped = true;
		container->status = keep_status(container);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)container->pid);
	if (!container->reaped)
		container->network.namespace = open(path, O_RDONLY | O_CLOEXEC);
	*ret_container = container;
	return 0;
}

/* ---- how it ended ---- */

int container_status(const char *directory, int *ret_status)
{
	_cleanup_(freep) char *path = path_join(directory, "exit");
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (!path || io_read_file(AT_FDCWD, path, 32, &text, NULL) < 0 || !text.size)
		return 0;
	*ret_status = (int)strtol(text.bytes, NULL, 10);
	return 1;
}

bool container_was_short(const char *directory)
{
	_cleanup_(freep) char *path = path_join(directory, "oom");

	return path && access(path, F_OK) == 0;
}

/* 255 where nobody noted it: conmon was killed. */
int keep_status(const struct container *container)
{
	int status = 255;

	for (int waited = 0; waited < STATUS_MS; waited += TICK_MS) {
		if (container_status(container->directory, &status))
			return status;
		if (!process_is_alive(&container->conmon))
			break;
		usleep(TICK_MS * 1000);
	}
	container_status(container->directory, &status);
	return status;
}

/* ---- taking it down ---- */

/* Asked, and after a while killed. */
static bool end(const struct process *process, int number)
{
	_cleanup_(closep) int pidfd = process->pid > 0 ? process_open(process) : -ESRCH;
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0)
		return true;
	if (number)
		syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
	if (poll(&ended, 1, ENDING_MS) == 1)
		return true;
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return poll(&ended, 1, ENDING_MS) == 1;
}

/* Of one of which only the name is known, systemd's group is where it puts such. */
static int find_cgroup(const struct container_note *note, struct cgroup *ret_cgroup, struct error *err)
{
	int r = cgroup_init(note->name, ret_cgroup, err);
	char *path = NULL;

	if (r < 0)
		return r;
	ret_cgroup->version = *note->cgroup ? cgroup_version_at(ret_cgroup, note->cgroup) : ret_cgroup->version;
	if (*note->cgroup)
		path = strdup(note->cgroup);
	else if (!ret_cgroup->systemd)
		return 0;
	else if (asprintf(&path, "/system.slice/sfc-%s.scope", note->name) < 0)
		path = NULL;
	free(ret_cgroup->path);
	ret_cgroup->path = path;
	return path ? 0 : error_oom(err);
}

/* Conmon's child, once there is one. */
static pid_t child_of(const struct process *conmon)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/task/%" PRId64 "/children", conmon->pid, conmon->pid);
	return io_read_file(AT_FDCWD, path, 4096, &text, NULL) == 0 ? (pid_t)strtol(text.bytes, NULL, 10) : 0;
}

/* Of a start that was killed before it could note it: it may just be coming up. */
static void end_unnoted(const struct process *conmon, const struct cgroup *cgroup)
{
	for (int waited = 0; waited < ENDING_MS && process_is_alive(conmon); waited += TICK_MS) {
		/* without a group it is conmon's child */
		pid_t child = cgroup->version == CGROUP_NONE ? child_of(conmon) : 0;

		if (child > 0)
			kill(child, SIGKILL);
		cgroup_kill(cgroup);
		usleep(TICK_MS * 1000);
	}
}

int container_clear(const struct container_note *note, struct error *err)
{
	_cleanup_(cgroup_release) struct cgroup cgroup = {.path = NULL};
	int r = find_cgroup(note, &cgroup, err);
	bool ended;

	if (r < 0)
		return r;
	if (note->process.pid <= 0)
		end_unnoted(&note->conmon, &cgroup);
	ended = end(&note->process, SIGKILL);
	ended = cgroup_kill(&cgroup) && ended;
	if (!ended)
		return error_set(err, -EBUSY, "'%s' does not end even when it is killed: it hangs in the kernel",
				 note->name);
	end(&note->conmon, 0);
	end(&note->network, SIGTERM);
	cgroup_remove(&cgroup);
	return 0;
}
