// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/rpm.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"

enum { DATABASE_MAX = 1 << 30 };

/* Where databases are, newest place and format first. */
static const struct place {
	const char *path, *backend;
} places[] = {
	{"/usr/lib/sysimage/rpm/rpmdb.sqlite", "sqlite"},
	{"/usr/lib/sysimage/rpm/Packages.db", "ndb"},
	{"/usr/lib/sysimage/rpm/Packages", "bdb_ro"},
	{"/var/lib/rpm/rpmdb.sqlite", "sqlite"},
	{"/var/lib/rpm/Packages.db", "ndb"},
	{"/var/lib/rpm/Packages", "bdb_ro"},
};

/* ---- a directory of our own ---- */

struct scratch {
	char *path; /* or NULL */
	int fd;
};

#define SCRATCH_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

static int scratch_new(struct scratch *scratch, struct error *err)
{
	const char *parent = getenv("TMPDIR");
	_cleanup_(freep) char *path = NULL;

	path = path_join(parent && *parent ? parent : "/var/tmp", "tracepack.XXXXXX");
	if (!path)
		return error_oom(err);
	if (!mkdtemp(path))
		return error_errno(err, "cannot make a directory '%s'", path);
	scratch->path = take(path);
	scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return scratch->fd < 0 ? error_errno(err, "cannot open '%s'", scratch->path) : 0;
}

/* rpmdb makes files in it and no directories. */
static void scratch_remove(struct scratch *scratch)
{
	DIR *dir = scratch->fd < 0 ? NULL : fdopendir(scratch->fd);
	struct dirent *found;

	while (dir && (found = readdir(dir)))
		if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
			unlinkat(dirfd(dir), found->d_name, 0);
	if (dir)
		closedir(dir);
	if (scratch->path)
		rmdir(scratch->path);
	free(scratch->path);
}

/* Both names are hidden: what rpmdb makes is not. */
static int scratch_file(const struct scratch *scratch, const char *name, struct error *err)
{
	int fd = openat(scratch->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? error_errno(err, "cannot write '%s/%s'", scratch->path, name) : fd;
}

/* ---- the program ---- */

/*
 * Its exit status says little: it is 0 also when it could not open the database, or only warned that
 * it was built without the format. What it said first is the reason.
 */
static int judge(int status, int said, const char *what, struct error *err)
{
	char line[256] = "";
	ssize_t size = io_pread(said, line, sizeof(line) - 1, 0);

	line[size < 0 ? 0 : size] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (status == 0 && strncmp(line, "error:", 6) != 0 && !strstr(line, "_db_backend"))
		return 0;
	return error_set(err, -ENOPKG, "rpmdb cannot %s%s%s", what, *line ? ": " : "", line);
}

/* Run it on a directory and wait for it. */
static int run(const struct scratch *scratch, const char *backend, const char *verb, int in, int out,
	       struct error *err)
{
	static const char *const environment[] = {"LC_ALL=C", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", NULL};
	_cleanup_(text_release) struct text define = TEXT_INIT;
	_cleanup_(closep) int said = scratch_file(scratch, ".said", err);
	const char *args[] = {"rpmdb", "--dbpath", scratch->path, "--define", NULL, verb, NULL};
	posix_spawn_file_actions_t actions;
	int r, status;
	pid_t pid;

	if (said < 0)
		return said;
	text_printf(&define, "_db_backend %s", backend);
	if (text_failed(&define) || posix_spawn_file_actions_init(&actions) != 0)
		return error_oom(err);
	args[4] = define.bytes;
	r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
	if (r == 0)
		r = posix_spawnp(&pid, args[0], &actions, NULL, (char *const *)args,
				 (char *const *)environment);
	posix_spawn_file_actions_destroy(&actions);
	if (r == ENOENT)
		return error_set(err, -ENOPKG, "rpmdb is not installed (package rpm)");
	if (r != 0)
		return error_code(err, -r, "cannot run rpmdb");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return judge(status, said,
		     strcmp(verb, "--exportdb") == 0 ? "read the database" : "make a database", err);
}

/* ---- reading ---- */

static const struct place *find_place(struct source *source, const struct source_entry **ret_entry)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (source_walk(source, places[i].path, SOURCE_FOLLOW, NULL, NULL, ret_entry, NULL) ==
			    0 &&
		    (*ret_entry)->kind == ENTRY_FILE)
			return &places[i];
	return NULL;
}

bool rpm_is_there(struct source *source)
{
	const struct source_entry *entry;

	return find_place(source, &entry) != NULL;
}

/* A copy being made, file by file. */
struct copy {
	struct source *source;
	const struct scratch *scratch;
	const char *directory;
	struct error *err;
};

static int copy_file(const char *name, void *data)
{
	const struct copy *copy = data;
	_cleanup_(freep) char *path = path_join(copy->directory, name);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(closep) int fd = -1;
	const struct source_entry *entry;
	int r;

	if (!path)
		return error_oom(copy->err);
	r = source_look(copy->source, path, &entry, copy->err);
	if (r < 0 || entry->kind != ENTRY_FILE || name[0] == '.') /* its lock */
		return r;
	r = source_read(copy->source, path, DATABASE_MAX, &text, copy->err);
	if (r < 0)
		return r;
	fd = scratch_file(copy->scratch, name, copy->err);
	if (fd < 0)
		return fd;
	r = io_write(fd, text.bytes, text.size);
	return r < 0 ? error_code(copy->err, r, "cannot write '%s/%s'", copy->scratch->path, name) : 0;
}

static int read_whole(const struct scratch *scratch, const char *name, struct text *text,
		      struct error *err)
{
	return io_read_file(scratch->fd, name, DATABASE_MAX, text, err);
}

static int export(struct source *source, struct rpm_database *database,
		  const struct scratch *scratch, struct error *err)
{
	struct copy copy = {source, scratch, database->directory, err};
	_cleanup_(closep) int null = open("/dev/null", O_RDONLY | O_CLOEXEC), stream = -1;
	int r;

	if (null < 0)
		return error_errno(err, "cannot open '/dev/null'");
	r = source_list(source, database->directory, copy_file, &copy, err);
	if (r < 0)
		return r;
	stream = scratch_file(scratch, ".stream", err);
	r = stream < 0 ? stream : run(scratch, database->backend, "--exportdb", null, stream, err);
	return r < 0 ? r : read_whole(scratch, ".stream", &database->stream, err);
}

int rpm_read(struct source *source, struct rpm_database *ret_database, struct error *err)
{
	_cleanup_(rpm_database_release) struct rpm_database database = RPM_DATABASE_INIT;
	_cleanup_(scratch_remove) struct scratch scratch = SCRATCH_INIT;
	const struct source_entry *entry;
	const struct place *place = find_place(source, &entry);
	int r;

	if (!place)
		return 0;
	database.backend = place->backend;
	database.directory = path_parent(entry->path);
	if (!database.directory)
		return error_oom(err);
	r = scratch_new(&scratch, err);
	if (r == 0)
		r = export(source, &database, &scratch, err);
	if (r < 0)
		return r;
	*ret_database = database;
	database = (struct rpm_database)RPM_DATABASE_INIT;
	return 1;
}

void rpm_database_release(struct rpm_database *database)
{
	free(database->directory);
	text_release(&database->stream);
}

/* ---- writing ---- */

/* Ours and rpm's locks are hidden; SQLite's -shm and -wal are empty when the writer has ended. */
static bool is_of_database(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' &&
	       (length < 4 || (strcmp(name + length - 4, "-shm") != 0 &&
			       strcmp(name + length - 4, "-wal") != 0));
}

/*
 * rpm leaves an SQLite database in WAL mode, which nobody can read on a read-only file system. Bytes 18
 * and 19 of the file say so (2; 1 is a rollback journal), and the next who writes sets them again.
 */
static void leave_wal_mode(struct text *contents)
{
	static const char format[] = "SQLite format 3";

	if (contents->size >= 100 && memcmp(contents->bytes, format, sizeof(format)) == 0)
		contents->bytes[18] = contents->bytes[19] = 1;
}

static int visit_files(const struct scratch *scratch,
		       int (*visit)(const char *name, const struct text *contents, void *data),
		       void *data, struct error *err)
{
	int fd = openat(scratch->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *found;

	if (!dir) {
		closep(&fd);
		return error_errno(err, "cannot list '%s'", scratch->path);
	}
	while (r == 0 && (found = readdir(dir))) {
		_cleanup_(text_release) struct text contents = TEXT_INIT;

		if (!is_of_database(found->d_name))
			continue;
		r = read_whole(scratch, found->d_name, &contents, err);
		leave_wal_mode(&contents);
		if (r == 0)
			r = visit(found->d_name, &contents, data);
	}
	closedir(dir);
	return r;
}

int rpm_write(const struct rpm_database *database, const struct text *stream,
	      int (*visit)(const char *name, const struct text *contents, void *data), void *data,
	      struct error *err)
{
	_cleanup_(scratch_remove) struct scratch scratch = SCRATCH_INIT;
	_cleanup_(closep) int in = -1, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int r;

	if (null < 0)
		return error_errno(err, "cannot open '/dev/null'");
	r = scratch_new(&scratch, err);
	if (r < 0)
		return r;
	in = scratch_file(&scratch, ".stream", err);
	if (in < 0)
		return in;
	r = io_pwrite(in, stream->bytes, stream->size, 0);
	if (r < 0)
		return error_code(err, r, "cannot write in '%s'", scratch.path);
	r = run(&scratch, database->backend, "--importdb", in, null, err);
	return r < 0 ? r : visit_files(&scratch, visit, data, err);
}
