// SPDX-License-Identifier: BSD-2-Clause
/* sfc doctor: what this machine can do, and what to install. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/container/cgroup.h"
#include "stage/container/delegated.h"
#include "stage/layer/scratch.h"
#include "stage/machine/findings.h"
#include "stage/machine/output.h"
#include "stage/repair/repair.h"
#include "stage/stages/dev.h"
#include "stage/stages/test_place.h"
#include "stage/state/state.h"

static void say_line(const char *line)
{
	puts(line);
	fflush(stdout);
}

/* What a crash left of each stage is taken away by who put it up. */
static int repair(struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	int r = cmd_state_open(&state, err);

	if (r == 0)
		r = repair_prod(state, say_line, err);
	if (r == 0)
		r = dev_repair(state, say_line, err);
	if (r == 0)
		r = scratch_settle(state, err);
	if (r > 0)
		say_line("scratch: removed what a command that was killed had put aside");
	if (r >= 0)
		r = test_repair(state, say_line, err);
	if (cgroup_settle(true) > 0)
		say_line("cgroups: removed what commands that were killed had been in");
	return r;
}

/* Of a plain user's instances and runs: who holds them, and which. */
static void look_at_limits(struct findings *findings)
{
	_cleanup_(delegated_release) struct delegated delegated = {.path = NULL};
	_cleanup_(text_release) struct text path = TEXT_INIT, have = TEXT_INIT;
	const char *lacks = "no control group of version 2 is yours";

	if (geteuid() == 0 || delegated_find(&delegated, NULL) < 0)
		return;
	text_printf(&path, DELEGATED_TOP "%s/cgroup.controllers", delegated.path ? delegated.path : "");
	if (delegated.how == DELEGATED_NONE || !output_of_file(path.bytes, &have) || !have.size) {
		findings_add(findings, "limits", FINDING_LACKS, NULL, "--memory, --cpus, --pids, --io-weight are refused: %s",
			     delegated.lacks ? delegated.lacks : lacks);
		return;
	}
	findings_add(findings, "limits", FINDING_GOOD, NULL, "%s, held by %s%s%s", have.bytes,
		     delegated.how == DELEGATED_SYSTEMD ? "your systemd" : "groups below '",
		     delegated.how == DELEGATED_SYSTEMD ? "" : delegated.path,
		     delegated.how == DELEGATED_SYSTEMD ? "" : "', which is yours");
}

/* How a package is installed here; its name is Debian's. */
static const char *installer(void)
{
	if (!output_is_there("apt-get"))
		return "install ";
	return geteuid() == 0 ? "apt-get install " : "sudo apt-get install ";
}

/* What mends it, as it is typed by who asks; empty: nothing that could be typed. */
static void add_command(struct text *text, const struct finding *finding)
{
	if (finding->package)
		text_printf(text, "%s%s", installer(), finding->package);
	else if (finding->command)
		text_printf(text, "%s%s", geteuid() == 0 ? "" : "sudo ", finding->command);
}

static void add_packages(struct text *text, const struct findings *findings)
{
	for (size_t i = 0; i < findings->list.count; i++) {
		const struct finding *finding = &findings->list.items[i];

		if (finding->package && !strstr(text->bytes, finding->package))
			text_printf(text, " %s", finding->package);
	}
}

static int show(const struct findings *findings, bool quiet)
{
	static const char *const words[] = {"ok", "--", "NO"};
	_cleanup_(text_release) struct text packages = TEXT_INIT;

	for (size_t i = 0; i < findings->list.count; i++) {
		const struct finding *finding = &findings->list.items[i];
		_cleanup_(text_release) struct text command = TEXT_INIT;

		if (quiet && finding->state == FINDING_GOOD)
			continue;
		add_command(&command, finding);
		printf("%-3s %-22s %s%s%s\n", words[finding->state], finding->name, finding->says,
		       command.size ? ": " : "", command.bytes);
	}
	add_packages(&packages, findings);
	if (packages.size && !quiet)
		printf("all of it: %s%s\n", installer(), packages.bytes + 1);
	return fflush(stdout) == EOF ? EXIT_FAILED : EXIT_DONE;
}

static json_t *finding_json(const struct finding *finding)
{
	static const char *const words[] = {"ok", "lacks", "broken"};
	_cleanup_(text_release) struct text command = TEXT_INIT;
	json_t *object = json_object();

	add_command(&command, finding);
	if (object && json_set(object, "name", json_string(finding->name)) == 0 &&
	    json_set(object, "state", json_string(words[finding->state])) == 0 &&
	    json_set(object, "says", json_path(finding->says)) == 0 &&
	    json_set(object, "package",
		     finding->package ? json_string(finding->package) : json_null()) == 0 &&
	    json_set(object, "install",
		     command.size ? json_path(command.bytes) : json_null()) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static int show_json(const struct findings *findings, bool quiet, struct error *err)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; list && i < findings->list.count; i++)
		if ((!quiet || findings->list.items[i].state != FINDING_GOOD) &&
		    json_array_append_new(list, finding_json(&findings->list.items[i])) < 0) {
			json_decref(object);
			object = NULL;
		}
	if (!object || json_set(object, "works", json_boolean(!findings_broken(findings))) < 0) {
		json_decref(list);
		list = NULL;
	}
	if (object && json_set(object, "findings", list) < 0) {
		json_decref(object);
		object = NULL;
	}
	return json_print(object, err);
}

int cmd_doctor(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(findings_release) struct findings findings = FINDINGS_INIT;
	struct error err = ERROR_INIT;
	int r;

	/* before a plain user's repair has made us root in a namespace of his */
	findings_of_kernel(&findings);
	findings_of_users(&findings);
	look_at_limits(&findings);
	findings_of_programs(&findings);
	r = asked->repair ? repair(&err) : 0;
	if (r > 0)
		return r;
	if (r < 0)
		return command_failed(command, &err);
	if (findings.failed)
		return command_failed(command, (error_oom(&err), &err));
	r = asked->json ? show_json(&findings, asked->quiet, &err) : show(&findings, asked->quiet);
	if (r < 0)
		return command_failed(command, &err);
	return r > 0 || findings_broken(&findings) ? EXIT_FAILED : EXIT_DONE;
}
