// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/need/admission.h"
#include "pack/need/closure.h"
#include "pack/need/need.h"
#include "pack/package/places.h"
#include "pack/source/which.h"

/* One check in progress. */
struct checking {
	const struct bundle *bundle;
	struct package_check *check;
	struct evidence evidence;
	int rootfd;     /* the copy of the root */
	char *root;     /* its path */
	struct error *err;
};

void package_check_release(struct package_check *check)
{
	for (size_t i = 0; i < check->problems.count; i++)
		free(check->problems.items[i]);
	for (size_t i = 0; i < check->notes.count; i++)
		free(check->notes.items[i]);
	for (size_t i = 0; i < check->asks.count; i++)
		free(check->asks.items[i]);
	array_release(&check->asks);
	array_release(&check->problems);
	array_release(&check->notes);
}

static int problem(struct checking *checking, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int problem(struct checking *checking, const char *format, ...)
{
	va_list args;
	char *text;
	int r;

	va_start(args, format);
	r = vasprintf(&text, format, args);
	va_end(args);
	if (r < 0)
		return error_oom(checking->err);
	if (array_push(&checking->check->problems, text) < 0) {
		free(text);
		return error_oom(checking->err);
	}
	return 0;
}

static int check_part(struct checking *checking, const struct description_part *part)
{
	_cleanup_(freep) char *path = path_join("/", part->path);
	const struct node *node = path ? tree_find(bundle_tree(checking->bundle), path) : NULL;
	char digest[DIGEST_HEX_SIZE];
	int r;

	if (strcmp(part->path, "rootfs") == 0)
		return 0; /* its files have digests of their own */
	if (!node || !S_ISREG(node->inode->mode))
		return problem(checking, "%s is missing", part->path);
	r = bundle_copy(checking->bundle, node, -1, digest, checking->err);
	if (r == 0 && strcmp(part->sha256, digest) != 0)
		r = problem(checking, "%s is not as it was packed", part->path);
	return r;
}

/* The files made by the package itself against the digests in package.json. */
static int check_parts(struct checking *checking)
{
	_cleanup_(description_release) struct description description = {0};
	int r = bundle_description(checking->bundle, &description, checking->err);

	for (size_t i = 0; r == 0 && i < description.parts.count; i++)
		r = check_part(checking, &description.parts.items[i]);
	return r;
}

/* Is it something the closure looks into: an ELF file, a script? */
static bool is_program(int fd)
{
	char head[4];
	ssize_t size = io_pread(fd, head, sizeof(head), 0);

	return (size == 4 && memcmp(head, "\177ELF", 4) == 0) ||
	       (size >= 2 && memcmp(head, "#!", 2) == 0);
}

static int check_digest(struct checking *checking, const struct evidence_entry *entry,
			const char *path, const char *digest)
{
	checking->check->files++;
	if (!entry)
		return problem(checking, "%s is in no record of the package", path);
	if (entry->sha256[0] && strcmp(entry->sha256, digest) != 0)
		return problem(checking, "%s is not as it was packed", path);
	return 0;
}

/* A regular file: its digest, and into the copy what the closure will look into. */
static int copy_file(struct checking *checking, const struct node *node, const char *path)
{
	const struct evidence_entry *entry = evidence_find(&checking->evidence, path);
	_cleanup_(closep) int fd = -1;
	char digest[DIGEST_HEX_SIZE];
	int r;

	fd = openat(checking->rootfd, path + 1, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return error_errno(checking->err, "cannot make '%s%s'", checking->root, path);
	r = bundle_copy(checking->bundle, node, fd, digest, checking->err);
	if (r < 0)
		return r;
	checking->check->bytes += node->inode->size;
	if (is_program(fd))
		checking->check->programs++;
	else if (ftruncate(fd, 0) < 0)
		return error_errno(checking->err, "cannot cut '%s%s'", checking->root, path);
	/* only who may run it matters here, and that we may read it */
	if (fchmod(fd, 0600 | (node->inode->mode & 0111)) < 0)
		return error_errno(checking->err, "cannot change '%s%s'", checking->root, path);
	if (!entry && places_have(node, path))
		return 0;
	return check_digest(checking, entry, path, digest);
}

static int copy_node(struct checking *checking, const struct node *node, const char *path)
{
	const char *below = path + 1;

	switch (node->inode->mode & S_IFMT) {
	case S_IFDIR:
		return !*below || mkdirat(checking->rootfd, below, 0700) == 0
			       ? 0
			       : error_errno(checking->err, "cannot make '%s%s'", checking->root,
					     path);
	case S_IFLNK:
		return symlinkat(node->inode->target, checking->rootfd, below) == 0
			       ? 0
			       : error_errno(checking->err, "cannot make '%s%s'", checking->root,
					     path);
	case S_IFREG:
		return copy_file(checking, node, path);
	default:
		return 0; /* devices and fifos need nothing */
	}
}

/* Depth first; the tree comes from our reader, which knows no loops. */
static int copy_tree(struct checking *checking, const struct node *node, const char *path)
{
	int r = copy_node(checking, node, path);

	for (uint32_t i = 0; r == 0 && i < node_child_count(node); i++) {
		_cleanup_(freep) char *below = path_join(path, node_child_at(node, i)->name);

		r = below ? copy_tree(checking, node_child_at(node, i), below)
			  : error_oom(checking->err);
	}
	return r;
}

/* What the record says is in, and is not. */
static int check_absent(struct checking *checking)
{
	int r = 0;

	for (size_t i = 0; i < checking->evidence.count && r == 0; i++) {
		const struct evidence_entry *entry = &checking->evidence.items[i];
		_cleanup_(freep) char *path = path_join("/rootfs", entry->path + 1);
		size_t length = path ? strlen(path) : 0;

		if (!path)
			return error_oom(checking->err);
		if (path[length - 1] == '/') /* of the root itself */
			path[length - 1] = '\0';
		if (entry->verdict == VERDICT_IN &&
		    !tree_find(bundle_tree(checking->bundle), path))
			r = problem(checking, "%s is missing", entry->path);
	}
	return r;
}

static bool was_known(const struct evidence *evidence, const char *warning)
{
	for (size_t i = 0; i < evidence->warning_count; i++)
		if (strcmp(evidence->warnings[i], warning) == 0)
			return true;
	return false;
}

static int add_warnings(struct checking *checking, const struct closure *closure)
{
	int r = 0;

	for (size_t i = 0; i < closure->warnings.count && r == 0; i++) {
		const char *warning = closure->warnings.items[i];
		char *copy;

		if (!was_known(&checking->evidence, warning)) {
			r = problem(checking, "%s", warning);
			continue;
		}
		copy = strdup(warning);
		if (!copy || array_push(&checking->check->notes, copy) < 0) {
			free(copy);
			r = error_oom(checking->err);
		}
	}
	return r;
}

/* Everything that is there may be run or loaded, so everything has to find what it needs. */
static int check_closure(struct checking *checking, struct source *source)
{
	struct closure_options options = {.allow_secrets = true}; /* and no customs */
	struct reason reason = {.kind = REASON_RULE, .detail = "verify"};
	_cleanup_(closure_freep) struct closure *closure = NULL;
	int r;

	r = closure_new(source, &options, &closure, checking->err);
	for (size_t i = 0; r == 0 && i < checking->evidence.count; i++) {
		const struct evidence_entry *entry = &checking->evidence.items[i];

		if (entry->verdict != VERDICT_IN || !entry->contents)
			continue;
		r = closure_add(closure, entry->path, CLOSURE_CONTENTS, &reason, -1, NULL,
				checking->err);
		if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
			r = 0; /* said by check_absent() */
	}
	if (r == 0)
		r = closure_compute(closure, checking->err);
	return r < 0 ? r : add_warnings(checking, closure);
}

/* The value of PATH among "NAME=value" strings. */
static const char *search_path_of(const struct start_strings *env)
{
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], "PATH=", 5) == 0)
			return env->items[i] + 5;
	return WHICH_PATH_DEFAULT;
}

/* What it starts has to be there; what it asks for beyond the default is named. */
static int check_config(struct checking *checking, struct source *source)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;
	_cleanup_(freep) char *found = NULL;
	struct error why = ERROR_INIT;
	int r = bundle_start(checking->bundle, &config, checking->err);

	for (size_t i = 0; r == 0 && i < config.asks.count; i++) {
		r = array_push(&checking->check->asks, config.asks.items[i]);
		if (r < 0)
			return error_oom(checking->err);
		config.asks.items[i] = NULL; /* it is the check's now */
	}
	if (r < 0)
		return r;
	r = which_find(source, search_path_of(&config.env), config.cwd, config.args.items[0], &found,
		       NULL, &why);
	return r < 0 ? problem(checking, "config.json starts what is not there: %s", why.message)
		     : 0;
}

static int check_root(struct checking *checking)
{
	_cleanup_(source_closep) struct source *source = NULL;
	int r;

	r = copy_tree(checking, bundle_rootfs(checking->bundle), "/");
	if (r == 0)
		r = check_absent(checking);
	if (r == 0)
		r = source_open(checking->root, &source, checking->err);
	if (r == 0)
		r = check_config(checking, source);
	return r < 0 ? r : check_closure(checking, source);
}

/* Remove what copy_tree() made: by the tree, nothing else can be in there. */
static void remove_copy(int rootfd, const struct node *node, const char *path)
{
	for (uint32_t i = 0; i < node_child_count(node); i++) {
		_cleanup_(freep) char *below = path_join(path, node_child_at(node, i)->name);

		if (below)
			remove_copy(rootfd, node_child_at(node, i), below);
	}
	if (path[1])
		unlinkat(rootfd, path + 1, node_is_dir(node) ? AT_REMOVEDIR : 0);
}

int package_check(const struct bundle *bundle, const char *scratch, struct package_check *check,
		  struct error *err)
{
	struct checking checking = {.bundle = bundle, .check = check, .rootfd = -1, .err = err};
	_cleanup_(freep) char *root = path_join(scratch, ".tracepack.XXXXXX");
	int r;

	r = bundle_evidence(bundle, &checking.evidence, err);
	if (r == 0)
		r = check_parts(&checking);
	if (r == 0 && (!root || !mkdtemp(root)))
		r = root ? error_errno(err, "cannot make a directory in '%s'", scratch)
			 : error_oom(err);
	if (r == 0) {
		checking.root = root;
		checking.rootfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = checking.rootfd < 0 ? error_errno(err, "cannot open '%s'", root)
					: check_root(&checking);
		remove_copy(checking.rootfd, bundle_rootfs(bundle), "/");
		rmdir(root);
	}
	closep(&checking.rootfd);
	evidence_release(&checking.evidence);
	return r;
}
