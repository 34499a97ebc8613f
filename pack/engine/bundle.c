// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/bundle.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/engine/output.h"

/* Where it was an image: what is known of that, for who makes one of it again. */
static int write_image_config(const struct export_job *job, struct error *err)
{
	_cleanup_(freep) char *text = NULL;

	if (!job->facts->own || !job->facts->own->json)
		return 0;
	text = json_document(job->facts->own->json);
	if (!text)
		return error_oom(err);
	if (mkdirat(job->dirfd, "sfc", 0755) < 0)
		return error_errno(err, "cannot create 'sfc'");
	return output_text(job, "sfc/image.json", text, err);
}

int engine_write_bundle(const struct export_job *job, struct error *err)
{
	_cleanup_(json_freep) json_t *own = json_deep_copy(job->facts->config);
	_cleanup_(freep) char *text = NULL;
	json_t *place = json_object_get(own, "root");
	int r;

	/* wherever the root was, it is here now */
	if (!json_is_object(place)) {
		place = json_object();
		json_object_set_new(own, "root", place);
	}
	json_object_set_new(place, "path", json_string("rootfs"));
	text = json_dumps(own, JSON_INDENT(2));
	if (!text)
		return error_oom(err);
	r = output_text(job, "config.json", text, err);
	if (r == 0)
		r = write_image_config(job, err);
	return r < 0 ? r : output_rootfs(job, err);
}
