// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/export_say.h"

#include <string.h>

#include "db/base/log.h"
#include "db/base/text.h"

void export_say_extracted(const struct extract_stats *stats)
{
	if (stats->owners_lost)
		log_warning("%llu files belong to you now: only root can give them their owners",
			    (unsigned long long)stats->owners_lost);
	if (stats->xattrs_lost)
		log_warning("%llu extended attributes could not be set here",
			    (unsigned long long)stats->xattrs_lost);
}

void export_say(const struct export_stats *stats)
{
	if (stats->sockets)
		log_warning("%llu sockets are left out: no tar can hold them",
			    (unsigned long long)stats->sockets);
	export_say_extracted(&stats->extract);
	if (stats->notes.health_is_label)
		log_note("an OCI image has no HEALTHCHECK: it is in the label %s", DERIVED_LABEL_HEALTH);
	if (stats->notes.user_is_number)
		log_note("USER is a number now: its name is not in the root's /etc/passwd and /etc/group");
	if (stats->notes.onbuild_is_dropped)
		log_note("ONBUILD of the image is dropped");
	for (const char *line = stats->said.bytes; *line; line += *line == '\n') {
		log_note("%.*s", (int)strcspn(line, "\n"), line);
		line += strcspn(line, "\n");
	}
}

void export_said(struct export_stats *stats)
{
	text_release(&stats->said);
}
