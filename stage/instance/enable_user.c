// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/enable_user.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "stage/instance/unit.h"
#include "stage/instance/unit_file.h"

#define WANTS "default.target.wants"

enum { STOP_S = 300 };

/* ---- where ---- */

static char *units(void)
{
	const char *given = getenv("SFC_UNIT_DIR"), *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct text text = TEXT_INIT;

	if (given && *given)
		text_add(&text, given);
	else if (config && *config == '/')
		text_printf(&text, "%s/systemd/user", config);
	else
		text_printf(&text, "%s/.config/systemd/user", home ? home : "");
	return text_take(&text);
}

static char *unit_path(const char *directory, const char *below, const char *app)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s%ssfc-%s.service", directory, below, *below ? "/" : "", app) < 0 ? NULL : path;
}

/* ---- the unit ---- */

static int write_text(const char *state, const char *app, const char *program, struct text *text, struct error *err)
{
	_cleanup_(text_release) struct text variable = TEXT_INIT, words = TEXT_INIT, place = TEXT_INIT;

	text_printf(&variable, "SFC_STATE=%s", state);
	if (unit_quote(&words, program, true) < 0)
		return error_set(err, -EINVAL, "a unit cannot hold the path of '%s'", program);
	if (unit_quote(&place, variable.bytes, false) < 0)
		return error_set(err, -EINVAL, "a unit cannot hold the path of '%s'", state);
	text_printf(text,
		    "# Written by sfc prod enable.\n[Unit]\nDescription=sfc application %s\n"
		    "Documentation=man:sfc-prod(1)\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
		    "# limits of its instances are groups below it\nDelegate=yes\n"
		    "Environment=%s\n# what was stopped stays so\nExecStart=%s prod _boot-up %s\n"
		    "# each gets the stop signal of its image, and its grace\nExecStop=%s prod _boot-down %s\n"
		    "KillMode=mixed\nTimeoutStopSec=%d\n\n[Install]\nWantedBy=default.target\n",
		    app, place.bytes, words.bytes, app, words.bytes, app, STOP_S);
	return text_failed(text) || text_failed(&variable) || text_failed(&words) || text_failed(&place)
		       ? error_oom(err)
		       : 0;
}

/* ---- systemd ---- */

static int systemctl(const char *verb, const char *unit, struct error *err)
{
	const char *const words[] = {"systemctl", "--user", "--no-block", verb, unit, NULL};
	_cleanup_(text_release) struct text said = TEXT_INIT;
	int r;

	if (access("/run/systemd/system", F_OK) < 0)
		return 0;
	r = program_run(words, NULL, &said, err);
	return r > 0 ? error_set(err, -EIO, "systemctl --user %s: %s", verb, program_line(&said, "")) : r;
}

/* ---- all ---- */

int enable_user(const char *state, const char *app, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *directory = units(), *path = directory ? unit_path(directory, "", app) : NULL;
	char program[PATH_MAX], unit[UNIT_NAME_SIZE];
	int r = path ? program_own_path(program, err) : error_oom(err);

	if (r < 0)
		return r;
	snprintf(unit, sizeof(unit), "sfc-%s.service", app);
	r = write_text(state, app, program, &text, err);
	if (r == 0)
		r = unit_file_directory(directory, err);
	if (r == 0)
		r = unit_file_write(path, &text, err);
	if (r == 0)
		r = unit_file_link(directory, WANTS, unit, err);
	if (r == 0)
		r = systemctl("daemon-reload", NULL, err);
	return r < 0 ? r : systemctl("start", unit, err);
}

int disable_user(const char *app, struct error *err)
{
	_cleanup_(freep) char *directory = units(), *path = NULL, *link = NULL;

	path = directory ? unit_path(directory, "", app) : NULL;
	link = directory ? unit_path(directory, WANTS, app) : NULL;
	if (!path || !link)
		return error_oom(err);
	if (access(path, F_OK) < 0)
		return error_set(err, -ENOENT, "'%s' is not enabled", app);
	/* the unit last: while it is there this can be done again */
	unlink(link);
	if (unlink(path) < 0)
		return error_errno(err, "cannot remove '%s'", path);
	return systemctl("daemon-reload", NULL, err);
}
