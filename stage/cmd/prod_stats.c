// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod stats: memory and processor time as the kernel counts them, processes, bytes written. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/layer/directory.h"

struct counting {
	struct state *state;
	struct looks looks;
	struct columns columns;
	json_t *json; /* NULL: columns */
};

/* Of the layer on disk; one in a file system of its own is as large as its file has grown. */
static uint64_t written(const struct state *state, const struct instance *instance)
{
	_cleanup_(freep) char *path = state_path(state, "app/%s/%s/layer", instance->app, instance->name);
	_cleanup_(closep) int layer = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, upper = -1;
	struct stat st;

	if (layer < 0)
		return 0;
	if (fstatat(layer, "volume", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return (uint64_t)st.st_blocks * 512;
	upper = openat(layer, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return upper < 0 ? 0 : directory_usage(upper);
}

static json_t *number(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *limit(uint64_t value)
{
	return value ? json_integer((json_int_t)value) : json_null();
}

static int add_json(struct counting *counting, const struct look *look, const struct usage *usage,
		    struct error *err)
{
	const struct spec *spec = &look->instance.spec;
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "app", look->instance.app, "name",
		look->instance.name, "state", look_state(look), "memory_bytes", number(usage->memory),
		"memory_limit", limit(spec->memory), "cpu_s",
		usage->cpu_us < 0 ? json_null() : json_real((double)usage->cpu_us / 1e6), "processes",
		number(usage->processes), "processes_limit", limit(spec->pids), "oom_kills", number(usage->oom_kills),
		"written_bytes", (json_int_t)written(counting->state, &look->instance), "written_limit",
		limit(spec->layer_size));

	return json_array_append_new(counting->json, object) < 0 ? error_oom(err) : 0;
}

static void add_size(struct columns *columns, int64_t size)
{
	if (size < 0)
		columns_add(columns, "-");
	else
		columns_size(columns, (unsigned long long)size);
}

static void add_row(struct counting *counting, const struct look *look, const struct usage *usage)
{
	struct columns *columns = &counting->columns;
	char text[160];

	snprintf(text, sizeof(text), "%s/%s", look->instance.app, look->instance.name);
	columns_add(columns, text);
	columns_add(columns, look_state(look));
	add_size(columns, usage->memory);
	snprintf(text, sizeof(text), "%.3f s", (double)usage->cpu_us / 1e6);
	columns_add(columns, usage->cpu_us < 0 ? "-" : text);
	snprintf(text, sizeof(text), "%" PRId64, usage->processes);
	columns_add(columns, usage->processes < 0 ? "-" : text);
	columns_size(columns, written(counting->state, &look->instance));
	columns_end(columns);
}

static int count_all(struct counting *counting, const struct asked *asked, struct error *err)
{
	static const char *const heads[] = {"NAME", "STATE", "MEMORY", "CPU", "PROCESSES", "WRITTEN"};
	_cleanup_(targets_release) struct targets targets = TARGETS_INIT;
	int r = asked->operand_count ? targets_find(counting->state, asked, &targets, err) : 0;

	if (r == 0)
		r = look_read(counting->state, NULL, &counting->looks, err);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		columns_add(&counting->columns, heads[i]);
	columns_end(&counting->columns);
	for (size_t i = 0; r == 0 && i < counting->looks.count; i++) {
		const struct look *look = &counting->looks.items[i];
		struct usage usage;

		if (asked->operand_count && !targets_have(&targets, look))
			continue;
		look_usage(&counting->looks, look, &usage);
		if (counting->json)
			r = add_json(counting, look, &usage, err);
		else
			add_row(counting, look, &usage);
	}
	if (r < 0)
		return r;
	return counting->json ? json_print(take(counting->json), err) : columns_print(&counting->columns, err);
}

int cmd_prod_stats(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct counting counting = {.looks = LOOKS_INIT, .columns = {.align = "<<>>>>"},
				    .json = asked->json ? json_array() : NULL};
	struct error err = ERROR_INIT;
	int r = cmd_state_open(&state, &err);

	counting.state = state;
	if (r == 0)
		r = count_all(&counting, asked, &err);
	json_decref(counting.json);
	looks_release(&counting.looks);
	columns_release(&counting.columns);
	return command_answer(command, r, &err);
}
