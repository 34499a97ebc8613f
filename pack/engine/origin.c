// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/origin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/oci/store.h"

enum { UUID_LENGTH = 36 };

void origin_release(struct origin *origin)
{
	free(origin->source);
	free(origin->package);
	free(origin->sessions);
	*origin = (struct origin){0};
}

static bool is_uuid(const char *text)
{
	return text && strlen(text) == UUID_LENGTH &&
	       strspn(text, "0123456789abcdef-") == UUID_LENGTH;
}

/* The string of that name, if it is there; -EBADMSG when it is none. */
static int take_text(const json_t *json, const char *name, char **ret_text, struct error *err)
{
	const json_t *value = json_object_get(json, name);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return error_set(err, -EBADMSG, "sfc/package.json: %s is not a string", name);
	*ret_text = strdup(json_string_value(value));
	return *ret_text ? 0 : error_oom(err);
}

static int take_sessions(const json_t *json, struct origin *origin, struct error *err)
{
	const json_t *sessions = json_object_get(json, "sessions"), *session;
	_cleanup_(text_release) struct text text = TEXT_INIT;
	size_t i;

	json_array_foreach((json_t *)sessions, i, session) {
		const char *uuid = json_text(session, "uuid");

		if (!is_uuid(uuid))
			return error_set(err, -EBADMSG, "sfc/package.json: session %zu has no uuid", i);
		text_printf(&text, "%s%s", text.size ? " " : "", uuid);
	}
	if (text_failed(&text))
		return error_oom(err);
	origin->sessions = text.size ? text_take(&text) : NULL;
	return 0;
}

int origin_parse(const char *data, size_t size, struct origin *origin, struct error *err)
{
	_cleanup_(json_freep) json_t *json = NULL;
	int r = json_read(data, size, ORIGIN_MAX, &json, err);

	if (r < 0)
		return error_prefix(err, r, "sfc/package.json");
	r = take_text(json, "uuid", &origin->package, err);
	if (r == 0 && origin->package && !is_uuid(origin->package))
		r = error_set(err, -EBADMSG, "sfc/package.json: uuid is none");
	if (r == 0)
		r = take_text(json_object_get(json, "source"), "digest", &origin->source, err);
	if (r == 0 && origin->source)
		r = oci_digest_check(origin->source, err);
	return r < 0 ? r : take_sessions(json, origin, err);
}
