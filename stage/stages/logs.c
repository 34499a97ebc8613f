// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/logs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/open_beneath.h"
#include "db/base/path.h"
#include "db/base/text.h"

enum { DEPTH_MAX = 3, NAMES_MAX = 2000, SHOWN_FILES = 3, SHOWN_BYTES = 1000, SHOWN_LINES = 5 };

struct log {
	char *path;
	int64_t written_ns;
	uint64_t size;
};

struct logs {
	int root;
	int64_t since_ns;
	size_t names; /* that were looked at */
	ARRAY(struct log) found;
};

static void logs_release(struct logs *logs)
{
	for (size_t i = 0; i < logs->found.count; i++)
		free(logs->found.items[i].path);
	array_release(&logs->found);
	closep(&logs->root);
}

static bool is_called_so(const char *path)
{
	return strncmp(path, "/var/log/", 9) == 0 || path_match("*.log", path) || path_match("*.err", path);
}

static void look_in(struct logs *logs, const char *path, int depth);

/* Descends into directories, so far and no farther. */
static void look_at(struct logs *logs, int dirfd, const char *directory, const char *name, int depth)
{
	_cleanup_(freep) char *path = path_join(directory, name);
	struct log log = {.path = path};
	struct stat st;

	if (!path || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		look_in(logs, path, depth + 1);
	log.written_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	log.size = (uint64_t)st.st_size;
	if (S_ISREG(st.st_mode) && log.size && log.written_ns >= logs->since_ns && is_called_so(path) &&
	    array_push(&logs->found, log) == 0)
		path = NULL; /* the list's */
}

static void look_in(struct logs *logs, const char *path, int depth)
{
	int fd = open_beneath(logs->root, path, O_RDONLY | O_DIRECTORY);
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && logs->names < NAMES_MAX && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			logs->names++;
			look_at(logs, fd, path, entry->d_name, depth);
		}
}

static int by_time(const void *a, const void *b)
{
	const struct log *x = a, *y = b;

	return x->written_ns < y->written_ns ? -1 : x->written_ns > y->written_ns;
}

/* Its last lines, whole ones if there are several. */
static void add_end(struct text *text, char *bytes, size_t size, bool cut)
{
	size_t from = size && bytes[size - 1] == '\n' ? size - 1 : size, lines = 0;

	while (from > 0 && (bytes[from - 1] != '\n' || ++lines < SHOWN_LINES))
		from--;
	if (from == 0 && cut && memchr(bytes, '\n', size))
		from = (size_t)((char *)memchr(bytes, '\n', size) - bytes) + 1;
	text_add_bytes(text, bytes + from, size - from);
	if (size && bytes[size - 1] != '\n')
		text_add(text, "\n");
}

static void add_log(struct text *text, const struct logs *logs, const struct log *log)
{
	/* should it have become a fifo, nobody waits for its writer */
	_cleanup_(closep) int fd = open_beneath(logs->root, log->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char bytes[SHOWN_BYTES];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	n = io_pread(fd, bytes, sizeof(bytes), log->size > SHOWN_BYTES ? log->size - SHOWN_BYTES : 0);
	if (n <= 0)
		return;
	text_add_escaped(text, log->path);
	text_add(text, ":\n");
	add_end(text, bytes, (size_t)n, log->size > SHOWN_BYTES);
}

void logs_keep(const char *root, int64_t since_ns, int fd)
{
	static const char *const places[] = {"/var/log", "/tmp", "/var/tmp", "/run", "/var/lib", "/srv", "/opt"};
	_cleanup_(logs_release) struct logs logs = {.root = -1, .since_ns = since_ns};
	_cleanup_(text_release) struct text text = TEXT_INIT;

	logs.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; logs.root >= 0 && i < sizeof(places) / sizeof(*places); i++)
		look_in(&logs, places[i], 0);
	array_sort(&logs.found, by_time);
	for (size_t i = logs.found.count > SHOWN_FILES ? logs.found.count - SHOWN_FILES : 0; i < logs.found.count; i++)
		add_log(&text, &logs, &logs.found.items[i]);
	if (text.size && !text_failed(&text))
		(void)!io_write(fd, text.bytes, text.size);
}
