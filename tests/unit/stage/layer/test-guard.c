// SPDX-License-Identifier: BSD-2-Clause
/* The guard as a layer: what reaches it is noted or served, and it ends with the overlay above it. */
#include "stage/layer/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/catalog.h"
#include "stage/mount/mount.h"
#include "stage/mount/overlay.h"
#include "stage/watch/misses.h"
#include "tests/manifest.h"

static struct state *state;
static char manifest[4200];

/* A package as it is mounted: /etc/used is in it, /etc/unused and /opt/deep/file were left out. */
static void package_make(void)
{
	static const struct catalog_entry entries[] = {
		{.path = "/", .kind = ENTRY_DIR},	   {.path = "/etc", .kind = ENTRY_DIR},
		{.path = "/etc/unused", .kind = ENTRY_FILE}, {.path = "/etc/used", .kind = ENTRY_FILE},
		{.path = "/opt", .kind = ENTRY_DIR},	   {.path = "/opt/deep", .kind = ENTRY_DIR},
		{.path = "/opt/deep/file", .kind = ENTRY_FILE},
	};
	struct error err = ERROR_INIT;
	struct manifest *catalog;

	REQUIRE(system("mkdir -p package/sfc package/rootfs/etc/conf.d full/etc full/opt/deep &&"
		       " echo used >package/rootfs/etc/used && cp package/rootfs/etc/used full/etc &&"
		       " echo unused >full/etc/unused && echo deep >full/opt/deep/file") == 0);
	catalog = scratch_manifest("package/sfc/manifest.db");
	REQUIRE(manifest_begin(catalog, &err) == 0);
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++)
		REQUIRE(catalog_add(catalog, &entries[i], &err) == 0);
	REQUIRE(manifest_commit(catalog, &err) == 0);
	manifest_close(catalog);
}

static int package_mount(void)
{
	struct error err = ERROR_INIT;
	int mount = -1;

	REQUIRE(mount_clone(AT_FDCWD, "package", false, &mount, &err) == 0);
	return mount;
}

struct above {
	struct guard guard;
	int root; /* of the overlay */
};

/* In a namespace of our own, so that places can be had for the layers. */
static void put_up(const char *source, const char *label, struct above *above)
{
	struct guard_request request = {.package = package_mount(), .tree = -1, .manifest = manifest, .label = label};
	int lowers[2], layer = -1, mount = -1, upper, work, lock;
	struct overlay overlay = {.lower = lowers, .lower_count = 2, .kept = true};
	struct error err = ERROR_INIT;

	above->guard = (struct guard)GUARD_INIT;
	if (source && guard_open_source(state, source, &request.tree, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	if (guard_begin(&request, &above->guard, &layer, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	REQUIRE(layer >= 0);
	REQUIRE(system("rm -rf at layer && mkdir -p at/package at/guard at/root layer") == 0);
	REQUIRE(mount_attach(layer, AT_FDCWD, "at/guard", &err) == 0);
	lowers[0] = open("package/rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lowers[1] = open("at/guard", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	upper = open("layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(overlay_layer_open(upper, "layer", &overlay.upper, &overlay.work, &lock, &err) == 0);
	if (overlay_mount(&overlay, &mount, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	REQUIRE(mount >= 0);
	work = overlay.work;
	above->root = mount;
	close(lowers[0]);
	close(lowers[1]);
	close(upper);
	close(overlay.upper);
	close(work);
	close(lock);
	close(layer);
	close(request.package);
	if (request.tree >= 0)
		close(request.tree);
	/* only the overlay holds it from here on */
	REQUIRE(umount2("at/guard", MNT_DETACH) == 0);
}

static bool reads(const struct above *above, const char *path, const char *wanted)
{
	char text[32] = "";
	int fd = openat(above->root, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return wanted ? n >= 0 && strcmp(text, wanted) == 0 : fd < 0 && errno == ENOENT;
}

/* The paths that were missed, by a space. */
static void missed(char *paths, size_t size)
{
	struct misses misses = ARRAY_INIT;
	struct error err = ERROR_INIT;

	*paths = '\0';
	REQUIRE(misses_read(manifest, NULL, &misses, &err) == 0);
	for (size_t i = 0; i < misses.count; i++) {
		size_t length = strlen(paths);

		snprintf(paths + length, size - length, "%s%s", length ? " " : "", misses.items[i].path);
	}
	misses_release(&misses);
}

static void take_down(struct above *above)
{
	struct error err = ERROR_INIT;

	close(above->root);
	CHECK_INT(guard_settle(&above->guard, &err), 0);
	CHECK(!guard_is_alive(&above->guard));
}

static void manifest_new(const char *name)
{
	snprintf(manifest, sizeof(manifest), "%s/%s", scratch, name);
}

static void what_was_left_out_is_noted_and_what_never_was_is_not(void)
{
	struct error err = ERROR_INIT;
	struct above above;
	char paths[200];

	manifest_new("report.db");
	put_up(NULL, "app/1, the first", &above);
	CHECK(guard_is_alive(&above.guard));
	CHECK(reads(&above, "etc/used", "used\n"));
	CHECK(reads(&above, "etc/unused", NULL));
	CHECK(reads(&above, "etc/never", NULL));
	CHECK(reads(&above, "opt/deep/file", NULL));
	CHECK_INT(guard_flush(&above.guard, &err), 0);
	missed(paths, sizeof(paths));
	CHECK_STRING(paths, "/etc/unused /opt/deep/file");
	take_down(&above);
	missed(paths, sizeof(paths));
	CHECK_STRING(paths, "/etc/unused /opt/deep/file");
	CHECK_INT(count_of(manifest, "SELECT count(*) FROM session WHERE kind = 'prod' AND state = 'complete'"
				     " AND label = 'app/1, the first'"), 1);
}

static void with_a_source_it_is_served_too(void)
{
	struct error err = ERROR_INIT;
	struct above above;
	char paths[200];

	manifest_new("heal.db");
	put_up("full", "app/1", &above);
	CHECK(reads(&above, "etc/used", "used\n"));
	CHECK(reads(&above, "etc/unused", "unused\n"));
	CHECK(reads(&above, "opt/deep/file", "deep\n"));
	CHECK(reads(&above, "etc/never", NULL));
	CHECK_INT(guard_flush(&above.guard, &err), 0);
	missed(paths, sizeof(paths));
	CHECK_STRING(paths, "/etc/unused /opt /opt/deep /opt/deep/file");
	/* what is written goes to the layer, and is the layer's from then on */
	CHECK_INT(faccessat(above.root, "etc/unused", W_OK, 0), 0);
	take_down(&above);
	CHECK(system("test \"$(cat full/etc/unused)\" = unused") == 0);
}

static void a_mark_begins_another_session(void)
{
	struct error err = ERROR_INIT;
	struct above above;

	manifest_new("mark.db");
	put_up(NULL, "app/1", &above);
	CHECK(reads(&above, "etc/unused", NULL));
	CHECK_INT(guard_mark(&above.guard, "app/1", &err), 0);
	CHECK_INT(count_of(manifest, "SELECT count(*) FROM session"), 2);
	CHECK_INT(count_of(manifest, "SELECT count(*) FROM session WHERE state = 'complete'"), 1);
	take_down(&above);
}

static void one_that_was_killed_is_known_to_be_dead(void)
{
	struct error err = ERROR_INIT;
	struct above above;
	int tries = 0;

	manifest_new("killed.db");
	put_up(NULL, "app/1", &above);
	CHECK(reads(&above, "etc/unused", NULL));
	CHECK_INT(guard_flush(&above.guard, &err), 0);
	REQUIRE(kill((pid_t)above.guard.daemon.pid, SIGKILL) == 0);
	while (guard_is_alive(&above.guard) && tries++ < 1000)
		usleep(5000);
	CHECK(!guard_is_alive(&above.guard));
	CHECK_INT(guard_flush(&above.guard, &err), 0);
	/* its watcher marks the session; what it had noted is there */
	for (tries = 0; tries < 1000 && count_of(manifest, "SELECT count(*) FROM session"
							    " WHERE state = 'interrupted'") != 1; tries++)
		usleep(5000);
	CHECK(tries < 1000);
	take_down(&above);
}

static void what_it_cannot_show_is_named(void)
{
	const struct guard_request request = {
		.package = package_mount(), .tree = -1, .manifest = "/nowhere/misses.db", .label = "app/1"};
	struct guard guard = GUARD_INIT;
	struct error err = ERROR_INIT;
	int mount = -1, tree = -1;

	CHECK(guard_open_source(state, "nowhere", &tree, &err) < 0);
	CHECK_STRING(err.message, "the guard: cannot bind 'nowhere': No such file or directory");
	CHECK(guard_begin(&request, &guard, &mount, &err) < 0);
	CHECK_STRING(err.message, "the guard: manifest /nowhere/misses.db: No such file or directory");
	close(request.package);
	CHECK(mount == -1 && tree == -1);
	CHECK_INT(guard_check_source(state, "full", &err), 0);
	CHECK_INT(guard_check_source(state, "nowhere", &err), -ENOENT);
}

int main(void)
{
	const char *build = getenv("builddir");
	struct error err = ERROR_INIT;
	char path[8192];

	if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) < 0)
		test_skip("needs root and /dev/fuse");
	REQUIRE(realpath(build ? build : ".", path));
	strcat(path, "/fs:");
	strncat(path, getenv("PATH"), 2000);
	REQUIRE(setenv("PATH", path, 1) == 0);
	scratch_enter();
	umask(022);
	REQUIRE(state_open("state", &state, &err) == 0);
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	package_make();
	RUN(what_was_left_out_is_noted_and_what_never_was_is_not);
	RUN(with_a_source_it_is_served_too);
	RUN(a_mark_begins_another_session);
	RUN(one_that_was_killed_is_known_to_be_dead);
	RUN(what_it_cannot_show_is_named);
	state_close(state);
	return test_end();
}
