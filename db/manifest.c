// SPDX-License-Identifier: BSD-2-Clause
#include "db/manifest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/guard.h"
#include "db/manifest_private.h"
#include "db/schema.h"
#include "db/session_table.h"

enum {
	ENTRY_SLOTS = 1 << 16, /* 3 MB and the paths themselves */
	PROGRAM_SLOTS = 1 << 10,
};

static bool has_wal(const struct manifest *manifest)
{
	_cleanup_(text_release) struct text wal = TEXT_INIT;
	struct stat st;

	text_printf(&wal, "%s-wal", manifest->sql.path);
	return !text_failed(&wal) && stat(wal.bytes, &st) == 0 && st.st_size > 0;
}

/*
 * Is it a manifest at all? Asked on a connection that takes no lock and makes no file, so that what
 * is somebody else's stays untouched. A manifest whose writer died between two pages of a checkpoint
 * looks cut short until its -wal is read: then the real opening judges.
 */
static int probe(struct manifest *manifest, struct error *err)
{
	int version, r;

	r = connection_open(&manifest->sql, manifest->sql.path, "?immutable=1",
			    SQLITE_OPEN_READONLY, err);
	if (r == 0)
		r = schema_version(manifest, &version, err);
	return r == -EUCLEAN && has_wal(manifest) ? 0 : r;
}

static int check_file(struct manifest *manifest, struct error *err)
{
	struct stat st;

	if (stat(manifest->sql.path, &st) < 0)
		return error_errno(err, "cannot open manifest '%s'", manifest->sql.path);
	if (S_ISDIR(st.st_mode))
		return error_set(err, -EISDIR, "'%s' is not a manifest: it is a directory",
				 manifest->sql.path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EMEDIUMTYPE, "'%s' is not a manifest: it is no regular file",
				 manifest->sql.path);
	if (st.st_size == 0)
		return error_set(err, -EMEDIUMTYPE, "'%s' is not a manifest: it is empty",
				 manifest->sql.path);
	if (access(manifest->sql.path, R_OK) < 0)
		return error_errno(err, "cannot open manifest '%s'", manifest->sql.path);
	manifest->sql.dev = st.st_dev;
	manifest->sql.ino = st.st_ino;
	return 0;
}

/*
 * Put a laid-out manifest under its name at once, so that nobody ever sees half of one. Where another
 * program was faster, its manifest is taken.
 */
static int publish_new(const struct io_output *output, struct error *err)
{
	int r = renameat2(AT_FDCWD, output->temporary, AT_FDCWD, output->path, RENAME_NOREPLACE);

	if (r < 0 && errno == EINVAL) /* a file system that cannot; link() never replaces */
		r = link(output->temporary, output->path);
	if (r < 0 && errno != EEXIST)
		return error_errno(err, "cannot create manifest '%s'", output->path);
	return 0;
}

static int create(struct manifest *manifest, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	int r;

	r = io_output_open_named(&output, manifest->sql.path, 0644, err);
	if (r < 0)
		return r;
	r = connection_open(&manifest->sql, output.temporary, "", SQLITE_OPEN_READWRITE, err);
	/* the file is nobody's until it is published: a journal has nothing to protect */
	if (r == 0)
		r = connection_execute(&manifest->sql, "PRAGMA journal_mode = OFF", err);
	if (r == 0)
		r = schema_lay_out(manifest, err);
	connection_close(&manifest->sql);
	return r < 0 ? r : publish_new(&output, err);
}

/* SQLite opens what it may not write for reading, and says nothing. */
static int refuse_read_only(struct manifest *manifest, struct error *err)
{
	if (access(manifest->sql.path, W_OK) < 0)
		return error_errno(err, "cannot write manifest '%s'", manifest->sql.path);
	return error_code(err, -EROFS, "cannot write manifest '%s'", manifest->sql.path);
}

static int open_writing(struct manifest *manifest, struct error *err)
{
	int version, r;

	r = connection_open(&manifest->sql, manifest->sql.path, "", SQLITE_OPEN_READWRITE, err);
	if (r < 0)
		return r;
	if (sqlite3_db_readonly(manifest->sql.db, "main") != 0)
		return refuse_read_only(manifest, err);
	/* NORMAL: what a killed process committed stays, what a power cut loses is the last moments */
	r = connection_execute(
	    &manifest->sql,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	    "PRAGMA secure_delete = OFF; PRAGMA cache_size = -8000;"
	    /* what we write keeps to the schema by its types; merging checks again */
	    "PRAGMA ignore_check_constraints = ON;"
	    "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864",
	    err);
	if (r == 0)
		r = schema_version(manifest, &version, err);
	if (r == 0 && version < SCHEMA_VERSION)
		r = schema_climb(manifest, version, NULL, 0, err);
	if (r == 0)
		r = schema_check(manifest, err);
	return r < 0 ? r : session_mark_interrupted(manifest, err);
}

/*
 * For reading, yet opened for writing where that is allowed: only so can SQLite take in the -wal of
 * a writer that was killed, and tidy it away with the last connection. query_only keeps us honest.
 */
static int connect_reading(struct manifest *manifest, struct error *err)
{
	int r = connection_open(&manifest->sql, manifest->sql.path, "", SQLITE_OPEN_READWRITE, err);

	if (r == 0)
		r = connection_execute(&manifest->sql,
				       "PRAGMA query_only = ON; PRAGMA cache_size = -16000", err);
	return r < 0 ? r : schema_check(manifest, err);
}

static bool is_of_read_only_place(int r)
{
	return r == -EROFS || r == -EACCES || r == -EPERM || r == -ENOENT || r == -EIO;
}

/* A read-only directory has no room for the -shm that reading in WAL mode takes. */
static int connect_immutable(struct manifest *manifest, struct error *err)
{
	int r;

	if (has_wal(manifest))
		return error_set(err, -EROFS,
				 "cannot read manifest '%s': its last part is in '%s-wal' and the "
				 "directory is read-only; copy both to a place that can be written",
				 manifest->sql.path, manifest->sql.path);
	r = connection_open(&manifest->sql, manifest->sql.path, "?immutable=1",
			    SQLITE_OPEN_READONLY, err);
	return r < 0 ? r : schema_check(manifest, err);
}

/* An older manifest that may not be written is climbed as a copy in memory. */
static int read_through_copy(struct manifest *manifest, int version, struct error *err)
{
	static unsigned int copies;
	struct manifest copy = {
	    .sql = {.noun = "manifest", .path = manifest->sql.path, .writing = true}};
	char name[64];
	int r;

	/* a name of its own, so that ATTACH finds it too */
	snprintf(name, sizeof(name), "/manifest-%u", __atomic_fetch_add(&copies, 1, __ATOMIC_RELAXED));
	r = connection_open(&copy.sql, name, "?vfs=memdb",
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (r == 0)
		r = manifest_vacuum_into(manifest, copy.sql.uri, err);
	if (r == 0)
		r = schema_climb(&copy, version, NULL, 0, err);
	if (r == 0) {
		connection_close(&manifest->sql);
		free(manifest->sql.uri);
		manifest->sql.db = take(copy.sql.db);
		manifest->sql.uri = take(copy.sql.uri);
	}
	connection_close(&copy.sql);
	array_release(&copy.sql.prepared);
	free(copy.sql.uri);
	return r;
}

static int open_reading(struct manifest *manifest, struct error *err)
{
	struct error attempt = ERROR_INIT;
	int version, r;

	r = connect_reading(manifest, &attempt);
	if (is_of_read_only_place(r))
		r = connect_immutable(manifest, err);
	else if (r < 0)
		return error_set(err, r, "%s", attempt.message);
	if (r == 0)
		r = schema_version(manifest, &version, err);
	if (r == 0 && version < SCHEMA_VERSION)
		r = read_through_copy(manifest, version, err);
	return r;
}

int manifest_open(const char *path, enum manifest_mode mode, struct manifest **ret_manifest,
		  struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	struct stat st;
	int r;

	manifest = calloc(1, sizeof(*manifest));
	if (!manifest)
		return error_oom(err);
	manifest->entries.count = ENTRY_SLOTS;
	manifest->programs.count = PROGRAM_SLOTS;
	manifest->sql.noun = "manifest";
	manifest->sql.path = strdup(path);
	if (!manifest->sql.path)
		return error_oom(err);
	manifest->sql.writing = mode != MANIFEST_READ;
	if (mode == MANIFEST_CREATE && stat(path, &st) < 0 && errno == ENOENT) {
		r = create(manifest, err);
		if (r < 0)
			return r;
	}
	r = check_file(manifest, err);
	if (r == 0)
		r = probe(manifest, err);
	if (r == 0)
		r = manifest->sql.writing ? open_writing(manifest, err)
					  : open_reading(manifest, err);
	if (r < 0)
		return r;
	*ret_manifest = take(manifest);
	return 0;
}

void manifest_close(struct manifest *manifest)
{
	int saved = errno;

	if (!manifest || manifest_lost())
		return;
	/* SQLite keeps all others out while it does this itself, and has little left to do so now */
	if (manifest->sql.db && manifest->sql.writing)
		sqlite3_wal_checkpoint_v2(manifest->sql.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	connection_release(&manifest->sql);
	cache_release(&manifest->entries);
	cache_release(&manifest->programs);
	free(manifest);
	errno = saved;
}

const char *manifest_path(const struct manifest *manifest)
{
	return manifest->sql.path;
}

void manifest_closep(struct manifest **manifest)
{
	manifest_close(*manifest);
}
