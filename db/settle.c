// SPDX-License-Identifier: BSD-2-Clause
#include "db/settle.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/session.h"

/*
 * A mount that seems to be there is looked at again for a second: of two that look the same the one
 * that is gone is told by its writer, which takes a moment.
 */
enum { PATIENCE_MS = 60000, DOUBT_MS = 1000, STEP_MS = 20, SAID_MS = 500 };

enum standing { SETTLED, IN_DOUBT, ENDING };

/* How the least settled of them stands; its label is the caller's to free. */
static int least_settled(struct manifest *manifest, enum standing *ret_standing, char **ret_label,
		struct error *err)
{
	_cleanup_(session_list_release) struct session_list list = {0};
	int r = session_list_read(manifest, &list, err);

	*ret_standing = SETTLED;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct session *session = &list.items[i];
		enum standing standing = session->state != SESSION_OPEN ? SETTLED
					 : session->ending		? ENDING
									: IN_DOUBT;

		if (standing <= *ret_standing)
			continue;
		*ret_standing = standing;
		free(*ret_label);
		*ret_label = strdup(session->label);
	}
	return r;
}

int manifest_settle(struct manifest *manifest, struct error *err)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	bool said = !isatty(STDERR_FILENO);

	for (int ms = 0;; ms += STEP_MS) {
		_cleanup_(freep) char *label = NULL;
		enum standing standing;
		int r = least_settled(manifest, &standing, &label, err);

		if (r < 0)
			return r;
		if (standing == SETTLED || ms >= (standing == ENDING ? PATIENCE_MS : DOUBT_MS))
			return 0;
		if (!said && standing == ENDING && ms >= SAID_MS) {
			log_note("waiting for the end of session \"%s\" of %s", label ? label : "",
				 manifest_path(manifest));
			said = true;
		}
		nanosleep(&step, NULL);
	}
}

int manifest_say_open(struct manifest *manifest, struct error *err)
{
	_cleanup_(session_list_release) struct session_list list = {0};
	int r = session_list_read(manifest, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (list.items[i].state == SESSION_OPEN)
			log_warning("session \"%s\" is open: what it has not written yet is missing",
				    list.items[i].label);
	return r;
}
