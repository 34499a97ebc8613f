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

/* Of what it says line by line the first that is an error, without where in its source that stands. */
static void first_error(char *said, struct text *text)
{
	char *line = strstr(said, "Error"), *where = line ? strstr(line, "): ") : NULL;

	if (where)
		line = where + 3;
	if (!line)
		line = said;
	line[strcspn(line, "\n")] = '\0';
	text_add_plain(text, line);
}

/* Root's alone. Not every one that is installed works with every kernel, and crun may be built without it. */
static void look_at_criu(struct findings *findings)
{
	static const char *const argv[] = {"criu", "check", "-o", "/dev/stdout", NULL};
	static const char *const crun[] = {"crun", "--version", NULL};
	_cleanup_(text_release) struct text said = TEXT_INIT, why = TEXT_INIT, version = TEXT_INIT;
	int status;

	if (geteuid() != 0)
		return;
	if (!output_is_there("criu")) {
		findings_add(findings, "criu", FINDING_LACKS, "criu", "checkpoints of what runs, by the runtime");
		return;
	}
	status = output_of(argv, &said);
	if (status != 0 && said.size)
		first_error(said.bytes, &why);
	if (status != 0)
		findings_add(findings, "criu", FINDING_LACKS, NULL, "is here, but does not work: %s",
			     why.size ? why.bytes : "criu check fails and does not say why");
	else if (output_is_there("runc"))
		findings_add(findings, "criu", FINDING_GOOD, NULL, "checkpoints of what runs, by runc");
	else if (output_of(crun, &version) == 0 && version.size && strstr(version.bytes, "+CRIU"))
		findings_add(findings, "criu", FINDING_GOOD, NULL, "checkpoints of what runs, by crun");
	else
		findings_add(findings, "criu", FINDING_LACKS, "runc",
			     "works, but there is no runtime that uses it: this crun is built without");
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
	look_at_criu(findings);
}
