// SPDX-License-Identifier: BSD-2-Clause
/* What slim has to do with images: names, variables, a HEALTHCHECK that is kept or not. */
#include "stage/stages/slim_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/oci/derived.h"
#include "pack/source/which.h"
#include "stage/watch/inside.h"

char *slim_name(const struct slim_request *request)
{
	const struct reference *image = request->image;
	bool remote = image && reference_is_remote(image);
	char *name = strdup(path_name(!image ? request->output : remote ? image->name : image->path));
	size_t length = name ? strlen(name) : 0;

	if (name && remote)
		name[strcspn(name, ":@")] = '\0';
	else if (length > 4 && (strcmp(name + length - 4, ".sfc") == 0 || strcmp(name + length - 4, ".tar") == 0))
		name[length - 4] = '\0';
	return name;
}

/*
 * A plain environment with the caller's language; his other variables would be part of what is traced. An image
 * has what it says: that is what it will be started with.
 */
int slim_environment(struct slim *slim, struct error *err)
{
	static const char *const taken[] = {"LANG", "LC_ALL", "TZ"};
	const struct start_defaults *own = slim->source.start.given ? &slim->source.start.defaults : NULL;
	int r = spec_strings_add(&slim->env, "PATH=" WHICH_PATH_DEFAULT);

	for (size_t i = 0; r == 0 && !slim->source.image && i < sizeof(taken) / sizeof(*taken); i++) {
		_cleanup_(freep) char *variable = NULL;
		const char *value = getenv(taken[i]);

		if (value && asprintf(&variable, "%s=%s", taken[i], value) < 0)
			r = -ENOMEM;
		else if (value)
			r = spec_strings_add(&slim->env, variable);
	}
	for (char *const *item = own ? own->env : NULL; r == 0 && item && *item; item++)
		r = spec_strings_add(&slim->env, *item);
	if (r == 0 && array_push(&slim->env, NULL) == 0)
		slim->env.count--;
	else
		r = -ENOMEM;
	if (r < 0)
		return error_oom(err);
	if (own)
		slim->defaults = *own;
	slim->defaults.env = slim->env.items;
	return 0;
}

/* Where OCI's kind keeps it, too. */
static void drop_health(json_t *image)
{
	json_t *config = json_object_get(image, "config");

	json_object_del(config, "Healthcheck");
	json_object_del(json_object_get(config, "Labels"), DERIVED_LABEL_HEALTH);
}

static int write_image(const struct slim *slim, const json_t *image, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *path = path_join(slim->request->scratch->path, "kept.json");
	_cleanup_(freep) char *text = json_document(image);
	_cleanup_(closep) int fd = -1;
	int r;

	if (!path || !text)
		return error_oom(err);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "cannot write '%s'", path);
	r = io_write(fd, text, strlen(text));
	if (r < 0)
		return error_code(err, r, "cannot write '%s'", path);
	*ret_path = take(path);
	return 0;
}

int slim_image(struct slim *slim, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_auto_t *image = NULL;
	char *path = NULL;
	int r;

	if (!slim->source.image || !slim->request->spec->no_healthcheck)
		return 0;
	r = io_read_file(AT_FDCWD, slim->source.image, IMAGE_CONFIG_MAX, &text, err);
	if (r == 0)
		r = json_read(text.bytes, text.size, IMAGE_CONFIG_MAX, &image, err);
	if (r < 0)
		return r;
	drop_health(image);
	r = write_image(slim, image, &path, err);
	if (r < 0)
		return r;
	free(slim->source.image);
	slim->source.image = path;
	return 0;
}

/* It is kept, and nobody knows what it needs. */
int slim_note_health(const struct slim *slim, struct text *said, struct error *err)
{
	const struct image_config *image = &slim->source.start.image;
	struct inside_check check = {.timeout_ms = 0};
	int r = slim->test->served || slim->request->spec->no_healthcheck ? 0 : inside_check_of(image, &check, err);

	if (r == 0 && check.args.count)
		text_add(said, "warning: the image's HEALTHCHECK was not run, and may lack files; --no-healthcheck "
			       "drops it\n");
	inside_check_release(&check);
	return r < 0 ? r : text_failed(said) ? error_oom(err) : 0;
}
