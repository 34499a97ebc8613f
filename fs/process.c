// SPDX-License-Identifier: BSD-2-Clause
#include "fs/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/path.h"

/* A thread renamed, or one that executed something outside the mount, is noticed after this. */
static const int64_t KEEP_NS = 1000 * 1000 * 1000;

/* Between an exec's last open and the new program being in place lies no more than this. */
static const int64_t EXEC_NS = 50 * 1000 * 1000;

static struct program *program_new(const char *exe, const char *comm)
{
	size_t exe_size = strlen(exe) + 1, comm_size = strlen(comm) + 1;
	struct program *program = calloc(1, sizeof(*program) + exe_size + comm_size);
	char *text;

	if (!program)
		return NULL;
	text = (char *)(program + 1);
	program->exe = memcpy(text, exe, exe_size);
	program->comm = memcpy(text + exe_size, comm, comm_size);
	return program;
}

int processes_init(struct processes *processes, const char *mountpoint, struct error *err)
{
	*processes = (struct processes){.proc_fd = -1};
	pthread_mutex_init(&processes->lock, NULL);
	processes->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	processes->nobody = program_new("", "");
	processes->mountpoint = strdup(mountpoint);
	if (!processes->nobody || !processes->mountpoint)
		return error_oom(err);
	return 0;
}

void processes_release(struct processes *processes)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&processes->programs, &cursor)))
		free(container_of(link, struct program, link));
	hash_release(&processes->programs);
	free(processes->nobody);
	free(processes->mountpoint);
	closep(&processes->proc_fd);
	pthread_mutex_destroy(&processes->lock);
}

/* The one program of this name; called with the lock held. NULL when out of memory. */
static const struct program *program_intern(struct processes *processes, const char *exe,
					    const char *comm)
{
	uint64_t hash = hash_pair(hash_string(exe), hash_string(comm));
	struct program *program;

	for (struct hash_link *l = hash_first(&processes->programs, hash); l;
	     l = hash_next(l, hash)) {
		program = container_of(l, struct program, link);
		if (strcmp(program->exe, exe) == 0 && strcmp(program->comm, comm) == 0)
			return program;
	}
	program = program_new(exe, comm);
	if (program && hash_add(&processes->programs, &program->link, hash) < 0) {
		free(program);
		program = NULL;
	}
	return program;
}

static const char *without_prefix(const char *path, const char *prefix)
{
	const char *rest;

	if (strcmp(prefix, "/") == 0 || !path_is_within(path, prefix))
		return path;
	rest = path + strlen(prefix);
	return *rest ? rest : "/";
}

const char *process_inside(char *exe, const char *root, const char *mountpoint)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(exe);
	const char *inside;

	if (length > sizeof(deleted) && strcmp(exe + length - (sizeof(deleted) - 1), deleted) == 0)
		exe[length - (sizeof(deleted) - 1)] = '\0';
	inside = without_prefix(exe, root);
	return inside == exe ? without_prefix(exe, mountpoint) : inside;
}

static bool read_link(int proc_fd, pid_t tid, const char *what, char *buffer, size_t size)
{
	char path[40];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/%s", (int)tid, what);
	n = readlinkat(proc_fd, path, buffer, size - 1);
	buffer[n < 0 ? 0 : n] = '\0';
	return n >= 0;
}

static void read_comm(int proc_fd, pid_t tid, char *buffer, size_t size)
{
	_cleanup_(closep) int fd = -1;
	char path[40];
	ssize_t n = -1;

	snprintf(path, sizeof(path), "%d/comm", (int)tid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, buffer, size - 1);
	buffer[n > 0 ? n - 1 : 0] = '\0'; /* without its newline */
}

/*
 * A file that was bound to nowhere has "/" as its path: crun protects its own so. What it was called by says more,
 * where that is a path. In place.
 */
static void name_nameless(int proc_fd, pid_t tid, char *exe, size_t size)
{
	_cleanup_(closep) int fd = -1;
	char path[40];
	ssize_t n = -1;

	if (strcmp(exe, "/") != 0)
		return;
	snprintf(path, sizeof(path), "%d/cmdline", (int)tid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, exe, size - 1);
	exe[n > 0 ? n : 0] = '\0';
	if (*exe != '/')
		*exe = '\0';
}

static const struct program *program_read(struct processes *processes, pid_t tid,
					  uint64_t *ret_exe)
{
	char exe[PATH_MAX], root[PATH_MAX], comm[64];
	const struct program *program;
	const char *inside = "";

	*ret_exe = 0;
	read_comm(processes->proc_fd, tid, comm, sizeof(comm));
	if (read_link(processes->proc_fd, tid, "exe", exe, sizeof(exe))) {
		*ret_exe = hash_string(exe);
		name_nameless(processes->proc_fd, tid, exe, sizeof(exe));
		read_link(processes->proc_fd, tid, "root", root, sizeof(root));
		inside = process_inside(exe, root[0] ? root : "/", processes->mountpoint);
	}
	pthread_mutex_lock(&processes->lock);
	program = program_intern(processes, inside, comm);
	pthread_mutex_unlock(&processes->lock);
	return program ? program : processes->nobody;
}

static struct process_slot *slot_of(struct processes *processes, pid_t tid)
{
	return &processes->slots[(unsigned int)tid % PROCESS_SLOTS];
}

/*
 * Until the new program is in place an exec makes several requests. If it is another file, one link
 * tells that it is not there yet.
 */
static bool not_yet(struct processes *processes, pid_t tid, const struct process_slot *slot,
		    int64_t now)
{
	char exe[PATH_MAX];

	return slot->before && !slot->same && slot->exe && now - slot->exec_ns < EXEC_NS &&
	       read_link(processes->proc_fd, tid, "exe", exe, sizeof(exe)) &&
	       hash_string(exe) == slot->exe;
}

static void slot_fill(struct processes *processes, pid_t tid, int64_t now,
		      const struct program *program, uint64_t exe)
{
	struct process_slot *slot = slot_of(processes, tid);

	pthread_mutex_lock(&processes->lock);
	if (slot->tid != tid)
		*slot = (struct process_slot){.tid = tid};
	/* still what it was before its exec: ask again next time */
	slot->read_ns = program == slot->before && now - slot->exec_ns < EXEC_NS ? 0 : now;
	slot->program = program;
	slot->exe = exe;
	if (slot->read_ns)
		slot->before = NULL;
	pthread_mutex_unlock(&processes->lock);
}

const struct program *processes_find(struct processes *processes, pid_t tid)
{
	const struct program *program;
	struct process_slot slot;
	uint64_t exe;
	int64_t now;

	if (tid <= 0 || processes->proc_fd < 0)
		return processes->nobody;
	now = clock_steady_ns();
	pthread_mutex_lock(&processes->lock);
	slot = *slot_of(processes, tid);
	pthread_mutex_unlock(&processes->lock);
	if (slot.tid == tid && slot.read_ns && now - slot.read_ns < KEEP_NS)
		return slot.program;
	if (slot.tid == tid && not_yet(processes, tid, &slot, now))
		return slot.before;
	program = program_read(processes, tid, &exe);
	slot_fill(processes, tid, now, program, exe);
	return program;
}

void processes_exec(struct processes *processes, pid_t tid, const char *path)
{
	struct process_slot *slot = slot_of(processes, tid);

	pthread_mutex_lock(&processes->lock);
	if (slot->tid == tid) {
		if (!slot->before)
			slot->same = false;
		/* by the last part: what is before it depends on the root of who looks */
		if (strcmp(path_name(slot->program->exe), path_name(path)) == 0)
			slot->same = true;
		slot->before = slot->program;
		slot->exec_ns = clock_steady_ns();
		slot->read_ns = 0;
	}
	pthread_mutex_unlock(&processes->lock);
}
