/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What pack/engine/ writes and process 1 of the machine reads: the names in the initrd, and the keys of the
 * file start. That file is strings "KEY=VALUE", each with a zero byte behind it, in any order; what may come
 * more than once keeps its order. No value is ever parsed again but numbers, so that it may hold what it wants.
 *
 * The file modules is text, a line each:
 *
 *	module NAME FILE [NEEDED]…	lies in modules.d/FILE, and is loaded after those it needs
 *	always NAME			is loaded on every machine
 *	alias PATTERN NAME		is loaded where a device calls itself so
 */
#ifndef PACK_GUEST_START_H
#define PACK_GUEST_START_H

#define GUEST_INIT "init"
#define GUEST_START "start"
#define GUEST_MODULES "modules"
#define GUEST_MODULES_DIR "modules.d"

#define GUEST_ROOT "root"		/* the first 96 bytes of the image, in hexadecimal */
#define GUEST_NAME "name"		/* of the machine */
#define GUEST_ARG "arg"			/* at least one */
#define GUEST_ENV "env"			/* NAME=VALUE */
#define GUEST_CWD "cwd"
#define GUEST_UID "uid"
#define GUEST_GID "gid"
#define GUEST_GROUP "group"		/* a number; each further one */
#define GUEST_CAPABILITY "capability"	/* "CAP_CHOWN": each that it may have, at the most */
#define GUEST_ALL_CAPABILITIES "capabilities" /* "all": no list was given */
#define GUEST_NO_NEW_PRIVILEGES "no-new-privileges" /* "1" */
#define GUEST_READ_ONLY "read-only"	/* "1": nothing can be written but to the memory file systems */
#define GUEST_TMPFS "tmpfs"		/* "/run mode=755,size=64k": a place, a space, options of mount(8) */
#define GUEST_STOP "stop"		/* the number of the signal that asks it to end */

#endif
