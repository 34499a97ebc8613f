// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/test_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "stage/layer/dev.h"
#include "stage/layer/view.h"
#include "stage/mount/mount.h"
#include "stage/stages/test_place.h"
#include "stage/stages/test_row.h"
#include "stage/stages/trace.h"

static int make_places(const struct test_places *places, struct error *err)
{
	char *const all[] = {places->source, places->root, places->scratch};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (mkdir(all[i], 0700) < 0 && errno != EEXIST)
			return error_errno(err, "cannot make '%s'", all[i]);
	return 0;
}

static int put_up(const struct test_mount_request *request, int view,
		  const struct test_places *places, struct error *err)
{
	_cleanup_(freep) char *manifest = state_path(request->state, "test/%s/manifest.db", request->name);
	const struct trace_options options = {
		.source = places->source,
		.mountpoint = places->root,
		.manifest = manifest,
		.label = request->label ? request->label : "mount",
		.scratch = places->scratch,
		.more = request->trace,
	};
	const struct test_row row = {
		.mount = true,
		.label = (char *)options.label,
		.asked = (char *)"{}",
		.container = (char *)"",
		.begun_ns = clock_wall_ns(),
	};
	int r = manifest ? test_row_put(request->state, request->name, &row, err) : error_oom(err);

	if (r == 0)
		r = make_places(places, err);
	if (r == 0)
		r = mount_attach(view, AT_FDCWD, places->source, err);
	if (r == 0)
		r = trace_leave(&options, err);
	if (r < 0)
		return r;
	if (chmod(manifest, 0600) < 0)
		return error_errno(err, "cannot close '%s' to others", manifest);
	return test_row_up(request->state, request->name, err);
}

int test_mount(const struct test_mount_request *request, char **ret_path, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(test_places_release) struct test_places places = {0};
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	_cleanup_(closep) int directory = -1, view = -1;
	int r = dev_must_exist(request->state, request->name, &dev, err);

	if (r == 0)
		r = test_claim(request->state, request->name, &claim, err);
	if (r == 0)
		r = test_places_of(request->state, request->name, &places, err);
	if (r == 0)
		r = test_directory(request->state, request->name, &directory, err);
	if (r == 0)
		r = view_open(request->state, &dev, &view, err);
	if (r < 0)
		return r;
	r = put_up(request, view, &places, err);
	if (r < 0) {
		test_settle(request->state, request->name, NULL);
		return r;
	}
	*ret_path = take(places.root);
	return 0;
}

int test_umount(struct state *state, const char *name, struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	_cleanup_(test_places_release) struct test_places places = {0};
	int r = state_check_name("a root", name, err);

	if (r == 0)
		r = test_places_of(state, name, &places, err);
	if (r < 0)
		return r;
	if (!test_is_mounted(places.root))
		return error_set(err, -ENOENT, "'%s' is not mounted; 'sfc test mount %s' does it", name, name);
	r = test_row_going(state, name, err);
	if (r < 0)
		return r;
	r = program_run((const char *const[]){"tracefs", "--unmount", places.root, NULL}, &output, &said, err);
	if (r != 0 && umount2(places.root, UMOUNT_NOFOLLOW) < 0)
		return error_errno(err, "'%s' cannot be unmounted", places.root);
	r = test_places_remove(state, name, &places, err);
	return r < 0 ? r : test_row_remove(state, name, err);
}
