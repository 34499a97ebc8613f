/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operator asked for: the command line, the options behind -o, and what mount(8) adds.
 */
#ifndef FS_OPTIONS_H
#define FS_OPTIONS_H

#include <stdbool.h>

#include "db/base/array.h"
#include "db/base/error.h"

enum option_action {
	ACTION_MOUNT,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_MARK,    /* --mark LABEL MOUNTPOINT */
	ACTION_FLUSH,   /* --flush MOUNTPOINT */
	ACTION_STATUS,  /* --status [--json] MOUNTPOINT */
	ACTION_UNMOUNT, /* --unmount MOUNTPOINT */
};

enum { MODE_EVERY, MODE_FIRST };
enum { PASSTHROUGH_AUTO, PASSTHROUGH_ON, PASSTHROUGH_OFF };
enum { TRANSPORT_AUTO, TRANSPORT_URING, TRANSPORT_DEV };
enum { LOG_ACCESSES, LOG_EVENTS };
enum { KIND_TEST, KIND_PROD };

/* Strings are owned; NULL where nothing was said. tracefs.1 says what each is for. */
struct options {
	int action; /* enum option_action */
	char *source;
	char *mountpoint;
	char *manifest;
	char *label;
	char *scratch; /* a directory, or "tmpfs" */
	char *known;   /* a manifest: only what its catalog has is recorded */
	char *except;  /* a directory: but not what this has */
	ARRAY(char *) ignore;
	int mode;
	int passthrough;
	int transport;
	int log;
	int kind;
	unsigned int flush_ms; /* between two batches */
	unsigned int namespace; /* of this process the mount is for; 0: ours */
	unsigned int threads;  /* that answer requests, at the most */
	unsigned int attr_timeout_ms;
	bool foreground;
	bool debug;
	bool fake; /* mount -f: check, and mount nothing */
	bool read_only;
	bool allow_other, only_me;
	bool xdev;
	bool no_catalog;
	bool json;
	bool nosuid, nodev, noexec, noatime, sync, dirsync;
};

/*
 * 0, or -EINVAL with err set: the usage is wrong. Run as mount.fuse.tracefs it takes what mount(8)
 * gives its helpers.
 */
int options_parse(struct options *options, int argc, char **argv, struct error *err);
void options_release(struct options *options);

/*
 * What a mount needs is there, and the manifest is outside of what is traced; makes the paths
 * canonical. Nothing is written, but a mount that a dead tracefs left at the mount point is taken
 * away.
 */
int options_resolve(struct options *options, struct error *err);

/* The text of --help: fits a screen. */
extern const char options_help[];

#endif
