// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/learning.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/learned.h"
#include "db/manifest.h"
#include "pack/elf/families.h"
#include "stage/container/capabilities.h"

int learning_check(const struct spec *spec, struct error *err)
{
	if (spec->privileged || (spec->seccomp && strcmp(spec->seccomp, "default") != 0))
		return error_set(err, -EINVAL, "--learn tightens the default profile, and goes with no other");
	return 0;
}

/* What containers have by default, whatever this one was given. */
static uint64_t by_default(void)
{
	const struct spec plain = SPEC_INIT;
	uint64_t set = 0;

	capabilities_of(&plain, &set, NULL);
	return set;
}

int learning_note(const char *manifest, const struct trial *trial, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *opened = NULL;
	const struct learned *learned = &trial->learned;
	struct learned_fact facts[FAMILIES + 64];
	size_t count = 0;
	int r;

	if (!learned->began)
		return error_set(err, -EPROTO, "--learn: nobody was asked about a system call; crun and runc can do it, from "
					       "Linux 5.5 on");
	for (unsigned int i = 0; i < FAMILIES; i++)
		facts[count++] = (struct learned_fact){LEARNED_CALLS, family_name(i), learned->families >> i & 1};
	for (unsigned int i = 0; capability_name(i); i++)
		if (by_default() >> i & 1)
			facts[count++] = (struct learned_fact){LEARNED_CAPABILITY, capability_name(i),
							       learned->capabilities >> i & 1};
	r = manifest_open(manifest, MANIFEST_WRITE, &opened, err);
	return r < 0 ? r : learned_note(opened, facts, count, err);
}

/* "used   namespaces; CAP_CHOWN CAP_SETGID", as a line and as facts. */
void learning_report(struct report *report, const struct trial *trial)
{
	_cleanup_(text_release) struct text text = TEXT_INIT, line = TEXT_INIT;
	json_t *families = json_array(), *capabilities = json_array();

	for (unsigned int i = 0; i < FAMILIES; i++)
		if (trial->learned.families >> i & 1) {
			text_printf(&text, " %s", family_name(i));
			json_array_append_new(families, json_string(family_name(i)));
		}
	text_add(&text, text.size ? ";" : " none of the rare system calls;");
	for (unsigned int i = 0; capability_name(i); i++)
		if ((trial->learned.capabilities & by_default()) >> i & 1) {
			text_printf(&text, " %s", capability_name(i) + strlen("CAP_"));
			json_array_append_new(capabilities, json_string(capability_name(i)));
		}
	text_add(&text, json_array_size(capabilities) ? "" : " no capability");
	text_printf(&line, "used%s", text_failed(&text) ? "" : text.bytes);
	report_step(report, "", text_failed(&line) ? "" : line.bytes, -1);
	report_fact(report, "used", json_pack("{s:o, s:o}", "calls", families, "capabilities", capabilities));
}
