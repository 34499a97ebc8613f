// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/script.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"

/* The directory this program lies in; the caller frees. */
static char *own_directory(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return NULL;
	path[length] = '\0';
	return path_parent(path);
}

/* DIRECTORY/NAME when that is there; the caller frees. */
static char *found(const char *directory, const char *name)
{
	char *path = path_join(directory, name);

	if (path && access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *script_find(const char *name)
{
	_cleanup_(freep) char *own = own_directory();
	_cleanup_(freep) char *beside = NULL, *below = NULL;
	char *script = NULL;

	if (!own || asprintf(&beside, "%s/scripts", own) < 0 ||
	    asprintf(&below, "%s/../libexec/sfc-tools", own) < 0)
		return NULL;
	script = found(beside, name);
	if (!script)
		script = found(below, name);
	return script ? script : found(PKGLIBEXECDIR, name);
}

int script_set_path(struct error *err)
{
	_cleanup_(freep) char *own = own_directory();
	_cleanup_(freep) char *scripts = own ? found(own, "scripts") : NULL;
	_cleanup_(freep) char *build = own ? path_parent(own) : NULL;
	_cleanup_(text_release) struct text path = TEXT_INIT;
	const char *old = getenv("PATH");

	if (!own || !build)
		return error_oom(err);
	if (scripts)
		text_printf(&path, "%s/fs:%s/pack:%s", build, build, own);
	else
		text_add(&path, own);
	text_printf(&path, ":%s",
		    old ? old : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (text_failed(&path) || setenv("PATH", path.bytes, 1) < 0 ||
	    (scripts && setenv("builddir", build, 0) < 0))
		return error_oom(err);
	return 0;
}

static int execute(const char *name, char *const *words, struct error *err)
{
	_cleanup_(freep) char *file = NULL, *script = NULL;
	size_t count = 0;
	char **argv;

	if (asprintf(&file, "sfc-%s", name) < 0)
		return error_oom(err);
	script = script_find(file);
	if (!script)
		return error_set(err, -ENOENT, "'%s' is not here; run make, or make install", file);
	while (words[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (!argv)
		return error_oom(err);
	argv[0] = script;
	memcpy(argv + 1, words, count * sizeof(*argv));
	execv(script, argv);
	free(argv);
	return error_errno(err, "cannot execute '%s'", script);
}

int script_run(const struct sfc_command *command, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	/* a group's script wants the word that named the command, too */
	int r = script_set_path(&err);

	(void)argc;
	if (r == 0)
		execute(command->group ? command->group : command->name,
			command->group ? argv : argv + 1, &err);
	return command_failed(command, &err);
}

int script_call(const char *name, char *const *words, struct error *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return error_errno(err, "cannot fork");
	if (pid == 0) {
		struct error said = ERROR_INIT;

		execute(name, words, &said);
		fprintf(stderr, "sfc: %s: %s\n", name, said.message);
		_exit(EXIT_FAILED);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(err, "cannot wait for 'sfc-%s'", name);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
