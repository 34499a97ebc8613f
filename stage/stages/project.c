// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/project.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/program.h"
#include "stage/spec/traced_start.h"
#include "stage/spec/yaml.h"

/* ---- its file ---- */

/* What docker compose makes of the file, by whatever it is called here: 1 when there is none. */
static int ask_compose(const char *file, struct text *output, struct error *err)
{
	const char *const plugin[] = {"docker", "compose", "version", NULL};
	const char *const of_plugin[] = {"docker", "compose", "-f", file, "config", "--format", "json", NULL};
	const char *const alone[] = {"docker-compose", "version", NULL};
	const char *const of_alone[] = {"docker-compose", "-f", file, "config", NULL};
	const char *const *words = NULL;
	_cleanup_(text_release) struct text said = TEXT_INIT, ignored = TEXT_INIT;
	struct error none = ERROR_INIT;
	int r;

	if (program_run(plugin, &ignored, &said, &none) == 0)
		words = of_plugin;
	else if (program_run(alone, &ignored, &said, &none) == 0)
		words = of_alone;
	else
		return 1;
	text_release(&said);
	r = program_run(words, output, &said, err);
	if (r > 0)
		return error_set(err, -EINVAL, "'%s': %s: %s", file, words[0],
				 said.size ? program_line(&said, "") : "it cannot be read");
	return r;
}

static int read_documents(const char *file, json_t **ret_documents, struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT;
	int r;

	if (access(file, R_OK) < 0)
		return error_errno(err, "cannot read '%s'", file);
	r = ask_compose(file, &output, err);
	if (r < 0)
		return r;
	if (r > 0)
		return yaml_read_path(file, ret_documents, err);
	r = yaml_read(output.bytes ? output.bytes : "", output.size, ret_documents, err);
	return r < 0 ? error_prefix(err, r, "what docker compose says of '%s'", file) : 0;
}

int project_read(const char *file, json_t **ret_project, struct error *err)
{
	_cleanup_(json_freep) json_t *documents = NULL;
	int r = read_documents(file, &documents, err);

	if (r < 0)
		return r;
	if (json_array_size(documents) != 1)
		return error_set(err, -EBADMSG, "'%s' holds %zu documents, not one", file,
				 json_array_size(documents));
	*ret_project = json_incref(json_array_get(documents, 0));
	return 0;
}

/* ---- its images ---- */

struct slimming {
	const struct traces_request *how;
	void (*made)(const char *image, const struct traces_result *result);
	json_t *names; /* of images: what each became; null: there are no traces of it */
	json_t *services; /* of the override */
	struct text *said;
};

/* The image, which becomes *ret_name; NULL: it has no traces. */
static int slim_one(struct slimming *slimming, const char *image, char **ret_name, struct error *err)
{
	_cleanup_(traces_result_release) struct traces_result result = {0};
	_cleanup_(freep) char *name = traced_image_name(image, "slim"), *from = NULL, *to = NULL;
	struct traces_request request = *slimming->how;
	int r;

	if (!name || asprintf(&from, "docker-daemon:%s", image) < 0 || asprintf(&to, "docker-daemon:%s", name) < 0)
		return error_oom(err);
	request.image = from;
	request.output = to;
	request.own_only = true;
	r = traces_slim(&request, &result, slimming->said, err);
	if (r == 0) {
		slimming->made(image, &result);
		*ret_name = take(name);
	}
	return r == -ENODATA ? 0 : r;
}

/* The same image is made slim once, by the traces of all services that have it. */
static int name_of(struct slimming *slimming, const char *image, const char **ret_name, struct error *err)
{
	json_t *known = json_object_get(slimming->names, image);
	_cleanup_(freep) char *name = NULL;
	int r = 0;

	if (!known) {
		r = slim_one(slimming, image, &name, err);
		known = name ? json_string(name) : json_null();
		if (r == 0 && json_set(slimming->names, image, known) < 0)
			r = error_oom(err);
	}
	*ret_name = r == 0 ? json_string_value(known) : NULL;
	return r;
}

static int stays(struct slimming *slimming, const char *service, const char *why, struct error *err)
{
	text_add(slimming->said, "warning: service '");
	text_add_escaped(slimming->said, service);
	text_printf(slimming->said, "' stays as it is: %s\n", why);
	return text_failed(slimming->said) ? error_oom(err) : 0;
}

static int slim_service(struct slimming *slimming, const char *name, const json_t *service, struct error *err)
{
	const char *why = NULL, *image = traced_service_image(service, &why), *slim = NULL;
	int r;

	if (!image)
		return stays(slimming, name, why, err);
	r = name_of(slimming, image, &slim, err);
	if (r == 0 && !slim)
		return stays(slimming, name, "there are no traces of its image", err);
	if (r == 0 && json_set(slimming->services, name, json_pack("{s:s}", "image", slim)) < 0)
		return error_oom(err);
	return r == 0 ? 0 : r < 0 ? error_prefix(err, r, "service '%s'", name) : r;
}

int project_slim(const json_t *project, const struct traces_request *how,
		 void (*made)(const char *image, const struct traces_result *result), json_t **ret_override,
		 struct text *said, struct error *err)
{
	_cleanup_(json_freep) json_t *names = json_object(), *services = json_object();
	struct slimming slimming = {how, made, names, services, said};
	const json_t *all = json_object_get(project, "services"), *service;
	const char *name;
	int r = names && services ? 0 : error_oom(err);

	if (!json_is_object(all))
		return error_set(err, -EBADMSG, "it has no services");
	json_object_foreach((json_t *)all, name, service) {
		if (r == 0)
			r = slim_service(&slimming, name, service, err);
	}
	if (r == 0 && !json_object_size(services))
		r = error_set(err, -ENODATA, "there are no traces of any of its images");
	if (r != 0)
		return r;
	*ret_override = json_pack("{s:O}", "services", services);
	return *ret_override ? 0 : error_oom(err);
}
