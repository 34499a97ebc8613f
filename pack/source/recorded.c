// SPDX-License-Identifier: BSD-2-Clause
#include "pack/source/recorded.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "db/base/io.h"
#include "db/base/path.h"

enum { CHUNK = 256 * 1024, PATH_LONGEST = 4096 };

/* A file that is newer than the limit, by time and size: where two are alike, both are in. */
struct dated {
	struct hash_link link;
	struct inode *inode;
};

struct recording {
	struct node *root;
	int64_t limit, newest; /* what is clamped is newer than the one, and not newer than the other */
	struct hash dated;     /* filled when the first file of pairs is met */
	ARRAY(struct dated *) all;
	uint64_t *words; /* of a file of pairs; or NULL */
	struct error *err;
};

static void recording_release(struct recording *recording)
{
	hash_release(&recording->dated);
	for (size_t i = 0; i < recording->all.count; i++)
		free(recording->all.items[i]);
	array_release(&recording->all);
	free(recording->words);
}

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), wanted = strlen(end);

	return length > wanted && strcmp(name + length - wanted, end) == 0;
}

/* Bytes from `at` on: how many there were, or a negative errno with err set. */
static ssize_t read_at(const struct node *node, uint64_t at, void *data, size_t size, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	uint64_t offset;
	ssize_t n;
	int r;

	if (inode_content(node->inode) == CONTENT_NONE || at >= node->inode->size)
		return 0;
	if (size > node->inode->size - at)
		size = (size_t)(node->inode->size - at);
	r = content_open(node, &fd, &offset, err);
	if (r < 0)
		return r;
	n = io_pread(fd, data, size, offset + at);
	return n < 0 ? error_code(err, (int)n, "cannot read '%s'", node->name) : n;
}

/* ---- Python ---- */

/* "mod" of mod.pyc, of mod.cpython-311.pyc and of mod.cpython-311.opt-1.pyc; 0: nothing is left of it. */
static size_t module_length(const char *name, bool tagged)
{
	size_t length = strlen(name) - strlen(".pyc");

	for (int parts = tagged ? 1 : 0; parts > 0; parts--) {
		size_t dot = length ? length - 1 : 0;

		while (dot && name[dot] != '.')
			dot--;
		if (strncmp(name + dot, ".opt-", 5) == 0)
			parts++;
		length = dot;
	}
	return length;
}

static struct node *python_source(const struct node *node)
{
	bool tagged = strcmp(node->parent->name, "__pycache__") == 0;
	size_t length = module_length(node->name, tagged);
	char name[256 + 4];

	if (!length)
		return NULL;
	snprintf(name, sizeof(name), "%.*s.py", (int)length, node->name);
	return node_child(tagged ? node->parent->parent : node->parent, name);
}

/*
 * A magic number that ends in CR LF, and since Python 3.7 flags: 0, then the time; or 1 or 3, then a hash.
 * Before that the time comes at once.
 */
static int keep_python(struct recording *recording, struct node *node)
{
	struct node *source = python_source(node);
	uint32_t words[3] = {0}, time;
	ssize_t n;

	if (!source || !S_ISREG(source->inode->mode) || source->inode->mtime <= recording->limit)
		return 0;
	n = read_at(node, 0, words, sizeof(words), recording->err);
	if (n < (ssize_t)sizeof(words))
		return n < 0 ? (int)n : 0;
	if (le32toh(words[0]) >> 16 != 0x0a0d || le32toh(words[1]) == 1 || le32toh(words[1]) == 3)
		return 0;
	time = le32toh(words[1] ? words[1] : words[2]);
	source->inode->recorded |= time == (uint32_t)source->inode->mtime;
	return 0;
}

/* ---- fontconfig ---- */

/* The head of a cache of a machine with 64 bits, little endian, as its name says. */
struct font_cache {
	uint32_t magic;
	int32_t version;
	uint64_t size, directory, directories;
	uint64_t directory_count, set; /* the count has 32 bits and then room */
	int32_t seconds;
	uint32_t unused;
	int64_t nanoseconds;
};

static int keep_fonts(struct recording *recording, struct node *node)
{
	char path[PATH_LONGEST] = "";
	struct font_cache head = {0};
	_cleanup_(freep) char *canonical = NULL;
	struct node *directory = recording->root;
	const char *rest, *part;
	size_t length;
	ssize_t n = read_at(node, 0, &head, sizeof(head), recording->err);

	if (n < (ssize_t)sizeof(head) || le32toh(head.magic) != 0xFC02FC04)
		return n < 0 ? (int)n : 0;
	n = read_at(node, le64toh(head.directory), path, sizeof(path) - 1, recording->err);
	if (n < 0)
		return (int)n;
	rest = canonical = path_canonicalize(path);
	if (!canonical)
		return error_oom(recording->err);
	while (directory && (part = path_next(&rest, &length))) {
		_cleanup_(freep) char *name = strndup(part, length);

		if (!name)
			return error_oom(recording->err);
		directory = node_child(directory, name);
	}
	if (!directory || !node_is_dir(directory) ||
	    (int32_t)le32toh((uint32_t)head.seconds) != (int32_t)directory->inode->mtime)
		return 0;
	directory->inode->recorded = true;
	if (head.nanoseconds)
		directory->inode->mtime = 0;
	return 0;
}

/* ---- pairs of a time and a size, somewhere ---- */

static int add_dated(struct node *node, void *data)
{
	struct recording *recording = data;
	const struct inode *inode = node->inode;
	struct dated *dated;

	if (!S_ISREG(inode->mode) || inode->mtime <= recording->limit)
		return 0;
	dated = calloc(1, sizeof(*dated));
	if (!dated || array_push(&recording->all, dated) < 0) {
		free(dated);
		return -ENOMEM;
	}
	dated->inode = node->inode;
	if (inode->mtime > recording->newest)
		recording->newest = inode->mtime;
	return hash_add(&recording->dated, &dated->link, hash_pair((uint64_t)inode->mtime, inode->size));
}

static void keep_pair(struct recording *recording, uint64_t time, uint64_t size)
{
	uint64_t value = hash_pair(time, size);

	if ((int64_t)time <= recording->limit || (int64_t)time > recording->newest)
		return;
	for (struct hash_link *l = hash_first(&recording->dated, value); l; l = hash_next(l, value)) {
		struct inode *inode = container_of(l, struct dated, link)->inode;

		if ((uint64_t)inode->mtime == time && inode->size == size)
			inode->recorded = true;
	}
}

/* In the byte order of the machine, aligned, in either order: so all three of them do it. */
static int keep_pairs(struct recording *recording, struct node *node)
{
	uint64_t at = 0;
	ssize_t n;

	if (!recording->words) {
		recording->words = malloc(CHUNK);
		if (!recording->words || node_walk(recording->root, add_dated, recording) < 0)
			return error_oom(recording->err);
	}
	/* the last word of each piece is the first of the next one */
	while ((n = read_at(node, at, recording->words, CHUNK, recording->err)) >= 16) {
		const uint64_t *words = recording->words;

		for (size_t i = 0; i + 1 < (size_t)n / 8; i++) {
			keep_pair(recording, words[i], words[i + 1]);
			keep_pair(recording, words[i + 1], words[i]);
		}
		at += (uint64_t)n / 8 * 8 - 8;
	}
	return n < 0 ? (int)n : 0;
}

/* ---- who records ---- */

static bool is_below(const struct node *node, const char *name)
{
	for (; node != node->parent; node = node->parent)
		if (strcmp(node->name, name) == 0)
			return true;
	return false;
}

static bool holds_pairs(const struct node *node)
{
	return ends_in(node->name, ".jsa") || is_below(node->parent, "bootsnap") ||
	       (ends_in(node->name, "pkgcache.bin") && is_below(node->parent, "apt"));
}

static int keep_of(struct node *node, void *data)
{
	struct recording *recording = data;

	if (!S_ISREG(node->inode->mode))
		return 0;
	if (strstr(node->name, "-le64.cache-"))
		return keep_fonts(recording, node);
	if (recording->limit == INT64_MAX)
		return 0;
	if (ends_in(node->name, ".pyc"))
		return keep_python(recording, node);
	return holds_pairs(node) ? keep_pairs(recording, node) : 0;
}

int recorded_times_keep(struct node *root, int64_t limit, struct error *err)
{
	_cleanup_(recording_release) struct recording recording = {
	    .root = root, .limit = limit, .newest = INT64_MIN, .err = err};

	return node_walk(root, keep_of, &recording);
}
