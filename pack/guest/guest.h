/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing guest/ is what runs inside a virtual machine: process 1 of a disk that pack/engine/disk.c writes,
 * a program of its own that is linked statically. It may include db/base. What it is told comes by start.h
 * alone; another device goes into the list of pack/engine/kernel.c, another word of the kernel's command line
 * into words.c.
 */
/*
 * What process 1 knows of this machine and of what it has to start.
 *
 * It loads the modules of the hardware that is there, finds the root by the first bytes of its image, lays a
 * writable layer over it, sets up the network, starts the command as its user in a mount namespace of its own,
 * buries who ends, and powers off. It never asks anybody anything: what does not work is one line on the
 * console that begins with "sfc: ", and the end with status 125.
 */
#ifndef PACK_GUEST_GUEST_H
#define PACK_GUEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUEST_SUPERBLOCK = 96, GUEST_FAILED = 125, GUEST_NOT_EXECUTABLE = 126, GUEST_NOT_FOUND = 127 };

/* Strings in somebody's bytes; items[count] is NULL once there is one. */
struct words {
	char **items;
	size_t count;
};

/* 0 or -ENOMEM. */
int words_add(struct words *words, char *word);

/* What the file start says (start.h). */
struct start {
	struct words args, env, capabilities, tmpfs, groups;
	const char *name, *cwd, *superblock;
	uint32_t uid, gid;
	int stop_signal;
	bool all_capabilities, no_new_privileges, read_only;
};

int start_read(const char *path, struct start *ret_start);

/* The kernel's command line, of which these are ours. */
struct line {
	struct words words;  /* all of it */
	const char *ip;	     /* ip=: as the kernel's documentation has it; NULL: not said */
	const char *layer;   /* sfc.layer=DEVICE: an ext4 file system for what is written; NULL: memory */
	unsigned int exit_port; /* sfc.exit=PORT: of QEMU's isa-debug-exit; 0: none */
	bool reboot;	     /* sfc.end=reboot: where nothing can power off */
	bool times;	     /* sfc.times: say how long all took */
};

int line_read(struct line *ret_line);

/* Load what the devices of this machine ask for; again after others have come. Never fails: a device may be missing. */
void modules_load(const struct line *line);

/* ---- root.c ---- */

/* Until a block device begins with this superblock, 10 seconds; then -ENODEV. *ret_device is to be freed. */
int root_find(const char *superblock, char **ret_device);
/* The image at /lower and its layer at /layer, so that root_enter() finds them. */
int root_mount(const char *device, const char *layer);
/* In the child: / is the overlay of the two, with /proc, /sys and /dev, and the files that name this machine. */
int root_enter(const struct start *start, const char *nameservers);
void root_umount(void);

/* ---- network.c ---- */

/* The first device, or the one that ip= names. *ret_nameservers: as resolv.conf has them; to be freed; NULL: none. */
void network_up(const struct line *line, const char *hostname, char **ret_nameservers);
/* A descriptor to wait for, and what is then to be done: the lease is renewed. -1: there is none. */
int network_timer(void);
void network_renew(void);

/* ---- start.c, power.c ---- */

/* In the child: become the user and the program. Returns the status to end with. */
int start_become(const struct start *start);

/* Buttons of this machine: descriptors that poll(2) reports, up to `size` of them. */
size_t power_buttons(int *fds, size_t size);
/* Something was read from one: it is somebody who wants this machine off. */
bool power_is_pressed(int fd);
_Noreturn void power_off(const struct line *line, int status);

/* One line on the console, by one write. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
