// SPDX-License-Identifier: BSD-2-Clause
/* The programs that sfc runs. */
#include "stage/machine/findings.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/machine/output.h"

/* Only some commands want each. */
static const struct {
	const char *name;    /* as PATH has it, or where it lies */
	const char *package; /* Debian's */
	const char *why;
} programs[] = {
    {"conmon", "conmon", "what is kept up: sfc test start, sfc prod"},
    {"ip", "iproute2", "a network of its own (--network none)"},
    {"slirp4netns", "slirp4netns", "a private network with a way out (--publish)"},
    {"/lib/systemd/systemd-socket-proxyd", "systemd", "published ports at full speed"},
    {"mmdebstrap", "mmdebstrap", "roots from Debian"},
    {"skopeo", "skopeo", "images from and to registries"},
    {"mkfs.ext4", "e2fsprogs", "layers with a size (--layer-size)"},
    {"squashfuse", "squashfuse", "packages without root"},
    {"newuidmap", "uidmap", "more than one user without root"},
};

static void look_at_ours(struct findings *findings, const char *name)
{
	const char *const argv[] = {name, "--version", NULL};
	_cleanup_(text_release) struct text said = TEXT_INIT;

	if (output_of(argv, &said) == 0 && said.size)
		findings_add(findings, name, FINDING_GOOD, NULL, "%.*s",
			     (int)strcspn(said.bytes, "\n"), said.bytes);
	else
		findings_add(findings, name, FINDING_BROKEN, NULL,
			     "not built: run make, or make install");
}

static void look_at_runtimes(struct findings *findings)
{
	bool crun = output_is_there("crun"), runc = output_is_there("runc");

	if (crun || runc)
		findings_add(findings, "container runtime", FINDING_GOOD, NULL, "%s%s%s",
			     crun ? "crun" : "", crun && runc ? " " : "", runc ? "runc" : "");
	else
		findings_add(findings, "container runtime", FINDING_LACKS, "crun",
			     "for all that is started");
}

void findings_of_programs(struct findings *findings)
{
	look_at_ours(findings, "tracefs");
	look_at_ours(findings, "tracepack");
	look_at_runtimes(findings);
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		const char *slash = strrchr(programs[i].name, '/');
		bool there =
		    slash ? access(programs[i].name, X_OK) == 0 : output_is_there(programs[i].name);

		findings_add(findings, slash ? slash + 1 : programs[i].name,
			     there ? FINDING_GOOD : FINDING_LACKS,
			     there ? NULL : programs[i].package, "%s", programs[i].why);
	}
}
