// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/export_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "pack/oci/store.h"
#include "pack/package/bundle.h"

int export_guard_take(enum traced_what *ret_what, const char *word)
{
	bool heal = strcmp(word, "heal") == 0;

	if (!heal && strcmp(word, "report") != 0)
		return -EINVAL;
	*ret_what = heal ? TRACED_HEAL : TRACED_REPORT;
	return 0;
}

void export_guard_say(enum traced_what what)
{
	if (what == TRACED_ALL)
		return;
	log_note("the guard takes --cap-add SYS_ADMIN --cap-add SYS_PTRACE --device /dev/fuse --security-opt "
		 "apparmor=unconfined -v sfc-trace:" TRACED_VOLUME "%s",
		 what == TRACED_HEAL ? ", and the full root at " TRACED_FULL : "");
}

void export_guard_release(struct export_guard *guard)
{
	closep(&guard->program);
	closep(&guard->manifest);
}

/* What its misses are of: the image that the package was made of, else its source. */
static int find_id(struct export_guard *guard, const struct bundle *bundle, struct error *err)
{
	_cleanup_(image_config_release) struct image_config image = IMAGE_CONFIG_INIT;
	_cleanup_(json_freep) json_t *json = NULL;
	const char *digest;
	int r = bundle_image(bundle, &image, err);

	if (r < 0)
		return r;
	if (image.json && image_config_digest(&image, guard->id) < 0)
		return error_oom(err);
	if (*guard->id)
		return 0;
	r = bundle_json(bundle, "sfc/package.json", &json, err);
	digest = json_text(json_object_get(json, "source"), "digest");
	if (r == 0)
		r = oci_digest_check(digest, err);
	if (r < 0)
		return error_prefix(err, r, "its source's digest");
	snprintf(guard->id, sizeof(guard->id), "%s", digest);
	return 0;
}

static int copy_manifest(struct export_guard *guard, const struct bundle *bundle, struct error *err)
{
	const struct node *node = tree_find(bundle_tree(bundle), "/sfc/manifest.db");
	char hex[DIGEST_HEX_SIZE];

	if (!node)
		return error_set(err, -EINVAL, "it has no manifest, so that nobody knows what it lacks");
	guard->manifest = memfd_create("manifest", MFD_CLOEXEC);
	if (guard->manifest < 0)
		return error_errno(err, "cannot copy the manifest");
	return bundle_copy(bundle, node, guard->manifest, hex, err);
}

int export_guard_open(struct export_guard *guard, enum traced_what what, const char *program, const char *package,
		      struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	int r = bundle_is_likely(package) ? bundle_open(package, &bundle, err) : -EMEDIUMTYPE;

	if (r == -EMEDIUMTYPE)
		return error_set(err, -EINVAL, "'%s' is no package: a guard knows what a package was made without", package);
	if (r < 0)
		return r;
	guard->program = open(program, O_RDONLY | O_CLOEXEC);
	if (guard->program < 0)
		return error_errno(err, "cannot open '%s'", program);
	r = find_id(guard, bundle, err);
	if (r == 0)
		r = copy_manifest(guard, bundle, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", package);
	guard->guard = (struct oci_guard){
		.traced = {.id = guard->id, .what = what},
		.layer = {.program = guard->program, .manifest = guard->manifest, .id = guard->id},
	};
	return 0;
}
