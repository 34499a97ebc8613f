// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod health: for a monitor; a line for each instance, and fails unless all that should run do, and well. */
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/health.h"

struct asking {
	struct state *state;
	const struct asked *asked;
	struct targets targets;
	struct looks looks;
	json_t *json; /* NULL: lines */
	bool ill;
};

static const char *state_of(const struct look *look, const struct text *problem)
{
	return look->now == NOW_RUNNING && problem->size ? "unhealthy" : look_state(look);
}

static int add(struct asking *asking, const struct look *look, struct error *err)
{
	_cleanup_(text_release) struct text problem = TEXT_INIT, shown = TEXT_INIT;
	int r = health_of(asking->state, look, &problem, err);
	bool good = r == 0 && health_is_good(look, &problem);

	if (r < 0)
		return r;
	asking->ill |= !good;
	/* what it is about is not what is wrong now */
	if (!problem.size && look->now != NOW_RUNNING)
		look_problem(look, NULL, &problem);
	if (asking->json)
		return json_array_append_new(asking->json,
					     json_pack("{s:s, s:s, s:s, s:o, s:b}", "app", look->instance.app, "name",
						       look->instance.name, "state", state_of(look, &problem), "problem",
						       problem.size ? json_path(problem.bytes) : json_null(), "healthy",
						       good)) < 0
			       ? error_oom(err)
			       : 0;
	text_add_plain(&shown, problem.bytes);
	printf("%s/%s  %s%s%s\n", look->instance.app, look->instance.name, state_of(look, &problem),
	       shown.size ? ": " : "", shown.bytes);
	return 0;
}

static int ask_all(struct asking *asking, struct error *err)
{
	int r = targets_find(asking->state, asking->asked, &asking->targets, err);

	if (r == 0)
		r = look_read(asking->state, NULL, &asking->looks, err);
	for (size_t i = 0; r == 0 && i < asking->targets.count; i++) {
		const struct look *look = targets_look(&asking->targets.items[i], &asking->looks);

		r = look ? add(asking, look, err) : 0;
	}
	if (r == 0 && asking->json)
		r = json_print(take(asking->json), err);
	return r;
}

int cmd_prod_health(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct asking asking = {.asked = asked, .targets = TARGETS_INIT, .looks = LOOKS_INIT,
				.json = asked->json ? json_array() : NULL};
	struct error err = ERROR_INIT;
	int r = cmd_state_open(&state, &err);

	asking.state = state;
	if (r == 0)
		r = ask_all(&asking, &err);
	json_decref(asking.json);
	targets_release(&asking.targets);
	looks_release(&asking.looks);
	r = command_answer(command, r, &err);
	return r == EXIT_DONE && asking.ill ? EXIT_FAILED : r;
}
