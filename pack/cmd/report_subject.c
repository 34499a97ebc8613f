// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/report_subject.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/cmd/command.h"
#include "pack/cmd/margins.h"
#include "pack/distro/read.h"
#include "pack/need/from_selection.h"
#include "pack/need/need.h"

void report_subject_release(struct report_subject *subject)
{
	evidence_release(&subject->evidence);
	closure_free(subject->closure);
	source_close(subject->source);
	selection_release(&subject->selection);
	selection_release(&subject->used);
	manifest_close(subject->manifest);
	bundle_close(subject->bundle);
	array_release(&subject->packages.packages);
	intern_release(&subject->strings);
	json_decref(subject->margins);
	description_release(&subject->description);
	text_release(&subject->command);
}

/* ---- the sessions */

/* A command as one would type it, if none of its words needs quotes; those that do have them. */
static void spell_word(struct text *text, const char *word)
{
	bool plain = *word && !strpbrk(word, " \t\n\"'\\$`!*?[]{}()<>|&;~#");

	text_add(text, text->size ? " " : "");
	if (plain) {
		text_add(text, word);
		return;
	}
	text_add_char(text, '\'');
	for (; *word; word++)
		if (*word == '\'')
			text_add(text, "'\\''");
		else
			text_add_char(text, *word);
	text_add_char(text, '\'');
}

static void spell_command(struct text *text, const char *command)
{
	json_auto_t *words = command ? json_loads(command, 0, NULL) : NULL;
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
		if (json_is_string(word))
			spell_word(text, json_string_value(word));
}

/* A report is about what there is, also of a run that was cut short. */
static int read_selection(struct report_subject *subject, bool sessions_only, struct selection *ret_selection,
			  struct error *err)
{
	const struct selection_filter all = {.allow_interrupted = true, .sessions_only = sessions_only};

	return selection_from_sessions(subject->manifest, &all, ret_selection, err);
}

static int read_sessions(struct report_subject *subject, struct error *err)
{
	struct report_options *options = &subject->options;
	const struct session *last;
	int r = read_selection(subject, true, &subject->selection, err);

	if (r < 0)
		return r;
	last = selection_last(&subject->selection.sessions);
	spell_command(&subject->command, last->command);
	if (text_failed(&subject->command))
		return error_oom(err);
	options->selection = &subject->selection;
	options->source = last->source;
	options->time = last->started_ns / 1000000000;
	options->command = subject->command.size ? subject->command.bytes : NULL;
	return 0;
}

/* ---- a manifest and its source */

static int compute(struct report_subject *subject, struct error *err)
{
	/* a file that has changed since is worth a line in a build, not in a report */
	const struct closure_options options = {.allow_changed = true, .cancel = &command_cancelled};
	int r = read_selection(subject, false, &subject->used, err);

	if (r == 0)
		r = closure_new(subject->source, &options, &subject->closure, err);
	if (r == 0)
		r = closure_add_selection(subject->closure, &subject->used, err);
	if (r == 0)
		r = closure_compute(subject->closure, err);
	if (r == 0)
		r = closure_count_listed(subject->closure, &subject->listed, err);
	if (r == 0)
		r = evidence_from_closure(subject->closure, &subject->used, &subject->evidence, err);
	if (r < 0)
		return r;
	subject->options.listed = &subject->listed;
	subject->options.evidence = &subject->evidence;
	return 0;
}

static bool is_kept(const char *path, void *data)
{
	const struct report_subject *subject = data;
	const struct evidence_entry *entry = evidence_find(&subject->evidence, path);

	return entry && entry->verdict == VERDICT_IN;
}

static int add_package(const struct packed_package *package, void *data)
{
	struct report_subject *subject = data;
	struct packed_package own = *package;

	own.name = intern_string(&subject->strings, package->name);
	own.version = intern_string(&subject->strings, package->version);
	return own.name && own.version ? array_push(&subject->packages.packages, own) : -ENOMEM;
}

static int by_kept(const void *a, const void *b)
{
	const struct packed_package *x = a, *y = b;

	if (x->bytes_kept != y->bytes_kept)
		return x->bytes_kept > y->bytes_kept ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Which packages the source has, by their manager's records; there may be none. */
static int read_packages(struct report_subject *subject, struct error *err)
{
	_cleanup_(distribution_release) struct distribution distribution = {0};
	int r = distribution_read(subject->source, &distribution, err);

	if (r < 0)
		return r;
	distribution_mark(&distribution, is_kept, subject);
	for (size_t i = 0; i < distribution.count && r == 0; i++) {
		const struct installed *installed = &distribution.items[i];
		const struct packed_package package = {.name = installed->name,
						       .version = installed->version,
						       .files = installed->files_total,
						       .bytes = installed->bytes_total,
						       .files_kept = installed->files_kept,
						       .bytes_kept = installed->bytes_kept};

		r = add_package(&package, subject);
	}
	array_sort(&subject->packages.packages, by_kept);
	return r < 0 ? error_oom(err) : 0;
}

/* The runs as they are known, so that a page of one that was cut short has them too. */
static int read_margins(struct report_subject *subject, const char *path, const char *source, struct error *err)
{
	_cleanup_(margins_release) struct margins margins = {0};
	int r = margins_read(path, source, true, &margins, err);

	if (r < 0)
		return r;
	subject->options.margins = subject->margins = margins_summary(&margins);
	return subject->margins ? 0 : error_oom(err);
}

static int open_manifest(struct report_subject *subject, const char *path, const char *source,
			 struct error *err)
{
	struct stat st;
	int r = manifest_open(path, MANIFEST_READ, &subject->manifest, err);

	if (r == 0)
		r = read_sessions(subject, err);
	if (r < 0)
		return r;
	subject->options.title = path_name(path);
	if (!source && subject->options.source[0] == '/' && stat(subject->options.source, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		source = subject->options.source;
	if (!source) {
		log_note("report: '%s' is not here, so what the used files need in turn is not shown; "
			 "name the root with -s",
			 subject->options.source);
		return 0;
	}
	subject->options.source = source;
	r = source_open(source, &subject->source, err);
	if (r == 0)
		r = compute(subject, err);
	if (r == 0)
		r = read_packages(subject, err);
	return r < 0 ? r : read_margins(subject, path, source, err);
}

/* ---- a package */

static int digest_file(struct report_subject *subject, struct error *err)
{
	char hex[DIGEST_HEX_SIZE];
	struct stat st;
	int r;

	if (fstat(bundle_fd(subject->bundle), &st) < 0)
		return error_errno(err, "cannot read the package");
	r = digest_fd(bundle_fd(subject->bundle), hex, err);
	if (r < 0)
		return r;
	snprintf(subject->digest, sizeof(subject->digest), "sha256:%s", hex);
	subject->options.digest = subject->digest;
	subject->options.image_bytes = (uint64_t)st.st_size;
	return 0;
}

static int describe(struct report_subject *subject, const char *path, struct error *err)
{
	_cleanup_(start_config_release) struct start_config start = START_CONFIG_INIT;
	int r = bundle_description(subject->bundle, &subject->description, err);

	if (r == 0)
		r = bundle_start(subject->bundle, &start, err);
	if (r < 0)
		return r;
	text_clear(&subject->command);
	for (size_t i = 0; i < start.args.count; i++)
		spell_word(&subject->command, start.args.items[i]);
	if (text_failed(&subject->command))
		return error_oom(err);
	subject->options.command = subject->command.bytes;
	subject->options.title = subject->description.name ? subject->description.name : path_name(path);
	subject->options.version = subject->description.version;
	return 0;
}

static int open_package(struct report_subject *subject, const char *path, struct error *err)
{
	int r = bundle_open(path, &subject->bundle, err);

	if (r == 0)
		r = bundle_manifest(subject->bundle, &subject->manifest, err);
	if (r == 0)
		r = read_sessions(subject, err);
	if (r == 0)
		r = bundle_evidence(subject->bundle, &subject->evidence, err);
	if (r == 0)
		r = digest_file(subject, err);
	if (r == 0)
		r = describe(subject, path, err);
	if (r == 0)
		r = packed_each_package(subject->manifest, add_package, subject, err);
	subject->options.evidence = &subject->evidence;
	return r;
}

int report_subject_open(struct report_subject *subject, const char *path, const char *source,
			struct error *err)
{
	bool package = bundle_is_likely(path);
	int r;

	if (package && source)
		return error_set(err, -EINVAL, "a package has its reasons inside; -s does not go with it");
	r = package ? open_package(subject, path, err) : open_manifest(subject, path, source, err);
	if (r == 0 && subject->packages.packages.count)
		subject->options.packages = &subject->packages;
	return r;
}
