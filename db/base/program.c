// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024, SAID_MAX = 64 * 1024, CANCEL_MS = 100 };

struct ends {
	int read, write;
};

static void ends_release(struct ends *ends)
{
	closep(&ends->read);
	closep(&ends->write);
	*ends = (struct ends){-1, -1};
}

static int ends_make(struct ends *ends, struct error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	*ends = (struct ends){fds[0], fds[1]};
	return 0;
}

/* In the child: errno comes back through `failed`, which closes when the program has taken over. */
static _Noreturn void become(const char *const *argv, int output, int errors, int failed, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), number;

	prctl(PR_SET_PDEATHSIG, SIGTERM); /* it may have something to clean up */
	if (getppid() == parent && (null < 0 || dup2(null, 0) == 0) &&
	    (output < 0 || dup2(output, 1) == 1) && (errors < 0 || dup2(errors, 2) == 2))
		execvp(argv[0], (char *const *)argv);
	number = errno;
	(void)!write(failed, &number, sizeof(number));
	_exit(127);
}

/* false at the end of it */
static bool take_some(int fd, struct text *text, size_t limit)
{
	char buffer[16384];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n > 0 && text->size < limit)
		text_add_bytes(text, buffer, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;
}

static void gather(struct ends *output, struct text *output_text, struct ends *errors,
		   struct text *errors_text, pid_t pid, const volatile int *cancel)
{
	bool asked = false;

	while (output->read >= 0 || errors->read >= 0) {
		struct pollfd fds[] = {{.fd = output->read, .events = POLLIN},
				       {.fd = errors->read, .events = POLLIN}};
		int ready;

		if (cancel && *cancel && !asked)
			asked = kill(pid, SIGTERM) == 0;
		/* a signal may have come just before */
		ready = poll(fds, 2, cancel ? CANCEL_MS : -1);
		if (ready < 0 && errno != EINTR)
			return;
		/* what it has started may hold on to its output */
		if (ready == 0 && asked && has_ended(pid))
			return;
		if (ready <= 0)
			continue;
		if (fds[0].revents && !take_some(output->read, output_text, OUTPUT_MAX))
			ends_release(output);
		if (fds[1].revents && !take_some(errors->read, errors_text, SAID_MAX))
			ends_release(errors);
	}
}

int program_run_until(const char *const *argv, struct text *output, struct text *said,
		      const volatile int *cancel, struct error *err)
{
	_cleanup_(ends_release) struct ends failed = {-1, -1}, out = {-1, -1}, errors = {-1, -1};
	int number = 0, status, r = ends_make(&failed, err);
	pid_t self = getpid(), pid;

	if (r == 0 && output)
		r = ends_make(&out, err);
	if (r == 0 && said)
		r = ends_make(&errors, err);
	if (r < 0)
		return r;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(argv, out.write, errors.write, failed.write, self);
	if (pid < 0)
		return error_errno(err, "cannot start %s", argv[0]);
	closep(&failed.write);
	closep(&out.write);
	closep(&errors.write);
	failed.write = out.write = errors.write = -1;
	if (read(failed.read, &number, sizeof(number)) == (ssize_t)sizeof(number))
		r = error_code(err, -number, "cannot start %s", argv[0]);
	else
		gather(&out, output, &errors, said, pid, cancel);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(err, "cannot wait for %s", argv[0]);
	if (r < 0)
		return r;
	if (cancel && *cancel)
		return error_set(err, -EINTR, "interrupted");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int program_run(const char *const *argv, struct text *output, struct text *said, struct error *err)
{
	return program_run_until(argv, output, said, NULL, err);
}

bool program_is_there(const char *name)
{
	_cleanup_(freep) char *list = strdup(getenv("PATH") ? getenv("PATH") : "");
	char *rest = list, *directory;
	bool found = false;

	while (!found && rest && (directory = strsep(&rest, ":"))) {
		_cleanup_(freep) char *path = path_join(*directory ? directory : ".", name);

		found = path && access(path, X_OK) == 0;
	}
	return found;
}

int program_own_path(char path[PATH_MAX], struct error *err)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length < 0)
		return error_errno(err, "cannot find this program");
	path[length] = '\0';
	return 0;
}

const char *program_line(struct text *said, const char *prefix)
{
	char *line = said->bytes, *chosen, *at;

	while (said->size && said->bytes[said->size - 1] == '\n')
		said->bytes[--said->size] = '\0';
	chosen = strrchr(said->bytes, '\n');
	chosen = chosen ? chosen + 1 : said->bytes;
	for (; line; line = at ? at + 1 : NULL) {
		at = strchr(line, '\n');
		if (strncmp(line, prefix, strlen(prefix)) == 0 && *prefix) {
			chosen = line;
			break;
		}
	}
	chosen[strcspn(chosen, "\n")] = '\0';
	return chosen;
}
