// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/statistics_json.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"

static const char *const names[] = {"label", "session", "program", "directory"};

const char *statistics_by_name(enum statistics_by by)
{
	return names[by];
}

bool statistics_by_of_name(const char *name, enum statistics_by *ret_by)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0) {
			*ret_by = (enum statistics_by)i;
			return true;
		}
	return false;
}

#define NUMBER(value) ((json_int_t)(value))

static json_t *amount(uint64_t files, uint64_t bytes)
{
	return json_pack("{s:I, s:I}", "files", NUMBER(files), "bytes", NUMBER(bytes));
}

static json_t *run_json(const struct statistics *statistics, const struct coverage *run)
{
	const struct session *session = statistics_session(statistics, run);

	return json_pack("{s:o, s:s*, s:s*, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "label",
			 json_path(run->label), "first_session", session ? session->uuid : NULL,
			 "kind", session ? session_kind_name(session->kind) : NULL, "sessions",
			 NUMBER(run->sessions), "paths", NUMBER(run->paths), "files",
			 NUMBER(run->files), "bytes", NUMBER(run->bytes), "only_files",
			 NUMBER(run->only_files), "only_bytes", NUMBER(run->only_bytes),
			 "new_files", NUMBER(run->new_files), "new_bytes", NUMBER(run->new_bytes),
			 "in_vain", NUMBER(run->in_vain), "operations", NUMBER(run->operations));
}

static json_t *program_json(const struct program_total *program)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "program", json_path(program->exe),
			 "paths", NUMBER(program->paths), "files", NUMBER(program->files), "bytes",
			 NUMBER(program->bytes), "in_vain", NUMBER(program->in_vain), "operations",
			 NUMBER(program->operations));
}

static json_t *directory_json(const struct directory_total *directory)
{
	return json_pack("{s:o, s:I, s:I, s:o}", "directory", json_path(directory->path), "files",
			 NUMBER(directory->files), "bytes", NUMBER(directory->bytes), "source",
			 amount(directory->source_files, directory->source_bytes));
}

static json_t *rows_json(const struct statistics *statistics, enum statistics_by by)
{
	json_auto_t *rows = json_array();
	int r = rows ? 0 : -1;

	if (by == STATISTICS_PROGRAM)
		for (size_t i = 0; r == 0 && i < statistics->programs.count; i++)
			r = json_array_append_new(rows, program_json(&statistics->programs.items[i]));
	else if (by == STATISTICS_DIRECTORY)
		for (size_t i = 0; r == 0 && i < statistics->directories.count; i++)
			r = json_array_append_new(rows,
						  directory_json(statistics->directories.items[i]));
	else
		for (size_t i = 0; r == 0 && i < statistics->runs.count; i++)
			r = json_array_append_new(rows,
						  run_json(statistics, &statistics->runs.items[i]));
	return r == 0 ? take(rows) : NULL;
}

static json_t *estimate_json(const struct statistics *statistics)
{
	const struct estimate *estimate = &statistics->estimate;
	_cleanup_(text_release) struct text sentence = TEXT_INIT;

	if (estimate->runs < 2)
		return json_null();
	estimate_sentence(estimate, &sentence);
	return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:o, s:s}", "runs",
			 NUMBER(estimate->runs), "seen", NUMBER(estimate->seen), "once",
			 NUMBER(estimate->once), "twice", NUMBER(estimate->twice), "unseen",
			 estimate->unseen, "unseen_low", estimate->unseen_low, "unseen_high",
			 estimate->unseen_high, "coverage", estimate->coverage, "leave_one_out",
			 json_pack("{s:I, s:f}", "missed", NUMBER(statistics->alone_files), "rate",
				   statistics_miss_rate(statistics)),
			 "sentence", sentence.bytes);
}

json_t *statistics_json(const struct statistics *statistics, enum statistics_by by)
{
	return json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "by", names[by], "rows",
			 rows_json(statistics, by), "needed",
			 amount(statistics->all.files, statistics->all.bytes), "in_vain",
			 NUMBER(statistics->all.in_vain), "sessions",
			 NUMBER(statistics->sessions.count), "source",
			 statistics->has_catalog
				 ? amount(statistics->source_files, statistics->source_bytes)
				 : json_null(),
			 "left_out",
			 statistics->has_catalog
				 ? amount(statistics->left_files, statistics->left_bytes)
				 : json_null(),
			 "confidence", estimate_json(statistics));
}
