// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "pack/oci/derived.h"
#include "stage/watch/question.h"

enum { NS_PER_MS = 1000000, CHECK_MS = 30000 };

/* ---- words ---- */

/* Those of a list from one on, and a NULL behind them that does not count. */
static int add_words(spec_strings *words, const json_t *list, size_t from, struct error *err)
{
	for (size_t i = from; i < json_array_size(list); i++)
		if (spec_strings_add(words, json_string_value(json_array_get(list, i))) < 0)
			return error_oom(err);
	return 0;
}

static int end_words(spec_strings *words, struct error *err)
{
	if (array_push(words, NULL) < 0)
		return error_oom(err);
	words->count--;
	return 0;
}

int inside_words(const struct image_config *image, const char *command, spec_strings *ret_words,
		 struct error *err)
{
	const json_t *shell = image_config_member(image, "Shell");
	json_auto_t *usual = json_pack("[s, s]", "/bin/sh", "-c");
	int r = usual ? 0 : error_oom(err);

	if (r == 0)
		r = add_words(ret_words, json_array_size(shell) ? shell : usual, 0, err);
	if (r == 0 && spec_strings_add(ret_words, command) < 0)
		r = error_oom(err);
	return r < 0 ? r : end_words(ret_words, err);
}

/* ---- HEALTHCHECK ---- */

void inside_check_release(struct inside_check *check)
{
	spec_strings_release(&check->args);
}

/* *ret_checked holds what comes back. */
static const json_t *image_health(const struct image_config *image, struct image_config *ret_checked, struct error *err)
{
	const char *label = json_text(image_config_member(image, "Labels"), DERIVED_LABEL_HEALTH);
	json_auto_t *whole = NULL, *health = NULL;

	if (image_config_member(image, "Healthcheck"))
		return image_config_member(image, "Healthcheck");
	if (!label)
		return NULL;
	if (json_read(label, strlen(label), IMAGE_CONFIG_MAX, &health, err) < 0)
		return NULL;
	whole = json_pack("{s:{s:O}}", "config", "Healthcheck", health);
	if (!whole || image_config_from_json(whole, ret_checked, err) < 0)
		return NULL;
	return image_config_member(ret_checked, "Healthcheck");
}

int inside_check_of(const struct image_config *image, struct inside_check *check, struct error *err)
{
	_cleanup_(image_config_release) struct image_config checked = IMAGE_CONFIG_INIT;
	struct error why = ERROR_INIT;
	const json_t *health = image->json ? image_health(image, &checked, &why) : NULL;
	const json_t *test = json_object_get(health, "Test");
	const char *how = json_string_value(json_array_get(test, 0));

	if (*why.message)
		return error_set(err, -EBADMSG, "the image's HEALTHCHECK: %s", why.message);
	check->timeout_ms = json_integer_value(json_object_get(health, "Timeout")) / NS_PER_MS;
	if (!check->timeout_ms)
		check->timeout_ms = CHECK_MS;
	if (!how || strcmp(how, "NONE") == 0 || json_array_size(test) < 2)
		return 0;
	if (strcmp(how, "CMD-SHELL") == 0)
		return inside_words(image, json_string_value(json_array_get(test, 1)), &check->args, err);
	if (add_words(&check->args, test, 1, err) < 0)
		return -ENOMEM;
	return end_words(&check->args, err);
}

/* ---- asking ---- */

struct asking {
	const struct container *container;
	const char *file;
	int output, errors;
};

static int ask_inside(void *data)
{
	const struct asking *asking = data;
	int status = container_join(asking->container, asking->file, asking->output, asking->errors);

	return status < 0 ? 125 : status;
}

int inside_run(struct container *container, const spec_strings *words, int output, int errors,
	       struct pollfd *also, int64_t timeout_ms, int *ret_status, struct error *err)
{
	_cleanup_(freep) char *file = NULL;
	struct question question;
	struct asking asking = {.container = container, .output = output, .errors = errors};
	int r = container_join_prepare(container, words->items, &file, err);

	if (r < 0)
		return r;
	asking.file = file;
	r = question_begin(&question, ask_inside, &asking, err);
	if (r == 0)
		r = question_wait(&question, container, also, timeout_ms < 0 ? -1 : clock_steady_ms() + timeout_ms,
				  ret_status, err);
	unlink(file);
	return r;
}
