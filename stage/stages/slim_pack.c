// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/slim_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/stages/tracepack.h"

static int report_pack(struct slim *slim, const struct text *said, double seconds, struct error *err)
{
	static const char *const members[] = {"source", "packed", "came_in", "left_out", "image_bytes", "profile", "gate"};
	_cleanup_(freep) char *first = NULL;
	json_t *json = NULL;
	size_t length = strcspn(said->bytes, "\n");

	report_seconds(slim->report, "pack", seconds);
	if (slim->report->facts) {
		int r = json_read(said->bytes, said->size, 64 << 20, &json, err);

		for (size_t i = 0; r == 0 && i < sizeof(members) / sizeof(*members); i++)
			if (json_object_get(json, members[i]))
				report_fact(slim->report, members[i],
					    json_incref(json_object_get(json, members[i])));
		json_decref(json);
		return r < 0 ? r : 1;
	}
	first = strndup(said->bytes, length);
	if (!first)
		return error_oom(err);
	report_step(slim->report, "pack", first, seconds);
	report_text(slim->report, said->bytes + length + (said->bytes[length] == '\n'));
	return 1;
}

int slim_pack(struct slim *slim, struct text *warnings, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(freep) char *name = slim_name(slim->request);
	_cleanup_(freep) char *root = slim->request->root ? realpath(slim->request->root, NULL) : NULL;
	const char *asked = root ? root : slim->request->root;
	double began = clock_steady_seconds();
	const struct tracepack_build build = {
		.manifest = slim->manifest,
		.source = slim->source.path,
		.output = slim->package,
		.name = name,
		.source_name = !asked || strcmp(asked, "/") == 0 ? "/" : path_name(asked),
		.image = slim->source.image,
		.outside = slim->source.outside,
		.options = slim->request->packer,
		.json = slim->report->facts != NULL,
	};
	int r;

	if (!name)
		return error_oom(err);
	r = slim_note_health(slim, warnings, err);
	if (r == 0)
		r = trial_describe(slim->test, slim->request->spec, &slim->defaults, slim->manifest, err);
	if (r == 0)
		r = tracepack_build(&build, &said, warnings, err);
	if (r < 0)
		return r;
	if (r > 0) {
		struct error ignored = ERROR_INIT;

		slim->result = SLIM_TOO_LARGE;
		report_pack(slim, &said, clock_steady_seconds() - began, &ignored);
		return 0;
	}
	return report_pack(slim, &said, clock_steady_seconds() - began, err);
}
