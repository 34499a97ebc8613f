// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/test_page.h"

#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "stage/layer/dev.h"
#include "stage/layer/view.h"
#include "stage/mount/own.h"
#include "stage/stages/test_place.h"
#include "stage/stages/tracepack.h"
#include "stage/state/claim.h"

int test_page(struct state *state, const char *name, const char *output, bool force, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};
	_cleanup_(text_release) struct text warnings = TEXT_INIT;
	_cleanup_(freep) char *manifest = NULL, *view = NULL;
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	int r = test_manifest(state, name, &manifest, err);

	if (r == 0)
		r = dev_must_exist(state, name, &dev, err);
	if (r == 0)
		r = test_claim(state, name, &claim, err);
	if (r == 0)
		r = own_mounts_begin(err);
	if (r == 0)
		r = view_mount(state, &dev, &view, err);
	if (r < 0)
		return r;
	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "report");
	tracepack_word(&words, "--quiet");
	tracepack_option(&words, "--name", name);
	tracepack_option(&words, "--source", view);
	tracepack_option(&words, "--source-name", dev.source ? dev.source : dev.base);
	tracepack_option(&words, "--output", output);
	if (force)
		tracepack_word(&words, "--force");
	tracepack_word(&words, manifest);
	r = tracepack_run(&words, NULL, NULL, &warnings, err);
	if (r == 0)
		fputs(warnings.bytes, stderr);
	return r;
}
