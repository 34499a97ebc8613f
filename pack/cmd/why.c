// SPDX-License-Identifier: BSD-2-Clause
/* tracepack why, why-not: what brought a path in, or what kept it out. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "db/catalog.h"
#include "pack/cmd/closure_request.h"
#include "pack/cmd/widening.h"
#include "pack/evidence/explanation.h"
#include "pack/evidence/json.h"
#include "pack/need/admission.h"
#include "pack/need/need.h"
#include "pack/package/bundle.h"

enum { ALSO_MAX = 5 };

/* Who is asked about what. */
struct inquiry {
	const char *subject; /* package or manifest */
	const char *asked;   /* as it was typed */
	char *path;          /* canonical, and real where it exists */
	bool json, quiet, levels;
	struct closure_request request; /* of a manifest */
	struct bundle *bundle;  /* of a package */
	struct evidence evidence;
};

static void inquiry_release(struct inquiry *inquiry)
{
	free(inquiry->path);
	evidence_release(&inquiry->evidence);
	bundle_close(inquiry->bundle);
	closure_request_release(&inquiry->request);
}

static const struct command_option command_options[] = {
	{OPTION_TABLE(closure_request_options, struct inquiry, request)},
	{0, "json", NULL, "the answer as JSON", OPTION_FLAG(struct inquiry, json)},
	{'q', "quiet", NULL, "only the exit status", OPTION_FLAG(struct inquiry, quiet)},
	{0},
};

static const struct command_option why_not_options[] = {
	{0, "levels", NULL, "of any number of PATHs, only which --margin takes each in",
	 OPTION_FLAG(struct inquiry, levels)},
	{.table = command_options},
	{0},
};

/* Links above the path are followed, a last one is not: it can be asked about itself. */
static char *real_path(const struct inquiry *inquiry, const char *path)
{
	_cleanup_(freep) char *parent = path_parent(path), *real = NULL;
	const struct source_entry *entry;

	if (!parent || strcmp(path, "/") == 0)
		return strdup(path);
	if (inquiry->bundle)
		real = bundle_resolve(inquiry->bundle, parent);
	else if (source_walk(inquiry->request.source, parent, SOURCE_FOLLOW, NULL, NULL, &entry,
			     NULL) == 0)
		real = strdup(entry->path);
	return real ? path_join(real, path_name(path)) : strdup(path);
}

static int load(struct inquiry *inquiry, struct error *err)
{
	_cleanup_(freep) char *canonical = path_canonicalize(inquiry->asked);
	int r;

	if (!canonical)
		return error_oom(err);
	if (bundle_is_likely(inquiry->subject)) {
		r = bundle_open(inquiry->subject, &inquiry->bundle, err);
		if (r == 0)
			r = bundle_evidence(inquiry->bundle, &inquiry->evidence, err);
	} else {
		inquiry->request.looking = true;
		r = closure_request_open(&inquiry->request, err);
		if (r == 0)
			r = closure_request_compute(&inquiry->request, err);
	}
	if (r < 0)
		return r;
	inquiry->path = real_path(inquiry, canonical);
	if (!inquiry->path)
		return error_oom(err);
	return inquiry->bundle ? 0
			       : evidence_about(inquiry->request.closure,
						&inquiry->request.selection, inquiry->path,
						&inquiry->evidence, err);
}

static void print_path(const char *path)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_add_escaped(&text, path);
	printf("%s\n", text.bytes);
}

/* Reasons beside the one told already, under a heading; of many the first few. */
static void print_reasons(const struct evidence_entry *entry, const struct evidence_reason *told,
			  const char *heading)
{
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < entry->reason_count; i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;

		if (&entry->reasons[i] == told)
			continue;
		if (shown++ >= ALSO_MAX) {
			left++;
			continue;
		}
		explanation_line(&entry->reasons[i], &text);
		if (shown == 1)
			printf("%s\n", heading);
		printf("%s\n", text.bytes);
	}
	if (left)
		printf("  and %zu more\n", left);
}

static int explain(const struct inquiry *inquiry, const struct evidence_entry *entry,
		   struct error *err)
{
	_cleanup_(explanation_release) struct explanation chain = {0};

	if (explanation_find(&inquiry->evidence, entry, &chain) < 0)
		return error_oom(err);
	if (inquiry->json)
		return json_print(explanation_json(entry, &chain), err);
	print_path(entry->path);
	for (size_t i = 0; i < chain.count; i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;

		explanation_line(chain.items[i].reason, &text);
		printf("%s\n", text.bytes);
	}
	print_reasons(entry, chain.count ? chain.items[0].reason : NULL, "also");
	return 0;
}

/* A package knows what it was made from; with that source, what it would be made of now. */
static int open_again(struct inquiry *inquiry, struct error *err)
{
	int r = bundle_manifest(inquiry->bundle, &inquiry->request.manifest, err);

	return r < 0 ? r : closure_request_open(&inquiry->request, err);
}

static int compute_again(struct inquiry *inquiry)
{
	int r = open_again(inquiry, NULL);

	return r < 0 ? r : closure_request_compute(&inquiry->request, NULL);
}

/* What it would cost to have it: bytes of files, with what they need; -1: not known. */
static int64_t cost_of(struct inquiry *inquiry)
{
	struct closure_request *request = &inquiry->request;
	struct reason reason = {.kind = REASON_RULE, .detail = "why-not"};
	const struct closure_entry *entry;
	int64_t before;

	if (inquiry->bundle && (!request->source_path || compute_again(inquiry) < 0))
		return -1;
	entry = closure_find(request->closure, inquiry->path);
	if (entry && closure_entry_in(entry)) /* by other rules than those the package was built with */
		return -1;
	before = (int64_t)closure_bytes(request->closure);
	if (closure_add(request->closure, inquiry->path, CLOSURE_CONTENTS, &reason,
			(int)request->rules.count, NULL, NULL) < 0 ||
	    closure_compute(request->closure, NULL) < 0)
		return -1;
	return (int64_t)closure_bytes(request->closure) - before;
}

/* " (1.2 kB with what it needs)"; of a file whose needs cannot be known, its own size. */
static void add_cost(struct inquiry *inquiry, enum entry_kind kind, uint64_t size, struct text *text)
{
	int64_t cost = cost_of(inquiry);

	if (cost < 0 && kind != ENTRY_FILE)
		return;
	text_add(text, " (");
	text_add_size(text, cost >= 0 ? (unsigned long long)cost : size);
	text_add(text, cost >= 0 ? " with what it needs)" : ")");
}

/* Without a catalog nothing is known of any path but that nobody touched it. */
static int ask_catalog(struct manifest *manifest, const char *path, enum catalog_answer *ret_answer,
		       struct catalog_entry *ret_entry, struct error *err)
{
	bool exists;
	int r = catalog_exists(manifest, &exists, err);

	*ret_answer = CATALOG_LISTED;
	return r < 0 || !exists ? r : catalog_ask(manifest, path, ret_answer, ret_entry, err);
}

static void add_folded(struct text *text, const struct catalog_entry *directory)
{
	text_add(text, "; whether the source had it is not known: of ");
	text_add_escaped(text, directory->path);
	text_add(text, " only its ");
	text_add_count(text, directory->names);
	text_add(text, directory->names == 1 ? " name is counted" : " names are counted");
}

/* Why a path that nothing ever asked for is not in, in words. */
static int untouched(struct inquiry *inquiry, const struct widening *widening, struct text *text,
		     struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *packed = NULL;
	struct manifest *manifest = inquiry->request.manifest;
	const char *what = inquiry->bundle ? "the package" : "the selection";
	struct catalog_entry entry = {0};
	enum catalog_answer answer;
	int r;

	if (inquiry->bundle) {
		r = bundle_manifest(inquiry->bundle, &packed, err);
		if (r < 0)
			return r;
		manifest = packed;
	}
	r = ask_catalog(manifest, inquiry->path, &answer, &entry, err);
	if (r < 0)
		return r;
	text_add_escaped(text, inquiry->path);
	if (answer == CATALOG_NEVER) {
		text_printf(text, " is not in %s: it was not in the source when that was traced",
			    what);
		return 0;
	}
	text_printf(text, " is not in %s: no session touched it", what);
	if (answer == CATALOG_UNKNOWN) {
		add_folded(text, &entry);
		return 0;
	}
	add_cost(inquiry, entry.kind, entry.size, text);
	widening_say(widening, text);
	return 0;
}

static const char *out_phrase(enum closure_verdict verdict)
{
	switch (verdict) {
	case VERDICT_RULE:
		return "the rule '";
	case VERDICT_SECRET:
		return "it is a secret: ";
	default:
		return "nobody opened it, and --stat-only=omit";
	}
}

/* Why a path that something asked for is not in. */
static void kept_out(struct inquiry *inquiry, const struct evidence_entry *entry,
		     struct text *text)
{
	text_add_escaped(text, entry->path);
	text_printf(text, " is not in %s: %s", inquiry->bundle ? "the package" : "the selection",
		    out_phrase(entry->verdict));
	if (entry->verdict_detail)
		text_add_escaped(text, entry->verdict_detail);
	if (entry->verdict == VERDICT_RULE)
		text_add(text, "' leaves it out");
	add_cost(inquiry, entry->kind, entry->size, text);
}

/* Print why it is not in; an entry (or NULL) is what is known of it. */
static int explain_absence(struct inquiry *inquiry, const struct evidence_entry *entry,
			   struct error *err)
{
	_cleanup_(widening_release) struct widening widening = {0};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = 0;

	if (entry) {
		kept_out(inquiry, entry, &text);
	} else {
		if (!inquiry->bundle)
			r = widening_find(&inquiry->request, inquiry->path, &widening, err);
		if (r == 0)
			r = untouched(inquiry, &widening, &text, err);
	}
	if (r < 0)
		return r;
	if (inquiry->json)
		return json_print(json_pack("{s:o, s:b, s:o, s:o, s:o}", "path", json_path(inquiry->path),
					    "in", 0, "because", json_path(text.bytes), "entry",
					    entry ? evidence_entry_json(entry) : json_null(), "margin",
					    widening_json(&widening)),
				  err);
	printf("%s.\n", text.bytes);
	if (entry)
		print_reasons(entry, NULL, "it would be in, being");
	return 0;
}

/* why-not --levels: of a package by its manifest, and the source that is named. */
static int list_levels(struct inquiry *inquiry, char *const *paths, size_t count, struct error *err)
{
	int r;

	inquiry->request.looking = true;
	if (bundle_is_likely(inquiry->subject)) {
		r = bundle_open(inquiry->subject, &inquiry->bundle, err);
		if (r == 0)
			r = open_again(inquiry, err);
	} else {
		r = closure_request_open(&inquiry->request, err);
	}
	return r < 0 ? r : widening_list(&inquiry->request, paths, count, err);
}

/* Both commands: `wanted` is the answer that exits 0. */
static int answer(const struct command *command, int argc, char **argv, bool wanted)
{
	_cleanup_(inquiry_release) struct inquiry inquiry = {0};
	const struct evidence_entry *entry;
	struct error err = ERROR_INIT;
	bool in = false;
	int r, code;

	closure_request_init(&inquiry.request);
	inquiry.request.options.allow_changed = true; /* it explains, it does not pack */
	if (!command_parse(command, argc, argv, &inquiry, &code))
		return code;
	if (argc - optind != 2 && !(inquiry.levels && argc - optind > 2))
		return command_misused(command, "a package or manifest and one path are needed");
	inquiry.subject = inquiry.request.manifest_path = argv[optind];
	inquiry.asked = argv[optind + 1];
	r = inquiry.levels ? list_levels(&inquiry, argv + optind + 1, (size_t)(argc - optind - 1), &err)
			   : load(&inquiry, &err);
	if (r == 0 && !inquiry.levels) {
		entry = evidence_find(&inquiry.evidence, inquiry.path);
		in = entry && entry->verdict == VERDICT_IN;
		if (!inquiry.quiet)
			r = in ? explain(&inquiry, entry, &err) : explain_absence(&inquiry, entry, &err);
	}
	if (r < 0) {
		log_error("%s", err.message);
		return EXIT_FAILED;
	}
	return in == wanted ? EXIT_DONE : EXIT_FAILED;
}

static int why_command(int argc, char **argv)
{
	return answer(&command_why, argc, argv, true);
}

static int why_not_command(int argc, char **argv)
{
	return answer(&command_why_not, argc, argv, false);
}

#define ABOUT "\nThe answer comes from a package, or from MANIFEST and its source as build would."

const struct command command_why = {
	.name = "why",
	.summary = "say what brought a path into a package",
	.operands = "PACKAGE PATH\n"
		    "       tracepack why MANIFEST [-s SOURCE] [OPTION]… PATH",
	.about = "Print the chain of reasons that brought PATH in. Exits 1 when it is not in." ABOUT,
	.options = command_options,
	.function = why_command,
};

const struct command command_why_not = {
	.name = "why-not",
	.summary = "say what keeps a path out of a package",
	.operands = "PACKAGE PATH\n"
		    "       tracepack why-not MANIFEST [-s SOURCE] [OPTION]… PATH\n"
		    "       tracepack why-not --levels PACKAGE|MANIFEST [-s SOURCE] PATH…",
	.about = "Say what keeps PATH out, and what it would cost. Exits 1 when it is in." ABOUT,
	.options = why_not_options,
	.function = why_not_command,
};
