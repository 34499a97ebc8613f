/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * witness: which paths a program under strace used, as a tracer of the file system below should
 *have seen them.
 *
 *	strace -f -y -s 4096 -o LOG chroot MOUNTPOINT PROGRAM…
 *	witness LOG MOUNTPOINT LOWER MERGED UPPER [LEFT-OUT…] | sort -u
 *
 * prints "OP HEX-OF-PATH" lines. OP is "any" for a path that must have been seen at all, and stat,
 * open, readlink or exec where a call succeeded on something that is in LOWER and was not copied
 *up. strace gives paths as the program spelled them: they are resolved here, link by link, in
 *MERGED (the same layers, not traced). What the program made itself is in UPPER only, and nothing
 *below that reaches the tracer. Paths below LEFT-OUT (/proc, /dev) belong to other file systems.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIDS = 1 << 22 /* as many as the kernel gives out */, ARGUMENTS = 8, LINKS = 40 };

static const char *mountpoint, *lower, *merged, *upper;
static char **left_out;

static struct task {
	bool inside;	    /* since its chroot, or its parent's */
	char cwd[PATH_MAX]; /* inside the root */
	char *unfinished;   /* the beginning of a call that has not returned; or NULL */
} * tasks[PIDS];
static int last_cloner;

static void ends(const char *what)
{
	fprintf(stderr, "witness: %s\n", what);
	exit(1);
}

static bool is_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return strncmp(path, directory, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool lstat_in(const char *layer, const char *path, struct stat *st)
{
	char whole[3 * PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", layer, path);
	return lstat(whole, st) == 0;
}

static bool is_left_out(const char *path)
{
	for (char **each = left_out; *each; each++)
		if (is_below(path, *each))
			return true;
	return false;
}

static void require(const char *op, const char *path)
{
	if (is_left_out(path))
		return;
	printf("%s ", op);
	for (const char *at = *path ? path : "/"; *at; at++)
		printf("%02X", (unsigned char)*at);
	putchar('\n');
}

/* One step down from `at`; requires what the lower layer is asked for. False: it goes no further.
 */
static bool step(char *at, const char *name, struct stat *st)
{
	bool in_lower = lstat_in(lower, at, st) && S_ISDIR(st->st_mode);
	size_t n = strlen(at);

	if (n + strlen(name) + 2 > PATH_MAX)
		return false;
	sprintf(at + n, "/%s", name);
	if (in_lower)
		require("any", at);
	return lstat_in(merged, at, st);
}

static void parent_of(char *at)
{
	char *slash = strrchr(at, '/');

	if (slash)
		*slash = '\0';
}

static bool read_link(const char *at, char *target)
{
	char whole[3 * PATH_MAX];
	ssize_t n;

	snprintf(whole, sizeof(whole), "%s%s", merged, at);
	n = readlink(whole, target, PATH_MAX - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return true;
}

/* Walk `path` from the root, following links; `ret_at` is where it ends. False: it is not there. */
static bool resolve(const char *path, bool follow, char *ret_at)
{
	char rest[2 * PATH_MAX], next[2 * PATH_MAX], target[PATH_MAX];
	struct stat st;
	int links = 0;

	snprintf(rest, sizeof(rest), "%s", path);
	*ret_at = '\0';
	for (char *name = rest; *name;) {
		size_t n = strcspn(name, "/");
		char *after = name + n + strspn(name + n, "/");

		if (is_left_out(ret_at))
			return false;
		name[n] = '\0';
		if (n == 0 || strcmp(name, ".") == 0) {
			name = after;
			continue;
		}
		if (strcmp(name, "..") == 0) {
			parent_of(ret_at);
			name = after;
			continue;
		}
		if (!step(ret_at, name, &st))
			return false;
		if (S_ISLNK(st.st_mode) && (*after || follow)) {
			if (++links > LINKS || !read_link(ret_at, target))
				return false;
			snprintf(next, sizeof(next), "%s/%.4000s", target, after);
			parent_of(ret_at);
			if (target[0] == '/')
				*ret_at = '\0';
			strcpy(rest, next);
			name = rest;
			continue;
		}
		if (*after && !S_ISDIR(st.st_mode))
			return false;
		name = after;
	}
	return true;
}

static struct task *task_of(int pid)
{
	struct task *parent;

	if (pid < 0 || pid >= PIDS)
		ends("a process number is too large");
	if (tasks[pid])
		return tasks[pid];
	tasks[pid] = calloc(1, sizeof(*tasks[pid]));
	if (!tasks[pid])
		ends("out of memory");
	parent = tasks[last_cloner];
	if (parent)
		*tasks[pid] = *parent;
	tasks[pid]->unfinished = NULL;
	return tasks[pid];
}

/* "</path>" of -y, as seen from inside; false for what is no path in there. */
static bool annotation(const char *text, char *path)
{
	const char *open = strchr(text, '<'), *close = strrchr(text, '>');
	size_t n = strlen(mountpoint);

	if (!open || !close || open[1] != '/' || strncmp(open + 1, mountpoint, n) != 0)
		return false;
	snprintf(path, PATH_MAX, "%.*s", (int)(close - open - 1 - (int)n), open + 1 + n);
	return !strstr(path, "(deleted)");
}

static int octal(const char **at)
{
	int value = 0;

	for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++)
		value = value * 8 + *(*at)++ - '0';
	return value;
}

/* A quoted string, unescaped in place; returns what follows it. */
static const char *unquote(const char *at, char *text)
{
	static const char letters[] = "n\nt\tr\rv\vf\fb\ba\a\"\"\\\\";

	for (at++; *at && *at != '"'; text++) {
		if (*at != '\\') {
			*text = *at++;
		} else if (isdigit((unsigned char)at[1])) {
			at++;
			*text = (char)octal(&at);
		} else {
			const char *letter = strchr(letters, at[1]);

			*text = letter ? letter[1] : at[1];
			at += 2;
		}
	}
	*text = '\0';
	return *at ? at + 1 : at;
}

struct argument {
	bool is_string;
	char text[PATH_MAX + 1];
};

/* Split at the commas that are not inside strings, brackets or annotations. */
static size_t arguments_of(const char *at, struct argument *arguments)
{
	size_t count = 0;

	while (*at && *at != ')' && count < ARGUMENTS) {
		struct argument *argument = &arguments[count++];
		size_t n = 0;
		int depth = 0;

		at += strspn(at, ", ");
		argument->is_string = *at == '"';
		if (argument->is_string) {
			at = unquote(at, argument->text);
			continue;
		}
		for (; *at && (depth > 0 || (*at != ',' && *at != ')')); at++) {
			depth += strchr("[{(<", *at) != NULL;
			depth -= strchr("]})>", *at) != NULL;
			if (*at == '"') {
				char skipped[2 * PATH_MAX];

				at = unquote(at, skipped) - 1;
			} else if (n < PATH_MAX) {
				argument->text[n++] = *at;
			}
		}
		argument->text[n] = '\0';
	}
	return count;
}

struct call {
	char name[32];
	struct argument arguments[ARGUMENTS];
	size_t count;
	bool done, failed; /* done: the result is on this line */
	const char *line;
};

static bool is_one_of(const char *name, const char *names)
{
	size_t n = strlen(name);

	for (const char *at = names; (at = strstr(at, name)); at += n)
		if ((at == names || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static bool is_followed(const struct call *call)
{
	if (is_one_of(call->name,
		      "lstat readlink readlinkat unlink unlinkat rename renameat renameat2 rmdir "
		      "mkdir mkdirat symlink symlinkat mknod mknodat lchown lgetxattr lsetxattr "
		      "llistxattr lremovexattr"))
		return false;
	if (is_one_of(call->name, "link linkat"))
		return strstr(call->line, "AT_SYMLINK_FOLLOW") != NULL;
	return !strstr(call->line, "NOFOLLOW") && !strstr(call->line, "O_EXCL");
}

static const char *op_of(const struct call *call)
{
	if (call->failed || strstr(call->line, "DONT_SYNC") || strstr(call->line, "O_PATH"))
		return NULL;
	if (is_one_of(call->name, "open openat openat2"))
		return "open";
	if (is_one_of(call->name, "stat lstat newfstatat statx"))
		return "stat";
	if (is_one_of(call->name, "readlink readlinkat"))
		return "readlink";
	return is_one_of(call->name, "execve execveat") ? "exec" : NULL;
}

/* The call worked: the tracer saw that too, if it is of the lower layer. */
static void require_op(const char *op, const char *at)
{
	struct stat st, copied;

	if (!lstat_in(upper, at, &copied) && lstat_in(lower, at, &st) &&
	    (strcmp(op, "open") != 0 || S_ISREG(st.st_mode)))
		require(op, at); /* devices do not reach the file system, directories are opened to
				    be listed */
}

/* A path as the program gave it, relative to `base`. */
static void use(const struct call *call, const char *base, const char *path)
{
	char whole[2 * PATH_MAX + 2], at[PATH_MAX];
	const char *op = op_of(call);

	if (*path == '\0' && call->count < 2)
		return;
	snprintf(whole, sizeof(whole), "%s/%s", *path == '/' ? "" : base, path);
	if (resolve(whole, is_followed(call), at) && op && call->done && *at)
		require_op(op, at);
}

static bool takes_two(const struct call *call)
{
	return is_one_of(call->name, "rename link");
}

static void use_arguments(const struct call *call, const struct task *task)
{
	char base[PATH_MAX];

	for (size_t i = 0; i < call->count; i++) {
		const struct argument *argument = &call->arguments[i];

		if (!argument->is_string)
			continue;
		if (i == 0 || (i == 1 && takes_two(call))) {
			if (!is_one_of(call->name, "symlink symlinkat"))
				use(call, task->cwd, argument->text);
		} else if (is_one_of(call->name, "symlink inotify_add_watch")) {
			use(call, task->cwd, argument->text);
		} else if (!call->arguments[i - 1].is_string &&
			   annotation(call->arguments[i - 1].text, base)) {
			use(call, base, argument->text);
		}
	}
}

static void change_directory(const struct call *call, struct task *task)
{
	char whole[2 * PATH_MAX + 2], to[PATH_MAX];

	if (!call->done || call->failed)
		return;
	if (strcmp(call->name, "fchdir") == 0) {
		if (annotation(call->arguments[0].text, to))
			strcpy(task->cwd, to);
		return;
	}
	snprintf(whole, sizeof(whole), "%s/%s",
		 call->arguments[0].text[0] == '/' ? "" : task->cwd, call->arguments[0].text);
	/* its links were resolved and required by use() */
	if (resolve(whole, true, to))
		strcpy(task->cwd, to);
}

/* Its child may be there before it has returned. */
static bool begins_process(const char *line)
{
	return strncmp(line, "clone", 5) == 0 || strncmp(line, "fork", 4) == 0 ||
	       strncmp(line, "vfork", 5) == 0;
}

static void read_call(char *line, int pid);

/*
 * "<... newfstatat resumed>, {…}, AT_SYMLINK_NOFOLLOW) = 0": only with its beginning it tells what the call
 * was.
 */
static void resumed(const char *line, struct task *task, int pid)
{
	const char *rest = strstr(line, " resumed>");
	char *begun = task->unfinished, *whole;

	task->unfinished = NULL;
	if (!begun || !rest)
		return;
	*strstr(begun, "<unfinished ...>") = '\0';
	if (asprintf(&whole, "%s%s", begun, rest + strlen(" resumed>")) < 0)
		ends("out of memory");
	read_call(whole, pid);
	free(whole);
	free(begun);
}

static void read_call(char *line, int pid)
{
	struct task *task = task_of(pid);
	static struct call call;
	char *result, *open = strchr(line, '(');
	size_t n;

	if (line[0] == '<') {
		resumed(line, task, pid);
		return;
	}
	if (strstr(line, "<unfinished ...>") && !begins_process(line)) {
		free(task->unfinished);
		task->unfinished = strdup(line);
		return;
	}
	if (!open || !isalpha((unsigned char)line[0]))
		return;
	memset(&call, 0, sizeof(call));
	n = (size_t)(open - line);
	snprintf(call.name, sizeof(call.name), "%.*s", (int)(n < 31 ? n : 31), line);
	call.line = line;
	call.count = arguments_of(open + 1, call.arguments);
	result = strrchr(line, '=');
	call.done = result != NULL;
	call.failed =
	    call.done && (strncmp(result, "= -1", 4) == 0 || strncmp(result, "= ?", 3) == 0);
	if (is_one_of(call.name, "clone clone3 fork vfork")) {
		last_cloner = pid;
		return;
	}
	if (strcmp(call.name, "chroot") == 0 && call.done && !call.failed && !task->inside) {
		task->inside = true;
		*task->cwd = '\0';
		return;
	}
	if (!task->inside)
		return;
	use_arguments(&call, task);
	if (is_one_of(call.name, "chdir fchdir"))
		change_directory(&call, task);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	FILE *log;

	if (argc < 6) {
		fputs("usage: witness LOG MOUNTPOINT LOWER MERGED UPPER [LEFT-OUT…]\n", stderr);
		return 2;
	}
	mountpoint = argv[2];
	lower = argv[3];
	merged = argv[4];
	upper = argv[5];
	left_out = argv + 6;
	log = fopen(argv[1], "re");
	if (!log)
		ends(strerror(errno));
	while (getline(&line, &size, log) > 0) {
		char *rest;
		long pid = strtol(line, &rest, 10);

		read_call(rest + strspn(rest, " "), (int)pid);
	}
	free(line);
	fclose(log);
	return 0;
}
