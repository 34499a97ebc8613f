// SPDX-License-Identifier: BSD-2-Clause
#include "stage/machine/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void free_finding(struct finding *finding)
{
	free(finding->says);
	free(finding->command);
}

void findings_add(struct findings *findings, const char *name, enum finding_state state,
		  const char *package, const char *format, ...)
{
	struct finding finding = {.name = name, .state = state, .package = package};
	va_list args;

	va_start(args, format);
	if (vasprintf(&finding.says, format, args) < 0)
		finding.says = NULL;
	va_end(args);
	if (finding.says && array_push(&findings->list, finding) == 0)
		return;
	free(finding.says);
	findings->failed = true;
}

void findings_mend(struct findings *findings, const char *format, ...)
{
	struct finding *last = findings->list.count ? &findings->list.items[findings->list.count - 1] : NULL;
	char *command = NULL;
	va_list args;

	va_start(args, format);
	if (!last || vasprintf(&command, format, args) < 0)
		findings->failed = true;
	else
		last->command = command;
	va_end(args);
}

bool findings_broken(const struct findings *findings)
{
	for (size_t i = 0; i < findings->list.count; i++)
		if (findings->list.items[i].state == FINDING_BROKEN)
			return true;
	return false;
}

void findings_release(struct findings *findings)
{
	for (size_t i = 0; i < findings->list.count; i++)
		free_finding(&findings->list.items[i]);
	array_release(&findings->list);
}
