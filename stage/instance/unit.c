// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "db/base/cleanup.h"

enum { GRACE_MS = 10000, MORE_S = 60 };

void unit_name(const char *app, const char *name, char *buffer, size_t size)
{
	/* neither has an '@' in it: two never share a name */
	if (name)
		snprintf(buffer, size, "sfc-%s@%s.service", app, name);
	else
		snprintf(buffer, size, "sfc-%s.target", app);
}

int unit_quote(struct text *text, const char *word, bool command)
{
	text_add_char(text, '"');
	for (; *word; word++) {
		if ((unsigned char)*word < 0x20 || *word == 0x7f)
			return -EINVAL;
		if (*word == '%' || (command && *word == '$'))
			text_add_char(text, *word);
		else if (*word == '"' || *word == '\\')
			text_add_char(text, '\\');
		text_add_char(text, *word);
	}
	text_add_char(text, '"');
	return 0;
}

/* systemd counts starts, of which the first is none of its own. */
static void add_restart(const struct spec *spec, struct text *text)
{
	switch (spec->restart) {
	case RESTART_ALWAYS:
		text_add(text, "Restart=always\n");
		break;
	case RESTART_ON_FAILURE:
		text_add(text, "Restart=on-failure\n");
		break;
	default:
		text_add(text, "Restart=no\n");
		return;
	}
	text_add(text, "RestartSec=1\n");
}

static void add_start_limit(const struct spec *spec, struct text *text)
{
	if (spec->restart == RESTART_ON_FAILURE && spec->restart_most)
		text_printf(text, "StartLimitIntervalSec=infinity\nStartLimitBurst=%u\n", spec->restart_most + 1);
	else if (spec->restart != RESTART_NO)
		text_add(text, "StartLimitIntervalSec=0\n");
}

int unit_write(const struct unit *unit, struct text *text, struct error *err)
{
	_cleanup_(text_release) struct text program = TEXT_INIT, state = TEXT_INIT, path = TEXT_INIT;
	_cleanup_(text_release) struct text variable = TEXT_INIT;
	uint64_t grace_ms = unit->spec->grace_given ? unit->spec->grace_ms : GRACE_MS;

	text_printf(&variable, "SFC_STATE=%s", unit->state);
	if (unit_quote(&program, unit->program, true) < 0)
		return error_set(err, -EINVAL, "a unit cannot hold the path of '%s'", unit->program);
	if (unit_quote(&state, variable.bytes, false) < 0 || unit_quote(&path, unit->state, false) < 0)
		return error_set(err, -EINVAL, "a unit cannot hold the path of '%s'", unit->state);
	text_printf(text,
		    "# Written by sfc prod enable.\n[Unit]\nDescription=sfc %s/%s\n"
		    "Documentation=man:sfc-prod(1)\nPartOf=sfc-%s.target\nWants=network-online.target\n"
		    "After=network-online.target local-fs.target\nRequiresMountsFor=%s\n",
		    unit->app, unit->name, unit->app, path.bytes);
	add_start_limit(unit->spec, text);
	text_printf(text,
		    "\n[Service]\n# conmon, once the instance is ready\nType=notify\nNotifyAccess=all\n"
		    "Environment=%s\n# one that was stopped stays so\nExecCondition=%s prod _wanted %s/%s\n"
		    "ExecStart=%s prod _unit-start %s/%s\n# it gets the stop signal of its image, and its grace\n"
		    "ExecStop=%s prod _unit-stop %s/%s\nKillMode=mixed\nTimeoutStartSec=infinity\n"
		    "TimeoutStopSec=%" PRIu64 "\n",
		    state.bytes, program.bytes, unit->app, unit->name, program.bytes, unit->app, unit->name,
		    program.bytes, unit->app, unit->name, grace_ms / 1000 + MORE_S);
	add_restart(unit->spec, text);
	text_printf(text, "\n[Install]\nWantedBy=sfc-%s.target\n", unit->app);
	return text_failed(text) || text_failed(&program) || text_failed(&state) || text_failed(&path) ||
			       text_failed(&variable)
		       ? error_oom(err)
		       : 0;
}

void unit_write_target(const char *app, struct text *text)
{
	text_printf(text,
		    "# Written by sfc prod enable.\n[Unit]\nDescription=sfc application %s\n"
		    "Documentation=man:sfc-prod(1)\n\n[Install]\nWantedBy=multi-user.target\n",
		    app);
}
