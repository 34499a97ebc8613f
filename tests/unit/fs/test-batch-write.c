// SPDX-License-Identifier: BSD-2-Clause
/* Batches on their way into a manifest: told once, in turns, and still there after a failure. */
#include "fs/batch_write.h"

#include "db/base/cleanup.h"
#include "tests/manifest.h"

static const struct program cat = {.exe = "/usr/bin/cat", .comm = "cat"};

static struct aggregator aggregator;
static struct manifest *manifest;
static int64_t session;
static struct error err;

/* A batch of so many paths, each opened twice. */
static struct batch *batch_of(int paths, bool raw)
{
	struct batch *batch;
	char path[32];

	aggregator_init(&aggregator, raw);
	for (int i = 0; i < 2 * paths; i++) {
		int length = snprintf(path, sizeof(path), "/file%d", i % paths);
		struct event event = {.op = ACCESS_OPEN,
				      .tid = 1,
				      .program = &cat,
				      .path = path,
				      .path_length = (size_t)length};

		aggregator_add(&aggregator, &event);
	}
	batch = aggregator_take(&aggregator, true);
	REQUIRE(batch);
	aggregator_release(&aggregator);
	return batch;
}

/* As a recorder does it; how many transactions it took. */
static int write_all(struct batch *batch, struct batch_written *sum)
{
	struct batch_written written;
	int transactions = 0;

	for (; batch->paths || batch->dropped; transactions++) {
		REQUIRE(batch_write_accesses(manifest, session, batch, &written, &err) == 0);
		sum->events += written.events;
		sum->dropped += written.dropped;
	}
	return transactions;
}

static long long of_session(const char *what)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT coalesce(sum(%s), 0) FROM session WHERE id = %lld", what,
		 (long long)session);
	return count_of("write.db", sql);
}

static void what_was_dropped_is_told_once_with_the_last_accesses(void)
{
	_cleanup_(batch_freep) struct batch *batch = batch_of(10, false);
	struct batch_written sum = {0};

	session = scratch_session(manifest, "dropped");
	batch->dropped = 7;
	CHECK_INT(batch_unwritten(batch), 27);
	CHECK_INT(write_all(batch, &sum), 1);
	CHECK_INT(batch_unwritten(batch), 0);
	CHECK_INT(sum.events, 20);
	CHECK_INT(sum.dropped, 7);
	CHECK_INT(write_all(batch, &sum), 0);
	CHECK_INT(of_session("events"), 20);
	CHECK_INT(of_session("dropped"), 7);
}

static void drops_alone_are_told_as_well(void)
{
	struct batch batch = {.dropped = 3};
	struct batch_written sum = {0};

	session = scratch_session(manifest, "only");
	CHECK_INT(write_all(&batch, &sum), 1);
	CHECK_INT(sum.dropped, 3);
	CHECK_INT(of_session("dropped"), 3);
}

static void a_large_batch_leaves_others_their_turn(void)
{
	enum { MANY = 25000 };
	_cleanup_(batch_freep) struct batch *batch = batch_of(MANY, false);
	struct batch_written sum = {0};

	session = scratch_session(manifest, "large");
	batch->dropped = 1;
	CHECK_INT(write_all(batch, &sum), 2);
	CHECK_INT(sum.events, 2 * MANY);
	CHECK_INT(sum.dropped, 1);
	CHECK_INT(batch->aggregates, 0);
	CHECK_INT(count_of("write.db", "SELECT count(*) FROM access WHERE session ="
				       " (SELECT max(id) FROM session)"), MANY);
}

static void a_path_with_more_than_a_transaction_goes_whole(void)
{
	enum { MANY = 20001 };
	_cleanup_(freep) struct aggregate *aggregates = calloc(MANY, sizeof(*aggregates));
	_cleanup_(freep) struct batch_path *path = calloc(1, sizeof(*path) + sizeof("/busy"));
	struct batch batch = {.paths = path, .aggregates = MANY};
	struct batch_written sum = {0};

	REQUIRE(aggregates && path);
	strcpy(path->text, "/busy");
	path->aggregates = aggregates;
	for (int i = 0; i < MANY; i++)
		aggregates[i] = (struct aggregate){.next = i + 1 < MANY ? &aggregates[i + 1] : NULL,
						   .program = &cat,
						   .op = ACCESS_STAT,
						   .error = i,
						   .count = 1};
	session = scratch_session(manifest, "busy");
	CHECK_INT(write_all(&batch, &sum), 1);
	CHECK_INT(sum.events, MANY);
	CHECK_INT(count_of("write.db", "SELECT count(*) FROM access WHERE session ="
				       " (SELECT max(id) FROM session)"), MANY);
}

static void what_failed_is_still_there(void)
{
	_cleanup_(batch_freep) struct batch *batch = batch_of(10, true);
	struct batch_written written, sum = {0};

	session = scratch_session(manifest, "again");
	batch->dropped = 2;
	CHECK(batch_write_accesses(manifest, session + 1000, batch, &written, &err) < 0);
	CHECK_INT(batch_unwritten(batch), 22);
	CHECK_INT(batch->raw_count, 20);
	CHECK_INT(write_all(batch, &sum), 1);
	REQUIRE(batch_write_raw(manifest, session, batch, &err) == 0);
	CHECK_INT(batch->raw_count, 0);
	CHECK_INT(sum.events, 20);
	CHECK_INT(sum.dropped, 2);
	CHECK_INT(of_session("events"), 20);
	CHECK_INT(count_of("write.db", "SELECT count(*) FROM event"), 20);
}

int main(void)
{
	scratch_enter();
	manifest = scratch_manifest("write.db");
	RUN(what_was_dropped_is_told_once_with_the_last_accesses);
	RUN(drops_alone_are_told_as_well);
	RUN(a_large_batch_leaves_others_their_turn);
	RUN(a_path_with_more_than_a_transaction_goes_whole);
	RUN(what_failed_is_still_there);
	manifest_close(manifest);
	return test_end();
}
