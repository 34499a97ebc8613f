// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/export_profile.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/package/bundle.h"
#include "pack/package/profile.h"

int export_profile_read(const char *source, json_t **ret_profile, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	_cleanup_(profile_release) struct profile profile = {.families = 0};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = bundle_is_likely(source) ? bundle_open(source, &bundle, err) : -EMEDIUMTYPE;

	if (r == -EMEDIUMTYPE || (r == 0 && !tree_find(bundle_tree(bundle), "/sfc/profile.json")))
		return 0;
	if (r == 0)
		r = bundle_read(bundle, "/sfc/profile.json", PROFILE_MAX, &text, err);
	if (r == 0)
		r = profile_parse(text.bytes, text.size, &profile, err);
	if (r == 0)
		r = json_read(text.bytes, text.size, PROFILE_MAX, ret_profile, err);
	return r < 0 ? error_prefix(err, r, "'%s': sfc/profile.json", source) : 0;
}
