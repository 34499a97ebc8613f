// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod exec: a command in an instance that runs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/container/exec.h"
#include "stage/layer/package.h"
#include "stage/mount/mount.h"
#include "stage/mount/work.h"

enum { ENVIRON_MAX = 1 << 20 };

int prod_find_up(struct state *state, const char *word, struct look *ret_look, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(word);
	struct process self;
	const char *app, *name;
	int r = copy ? instance_parse(copy, &app, &name, err) : error_oom(err);

	if (r == 0 && !name)
		return error_set(err, -EINVAL, "in which instance? 'sfc prod list %s' shows them", app);
	if (r == 0)
		r = instance_must_exist(state, app, name, &ret_look->instance, err);
	if (r == 0)
		r = run_newest(state, app, name, &ret_look->run, err);
	if (r < 0)
		return r;
	process_self(&self);
	ret_look->now = instance_now(state, &ret_look->instance, &ret_look->run, &self);
	if (instance_is_up(ret_look->now) && ret_look->run.state == RUN_UP)
		return 0;
	return error_set(err, -ESRCH, "%s/%s is not running; 'sfc prod start %s/%s' starts it", app, name, app,
			 name);
}

/* Is there a file of this name in a root, as seen by a path of its own? Only what is surely not there is not. */
static bool is_there(int root, const char *directory, int length, const char *name)
{
	_cleanup_(freep) char *path = NULL;
	int fd;

	if (asprintf(&path, "%.*s/%s", length, directory, name) < 0)
		return true;
	fd = mount_open_in(root, path, O_PATH, 0);
	if (fd >= 0)
		close(fd);
	return fd != -ENOENT && fd != -ENOTDIR;
}

/* Where its first process looks for programs; the runtime looks there, too. The caller frees. */
static char *path_of(pid_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/environ", (int)pid);
	if (io_read_file(AT_FDCWD, file, ENVIRON_MAX, &text, NULL) == 0)
		for (const char *at = text.bytes; at < text.bytes + text.size; at += strlen(at) + 1)
			if (strncmp(at, "PATH=", 5) == 0)
				return strdup(at + 5);
	return strdup("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

static bool has_program(pid_t pid, const char *name)
{
	_cleanup_(freep) char *path = path_of(pid);
	_cleanup_(closep) int root = -1;
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/root", (int)pid);
	root = open(file, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || !path)
		return true;
	if (strchr(name, '/'))
		return *name != '/' || is_there(root, "", 0, name);
	for (const char *at = path; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL)
		if (is_there(root, at, (int)strcspn(at, ":"), name))
			return true;
	return false;
}

/* Whom one can enter: with somebody who watches it, and with that program in it, which is seldom a shell. */
static int must_have(const struct look *look, const char *name, struct error *err)
{
	const struct instance *instance = &look->instance;
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	if (look->now == NOW_UNWATCHED)
		return error_set(err, -ESRCH, "who kept %s/%s up was killed; 'sfc prod restart %s/%s' mends it",
				 instance->app, instance->name, instance->app, instance->name);
	if (has_program((pid_t)look->run.note.process.pid, name))
		return 0;
	text_add_escaped(&shown, name);
	return error_set(err, -ENOENT,
			 "'%s' is not in %s/%s: 'sfc prod debug %s/%s --with ROOT' looks into it with tools from elsewhere",
			 shown.bytes, instance->app, instance->name, instance->app, instance->name);
}

/* From here on we are where conmon is. */
static int run(const struct look *look, const struct asked *asked, int *ret_status, struct error *err)
{
	const struct container_exec request = {
		.spec = &look->instance.spec,
		.name = look->run.note.name,
		.work = work_path("/container"),
		.where = (pid_t)look->run.note.conmon.pid,
		.args = &asked->spec.args,
		.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
	};

	signal(SIGPIPE, SIG_IGN);
	return container_exec(&request, ret_status, err);
}

int cmd_prod_exec(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct look look = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	struct error err = ERROR_INIT;
	int status = EXIT_OURS, r;

	if (asked->operand_count != 1)
		return command_misused(command, "in which instance? 'sfc prod list' shows them");
	if (!asked->spec.args.count)
		return command_misused(command, "which command?");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = prod_find_up(state, asked->operands[0], &look, &err);
	if (r == 0) {
		state_closep(&state);
		state = NULL;
		r = must_have(&look, asked->spec.args.items[0], &err);
		if (r == -ENOENT)
			log_error("exec: %s", err.message);
		else if (r == 0)
			r = run(&look, asked, &status, &err);
		/* the runtime has said it, where the command's own errors go */
		if (r == -ENOENT || r == -EACCES) {
			status = r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
			r = 0;
		}
	}
	instance_release(&look.instance);
	run_release(&look.run);
	return r < 0 ? command_answer(command, r, &err) : status;
}
