// SPDX-License-Identifier: BSD-2-Clause
#include "fs/batch_write.h"

#include <stdlib.h>
#include <string.h>

#include "db/access.h"
#include "db/base/cleanup.h"

/* One transaction holds no more, but for a single path, so that other writers get their turn. */
enum { CHUNK = 20000 };

static void record_of(const struct batch_path *path, const struct aggregate *a,
		      struct access_record *ret_record)
{
	*ret_record = (struct access_record){.path = path->text,
					     .found = path->has_found ? &path->found : NULL,
					     .exe = a->program->exe,
					     .comm = a->program->comm,
					     .op = a->op,
					     .error = a->error,
					     .flags = a->flags,
					     .count = a->count,
					     .first_seq = a->first_seq,
					     .first_ns = a->first_ns,
					     .last_ns = a->last_ns};
}

int batch_write_raw(struct manifest *manifest, int64_t session, struct batch *batch,
		    struct error *err)
{
	_cleanup_(freep) struct event_record *records = calloc(CHUNK, sizeof(*records));
	size_t done = 0;
	int r = 0;

	if (!records)
		return error_oom(err);
	while (done < batch->raw_count) {
		size_t count = 0, i = done;

		for (; i < batch->raw_count && count < CHUNK; i++) {
			const struct raw_event *raw = &batch->raw[i];

			if (raw->seq == 0)
				continue;
			records[count++] = (struct event_record){.seq = raw->seq,
								 .ns = raw->ns,
								 .pid = raw->tid,
								 .path = raw->path->text,
								 .exe = raw->program->exe,
								 .comm = raw->program->comm,
								 .op = raw->op,
								 .error = raw->error};
		}
		if (count)
			r = event_record_batch(manifest, session, records, count, err);
		if (r < 0)
			break;
		done = i;
	}
	memmove(batch->raw, batch->raw + done, (batch->raw_count - done) * sizeof(*batch->raw));
	batch->raw_count -= done;
	return r;
}

/* What one transaction takes: paths up to *ret_end, each whole, and so many records of them. */
static size_t next_chunk(const struct batch *batch, struct batch_path **ret_end)
{
	struct batch_path *path = batch->paths;
	size_t count = 0;

	for (; path; path = path->next) {
		size_t more = 0;

		for (const struct aggregate *a = path->aggregates; a; a = a->next)
			more += a->count > 0;
		if (count && count + more > CHUNK)
			break;
		count += more;
	}
	*ret_end = path;
	return count;
}

int batch_write_accesses(struct manifest *manifest, int64_t session, struct batch *batch,
			 struct batch_written *ret_written, struct error *err)
{
	struct batch_path *end;
	size_t room = next_chunk(batch, &end), count = 0, aggregates = 0;
	_cleanup_(freep) struct access_record *records = calloc(room + 1, sizeof(*records));
	struct batch_written written = {.dropped = end ? 0 : batch->dropped};
	int r;

	if (!records)
		return error_oom(err);
	for (const struct batch_path *path = batch->paths; path != end; path = path->next)
		for (const struct aggregate *a = path->aggregates; a; a = a->next, aggregates++) {
			written.events += a->count;
			if (a->count)
				record_of(path, a, &records[count++]);
		}
	if (count || written.dropped) {
		r = access_record_batch(manifest, session, records, count, written.events,
					written.dropped, err);
		if (r < 0)
			return r;
	}
	batch->paths = end;
	batch->aggregates -= aggregates;
	batch->dropped -= written.dropped;
	*ret_written = written;
	return 0;
}

uint64_t batch_unwritten(const struct batch *batch)
{
	uint64_t events = batch->dropped;

	for (const struct batch_path *p = batch->paths; p; p = p->next)
		for (const struct aggregate *a = p->aggregates; a; a = a->next)
			events += a->count;
	return events;
}
