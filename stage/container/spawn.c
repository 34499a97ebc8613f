// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { ENV_MAX = 8, SPARE = 100 };

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, ours;

	sigemptyset(&none);
	/* a shell's job in the background ignores what ends the one in front */
	sigfillset(&ours);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &ours);
	return posix_spawnattr_setflags(attributes,
					POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* First out of each other's way, then to their places. */
static int set_files(posix_spawn_file_actions_t *actions, const int *fds, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		if (fds[i] >= 0)
			r = posix_spawn_file_actions_adddup2(actions, fds[i], SPARE + (int)i);
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (fds[i] < 0) {
			r = posix_spawn_file_actions_addopen(actions, (int)i, "/dev/null", O_RDWR, 0);
			continue;
		}
		r = posix_spawn_file_actions_adddup2(actions, SPARE + (int)i, (int)i);
		if (r == 0)
			r = posix_spawn_file_actions_addclose(actions, SPARE + (int)i);
	}
	return r;
}

int spawn(const char *program, const char *const *argv, const char *const *env, const int *fds,
	  size_t fd_count, pid_t *ret_pid, struct error *err)
{
	const char *words[ENV_MAX + 2] = {"PATH=" SPAWN_PATH};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;
	int r;

	for (size_t i = 0; env && env[i] && i < ENV_MAX; i++)
		words[i + 1] = env[i];
	if (posix_spawn_file_actions_init(&actions) != 0)
		return error_oom(err);
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return error_oom(err);
	}
	r = set_attributes(&attributes);
	if (r == 0)
		r = set_files(&actions, fds, fd_count);
	if (r == 0)
		r = posix_spawn(&pid, program, &actions, &attributes, (char *const *)argv,
				(char *const *)words);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (r != 0)
		return error_code(err, -r, "cannot start '%s'", program);
	*ret_pid = pid;
	return 0;
}

int spawn_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static char *find_in(const char *list, const char *name)
{
	_cleanup_(freep) char *copy = list ? strdup(list) : NULL;
	char *rest = copy, *directory;

	while (copy && (directory = strsep(&rest, ":"))) {
		_cleanup_(freep) char *path = *directory == '/' ? path_join(directory, name) : NULL;

		if (path && access(path, X_OK) == 0)
			return take(path);
	}
	return NULL;
}

char *spawn_find(const char *name)
{
	char *found;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? realpath(name, NULL) : NULL;
	found = find_in(getenv("PATH"), name);
	return found ? found : find_in(SPAWN_PATH, name);
}
