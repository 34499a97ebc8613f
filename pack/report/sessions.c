// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/sessions.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "db/learned.h"
#include "db/phase.h"
#include "pack/report/estimate.h"

static const struct session *session_by_id(const struct session_list *sessions, int64_t id)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (sessions->items[i].id == id)
			return &sessions->items[i];
	return NULL;
}

struct phases {
	json_t *array;
	int64_t started_ns;
};

static int add_phase(const struct phase *phase, void *data)
{
	const struct phases *phases = data;

	return json_array_append_new(phases->array, json_pack("[s, I]", phase->name,
							      (json_int_t)(phase->ns - phases->started_ns) / 1000000));
}

static int add_phases(json_t *json, struct manifest *manifest, const struct session *session, struct error *err)
{
	struct phases phases = {.array = json_array(), .started_ns = session ? session->started_ns : 0};

	if (json_set(json, "phases", phases.array) < 0)
		return error_oom(err);
	return session ? phase_each(manifest, session->id, add_phase, &phases, err) : 0;
}

static int add_learned(const struct learned_fact *fact, void *data)
{
	json_t *json = data, *used = json_object_get(json, "used");

	/* a session that did not learn has no list, one that used nothing an empty one */
	if (!used && json_set(json, "used", json_array()) < 0)
		return -ENOMEM;
	return fact->used ? json_array_append_new(json_object_get(json, "used"), json_string(fact->name)) : 0;
}

static json_t *session_json(const struct coverage *coverage, const struct session *session)
{
	return json_pack("{s:o, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "label",
			 json_path(coverage->label), "uuid", session ? session->uuid : "", "state",
			 session ? session_state_name(session->state) : "", "command",
			 session && session->command ? json_path(session->command) : json_null(), "files",
			 (json_int_t)coverage->files, "bytes", (json_int_t)coverage->bytes, "only_files",
			 (json_int_t)coverage->only_files, "only_bytes", (json_int_t)coverage->only_bytes,
			 "in_vain", (json_int_t)coverage->in_vain, "dropped",
			 (json_int_t)(session ? session->dropped : 0), "started",
			 (json_int_t)(session ? session->started_ns / 1000000000 : 0), "production",
			 session && session->kind == SESSION_PROD);
}

static int add_sessions(json_t *data, struct manifest *manifest, const struct session_list *sessions,
			const struct coverage_list *runs, struct error *err)
{
	json_t *array = json_array();
	int r = 0;

	if (json_object_set_new(data, "sessions", array) < 0)
		return error_oom(err);
	for (size_t i = 0; r == 0 && i < runs->count; i++) {
		const struct session *session = session_by_id(sessions, runs->items[i].session);
		json_t *json = session_json(&runs->items[i], session);

		if (json_array_append_new(array, json) < 0)
			return error_oom(err);
		r = add_phases(json, manifest, session, err);
		if (r == 0 && session)
			r = learned_each(manifest, session->id, add_learned, json, err);
	}
	return r;
}

static int add_confidence(json_t *data, const uint64_t *incidence, size_t runs, struct error *err)
{
	_cleanup_(text_release) struct text sentence = TEXT_INIT;
	struct estimate estimate;
	json_t *confidence;

	estimate_compute(incidence, runs, &estimate);
	estimate_sentence(&estimate, &sentence);
	confidence = runs < 2 ? json_null()
			      : json_pack("{s:I, s:I, s:f, s:s}", "low",
					  (json_int_t)estimate.unseen_low, "high",
					  (json_int_t)(estimate.unseen_high + 0.999), "coverage",
					  estimate.coverage, "sentence", sentence.bytes);
	return json_object_set_new(data, "confidence", confidence) < 0 ? error_oom(err) : 0;
}

int report_sessions(json_t *data, struct manifest *manifest, const struct session_list *sessions,
		    const struct coverage_list *runs, const uint64_t *incidence, struct error *err)
{
	int r = add_sessions(data, manifest, sessions, runs, err);

	return r < 0 ? r : add_confidence(data, incidence, runs->count, err);
}
