// SPDX-License-Identifier: BSD-2-Clause
#include "stage/machine/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void findings_add(struct findings *findings, const char *name, enum finding_state state,
		  const char *package, const char *format, ...)
{
	struct finding finding = {name, state, NULL, package};
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
		free(findings->list.items[i].says);
	array_release(&findings->list);
}
