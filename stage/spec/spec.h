/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was asked for something that is started: the options that slim, test, run, verify, prod start and
 * debug share, each once, as plain data. It is filled by the table of options (spec/options.h) or from
 * JSON (spec/spec_json.h), and read by whoever starts; it knows nobody.
 *
 * What was not asked is zero or NULL, so that a default is decided in one place, where it is used. All
 * strings are owned by the spec. A change of kind "one more option" goes here and into the table.
 */
#ifndef STAGE_SPEC_SPEC_H
#define STAGE_SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"

typedef struct spec_strings {
	char **items;
	size_t count, capacity;
} spec_strings;

/* -v SRC:DST[:ro]; both absolute and normalised. */
struct spec_volume {
	char *source, *destination;
	bool read_only;
};

/* --tmpfs DIR[:SIZE]; size 0: the kernel's default. */
struct spec_tmpfs {
	char *destination;
	uint64_t size;
};

/* -p [ADDR:][HOST[-LAST]]:PORT[/udp]. */
struct spec_port {
	char *address;       /* NULL: every one of the host's */
	uint16_t host, port; /* host 0: the same number */
	uint16_t last;       /* -p HOST-LAST:PORT, one for each of several instances; 0: no range */
	bool udp;
};

/* --ulimit NAME=SOFT[:HARD]; UINT64_MAX: unlimited. */
struct spec_ulimit {
	char *name; /* "nofile", as config.json's RLIMIT_NOFILE without the prefix */
	uint64_t soft, hard;
};

/* --device-read-bps, --device-write-bps PATH:RATE; bytes a second. */
struct spec_rate {
	char *device;
	uint64_t rate;
};

/* --device PATH[:INSIDE[:rwm]]. */
struct spec_device {
	char *path, *inside;
	char access[4];
};

enum spec_network { NETWORK_UNSET, NETWORK_HOST, NETWORK_NONE, NETWORK_PRIVATE, NETWORK_PATH, NETWORK_INSTANCE };

enum spec_ready { READY_UNSET, READY_TCP, READY_HTTP, READY_COMMAND };

enum spec_restart { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };

enum { INSTANCES_MAX = 10000 };

struct spec {
	/* the program */
	spec_strings args;     /* COMMAND; count 0: what the package or image says */
	spec_strings env;      /* "NAME=VALUE", in the order given; a bare NAME was looked up by then */
	char *user;            /* USER[:GROUP], names of the root or numbers; NULL: the package's */
	char *cwd;             /* absolute; NULL: the package's */
	char *hostname;
	char *input;           /* --input FILE, for commands that run to their end; NULL: nothing; "-": ours */
	bool terminal;         /* our input and output are a terminal, and the program gets one of its own */

	/* what it sees */
	ARRAY(struct spec_volume) volumes;
	ARRAY(struct spec_tmpfs) tmpfs;
	enum spec_network network; /* unset: host, or private where there are ports */
	char *network_name;        /* of NETWORK_PATH and NETWORK_INSTANCE ("APP/I") */
	enum spec_network network_of; /* found out of the instance that the path is of; never asked nor written */
	ARRAY(struct spec_port) ports;
	bool read_only;

	/* how much it may have; 0: not asked */
	uint64_t memory, memory_reservation; /* bytes */
	uint64_t cpus_milli;                 /* 1500 is one and a half processors */
	uint64_t cpu_weight, io_weight;      /* 1 to 10000, as cgroup v2 has them */
	uint64_t pids;
	ARRAY(struct spec_rate) read_rates, write_rates;
	ARRAY(struct spec_ulimit) ulimits;
	uint64_t layer_size;                 /* bytes; prod only */

	/* what it may do */
	spec_strings cap_add, cap_drop; /* "CAP_NET_RAW"; "ALL" */
	ARRAY(struct spec_device) devices;
	char *seccomp;                  /* NULL or "default", "unconfined", else a file */
	bool privileged;

	/* when it is up, and how it ends */
	enum spec_ready ready;
	char *ready_text;       /* the URL or the command */
	uint16_t ready_port;    /* of READY_TCP */
	spec_strings probes;    /* --probe COMMAND: asked by the host's shell once it is ready */
	spec_strings http_probes; /* --http-probe PATH: pages that are got, with those they link to */
	spec_strings exec_probes; /* --exec-probe COMMAND: run inside by the root's shell */
	bool no_healthcheck;    /* what the image says of it is not asked */
	char *health;           /* COMMAND or http://…; prod only */
	bool on_demand;         /* prod only: its ports are held, and the first connection starts it */
	uint64_t idle_ms;       /* without a connection, until it sleeps; 0: for ever */
	uint64_t instances_least, instances_most; /* of those that share the ports; 0, 0: one */
	uint64_t per;           /* connections for each of them; 0: one is enough */
	enum spec_restart restart;
	unsigned int restart_most; /* on-failure:N; 0: no limit */
	uint64_t timeout_ms;    /* until ready, or until a command ends; 0: the command's own default */
	uint64_t grace_ms;      /* between asking and killing */
	bool grace_given;       /* --grace 0 kills at once */

	/* by which runtime */
	char *runtime;              /* crun, runc or a path; NULL: what is here */
	spec_strings runtime_args;
};

#define SPEC_INIT                                                                                  \
	{                                                                                          \
		.user = NULL                                                                       \
	}

void spec_release(struct spec *spec);

/*
 * Of a range of ports the nth of `count` instances has the nth from now on; later: those without a number are
 * chosen when it is started. -EINVAL: there are too few.
 */
int spec_choose_ports(struct spec *spec, uint64_t nth, uint64_t count, bool later, struct error *err);

/* Add a copy of the string: 0 or -ENOMEM. */
int spec_strings_add(spec_strings *strings, const char *string);
void spec_strings_release(spec_strings *strings);

#endif
