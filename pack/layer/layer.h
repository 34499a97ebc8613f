/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing layer/ is a tar stream: onto a tree (apply.c), out of one (write.c), and a tree onto a
 * disk (extract.c). It may include db/base and pack/tree. What a hostile archive may do next is
 * refused in path.c and contents.c, another compression goes into stream.c and write.c.
 */
/*
 * One OCI layer, or any other tar: a stream that is applied to a tree, or written from one.
 *
 * It is taken as umoci and containerd take it: a leading slash is nothing, of a name that comes twice
 * the last one stays, what leads through a symbolic link goes where that points inside the root, and
 * directories that are missing on the way are made.
 *
 * What is applied is hostile until proven otherwise. Names, links and hard links that lead out of the
 * root, hard links to what is not there, more bytes or entries than were allowed, streams that end
 * early, digests that do not match: each is an error that names the entry. Attributes by which
 * overlayfs is steered are dropped. After an error the tree is worthless; nothing but the content file
 * and the tree has been touched.
 *
 * The stream is read once, forwards; contents go to a content file. Memory grows with names only.
 */
#ifndef PACK_LAYER_LAYER_H
#define PACK_LAYER_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "pack/tree/content_file.h"
#include "pack/tree/tree.h"

#define LAYER_MAX_SIZE_DEFAULT (64ULL << 30) /* bytes of contents */
#define LAYER_MAX_ENTRIES_DEFAULT (4ULL << 20)
#define LAYER_MAX_RATIO_DEFAULT 1000ULL

/* Where the bytes come from: fd at its current position, or, with `ranged`, a part of a file. */
struct layer_source {
	int fd;		  /* borrowed */
	const char *name; /* for messages; borrowed */
	bool ranged;
	uint64_t offset, size; /* of the range, bytes */
};

/* Zero-initialised is the default of everything but the content file. */
struct layer_options {
	struct content_file *contents; /* contents go here; borrowed, outlives the tree */
	bool whiteouts;	     /* .wh.NAME and .wh..wh..opq have their meaning; else they are names */
	bool no_devices;     /* device nodes are an error */
	bool no_xattrs;
	bool digested;	      /* an absent end mark is no error: a digest proves the stream whole */
	uint64_t max_size;    /* bytes of contents; 0: LAYER_MAX_SIZE_DEFAULT */
	uint64_t max_entries; /* 0: LAYER_MAX_ENTRIES_DEFAULT */
	/* Bytes out for each byte in, looked at beyond 256 MiB; 0: the default; UINT64_MAX: any. */
	uint64_t max_ratio;
	const char *digest;  /* of the stream as stored, "sha256:…"; or NULL */
	const char *diff_id; /* of the tar in it, "sha256:…"; or NULL */
	/* Called now and then with bytes of the stream read; or NULL. */
	void (*progress)(uint64_t done, void *data);
	void *progress_data;
	/* When set and it becomes non-zero, applying ends with -EINTR. */
	const volatile int *cancel;
};

/* Added up over the layers of one root, and so are the limits on them; starts as zeros. */
struct layer_stats {
	uint64_t entries;
	uint64_t bytes;		 /* of contents, holes included */
	uint64_t whiteouts;	 /* names and directories that lost what was below */
	uint64_t acls;		 /* entries whose POSIX ACL a tree cannot hold: not taken */
	uint64_t foreign_xattrs; /* not user, trusted or security: not taken */
	uint64_t overlay_xattrs; /* overlayfs would obey them: not taken */
};

/* Apply one stream (any compression libarchive reads) to the tree. */
int layer_apply(const struct layer_source *source, const struct layer_options *options,
		struct tree *tree, struct layer_stats *stats, struct error *err);
/* The same from a file; path "-" is standard input. */
int layer_apply_path(const char *path, const struct layer_options *options, struct tree *tree,
		     struct layer_stats *stats, struct error *err);

enum layer_compression { LAYER_PLAIN, LAYER_GZIP, LAYER_ZSTD };

struct layer_write_options {
	enum layer_compression compression;
	bool cpio;				     /* no tar but what the kernel unpacks when it starts (newc) */
	int level;				     /* 0: the compressor's default */
	bool has_time; /* clamp every mtime to `time` but those that are recorded (node.h) */
	int64_t time;				     /* seconds since 1970 */
	void (*progress)(uint64_t done, void *data); /* bytes of tar written; or NULL */
	void *progress_data;
	const volatile int *cancel;
};

struct layer_written {
	uint64_t size;		       /* of the file, bytes */
	uint64_t sockets;	       /* left out: no tar can hold one */
	char digest[DIGEST_HEX_SIZE];  /* of the file */
	char diff_id[DIGEST_HEX_SIZE]; /* of the tar in it */
};

/*
 * Write everything below `root` (a directory, which becomes "./") as one tar to fd, at its current
 * position: in byte order of names, parents first, hard links after their first name, pax headers
 * only where needed. The same tree and options give the same bytes. The tree is sorted.
 */
int layer_write(struct node *root, const struct layer_write_options *options, int fd,
		struct layer_written *ret_written, struct error *err);

#endif
