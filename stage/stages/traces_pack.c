// SPDX-License-Identifier: BSD-2-Clause
/* What tracepack makes of traces and their image. */
#include "stage/stages/traces_private.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/slim_config.h"
#include "stage/stages/tracepack.h"

static int run(struct traces *traces, struct tracepack_words *words, struct text *said, struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT;
	int r = tracepack_run(words, traces->request->access.cancel, &output, said, err);

	return r == -EINTR ? error_set(err, r, "interrupted") : r;
}

static void begin(struct tracepack_words *words, const char *name)
{
	tracepack_word(words, "tracepack");
	tracepack_word(words, name);
	tracepack_word(words, "--quiet");
}

int traces_merge(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};

	begin(&words, "merge");
	tracepack_word(&words, traces->manifest);
	for (size_t i = 0; i < traces->files.count; i++)
		tracepack_word(&words, traces->files.items[i]);
	return run(traces, &words, said, err);
}

int traces_unpack(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};

	begin(&words, "import");
	tracepack_word(&words, traces->file.path);
	tracepack_option(&words, "--ref", reference_is_remote(&traces->from) ? NULL : traces->from.name);
	/* what is both is read here as it was there */
	tracepack_option(&words, "--type", traces->file.is_archive ? "docker" : NULL);
	tracepack_option(&words, "--platform", traces->request->access.platform);
	tracepack_option(&words, "--config", traces->start);
	tracepack_option(&words, "--image-config", traces->image);
	tracepack_option(&words, "-o", traces->root);
	return run(traces, &words, said, err);
}

/* A package where it is run before it becomes an image, else only its root. */
static void describe(struct traces *traces, struct tracepack_words *words)
{
	tracepack_option(words, "--level", "1"); /* it is read once, and goes into another layer */
	if (!traces->request->verify)
		return;
	tracepack_word(words, "--package");
	tracepack_option(words, "--name", "slim");
	tracepack_option(words, "--config", traces->start);
	tracepack_option(words, "--image-config", traces->image);
	tracepack_option(words, "--catalog", "none");
}

/* What the image's configuration names, and tracing cannot see. */
static int include(struct traces *traces, struct tracepack_words *words, json_t **ret_volumes, struct error *err)
{
	const json_t *config = traces->file.image->config, *volume;
	size_t i;
	int r = slim_config_volumes(config, ret_volumes, err);

	json_array_foreach(*ret_volumes, i, volume)
		tracepack_option(words, "--include", json_string_value(volume));
	if (r == 0 && slim_config_names_user(config)) {
		tracepack_option(words, "--include", "/etc/passwd");
		tracepack_option(words, "--include", "/etc/group");
	}
	return r;
}

/*
 * The image is known by its digest to be the one that was traced: what is otherwise in it was made in the
 * container, by its engine or by an earlier start, and is no news.
 */
static int add_news(struct text *said, struct text *warnings, bool other_image, struct error *err)
{
	static const char old[] = " since it was traced";
	char *rest = warnings->size ? warnings->bytes : NULL, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		size_t length = strlen(line), end = sizeof(old) - 1;

		if (length && (other_image || length < end || strcmp(line + length - end, old) != 0))
			text_printf(said, "%s\n", line);
	}
	return text_failed(said) ? error_oom(err) : 0;
}

int traces_build(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};
	_cleanup_(text_release) struct text warnings = TEXT_INIT;
	_cleanup_(json_freep) json_t *volumes = NULL;
	int r;

	begin(&words, "build");
	tracepack_word(&words, traces->manifest);
	tracepack_option(&words, "-s", traces->root);
	tracepack_option(&words, "-o", traces->packed);
	describe(traces, &words);
	r = include(traces, &words, &volumes, err);
	if (r < 0)
		return r;
	tracepack_word(&words, "--allow-changed");
	tracepack_option(&words, "--margin", TRACEPACK_MARGIN);
	for (size_t i = 0; i < traces->request->packer->count; i++)
		tracepack_word(&words, traces->request->packer->items[i]);
	r = run(traces, &words, &warnings, err);
	return r != 0 ? r : add_news(said, &warnings, traces->request->other_image, err);
}

int traces_keep_manifest(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};

	if (!traces->request->keep_manifest)
		return 0;
	begin(&words, "merge");
	tracepack_word(&words, traces->request->keep_manifest);
	tracepack_word(&words, traces->manifest);
	return run(traces, &words, said, err);
}
