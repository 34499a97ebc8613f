// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "stage/container/spawn.h"
#include "stage/mount/mount.h"
#include "stage/mount/user.h"

enum { WORDS_MAX = 64, LOG_MAX = 64 << 10 };

void runtime_release(struct runtime *runtime)
{
	free(runtime->program);
	runtime->program = NULL;
	spec_strings_release(&runtime->args);
}

static int find(const struct spec *spec, char **ret_program, struct error *err)
{
	static const char *const known[] = {"crun", "runc"};
	char *program = NULL;

	if (spec->runtime) {
		program = spawn_find(spec->runtime);
		if (!program)
			return error_set(err, -ENOENT, "the runtime '%s' is not here%s%s%s",
					 spec->runtime,
					 strchr(spec->runtime, '/') ? "" : "; install it (Debian: apt-get install ",
					 strchr(spec->runtime, '/') ? "" : spec->runtime,
					 strchr(spec->runtime, '/') ? "" : ")");
	}
	for (size_t i = 0; !program && i < sizeof(known) / sizeof(*known); i++)
		program = spawn_find(known[i]);
	if (!program)
		return error_set(err, -ENOENT, "no container runtime is installed; install one "
					       "(Debian: apt-get install crun)");
	*ret_program = program;
	return 0;
}

static enum runtime_kind kind_of(const char *program)
{
	const char *name = path_name(program);

	if (strcmp(name, "crun") == 0)
		return RUNTIME_CRUN;
	return strcmp(name, "runc") == 0 ? RUNTIME_RUNC : RUNTIME_OTHER;
}

static int add_argument(struct runtime *runtime, const char *option, const char *directory,
			const char *name)
{
	_cleanup_(freep) char *path = directory ? path_join(directory, name) : NULL;

	if (spec_strings_add(&runtime->args, option) < 0)
		return -ENOMEM;
	if (directory)
		return path ? spec_strings_add(&runtime->args, path) : -ENOMEM;
	return name ? spec_strings_add(&runtime->args, name) : 0;
}

static int add_arguments(struct runtime *runtime, const struct spec *spec,
			 const struct cgroup *cgroup, const char *work)
{
	int r = add_argument(runtime, "--root", work, "runtime");

	if (r == 0 && runtime->kind != RUNTIME_OTHER)
		r = add_argument(runtime, "--log", work, "log");
	if (r == 0 && runtime->kind != RUNTIME_OTHER && cgroup->systemd)
		r = add_argument(runtime, "--systemd-cgroup", NULL, NULL);
	/* it would try, in vain */
	if (r == 0 && runtime->kind == RUNTIME_CRUN && cgroup->version == CGROUP_NONE && user_is_plain())
		r = add_argument(runtime, "--cgroup-manager=disabled", NULL, NULL);
	for (size_t i = 0; r == 0 && i < spec->runtime_args.count; i++)
		r = add_argument(runtime, spec->runtime_args.items[i], NULL, NULL);
	return r;
}

int runtime_init(const struct spec *spec, const struct cgroup *cgroup, const char *work,
		 struct runtime *ret_runtime, struct error *err)
{
	struct runtime runtime = {.kind = RUNTIME_OTHER};
	int r = find(spec, &runtime.program, err);

	if (r < 0)
		return r;
	runtime.kind = kind_of(runtime.program);
	if (add_arguments(&runtime, spec, cgroup, work) < 0) {
		runtime_release(&runtime);
		return error_oom(err);
	}
	*ret_runtime = runtime;
	return 0;
}

int runtime_make_room(const struct runtime *runtime, const struct cgroup *cgroup,
		      struct error *err)
{
	_cleanup_(closep) int empty = -1;
	int r;

	if (runtime->kind != RUNTIME_CRUN || !cgroup->hybrid)
		return 0;
	/* covered, not unmounted: crun would make its group as a directory of the host's tmpfs below */
	r = mount_tmpfs(0755, 0, &empty, err);
	return r < 0 ? r : mount_attach(empty, AT_FDCWD, "/sys/fs/cgroup/unified", err);
}

int runtime_spawn(const struct runtime *runtime, const char *const *arguments, const int streams[3],
		  pid_t *ret_pid, struct error *err)
{
	const char *words[WORDS_MAX + 1];
	size_t count = 0;

	words[count++] = runtime->program;
	for (size_t i = 0; i < runtime->args.count && count < WORDS_MAX; i++)
		words[count++] = runtime->args.items[i];
	while (*arguments && count < WORDS_MAX)
		words[count++] = *arguments++;
	if (*arguments)
		return error_set(err, -E2BIG, "too many --runtime-arg");
	words[count] = NULL;
	return spawn(runtime->program, words, NULL, streams, 3, ret_pid, err);
}

int runtime_call(const struct runtime *runtime, const char *const *arguments, const int streams[3],
		 struct error *err)
{
	pid_t pid;
	int r = runtime_spawn(runtime, arguments, streams, &pid, err);

	return r < 0 ? r : spawn_wait(pid);
}

/* runc: time="…" level=error msg="what we want, quoted". In place. */
static void undecorate(char *line)
{
	char *message = strstr(line, "msg=\""), *to = line;

	if (!message)
		return;
	for (message += 5; *message && *message != '"'; message++) {
		if (*message == '\\' && message[1])
			message++;
		*to++ = *message;
	}
	*to = '\0';
}

void runtime_said(const char *log, struct text *text)
{
	_cleanup_(text_release) struct text all = TEXT_INIT;
	char *last = NULL, *rest, *line;

	if (io_read_file(AT_FDCWD, log, LOG_MAX, &all, NULL) < 0)
		return;
	rest = all.bytes;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			last = line;
	if (!last)
		return;
	undecorate(last);
	text_add_plain(text, last);
}
