// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/package.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/evidence/json.h"
#include "pack/evidence/tree.h"
#include "pack/need/closure_tree.h"
#include "pack/package/catalog.h"
#include "pack/package/parts.h"
#include "pack/package/places.h"
#include "pack/package/profile.h"
#include "pack/package/provenance.h"
#include "pack/package/records.h"
#include "pack/source/recorded.h"

enum { PACKAGE_FORMAT = 1, CHUNK = 128 * 1024 };

struct package {
	int manifest_fd; /* the copy, unlinked; the tree reads from it */
	char uuid[PACKAGE_UUID_SIZE];
	struct tree_totals totals;
	json_t *profile; /* or NULL */
};

/* What is being made. */
struct making {
	struct package *package;
	const struct package_options *options;
	struct parts parts;
	struct node *rootfs, *sfc;
	char digest[PROVENANCE_DIGEST_SIZE]; /* of the source's catalog; "" when there is none */
	char *source; /* its name and digest, in one word; owned */
	struct notes notes;
};

void package_free(struct package *package)
{
	if (!package)
		return;
	closep(&package->manifest_fd);
	json_decref(package->profile);
	free(package);
}

void package_freep(struct package **package)
{
	package_free(*package);
}

const char *package_uuid(const struct package *package)
{
	return package->uuid;
}

const json_t *package_profile(const struct package *package)
{
	return package->profile;
}

const struct tree_totals *package_totals(const struct package *package)
{
	return &package->totals;
}

int64_t package_time(const struct selection *selection)
{
	int64_t newest = 0;

	for (size_t i = 0; i < selection->sessions.count; i++) {
		const struct session *session = &selection->sessions.items[i];
		int64_t ended = session->ended_ns ? session->ended_ns : session->started_ns;

		newest = ended > newest ? ended : newest;
	}
	return newest / 1000000000;
}

/* Digest of what a node holds, holes as zeros. */
static int digest_node(const struct node *node, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_(closep) int fd = -1;
	_cleanup_(freep) char *chunk = malloc(CHUNK);
	uint64_t left = node->inode->size, offset = 0;
	int r;

	if (!chunk || digest_new(&digest) < 0)
		return error_oom(err);
	memset(chunk, 0, CHUNK);
	if (inode_content(node->inode) != CONTENT_NONE) {
		r = content_open(node, &fd, &offset, err);
		if (r < 0)
			return r;
	}
	while (left) {
		size_t size = left < CHUNK ? (size_t)left : CHUNK;
		ssize_t got = fd < 0 ? (ssize_t)size : io_pread(fd, chunk, size, offset);

		if (got != (ssize_t)size) {
			_cleanup_(freep) char *path = node_path(node);

			return error_code(err, got < 0 ? (int)got : -ESTALE,
					  "cannot read '%s' to its end", path ? path : node->name);
		}
		if (digest_add(digest, chunk, size) < 0)
			return error_set(err, -EIO, "cannot compute a digest");
		left -= size;
		offset += size;
	}
	return digest_finish(digest, ret_hex) < 0 ? error_set(err, -EIO, "cannot compute a digest")
						  : 0;
}

static int add_manifest(struct making *making, struct manifest *manifest, struct error *err)
{
	_cleanup_(catalog_list_release) struct catalog_list folded = CATALOG_LIST_INIT;
	const struct catalog_list *catalog;
	_cleanup_(freep) char *directory = NULL, *path = NULL;
	char sha256[DIGEST_HEX_SIZE];
	struct node *node;
	struct stat st;
	int r;

	if (asprintf(&directory, "%s/.tracepack.XXXXXX", making->options->scratch) < 0) {
		directory = NULL;
		return error_oom(err);
	}
	if (!mkdtemp(directory))
		return error_errno(err, "cannot make a directory in '%s'", making->options->scratch);
	path = path_join(directory, "manifest.db");
	r = path ? catalog_to_keep(making->options, manifest, making->rootfs, &folded, &catalog, err) : error_oom(err);
	if (r == 0)
		r = manifest_copy_away(manifest, making->source, catalog, &making->notes.packed, path, err);
	if (r == 0) {
		making->package->manifest_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (making->package->manifest_fd < 0 || fstat(making->package->manifest_fd, &st) < 0)
			r = error_errno(err, "cannot open '%s'", path);
	}
	if (path)
		unlink(path);
	rmdir(directory);
	if (r == 0)
		r = digest_fd(making->package->manifest_fd, sha256, err);
	if (r < 0)
		return r;
	r = node_add(making->sfc, "manifest.db", S_IFREG | 0644, &node);
	if (r < 0)
		return error_code(err, r, "cannot add 'manifest.db'");
	node->inode->mtime = making->options->time;
	node->inode->size = (uint64_t)st.st_size;
	node->inode->content.kind = CONTENT_RANGE;
	node->inode->content.fd = making->package->manifest_fd;
	node->inode->light = true; /* of a host's own root it is larger than all the rest */
	return parts_note(&making->parts, "sfc/manifest.db", node->inode->size, sha256, err);
}

/* The evidence, and in it the digest of every file as it is packed. */
static int add_evidence(struct making *making, const struct closure *closure,
			const struct selection *selection, struct error *err)
{
	_cleanup_(evidence_release) struct evidence evidence = {0};
	int r;

	r = evidence_from_closure(closure, selection, &evidence, err);
	if (r == 0)
		r = evidence_add_tree(&evidence, making->parts.tree, err);
	for (size_t i = 0; i < evidence.count && r == 0; i++) {
		struct evidence_entry *entry = &evidence.items[i];
		_cleanup_(freep) char *path = path_join("/rootfs", entry->path + 1);
		const struct node *node;

		if (!path)
			return error_oom(err);
		node = entry->verdict == VERDICT_IN ? tree_find(making->parts.tree, path) : NULL;
		if (!node || !S_ISREG(node->inode->mode))
			continue;
		entry->size = node->inode->size; /* a rule may have replaced it */
		r = digest_node(node, entry->sha256, err);
	}
	if (r < 0)
		return r;
	return notes_add_evidence(&making->notes, &evidence) < 0
		       ? error_oom(err)
		       : parts_add_json(&making->parts, making->sfc, "closure.json", evidence_json(&evidence), err);
}

static int add_description(struct making *making, const struct selection *selection,
			   struct source *source, struct error *err)
{
	const struct package_options *options = making->options;
	const struct tree_totals *totals = &making->package->totals;
	time_t seconds = (time_t)options->time;
	char created[32];
	struct tm tm;
	json_t *json;

	strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	json = json_pack("{s:i, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:{s:I, s:I}, s:{s:I, s:I, s:I, s:I},"
			 " s:O}",
			 "format", PACKAGE_FORMAT, "name", json_path(options->name), "version",
			 json_path(options->version), "uuid", making->package->uuid, "created",
			 created, "tool", "tracepack " PACKAGE_VERSION, "source",
			 provenance_source(source, options->source_name, making->digest), "sessions",
			 provenance_sessions(selection), "before",
			 "files", (json_int_t)options->catalog->files, "bytes",
			 (json_int_t)options->catalog->file_bytes, "after", "files",
			 (json_int_t)totals->files, "links", (json_int_t)totals->links,
			 "directories", (json_int_t)totals->directories, "bytes",
			 (json_int_t)totals->bytes, "parts", making->parts.noted);
	return parts_add_json(&making->parts, making->sfc, "package.json", json, err);
}

/* What the distribution's package manager says, trimmed to what is in, and as a bill of materials. */
static int add_records(struct making *making, struct closure *closure, struct error *err)
{
	const struct package_options *options = making->options;
	struct sbom_subject subject = {.name = options->name, .version = options->version,
				       .time = options->time};
	json_t *sbom;
	int r;

	r = package_records(closure, making->rootfs, &subject, &making->notes, &sbom, err);
	return r < 0 ? r : parts_add_json(&making->parts, making->sfc, "sbom.json", sbom, err);
}

/* What its sessions used nothing of is taken away where it is started, if they learned. */
static int add_profile(struct making *making, struct manifest *manifest, const struct selection *selection,
		       const struct closure *closure, struct error *err)
{
	json_t **profile = &making->package->profile;
	int r = profile_make(manifest, selection, closure, making->parts.tree, profile, err);

	return r < 0 || !*profile
		       ? r
		       : parts_add_json(&making->parts, making->sfc, "profile.json", json_incref(*profile), err);
}

/* Engines that start it by its config.json, or by what is written of that, give it no more either. */
static void lessen_config(const struct making *making, json_t *config)
{
	json_t *sets = json_object_get(json_object_get(config, "process"), "capabilities"), *set;
	const char *key;

	json_object_foreach(sets, key, set)
		profile_lessen(making->package->profile, set);
}

static bool is_empty(const struct node *rootfs, const char *name)
{
	const struct node *node = node_child(rootfs, name);

	return node && node_is_dir(node) && node_child_count(node) == 0;
}

/* What is left of the source in the package: where it was on this machine is nobody's business. */
static int name_source(struct making *making, const struct selection *selection, struct error *err)
{
	int r = provenance_digest(making->options->catalog, selection, making->digest, err);

	if (r == 0 && asprintf(&making->source, "%s%s%s", making->options->source_name,
			       making->digest[0] ? " " : "", making->digest) < 0) {
		making->source = NULL;
		return error_oom(err);
	}
	return r;
}

/* Before the identity is made of it. */
static int clamp_time(struct node *node, void *data)
{
	const int64_t *newest = data;

	if (node->inode->mtime > *newest && !node->inode->recorded)
		node->inode->mtime = *newest;
	return 0;
}

static int fill(struct making *making, struct manifest *manifest,
		const struct selection *selection, struct closure *closure, struct launch *launch,
		struct error *err)
{
	json_t *config;
	int r;

	tree_root(making->parts.tree)->inode->mtime = making->options->time;
	r = parts_add_directory(&making->parts, "rootfs", &making->rootfs, err);
	if (r == 0)
		r = parts_add_directory(&making->parts, "sfc", &making->sfc, err);
	if (r == 0)
		r = closure_tree(closure, making->rootfs, err);
	if (r == 0)
		r = recorded_times_keep(making->rootfs, making->options->newest, err);
	if (r == 0)
		node_walk(making->rootfs, clamp_time, (void *)&making->options->newest);
	if (r == 0 && !making->options->no_records)
		r = add_records(making, closure, err);
	if (r < 0)
		return r;
	launch->run_is_empty = is_empty(making->rootfs, "run");
	launch->tmp_is_empty = is_empty(making->rootfs, "tmp");
	r = add_profile(making, manifest, selection, closure, err);
	if (r == 0)
		r = launch_config(launch, making->options->config, &config, err);
	if (r == 0)
		lessen_config(making, config);
	if (r == 0)
		r = parts_add_json(&making->parts, tree_root(making->parts.tree), "config.json", config, err);
	if (r == 0 && making->options->image)
		r = parts_add_bytes(&making->parts, making->sfc, "image.json", making->options->image->bytes,
			      making->options->image->size, err);
	if (r == 0)
		r = add_evidence(making, closure, selection, err);
	if (r == 0)
		r = name_source(making, selection, err);
	if (r == 0)
		r = add_manifest(making, manifest, err);
	if (r < 0)
		return r;
	tree_total(making->rootfs, &making->package->totals);
	r = places_add(making->rootfs, making->options->time, err);
	if (r == 0)
		r = parts_identity(&making->parts, making->package->uuid, err);
	return r < 0 ? r : add_description(making, selection, closure->source, err);
}

int package_create(struct manifest *manifest, const struct selection *selection,
		   struct closure *closure, struct launch *launch,
		   const struct package_options *options, struct tree *tree,
		   struct package **ret_package, struct error *err)
{
	_cleanup_(package_freep) struct package *package = calloc(1, sizeof(*package));
	json_auto_t *parts = json_object();
	struct making making = {.package = package, .options = options,
				.parts = {.tree = tree, .time = options->time, .noted = parts}};
	int r;

	if (!package || !parts)
		return error_oom(err);
	package->manifest_fd = -1;
	r = fill(&making, manifest, selection, closure, launch, err);
	free(making.source);
	notes_release(&making.notes);
	if (r < 0) {
		node_clear(tree_root(tree)); /* it may lean on the descriptor that closes now */
		return r;
	}
	*ret_package = take(package);
	return 0;
}
