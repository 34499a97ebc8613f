// SPDX-License-Identifier: BSD-2-Clause
/* Root asks a user: a child that has become him wholly runs this program, and we read what it says. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "stage/state/users.h"

enum { AT_ONCE = 16, WAIT_MS = 2000, SAID_MAX = 1 << 20 };

/* ---- the child ---- */

static void set_limit(int resource, rlim_t most)
{
	const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

	setrlimit(resource, &limit);
}

/* Who becomes a user may keep capabilities that are inherited, and root's keyring. */
static int drop_powers(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	if (syscall(SYS_capset, &header, none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* where the kernel has no keys there are none to leave */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return 0;
}

static bool is_him(const struct user *user)
{
	uid_t real, effective, saved;
	gid_t group, group_effective, group_saved;

	return getresuid(&real, &effective, &saved) == 0 && real == user->uid && effective == user->uid &&
	       saved == user->uid && getresgid(&group, &group_effective, &group_saved) == 0 &&
	       group == user->gid && group_effective == user->gid && group_saved == user->gid;
}

static void set_descriptors(int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* From the exec on he may do with this process what he likes: it holds nothing of ours, and cannot fork. */
static _Noreturn void become(const struct user *user, int self, int out, const char *const *words)
{
	_cleanup_(text_release) struct text home = TEXT_INIT, name = TEXT_INIT;
	const char *env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL, NULL, NULL};
	sigset_t none;

	text_printf(&home, "HOME=%s", user->home);
	text_printf(&name, "USER=%s", user->name);
	env[2] = home.bytes;
	env[3] = name.bytes;
	setsid();
	set_descriptors(out);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	if (chdir("/") < 0 || initgroups(user->name, user->gid) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 || setresuid(user->uid, user->uid, user->uid) < 0 ||
	    drop_powers() < 0 || !is_him(user) || text_failed(&home) || text_failed(&name))
		_exit(EXIT_FAILURE);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_NPROC, 0);
	syscall(SYS_execveat, self, "", words, env, AT_EMPTY_PATH);
	_exit(EXIT_FAILURE);
}

/* ---- asking ---- */

struct asking {
	struct user *user;
	pid_t pid;
	int fd;
	int64_t until_ms;
};

static int begin(struct user *user, int self, const char *const *words, struct asking *asking,
		 struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	fflush(NULL);
	*asking = (struct asking){.user = user, .fd = ends[0], .until_ms = clock_steady_ms() + WAIT_MS};
	asking->pid = fork();
	if (asking->pid == 0)
		become(user, self, ends[1], words);
	close(ends[1]);
	if (asking->pid < 0) {
		close(ends[0]);
		return error_errno(err, "cannot fork");
	}
	return 0;
}

/* Whatever he has done with it, it is over now. */
static void end(struct asking *asking, int code)
{
	int status = 0;

	kill(asking->pid, SIGKILL);
	while (waitpid(asking->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(asking->fd);
	asking->fd = -1;
	asking->user->code = code;
}

/* It has closed its output; only who ends well by himself has answered. */
static void hear_end(struct asking *asking)
{
	struct timespec tick = {.tv_nsec = 1000000};
	siginfo_t info = {.si_pid = 0};

	while (waitid(P_PID, (id_t)asking->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid &&
	       clock_steady_ms() < asking->until_ms)
		nanosleep(&tick, NULL);
	if (!info.si_pid)
		end(asking, -ETIME);
	else
		end(asking, info.si_code == CLD_EXITED && info.si_status == 0 ? 0 : -EIO);
}

static void hear(struct asking *asking)
{
	char bytes[16384];
	ssize_t n = read(asking->fd, bytes, sizeof(bytes));

	if (n <= 0)
		hear_end(asking);
	else if (asking->user->said.size + (size_t)n > SAID_MAX)
		end(asking, -EFBIG);
	else
		text_add_bytes(&asking->user->said, bytes, (size_t)n);
}

static void hear_all(struct asking *askings, size_t count)
{
	int64_t now = clock_steady_ms(), left = WAIT_MS;
	struct pollfd fds[AT_ONCE];

	for (size_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){.fd = askings[i].fd, .events = POLLIN};
		if (askings[i].until_ms - now < left)
			left = askings[i].until_ms - now;
	}
	if (poll(fds, count, left < 0 ? 0 : (int)left) < 0)
		return;
	now = clock_steady_ms();
	for (size_t i = 0; i < count; i++)
		if (now >= askings[i].until_ms)
			end(&askings[i], -ETIME);
		else if (fds[i].revents)
			hear(&askings[i]);
}

/* Those that are over leave their places. */
static size_t close_up(struct asking *askings, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (askings[i].fd >= 0)
			askings[kept++] = askings[i];
	return kept;
}

int users_ask(struct users *users, const char *const *words, struct error *err)
{
	_cleanup_(closep) int self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	struct asking askings[AT_ONCE];
	size_t count = 0, next = 0;
	int r = self < 0 ? error_errno(err, "cannot find this program") : 0;

	while (r == 0 && (count || next < users->list.count)) {
		if (next < users->list.count && count < AT_ONCE) {
			r = begin(&users->list.items[next++], self, words, &askings[count], err);
			count += r == 0;
			continue;
		}
		hear_all(askings, count);
		count = close_up(askings, count);
	}
	while (count)
		end(&askings[--count], -ECANCELED);
	return r;
}
