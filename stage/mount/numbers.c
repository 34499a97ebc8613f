// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/program.h"
#include "db/base/text.h"

/* --- outside, in a child that waits there until we are inside --- */

typedef ARRAY(char *) word_list;

static void words_release(word_list *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	array_release(words);
}

static int add_number(word_list *words, uint64_t number)
{
	char *word = NULL;

	if (asprintf(&word, "%ju", (uintmax_t)number) < 0)
		return -ENOMEM;
	if (array_push(words, word) == 0)
		return 0;
	free(word);
	return -ENOMEM;
}

/* newuidmap PID 0 UID 1 1 FIRST COUNT …: without the program, and the NULL is the caller's. */
static int add_numbers(pid_t pid, uint32_t own, const range_list *ranges, word_list *words)
{
	const uint64_t before[] = {(uint64_t)pid, 0, own, 1};
	uint64_t inside = 1;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(before) / sizeof(*before); i++)
		r = add_number(words, before[i]);
	for (size_t i = 0; r == 0 && i < ranges->count; i++) {
		const uint64_t more[] = {inside, ranges->items[i].first, ranges->items[i].count};

		for (size_t n = 0; r == 0 && n < sizeof(more) / sizeof(*more); n++)
			r = add_number(words, more[n]);
		inside += ranges->items[i].count;
	}
	return r;
}

static int map(const char *program, pid_t pid, uint32_t own, const range_list *ranges, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	word_list words = ARRAY_INIT;
	char *name = strdup(program);
	int r = name ? array_push(&words, name) : -ENOMEM;

	if (r == 0)
		r = add_numbers(pid, own, ranges, &words);
	if (r == 0)
		r = array_push(&words, NULL);
	r = r < 0 ? error_oom(err) : program_run((const char *const *)words.items, NULL, &said, err);
	if (r > 0)
		r = error_set(err, -EPERM, "no numbers of users can be had: %s", program_line(&said, ""));
	words_release(&words);
	return r;
}

struct mapping {
	const range_list *users, *groups;
	uint32_t uid, gid;
};

struct outcome {
	int code;
	struct error err;
};

static _Noreturn void map_from_outside(const struct mapping *mapping, pid_t parent, int go, int answer)
{
	struct outcome outcome = {.err = ERROR_INIT};
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(1);
	outcome.code = map("newuidmap", parent, mapping->uid, mapping->users, &outcome.err);
	if (outcome.code == 0)
		outcome.code = map("newgidmap", parent, mapping->gid, mapping->groups, &outcome.err);
	_exit(write(answer, &outcome, sizeof(outcome)) == sizeof(outcome) ? 0 : 1);
}

/* --- inside --- */

static int enter_new(struct error *err)
{
	if (unshare(CLONE_NEWUSER) == 0)
		return 0;
	return error_errno(err, "without root it takes a user namespace, which cannot be had here (sysctl "
				"kernel.unprivileged_userns_clone=1, user.max_user_namespaces)");
}

static int write_file(const char *path, const char *text, struct error *err)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : io_write(fd, text, strlen(text));

	return r < 0 ? error_code(err, r, "cannot write '%s'", path) : 0;
}

static int map_self(const struct mapping *mapping, struct error *err)
{
	char text[40];
	int r = write_file("/proc/self/setgroups", "deny", err);

	snprintf(text, sizeof(text), "0 %u 1", mapping->uid);
	if (r == 0)
		r = write_file("/proc/self/uid_map", text, err);
	snprintf(text, sizeof(text), "0 %u 1", mapping->gid);
	return r == 0 ? write_file("/proc/self/gid_map", text, err) : r;
}

static int enter_mapped(const struct mapping *mapping, int go[2], int answer[2], struct error *err)
{
	struct outcome outcome = {.code = -ECHILD};
	pid_t self = getpid(), pid;
	int r;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		map_from_outside(mapping, self, go[0], answer[1]);
	}
	if (pid < 0)
		return error_errno(err, "cannot fork");
	closep(&answer[1]);
	answer[1] = -1;
	r = enter_new(err);
	if (r == 0 && (write(go[1], "+", 1) != 1 || io_read(answer[0], &outcome, sizeof(outcome)) != sizeof(outcome)))
		error_set(&outcome.err, -ECHILD, "what was to give the user namespace its numbers was killed");
	closep(&go[1]);
	go[1] = -1;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && outcome.code < 0)
		r = error_set(err, outcome.code, "%s", outcome.err.message);
	return r;
}

int numbers_enter(const range_list *users, const range_list *groups, struct error *err)
{
	const struct mapping mapping = {users, groups, geteuid(), getegid()};
	int go[2] = {-1, -1}, answer[2] = {-1, -1}, r;

	if (!users->count || !groups->count || !program_is_there("newuidmap") || !program_is_there("newgidmap")) {
		r = enter_new(err);
		return r < 0 ? r : map_self(&mapping, err);
	}
	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0)
		r = error_errno(err, "cannot make a pipe");
	else
		r = enter_mapped(&mapping, go, answer, err);
	for (int i = 0; i < 2; i++) {
		closep(&go[i]);
		closep(&answer[i]);
	}
	return r;
}
