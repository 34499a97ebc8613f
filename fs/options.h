/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operator asked for: the command line, the options behind -o, and what mount(8) adds.
 */
#ifndef FS_OPTIONS_H
#define FS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

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
	ACTION_REMOUNT, /* -o remount, of mount(8) */
};

enum { MODE_EVERY, MODE_FIRST };
enum { PASSTHROUGH_AUTO, PASSTHROUGH_ON, PASSTHROUGH_OFF };
enum { TRANSPORT_AUTO, TRANSPORT_URING, TRANSPORT_DEV };
enum { LOG_ACCESSES, LOG_EVENTS };
enum { KIND_TEST, KIND_PROD };
enum { CONTAINER_AUTO, CONTAINER_YES, CONTAINER_NO };

/* Strings are owned; NULL where nothing was said. tracefs.1 says what each is for. */
struct options {
	int action; /* enum option_action */
	char *source;
	char *mountpoint;
	char *manifest;
	char *traces;  /* or a directory of manifests: fs/traces.h */
	char *image;   /* what the session says instead of the path of the source */
	char *label;
	char *scratch; /* a directory, or "tmpfs" */
	char *above;   /* a directory that the command sees first: the source is asked for what it lacks */
	char *known;   /* a manifest: only what its catalog has is recorded */
	char *except;  /* a directory: but not what this has */
	char *user;    /* of the command: USER[:GROUP…] */
	char **command; /* what to run, NULL ends; borrowed from argv. NULL: a mount for others */
	ARRAY(char *) ignore;
	int mode;
	int passthrough;
	int transport;
	int log;
	int kind;
	uint64_t max_manifest; /* bytes */
	unsigned int flush_ms; /* between two batches */
	unsigned int namespace; /* of this process the mount is for; 0: ours */
	unsigned int threads;  /* that answer requests, at the most */
	unsigned int attr_timeout_ms;
	bool foreground;
	bool debug;
	bool by_mount8; /* mount(8) called us */
	bool fake; /* mount -f: check, and mount nothing */
	bool read_only;
	bool allow_other, only_me;
	bool xdev;
	bool no_catalog;
	bool json;
	bool remount;
	bool nosuid, nodev, noexec, noatime, sync, dirsync;
	int container; /* the command's root goes over "/" of where we are: as PID 1, yes, no */
	bool pid1, not_pid1; /* the command is the first process of a pid namespace, or is not */
	bool privileged;     /* the command keeps what only tracing needed */
	bool join;           /* it goes into a traced root that is there: fs/join.h */
	bool in_place;       /* resolved: of `container`, and where we are */
};

/*
 * 0, or -EINVAL with err set: the usage is wrong. Run as mount.fuse.tracefs it takes what mount(8)
 * gives its helpers.
 */
int options_parse(struct options *options, int argc, char **argv, struct error *err);
void options_release(struct options *options);

/* Take the list of one -o; for options.c, as the next. */
int options_list_parse(struct options *options, const char *list, struct error *err);
/* Replace an owned string. */
int options_set_text(char **at, const char *value, struct error *err);

/*
 * What a mount needs is there, and the manifest is outside of what is traced; makes the paths
 * canonical, and decides how a command is run. Nothing is written, but a mount that a dead tracefs left at the mount point is taken
 * away.
 */
int options_resolve(struct options *options, struct error *err);
/* What the command knows as its root: the source, or what lies above it. */
const char *options_base(const struct options *options);

/* One of the words behind -o. */
struct option_word {
	const char *name;
	bool takes_value;
	bool is_path;
	const char *const *choices; /* that value, NULL ends; NULL: free */
};

/* The i-th; false: there are not so many. */
bool options_word(size_t i, struct option_word *ret_word);
/* The i-th of those with dashes; *ret_letter 0: it has none. */
bool options_flag(size_t i, const char **ret_name, char *ret_letter, bool *ret_takes_value);

/* The text of --help: fits a screen. */
extern const char options_help[];

#endif
