// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/deliver.h"

#include "db/base/cleanup.h"

static enum export_kind kind_of(const struct reference *to, const struct image_config *image,
				const struct export_options *options, bool has_kind)
{
	switch (to->transport) {
	case REFERENCE_FILE:
		return options->kind;
	case REFERENCE_DAEMON:
	case REFERENCE_DOCKER_ARCHIVE:
		return EXPORT_DOCKER;
	case REFERENCE_OCI:
		return EXPORT_OCI_DIR;
	case REFERENCE_OCI_ARCHIVE:
		return EXPORT_OCI;
	default:
		return has_kind ? options->kind : image_config_is_docker(image) ? EXPORT_DOCKER : EXPORT_OCI;
	}
}

int export_deliver(struct node *root, const json_t *start, const struct image_config *image,
		   const struct export_options *options, bool has_kind, const struct reference *to,
		   const struct carrier_options *access, struct export_stats *stats, struct error *err)
{
	_cleanup_(carrier_release) struct carrier carrier = {0};
	struct carrier_options carrying = *access;
	struct export_options own = *options;
	int r;

	own.kind = kind_of(to, image, options, has_kind);
	if (!carrier_is_needed(to))
		return export_write(root, start, image, &own, to->path, stats, err);
	if (own.kind == EXPORT_OCI_DIR)
		own.kind = EXPORT_OCI;
	carrying.tmpdir = options->tmpdir;
	r = carrier_open(&carrier, &carrying, err);
	if (r == 0)
		r = export_write(root, start, image, &own, carrier.path, stats, err);
	return r < 0 ? r : carrier_deliver(&carrier, own.kind == EXPORT_DOCKER, to, &carrying, err);
}
