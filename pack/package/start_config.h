/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a package starts, as its config.json says, read from somebody who may mean harm.
 *
 * Every member we know is taken into a field of its own type and checked; one that is wrong refuses the
 * whole, with a message that names it. What we do not know is written nowhere. What the configuration
 * asks for beyond what every container of ours gets (capabilities, devices, mounts of the host, hooks,
 * namespaces of the host, a seccomp profile) is listed in `asks`, in words, and granted to nobody.
 *
 * No string of it belongs into a shell, an argument list that is parsed again, or another format
 * without that format's own check: line breaks and quotes are allowed in most of them.
 */
#ifndef PACK_PACKAGE_START_CONFIG_H
#define PACK_PACKAGE_START_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "pack/oci/image_config.h"
#include "pack/oci/config.h"

enum { START_CONFIG_MAX = OCI_START_MAX }; /* bytes of a config.json, and of a package.json */

/* The annotation with the signal that stops it. */
#define START_STOP_SIGNAL "org.opencontainers.image.stopSignal"

struct start_strings {
	char **items;
	size_t count, capacity;
};

void start_strings_release(struct start_strings *strings);

/* A file system in memory; nosuid and nodev whatever its options say. */
struct start_tmpfs {
	char *destination; /* canonical; not "/", and not in /proc, /sys or /dev */
	struct start_strings options; /* each from the list tmpfs(5) is asked with */
};

struct start_config {
	struct start_strings args; /* at least one, the first not empty */
	struct start_strings env;  /* NAME=VALUE, the name not empty */
	char *cwd;                 /* canonical */
	uint32_t uid, gid;
	ARRAY(uint32_t) groups;
	bool no_new_privileges, readonly;
	uint32_t capabilities; /* bit N: oci_capabilities[N], those it may keep */
	ARRAY(struct start_tmpfs) tmpfs;
	uint64_t memory, pids, cpu_quota, cpu_period; /* bytes, processes, µs, µs; 0: not said */
	char *hostname;    /* NULL: not said */
	char *stop_signal; /* "SIGTERM", "15", "SIGRTMIN+3"; NULL: not said */
	struct start_strings asks; /* beyond the default: for people to read */
};

#define START_CONFIG_INIT                                                                          \
	{                                                                                          \
		.readonly = false                                                                  \
	}

/*
 * From the bytes of a file: -EBADMSG (-EFBIG above START_CONFIG_MAX) with err set when there is anything
 * wrong with it. config is all zero before, and to be released in any case.
 */
int start_config_parse(const char *data, size_t size, struct start_config *config,
		       struct error *err);
/* From JSON in hand. */
int start_config_from_json(const json_t *json, struct start_config *config, struct error *err);
void start_config_release(struct start_config *config);
/* What config.json has no field for, as the image says it, unless that is said already. */
int start_config_complete(struct start_config *config, const struct image_config *image, struct error *err);

/*
 * A whole config.json, written from what is known and from our own default. The caller owns it; NULL: no
 * memory.
 */
json_t *start_config_json(const struct start_config *config);

#endif
