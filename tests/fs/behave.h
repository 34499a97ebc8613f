/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * behave: asks a file system some hundreds of questions and prints one line for each,
 *
 *	permissions.old.file-0640-member: read ok, write EACCES, execute EACCES
 *
 * the same on every run: no inode numbers, no times, no order that is not promised. Two file
 *systems behave alike when their lines are equal.
 *
 * The questions come in areas, one per source file. An area makes the files its questions are about
 * in prepare(), in an empty directory that is the current one, and asks about them in check(). Each
 * area is asked twice: of files that were prepared before the file system was mounted ("old": in an
 * overlay they come from the lower layer and are copied up when written), and of files prepared
 *just now ("new").
 */
#ifndef TESTS_FS_BEHAVE_H
#define TESTS_FS_BEHAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct area {
	const char *name;
	void (*prepare)(void);
	void (*check)(void);
};

extern const struct area area_data, area_directories, area_exec, area_locks, area_mapping,
    area_names, area_open, area_permissions, area_rename, area_space, area_special, area_times,
    area_watch, area_xattrs;

/* "area.age.check: …" */
void answer(const char *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For what comes straight from a system call: "ok", or the name of errno. Returns `r`. */
long result(const char *check, long r);
/* The same as a word, for lines with more than one; the text is static. */
const char *word(long r);
/* Length and a hash of what can be read there, or why not. */
void contents(const char *check, const char *path);
void contents_fd(const char *check, int fd);
/* Kind, permission bits, owner, group and number of links. */
void node(const char *check, const char *path);

/* For prepare(): these end the program when they fail, since no answer would mean anything. */
void make_file(const char *path, mode_t mode, const char *text);
/* `size` bytes, none of them zero, each depending on its offset. */
void make_pattern(const char *path, size_t size);
void make_directory(const char *path, mode_t mode);
void make_owner(const char *path, uid_t uid, gid_t gid);
/* A copy of this very program; see exec questions. */
void make_program(const char *path, mode_t mode);
void must(bool done, const char *what);

/* The people the questions know. Files belong to OWNER and to the group TEAM, of which MEMBER is
 * one. */
enum { OWNER = 1000, MEMBER = 1001, OTHER = 1002, TEAM = 2000 };
/* Ask in a child process that is somebody else; 0 is root. */
void as(uid_t uid, void (*ask)(const void *about), const void *about);
/* Ask as root without the capabilities that let it pass over permissions. */
void as_plain_root(void (*ask)(const void *about), const void *about);
/* Ask in a child process, and wait: the exit status, or minus the signal that ended it. */
int in_child(void (*ask)(const void *about), const void *about);

#endif
