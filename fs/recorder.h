/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one thread that carries batches from the aggregator to the manifest, every flush_ms. It owns
 * the connection and the session. A batch that cannot be written (disk full, another writer) is
 * kept and tried again while the aggregator goes on: written late, it is as good as written. What is
 * still unwritten at the end is counted as dropped. Nobody who is traced ever waits for it.
 */
#ifndef FS_RECORDER_H
#define FS_RECORDER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"
#include "db/session.h"
#include "fs/aggregator.h"
#include "fs/manifest_file.h"
#include "fs/summary.h"

struct recorder {
	struct aggregator *aggregator;
	struct manifest *manifest;
	const char *path; /* the manifest's; borrowed from it */
	unsigned int flush_ms;
	void (*warn)(const char *message); /* called once when writing starts to fail */

	pthread_t thread;
	bool started;
	/*
	 * Held while the manifest is written to, which may take long; guards the session, what is
	 * pending and the connection. Taken before `lock`.
	 */
	pthread_mutex_t writing;
	struct session_start start; /* its strings are the caller's, but for the label */
	int64_t session;
	struct batch *pending;    /* taken and not yet written */
	bool last;                /* nothing comes after what is taken now */
	uint64_t given_up;        /* events that will not be written */
	const char *next_label;
	struct summary *summary; /* being counted; the caller's */
	struct manifest_file file;
	bool full;                /* it may not grow: the session has ended */

	pthread_mutex_t lock;     /* never held for long; guards what follows */
	pthread_cond_t wake, flushed;
	char *label;
	bool stopping;
	uint64_t asked, answered; /* flushes */
	int64_t started_ns;       /* CLOCK_MONOTONIC of the session's beginning */
	int64_t flushed_ns;       /* and of the last time all was written */
	uint64_t events, dropped; /* in this session, written */
	uint64_t per_second;      /* events, in the last interval */
	bool failing;             /* the last write failed */
	char *problem;            /* why it fails, or was incomplete; NULL when all is well */
	char *late;               /* why it failed for a while, in this or an earlier session; or NULL */
	bool spoilt;              /* in this or an earlier session */
};

/* How it is doing. */
struct recorder_status {
	char label[256];
	char problem[256]; /* "" when nothing went wrong */
	uint64_t events, dropped, per_second;
	uint64_t elapsed_ms; /* of the session */
	uint64_t lag_ms;     /* since all was written */
	bool failing;
};

/*
 * Begin the session; the strings of `start` must outlive the recorder. Takes ownership of manifest
 * on success.
 */
int recorder_open(struct recorder *recorder, struct manifest *manifest,
		  struct aggregator *aggregator, const struct session_start *start,
		  unsigned int flush_ms, uint64_t max_size, struct error *err);
/* Start the thread. */
int recorder_start(struct recorder *recorder, struct error *err);

/* Never waits for the manifest. */
void recorder_status(struct recorder *recorder, struct recorder_status *ret_status);

/* Return when everything seen before the call is written; -EIO when it could not be. */
int recorder_flush(struct recorder *recorder, struct error *err);

/* Nothing more comes: say so in the manifest at once, as far as it can be written. */
void recorder_ending(struct recorder *recorder);

/*
 * End the session and begin the next, under another label, which is copied. After an error the
 * session that was goes on, unless it was the beginning of the next that failed.
 */
int recorder_mark(struct recorder *recorder, const char *label, struct error *err);

/* Write the rest and end the session. ret_summary is filled as far as it is known. */
int recorder_stop(struct recorder *recorder, struct summary *ret_summary, struct error *err);
/* After recorder_open(); a thread that was started has been stopped. */
void recorder_release(struct recorder *recorder);

#endif
