/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing image/ writes SquashFS and reads it back, by two halves that share format.h alone. It
 * may include db/base and pack/tree, and it alone knows zstd. A change of layout goes into plan.c,
 * of what is stored how into data.c and store.c, and whatever the writer learns to say the
 * reader_*.c must learn to doubt.
 */
/*
 * A SquashFS 4.0 image with zstd compression, from a tree. The format is taught in format.h; the
 * order of the file is the order of the calls in image.c.
 *
 * The same tree and options give the same bytes, whatever the number of threads. Memory is bounded
 * by image_options.memory plus what the tree itself takes. Each file is read once.
 */
#ifndef PACK_IMAGE_IMAGE_H
#define PACK_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

enum {
	/* By make bench-level: 9 makes packages 9 % larger than 15, in 15 % of its processor time. */
	IMAGE_LEVEL_DEFAULT = 9,
	IMAGE_LEVEL_BEST = 19, /* for a release, made once and fetched often */
	IMAGE_BLOCK_DEFAULT = 128 * 1024,
	IMAGE_BLOCK_ORDERED = 512 * 1024, /* when the tree has an order of use */
	IMAGE_BLOCK_MIN = 4 * 1024,
	IMAGE_BLOCK_MAX = 1024 * 1024,
};

/* Zero-initialised is the default of everything. */
struct image_options {
	const char *name;     /* of the image in errors; or NULL */
	int level;            /* zstd, 1 to 22; 0: IMAGE_LEVEL_DEFAULT */
	uint32_t block_size;  /* bytes, a power of two; 0: one of the above */
	bool small;           /* own zstd parameters for the smallest image (squashfs with 1 MiB blocks) */
	unsigned int threads; /* compressing; 0: one per processor we may run on */
	uint64_t memory;      /* bytes for blocks in flight; 0: 24 MiB */
	bool no_dedup;        /* store equal files twice */
	bool no_xattrs;
	bool exportable;      /* add the table NFS export and open_by_handle need */
	bool dry_run;         /* write nothing; the statistics tell how large it would be, see projection.h */
	bool keep_going;      /* a file that changed is stored as read, counted, and makes the result -ESTALE */
	bool has_time;        /* clamp every mtime but the recorded, and the image's own time is `time` */
	int64_t time;         /* seconds since 1970; without has_time the image's is the newest mtime */
	/* Called now and then from one thread with uncompressed bytes behind us and in all; or NULL. */
	void (*progress)(uint64_t done, uint64_t total, void *data);
	void *progress_data;
	/* A file that cannot be stored as it is; called for each, one line; or NULL. */
	void (*warn)(const char *message, void *data);
	void *warn_data;
	/* When set and it becomes non-zero, writing ends with -EINTR. */
	const volatile int *cancel;
};

/* What was done; bytes. */
struct image_stats {
	uint64_t inodes;
	uint64_t files;       /* regular files, hard links once */
	uint64_t bytes_in;    /* of regular files, holes included */
	uint64_t bytes_sparse;
	uint64_t bytes_duplicate; /* not stored again */
	uint64_t bytes_out;   /* the image, padding included */
	uint64_t bytes_error; /* of a dry run that did not compress all: bytes_out is right within so
				 many nineteen times of twenty; 0: it is exact */
	uint64_t data_out;    /* compressed data and fragments */
	uint64_t metadata_out;
	uint64_t blocks;
	uint64_t fragments;
	uint64_t changed;     /* files that changed while being read (keep_going) */
	uint64_t memory_peak; /* bytes in blocks in flight */
	double seconds;
	double starved_seconds; /* workers waiting for input, added up */
};

/*
 * Write the image to fd from its offset 0 on (a regular file, open for reading and writing; it is not
 * renamed or synced here). The tree is sorted and its `number` and `scratch` fields are used.
 * 0, or a negative errno with err set; then what is in fd is worthless.
 */
int image_write(struct tree *tree, const struct image_options *options, int fd,
		struct image_stats *ret_stats, struct error *err);

#endif
