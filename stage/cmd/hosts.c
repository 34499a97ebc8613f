// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "db/base/text.h"

enum { SAID_MAX = 4096, CHUNK = 16384 };

/* One ssh: what it prints, and what it complains of. */
struct asking {
	pid_t pid;
	int fds[2];             /* our ends of its output and its errors; -1: closed */
	struct text answer, said;
	const char *why;        /* it is given up; NULL: not */
	int status;
};

int hosts_check(const spec_strings *names, struct error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		const unsigned char *name = (const unsigned char *)names->items[i];
		bool odd = !*name || *name == '-';

		for (; *name && !odd; name++)
			odd = *name <= ' ' || *name == 0x7f;
		if (odd) {
			_cleanup_(text_release) struct text shown = TEXT_INIT;

			text_add_escaped(&shown, names->items[i]);
			return error_set(err, -EINVAL, "--host wants the name of a host, not '%.100s'", shown.bytes);
		}
	}
	return 0;
}

static void run_ssh(const char *host, int output, int errors)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
		_exit(127);
	setpgid(0, 0); /* what it starts ends with it */
	execlp("ssh", "ssh", "-oBatchMode=yes", "-oConnectTimeout=5", "--", host, "sfc", "ps", "--json", (char *)NULL);
	dprintf(STDERR_FILENO, "cannot execute ssh: %s\n", strerror(errno));
	_exit(127);
}

static int begin(struct asking *asking, const char *host)
{
	int output[2] = {-1, -1}, errors[2] = {-1, -1}, r = 0;

	*asking = (struct asking){.fds = {-1, -1}, .answer = TEXT_INIT, .said = TEXT_INIT};
	if (pipe2(output, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0)
		r = -errno;
	asking->pid = r == 0 ? fork() : 0;
	if (r == 0 && asking->pid < 0)
		r = -errno;
	if (r == 0 && asking->pid == 0)
		run_ssh(host, output[1], errors[1]);
	if (r < 0) {
		asking->pid = 0;
		asking->why = strerror(-r);
		closep(&output[0]);
		closep(&errors[0]);
	} else {
		setpgid(asking->pid, asking->pid);
		asking->fds[0] = output[0];
		asking->fds[1] = errors[0];
	}
	closep(&output[1]);
	closep(&errors[1]);
	return r;
}

static void give_up(struct asking *asking, const char *why)
{
	asking->why = why;
	if (asking->pid > 0)
		kill(-asking->pid, SIGKILL);
	for (int i = 0; i < 2; i++) {
		closep(&asking->fds[i]);
		asking->fds[i] = -1;
	}
}

static void take_more(struct asking *asking, int which)
{
	struct text *text = which == 0 ? &asking->answer : &asking->said;
	char chunk[CHUNK];
	ssize_t n = read(asking->fds[which], chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		closep(&asking->fds[which]);
		asking->fds[which] = -1;
		return;
	}
	if (which == 1 && text->size + (size_t)n > SAID_MAX)
		return; /* a banner: what matters comes last, or first */
	if (text->size + (size_t)n > HOSTS_ANSWER_MAX)
		give_up(asking, "it answers more than 1 MiB");
	else if (text_add_bytes(text, chunk, (size_t)n) < 0)
		give_up(asking, "out of memory");
}

/* Until all have ended, or their time is over. */
static void listen_to(struct asking *asked, size_t count, struct pollfd *fds)
{
	int64_t until = clock_steady_ns() + (int64_t)HOSTS_SECONDS * 1000000000;

	for (;;) {
		int64_t left = (until - clock_steady_ns()) / 1000000;
		size_t open = 0;

		for (size_t i = 0; i < 2 * count; i++) {
			fds[i] = (struct pollfd){.fd = asked[i / 2].fds[i % 2], .events = POLLIN};
			open += fds[i].fd >= 0;
		}
		if (!open)
			return;
		if (left <= 0)
			break;
		if (poll(fds, 2 * count, (int)left) <= 0)
			continue;
		for (size_t i = 0; i < 2 * count; i++)
			if (fds[i].revents && asked[i / 2].fds[i % 2] >= 0)
				take_more(&asked[i / 2], (int)(i % 2));
	}
	for (size_t i = 0; i < count; i++)
		if (asked[i].fds[0] >= 0 || asked[i].fds[1] >= 0)
			give_up(&asked[i], "no answer within 10 s");
}

/* The last line it complained with. */
static const char *last_line(struct text *said)
{
	char *line;

	while (said->size && (said->bytes[said->size - 1] == '\n' || said->bytes[said->size - 1] == '\r'))
		said->bytes[--said->size] = '\0';
	line = strrchr(said->bytes, '\n');
	return line ? line + 1 : said->bytes;
}

static bool is_list(const json_t *json)
{
	const json_t *app;
	size_t i;

	json_array_foreach((json_t *)json, i, app)
		if (!json_text(app, "name") || !json_is_array(json_object_get(app, "instances")))
			return false;
	return json_is_array(json);
}

static int understand(struct asking *asking, struct host_answer *answer)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	json_error_t wrong;

	if (asking->why)
		return error_set(&answer->error, -EIO, "%s", asking->why);
	if (!WIFEXITED(asking->status) || WEXITSTATUS(asking->status) != 0) {
		text_add_plain(&shown, last_line(&asking->said));
		if (shown.size)
			return error_set(&answer->error, -EIO, "%s", shown.bytes);
		return error_set(&answer->error, -EIO, "ssh ended with %d",
				 WIFEXITED(asking->status) ? WEXITSTATUS(asking->status) : 128 + WTERMSIG(asking->status));
	}
	answer->apps = json_loadb(asking->answer.bytes, asking->answer.size, JSON_REJECT_DUPLICATES, &wrong);
	if (is_list(answer->apps))
		return 0;
	json_decref(answer->apps);
	answer->apps = NULL;
	return error_set(&answer->error, -EBADMSG, "what it answers is not what 'sfc ps --json' prints");
}

int hosts_ask(const spec_strings *names, struct host_answer *answers, struct error *err)
{
	_cleanup_(freep) struct asking *asked = calloc(names->count, sizeof(*asked));
	_cleanup_(freep) struct pollfd *fds = calloc(2 * names->count, sizeof(*fds));

	if (!asked || !fds)
		return error_oom(err);
	for (size_t i = 0; i < names->count; i++)
		begin(&asked[i], names->items[i]);
	listen_to(asked, names->count, fds);
	for (size_t i = 0; i < names->count; i++) {
		answers[i] = (struct host_answer){.host = names->items[i], .error = ERROR_INIT};
		if (asked[i].pid > 0)
			while (waitpid(asked[i].pid, &asked[i].status, 0) < 0 && errno == EINTR)
				;
		understand(&asked[i], &answers[i]);
		text_release(&asked[i].answer);
		text_release(&asked[i].said);
	}
	return 0;
}

void host_answers_release(struct host_answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_decref(answers[i].apps);
}
