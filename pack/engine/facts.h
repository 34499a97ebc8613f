/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The facts of a package or image that an engine wants to know: how it is started, as whom, with what,
 * within which limits, what it listens on and writes to, and how it is asked whether it is well. They are
 * read once: out of its config.json, for what that has no field for out of its sfc/image.json, and then out
 * of what was asked for (pack/engine/asked.h). So those who write them in another engine's words take no
 * JSON apart.
 */
#ifndef PACK_ENGINE_FACTS_H
#define PACK_ENGINE_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "pack/oci/image_config.h"

struct fact_list {
	const char **items;
	size_t count, capacity;
};

/* EXPOSE. */
struct fact_port {
	uint16_t port;
	const char *protocol; /* "tcp", "udp", "sctp" */
};

/* --publish. */
struct fact_publish {
	const char *text;     /* as it was asked for */
	const char *address;  /* without brackets; NULL: every one of the host's */
	uint16_t host, last;  /* last: of a range, one for each of several instances; 0: none */
	uint16_t port;
	bool udp;
};

/* --volume, --tmpfs; size 0: not said. */
struct fact_mount {
	const char *source, *destination;
	bool read_only;
	uint64_t size;
	const json_t *options; /* of a tmpfs in config.json: strings, as mount(8) knows them; or NULL */
};

/* How it is asked whether it is up, answers, is well. */
struct fact_check {
	enum { CHECK_NONE, CHECK_TCP, CHECK_HTTP, CHECK_EXEC } how;
	uint16_t port;
	const char *path;         /* of CHECK_HTTP: "/", with the query */
	struct fact_list command; /* of CHECK_EXEC: run inside */
	int64_t interval_ns, timeout_ns, start_ns, retries; /* 0: not said */
};

enum fact_network { FACT_NETWORK_UNSET, FACT_NETWORK_HOST, FACT_NETWORK_NONE, FACT_NETWORK_PRIVATE };

/* Strings are borrowed from config, image and what was asked, or are in `owned`. */
struct facts {
	const json_t *config;      /* config.json, whole: for those whose words it is */
	const struct image_config *own; /* of the image that came in; or NULL */
	json_t *asked;             /* by their names, each thing that was asked for; or NULL; owned */
	const char *image;         /* "registry.example/web:1.2", with "@sha256:…" where it is known */
	char name[64];             /* of the container: the image's without registry and tag */
	struct fact_list args;     /* "" for what is no string */
	struct fact_list env;      /* "NAME=value" */
	bool all_capabilities;     /* config.json says nothing of them */
	struct fact_list capabilities; /* "CAP_NET_RAW": the most it may have */
	struct fact_list cap_added; /* of those, what was asked for; "ALL" */
	const char *cwd;           /* or NULL */
	const char *hostname;      /* NULL: nobody said one */
	int64_t uid, gid;
	ARRAY(int64_t) groups;
	bool no_new_privileges;
	bool set_id;               /* it has a program that takes rights when it is executed */
	bool traced;               /* it is known what was written */
	bool read_only;            /* somebody asked for it: of a package config.json always says so */
	const char *stop_signal;   /* "SIGTERM" */
	int64_t memory, memory_reservation, processes, cpus_milli; /* limits, in bytes and in number; 0: none */
	int64_t grace_ms;          /* between asking it to end and killing it; -1: not said */
	ARRAY(struct fact_port) ports;
	struct fact_list volumes;  /* VOLUME */
	ARRAY(struct fact_publish) publish;
	ARRAY(struct fact_mount) mounts; /* of the host's */
	ARRAY(struct fact_mount) tmpfs;
	struct fact_list written;  /* directories in which the traced runs wrote */
	struct fact_list written_over; /* paths there beside which the package has others: not to be hidden */
	struct fact_list devices;
	enum fact_network network;
	struct fact_check ready, probe, health;
	const char *restart;       /* "no", "always", "on-failure", "on-failure:3"; NULL: not said */
	int64_t replicas;          /* 0: not said */

	ARRAY(char *) owned;
};

/* 0, or a negative errno with err set; release it in any case. */
int facts_read(const json_t *config, const struct image_config *own, const char *image,
	       struct facts *ret_facts, struct error *err);
void facts_release(struct facts *facts);

/*
 * What it is granted: of what it says itself only what the default confinement has, of a user other than root nothing
 * unless a program of it takes rights; and what was asked for. 0 or -ENOMEM.
 */
int facts_granted(const struct facts *facts, struct fact_list *ret_list);
void facts_list_release(struct fact_list *list);
/* "NET_RAW" of "CAP_NET_RAW". */
const char *facts_capability(const char *name);

/* Keep a string of one's own, which NULL is not (no memory): NULL, or the string, which goes with the facts. */
const char *facts_keep(struct facts *facts, char *string);

#endif
