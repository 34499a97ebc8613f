// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/records.h"

#include "db/base/cleanup.h"
#include "pack/distro/distribution.h"
#include "pack/distro/read.h"
#include "pack/distro/records.h"
#include "pack/need/closure_tree.h"

static int warn_of_records(struct closure *closure, const struct distribution *distribution,
			   struct error *err)
{
	int r = 0;

	if (distribution->unread)
		r = closure_warn(closure, "which packages of %s are inside is not noted, and its records "
				 "are not trimmed: %s", distribution->unread, distribution->because);
	else if (distribution->untrimmed)
		r = closure_warn(closure, "the records of %s are not trimmed: %s",
				 distribution->untrimmed, distribution->because);
	return r < 0 ? error_oom(err) : 0;
}

int package_records(struct closure *closure, struct node *rootfs, struct sbom_subject *subject,
		    struct notes *notes, json_t **ret_sbom, struct error *err)
{
	_cleanup_(distribution_release) struct distribution distribution = {0};
	struct tree_totals totals;
	uint64_t owned;
	int r;

	r = distribution_read(closure->source, &distribution, err);
	if (r < 0)
		return r;
	records_mark(&distribution, rootfs);
	tree_total(rootfs, &totals);
	if (distribution_count_owned(&distribution, &owned) < 0 ||
	    notes_add_distribution(notes, &distribution) < 0)
		return error_oom(err);
	subject->files = totals.files + totals.links + totals.others;
	subject->unowned_count = subject->files > owned ? subject->files - owned : 0;
	r = records_write(&distribution, rootfs, err);
	if (r == 0)
		r = warn_of_records(closure, &distribution, err);
	if (r == 0)
		*ret_sbom = sbom_json(&distribution, subject);
	return r;
}
