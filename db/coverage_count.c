// SPDX-License-Identifier: BSD-2-Clause
#include "db/coverage_count.h"

#include <stdlib.h>
#include <string.h>

#include "db/access_use.h"
#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "db/session.h"

/* What one run, or one program, did with the entry that the walk is at. */
struct touch {
	bool listed, used, vain;
};

struct counted_program {
	struct hash_link link; /* by exe */
	struct program_total total;
	struct touch touch;
};

struct coverage_counter {
	int64_t *ids;    /* of the sessions, in the order of their start */
	size_t *run_of;  /* by place there */
	size_t sessions, place; /* of the last row's session */
	struct coverage_list runs;
	struct touch *touched; /* by run */
	uint64_t *incidence;
	struct hash programs;
	/* The entry that the walk is at; 0 before the first row. */
	int64_t entry;
	enum entry_kind kind;
	uint64_t size;
	size_t first_run; /* that used it; SIZE_MAX: none yet */
	ARRAY(size_t) at_runs; /* that touched it */
	ARRAY(struct counted_program *) at_programs;
};

void coverage_list_release(struct coverage_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].label);
	free(list->items);
	*list = (struct coverage_list){0};
}

void program_total_list_release(struct program_total_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].exe);
	free(list->items);
	*list = (struct program_total_list){0};
}

void coverage_counter_free(struct coverage_counter *counter)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	if (!counter)
		return;
	while ((link = hash_each(&counter->programs, &cursor))) {
		struct counted_program *program = container_of(link, struct counted_program, link);

		free(program->total.exe);
		free(program);
	}
	hash_release(&counter->programs);
	coverage_list_release(&counter->runs);
	array_release(&counter->at_runs);
	array_release(&counter->at_programs);
	free(counter->ids);
	free(counter->run_of);
	free(counter->touched);
	free(counter->incidence);
	free(counter);
}

void coverage_counter_freep(struct coverage_counter **counter)
{
	coverage_counter_free(*counter);
}

/* ---- the runs ---- */

static bool is_among(const int64_t *sessions, size_t count, int64_t id)
{
	for (size_t i = 0; sessions && i < count; i++)
		if (sessions[i] == id)
			return true;
	return !sessions;
}

/* The run of a session, made when it is the first of its label, or by itself. */
static int find_run(struct coverage_counter *counter, enum coverage_by by, const struct session *session,
		    size_t *ret_run)
{
	struct coverage_list *runs = &counter->runs;
	size_t i = 0;

	while (i < runs->count &&
	       (by == COVERAGE_BY_SESSION || strcmp(runs->items[i].label, session->label) != 0))
		i++;
	if (i == runs->count) {
		char *label = strdup(session->label);

		if (!label)
			return -ENOMEM;
		runs->items[runs->count++] = (struct coverage){.label = label, .session = session->id};
	}
	runs->items[i].sessions++;
	*ret_run = i;
	return 0;
}

static int make_runs(struct coverage_counter *counter, enum coverage_by by, const int64_t *sessions,
		     size_t count, const struct session_list *list)
{
	int r = 0;

	counter->ids = calloc(list->count + 1, sizeof(*counter->ids));
	counter->run_of = calloc(list->count + 1, sizeof(*counter->run_of));
	counter->runs.items = calloc(list->count + 1, sizeof(*counter->runs.items));
	counter->touched = calloc(list->count + 1, sizeof(*counter->touched));
	counter->incidence = calloc(list->count + 1, sizeof(*counter->incidence));
	if (!counter->ids || !counter->run_of || !counter->runs.items || !counter->touched || !counter->incidence)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		if (!is_among(sessions, count, list->items[i].id))
			continue;
		counter->ids[counter->sessions] = list->items[i].id;
		r = find_run(counter, by, &list->items[i], &counter->run_of[counter->sessions++]);
	}
	return r;
}

int coverage_counter_new(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
			 size_t count, struct coverage_counter **ret_counter, struct error *err)
{
	_cleanup_(coverage_counter_freep) struct coverage_counter *counter = calloc(1, sizeof(*counter));
	_cleanup_(session_list_release) struct session_list list = {0};
	int r = counter ? session_list_read(manifest, &list, err) : error_oom(err);

	if (r < 0)
		return r;
	counter->first_run = SIZE_MAX;
	if (make_runs(counter, by, sessions, count, &list) < 0)
		return error_oom(err);
	*ret_counter = take(counter);
	return 0;
}

/* ---- rows ---- */

/* A hostile manifest cannot make it overflow. */
static void add(uint64_t *sum, uint64_t more)
{
	*sum = more > INT64_MAX - *sum ? INT64_MAX : *sum + more;
}

static void add_need(struct coverage *run, const struct coverage_counter *counter, bool is_only, bool is_new)
{
	bool is_file = counter->kind == ENTRY_FILE;
	uint64_t size = is_file ? counter->size : 0;

	run->paths++;
	run->files += is_file;
	add(&run->bytes, size);
	run->only_paths += is_only;
	run->only_files += is_only && is_file;
	add(&run->only_bytes, is_only ? size : 0);
	run->new_files += is_new && is_file;
	add(&run->new_bytes, is_new ? size : 0);
}

static void end_program(struct coverage_counter *counter, struct counted_program *program)
{
	bool is_file = program->touch.used && counter->kind == ENTRY_FILE;

	program->total.paths += program->touch.used;
	program->total.files += is_file;
	add(&program->total.bytes, is_file ? counter->size : 0);
	program->total.in_vain += program->touch.vain;
	program->touch = (struct touch){0};
}

/* All rows of an entry have been seen. */
static void end_entry(struct coverage_counter *counter)
{
	size_t used = 0;

	for (size_t i = 0; i < counter->at_runs.count; i++)
		used += counter->touched[counter->at_runs.items[i]].used;
	for (size_t i = 0; i < counter->at_runs.count; i++) {
		size_t run = counter->at_runs.items[i];
		struct touch *touch = &counter->touched[run];

		if (touch->used)
			add_need(&counter->runs.items[run], counter, used == 1, run == counter->first_run);
		counter->runs.items[run].in_vain += touch->vain;
		*touch = (struct touch){0};
	}
	for (size_t i = 0; i < counter->at_programs.count; i++)
		end_program(counter, counter->at_programs.items[i]);
	if (used && counter->kind == ENTRY_FILE)
		counter->incidence[used]++;
	counter->at_runs.count = counter->at_programs.count = 0;
	counter->first_run = SIZE_MAX;
}

static struct counted_program *find_program(struct coverage_counter *counter, const char *exe)
{
	uint64_t hash = hash_string(exe);
	struct counted_program *program;

	for (struct hash_link *l = hash_first(&counter->programs, hash); l; l = hash_next(l, hash)) {
		program = container_of(l, struct counted_program, link);
		if (strcmp(program->total.exe, exe) == 0)
			return program;
	}
	program = calloc(1, sizeof(*program));
	if (program && (program->total.exe = strdup(exe)) &&
	    hash_add(&counter->programs, &program->link, hash) == 0)
		return program;
	if (program)
		free(program->total.exe);
	free(program);
	return NULL;
}

/* Rows of one path come in the order of the sessions; SIZE_MAX: of none that was asked for. */
static size_t run_of(struct coverage_counter *counter, int64_t session)
{
	for (size_t i = 0; i < counter->sessions; i++) {
		size_t place = (counter->place + i) % counter->sessions;

		if (counter->ids[place] == session) {
			counter->place = place;
			return counter->run_of[place];
		}
	}
	return SIZE_MAX;
}

static void note_touch(struct touch *touch, const struct access_row *row)
{
	touch->listed = true;
	touch->used |= access_is_use(row);
	touch->vain |= access_is_vain(row);
}

int coverage_counter_note(struct coverage_counter *counter, const struct access_row *row)
{
	size_t run = run_of(counter, row->session);
	struct counted_program *program;

	if (run == SIZE_MAX)
		return 0;
	if (row->entry.id != counter->entry)
		end_entry(counter);
	counter->entry = row->entry.id;
	counter->kind = row->entry.found.kind;
	counter->size = row->entry.found.size;
	program = find_program(counter, row->exe);
	if (!program || (!counter->touched[run].listed && array_push(&counter->at_runs, run) < 0) ||
	    (!program->touch.listed && array_push(&counter->at_programs, program) < 0))
		return -ENOMEM;
	add(&counter->runs.items[run].operations, row->count);
	add(&program->total.operations, row->count);
	note_touch(&counter->touched[run], row);
	note_touch(&program->touch, row);
	if (counter->first_run == SIZE_MAX && access_is_use(row))
		counter->first_run = run;
	return 0;
}

/* ---- at the end ---- */

static int by_bytes(const void *a, const void *b)
{
	const struct program_total *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(x->exe, y->exe);
}

/* Their names are the list's from here on. */
static int take_programs(struct coverage_counter *counter, struct program_total_list *ret_programs)
{
	struct program_total_list list = {calloc(counter->programs.count + 1, sizeof(*list.items)), 0};
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	if (!list.items)
		return -ENOMEM;
	while ((link = hash_each(&counter->programs, &cursor))) {
		struct counted_program *program = container_of(link, struct counted_program, link);

		list.items[list.count++] = program->total;
		program->total.exe = NULL;
	}
	array_sort(&list, by_bytes);
	*ret_programs = list;
	return 0;
}

int coverage_counter_end(struct coverage_counter *counter, struct coverage_list *ret_runs,
			 uint64_t **ret_incidence, struct program_total_list *ret_programs)
{
	int r;

	end_entry(counter);
	r = ret_programs ? take_programs(counter, ret_programs) : 0;
	if (r < 0)
		return r;
	if (ret_runs) {
		*ret_runs = counter->runs;
		counter->runs = (struct coverage_list){0};
	}
	if (ret_incidence)
		*ret_incidence = take(counter->incidence);
	return 0;
}
