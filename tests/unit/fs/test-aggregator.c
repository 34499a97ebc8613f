// SPDX-License-Identifier: BSD-2-Clause
/* Events add up: one counter for each path, operation and program. */
#include "fs/aggregator.h"

#include <errno.h>
#include <pthread.h>

#include "db/base/cleanup.h"
#include "tests/test.h"

static const struct program cat = {.exe = "/usr/bin/cat", .comm = "cat"};
static const struct program sh = {.exe = "/usr/bin/sh", .comm = "sh"};

static struct aggregator a;

static void add(const char *path, enum access_op op, int error, const struct program *program,
		pid_t tid)
{
	struct event event = {.op = op,
			      .error = error,
			      .tid = tid,
			      .program = program,
			      .path = path,
			      .path_length = strlen(path)};

	aggregator_add(&a, &event);
}

static uint64_t count_of(const struct batch *batch, const char *path, enum access_op op)
{
	for (const struct batch_path *p = batch ? batch->paths : NULL; p; p = p->next)
		for (const struct aggregate *g = p->aggregates; g; g = g->next)
			if (strcmp(p->text, path) == 0 && g->op == op)
				return g->count;
	return 0;
}

static void equal_events_become_one_access(void)
{
	_cleanup_(batch_freep) struct batch *batch = NULL;

	aggregator_init(&a, false);
	for (int i = 0; i < 100000; i++)
		add("/etc/hosts", ACCESS_OPEN, 0, &cat, 1);
	batch = aggregator_take(&a, true);
	REQUIRE(batch);
	CHECK_INT(batch->aggregates, 1);
	CHECK_INT(batch->events, 100000);
	CHECK_INT(batch->paths->aggregates->count, 100000);
	CHECK_INT(batch->paths->aggregates->first_seq, 1);
	CHECK(batch->paths->aggregates->first_ns <= batch->paths->aggregates->last_ns);
	CHECK(aggregator_take(&a, true) == NULL);
	aggregator_release(&a);
}

static void path_op_result_and_program_tell_accesses_apart(void)
{
	_cleanup_(batch_freep) struct batch *batch = NULL;

	aggregator_init(&a, false);
	add("/a", ACCESS_OPEN, 0, &cat, 1);
	add("/b", ACCESS_OPEN, 0, &cat, 1);
	add("/a", ACCESS_READLINK, 0, &cat, 1);
	add("/a", ACCESS_OPEN, EACCES, &cat, 1);
	add("/a", ACCESS_OPEN, 0, &sh, 1);
	batch = aggregator_take(&a, true);
	REQUIRE(batch);
	CHECK_INT(batch->aggregates, 5);
	CHECK_STRING(batch->paths->text, "/a");
	CHECK_STRING(batch->paths->next->text, "/b");
	aggregator_release(&a);
}

static void an_exec_takes_back_the_look_at_its_file(void)
{
	_cleanup_(batch_freep) struct batch *batch = NULL;

	aggregator_init(&a, true);
	add("/bin/cat", ACCESS_STAT, 0, &sh, 7);
	add("/bin/cat", ACCESS_STAT, 0, &sh, 7);
	for (pid_t tid = 8; tid < 40; tid++)
		add("/bin/ls", ACCESS_STAT, 0, &sh, tid * 256 + 7); /* other threads in between */
	add("/bin/cat", ACCESS_EXEC, 0, &sh, 7);
	batch = aggregator_take(&a, true);
	CHECK_INT(count_of(batch, "/bin/cat", ACCESS_STAT), 1);
	CHECK_INT(count_of(batch, "/bin/cat", ACCESS_EXEC), 1);
	CHECK_INT(count_of(batch, "/bin/ls", ACCESS_STAT), 32);
	CHECK_INT(batch->events, 34);
	CHECK_INT(batch->raw[1].seq, 0);
	aggregator_release(&a);
}

static void an_exec_of_something_else_takes_nothing_back(void)
{
	_cleanup_(batch_freep) struct batch *batch = NULL;

	aggregator_init(&a, false);
	add("/bin/cat", ACCESS_STAT, 0, &sh, 7);
	add("/bin/ls", ACCESS_EXEC, 0, &sh, 7);
	add("/bin/cat", ACCESS_EXEC, 0, &sh, 7);
	batch = aggregator_take(&a, true);
	CHECK_INT(count_of(batch, "/bin/cat", ACCESS_STAT), 1);
	aggregator_release(&a);
}

static void an_exec_is_recognised_across_two_batches(void)
{
	_cleanup_(batch_freep) struct batch *first = NULL, *second = NULL;

	aggregator_init(&a, false);
	add("/bin/cat", ACCESS_STAT, 0, &sh, 7);
	add("/bin/cat", ACCESS_STAT, 0, &sh, 7);
	first = aggregator_take(&a, false);
	CHECK_INT(count_of(first, "/bin/cat", ACCESS_STAT), 1);
	CHECK_INT(first->events, 1);
	add("/bin/cat", ACCESS_EXEC, 0, &sh, 7);
	second = aggregator_take(&a, true);
	CHECK_INT(count_of(second, "/bin/cat", ACCESS_STAT), 0);
	CHECK_INT(count_of(second, "/bin/cat", ACCESS_EXEC), 1);
	CHECK_INT(second->events, 1);
	aggregator_release(&a);
}

static void what_was_found_stays_with_its_path(void)
{
	_cleanup_(batch_freep) struct batch *batch = NULL;
	char target[] = "somewhere";
	struct found found = {.kind = ENTRY_LINK, .size = 9, .target = target};
	struct event event = {.op = ACCESS_LOOKUP,
			      .program = &cat,
			      .path = "/link",
			      .path_length = 5,
			      .found = &found};

	aggregator_init(&a, false);
	aggregator_add(&a, &event);
	target[0] = 'X';
	found.size = 1;
	aggregator_add(&a, &event);
	batch = aggregator_take(&a, true);
	REQUIRE(batch && batch->paths->has_found);
	CHECK_INT(batch->paths->found.size, 9);
	CHECK_STRING(batch->paths->found.target, "somewhere");
	aggregator_release(&a);
}

static void what_has_no_room_is_counted_as_dropped(void)
{
	_cleanup_(batch_freep) struct batch *batch = NULL;
	char path[32];

	aggregator_init(&a, false);
	for (int i = 0; i < AGGREGATOR_MAX_ACCESSES + 10; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		add(path, ACCESS_OPEN, 0, &cat, 1);
	}
	add("/1", ACCESS_OPEN, 0, &cat, 1); /* an old one still counts */
	batch = aggregator_take(&a, true);
	CHECK_INT(batch->dropped, 10);
	CHECK_INT(batch->events, AGGREGATOR_MAX_ACCESSES + 1);
	aggregator_release(&a);
}

static void *add_many(void *path)
{
	for (int i = 0; i < 50000; i++)
		add(i % 2 ? path : "/shared", ACCESS_OPEN, 0, &cat, 1);
	return NULL;
}

static void no_event_of_many_threads_is_lost(void)
{
	char paths[4][8] = {"/0", "/1", "/2", "/3"};
	uint64_t events = 0, highest = 0;
	pthread_t threads[4];
	struct batch *batch;

	aggregator_init(&a, false);
	for (int i = 0; i < 4; i++)
		REQUIRE(pthread_create(&threads[i], NULL, add_many, paths[i]) == 0);
	for (int i = 0; i < 50; i++) {
		batch = aggregator_take(&a, false);
		events += batch ? batch->events : 0;
		batch_free(batch);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	batch = aggregator_take(&a, true);
	events += batch ? batch->events : 0;
	batch_free(batch);
	highest = a.seq;
	CHECK_INT(events, 200000);
	CHECK_INT(highest, 200000);
	aggregator_release(&a);
}

int main(void)
{
	RUN(equal_events_become_one_access);
	RUN(path_op_result_and_program_tell_accesses_apart);
	RUN(an_exec_takes_back_the_look_at_its_file);
	RUN(an_exec_of_something_else_takes_nothing_back);
	RUN(an_exec_is_recognised_across_two_batches);
	RUN(what_was_found_stays_with_its_path);
	RUN(what_has_no_room_is_counted_as_dropped);
	RUN(no_event_of_many_threads_is_lost);
	return test_end();
}
