/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One traced mount: the source, the nodes the kernel knows, and where events go. Every FUSE
 * operation has the same four steps: find the node, do it, note it, reply. Noting comes before the
 * reply, because until then the caller is held and can be asked who it is.
 *
 * The struct is filled before the first request and then only its parts change, each under a lock
 * of its own: nodes.lock, processes.lock and aggregator.lock are leaves and never held together.
 */
#ifndef FS_TRACEFS_H
#define FS_TRACEFS_H

#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "db/access.h"
#include "fs/aggregator.h"
#include "fs/backing.h"
#include "fs/inode.h"
#include "fs/known.h"
#include "fs/node_location.h"
#include "fs/options.h"
#include "fs/process.h"
#include "fs/source.h"

enum { TRACEFS_DEVICES = 64 };

struct tracefs {
	const struct options *options;
	struct source source;
	struct node_table nodes;
	struct processes processes;
	struct aggregator aggregator;
	struct known known; /* what is recorded */
	struct backing backing;
	bool recording;         /* atomic: what happens before the mount is seen is our own doing */
	bool read_only;         /* nothing below us changes through us */
	bool overlaid;          /* an overlay lies above, ours or a package's */
	bool permissions;       /* the kernel checks them: mounted with default_permissions */
	bool narrow;            /* below an overlay that does not obey ACLs: fs/acl.h */
	bool own_credentials;   /* requests of other users are carried out as those users */
	bool opens_once;        /* atomic; opens go to the source from the second on: fs/first_opens.h */
	struct {
		unsigned int told, opened; /* atomic; of fs/first_opens.h */
	} first_opens;
	uint32_t stranger;      /* who has this number is not known: strangers_id() */
	double entry_timeout;   /* seconds */
	double attr_timeout;
	double missing_timeout;
	pthread_mutex_t devices_lock; /* a leaf; for the growth of the next two */
	dev_t devices[TRACEFS_DEVICES]; /* the first is the source's; their order makes st_ino unique */
	unsigned int ndevices;
};

/* Open the source; options outlive it. tracefs_release() is for what came to be, also on failure. */
int tracefs_init(struct tracefs *fs, const struct elsewhere *ns, const struct options *options,
		 struct error *err);
void tracefs_release(struct tracefs *fs);

/* What an operation tells about its end. */
struct note {
	enum access_op op;
	int error;             /* negative errno or 0, as the operation has it */
	unsigned int flags;    /* enum access_flags */
	const struct stat *st; /* what is there, when it was looked at; or NULL */
	const char *target;    /* of a link, with st */
	bool created;          /* by this operation */
};

/*
 * Remember that the caller of req did note.op to `node`, or to `name` in it when name is not NULL.
 * Costs a hash lookup, and a look at /proc for a thread not seen for a second.
 */
void tracefs_note(struct tracefs *fs, fuse_req_t req, struct node *node, const char *name,
		  const struct note *note);

/*
 * The kernel's own questions. An overlay above us looks up every name in a directory when that is
 * listed, and asks for numbers of directories: nobody named these, and nobody used them. Both say
 * whether the caller stands in such a listing; false where it cannot be seen, as it counts as use then.
 * Costs a look at /proc, and that only where an overlay was seen to do so.
 */
bool tracefs_is_listing(struct tracefs *fs, fuse_req_t req, struct node *directory);
bool tracefs_is_numbering(struct tracefs *fs, fuse_req_t req, struct node *node);
/* Note that a directory is opened to be listed, and remember how, for these two. */
void tracefs_note_listing(struct tracefs *fs, fuse_req_t req, struct node *directory, int error);
/*
 * A directory that is used by having something mounted over it. What it is is left open: it may be the image's,
 * or was made by who mounted.
 */
void tracefs_note_place(struct tracefs *fs, const char *path);

/*
 * Will this request be answered without waiting for a disk? Most are about what the kernel has just
 * looked up; reading, listing and first looks may have to wait.
 */
bool tracefs_is_quick(void *fs, const void *request, size_t size);

static inline struct tracefs *tracefs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static inline struct node *node_of(struct tracefs *fs, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? fs->nodes.root : (struct node *)(uintptr_t)ino;
}

/*
 * "." and ".." are never looked up but for a file handle: by its number, which may be that of a node
 * that is there no more, and the directory of a node.
 */
static inline bool tracefs_is_handle(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* The st_ino we show: the file's own, moved aside where another file system could have the same. */
uint64_t tracefs_ino(struct tracefs *fs, dev_t dev, uint64_t ino);

/* stat at a place, as the mount shows it: with tracefs_ino(). 0 or a negative errno. */
int tracefs_stat(struct tracefs *fs, const struct node_location *location, struct stat *ret_st);

/* The mode as the mount shows it, of a node that was met before. */
mode_t tracefs_mode(struct tracefs *fs, struct node *node, const struct stat *st);

/*
 * Look at (parent, name), make the node, and fill the reply; one reference of the kernel more. 0
 * or a negative errno. The attributes as the source has them are in *ret_raw.
 */
int tracefs_enter(struct tracefs *fs, struct node *parent, const char *name,
		  struct fuse_entry_param *ret_entry, struct stat *ret_raw, struct node **ret_node);
/* The same with a node in hand, which has that reference already. -ESTALE: it is another file now. */
int tracefs_enter_again(struct tracefs *fs, struct node *node, struct fuse_entry_param *ret_entry,
			struct stat *ret_raw);

/* location_open() to read for a caller: with O_NOATIME where noatime needs and allows it. */
int tracefs_open(struct tracefs *fs, const struct node_location *location, int flags);

/*
 * A descriptor of the node for a call that needs one, or a negative errno: fi's own where it has
 * one, else one opened with `flags`, which is put into *ret_own too, for the caller to close.
 */
int node_descriptor(struct tracefs *fs, struct node *node, struct fuse_file_info *fi, int flags,
		    int *ret_own);

#endif
