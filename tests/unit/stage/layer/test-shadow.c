// SPDX-License-Identifier: BSD-2-Clause
/* Shadows: which changes of a base a layer hides, and which it does not. */
#include "stage/layer/shadow.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/text.h"
#include "tests/manifest.h"

static int add(const char *path, bool deleted, void *data)
{
	return text_printf(data, "%s%s\n", path, deleted ? " deleted" : "");
}

/* Of "upper" over "old" and "new", which a shell makes anew. */
static char *shadows_of(const char *command)
{
	struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;
	int fds[3];
	static const char *const names[] = {"upper", "old", "new"};

	REQUIRE(system("rm -rf upper old new && mkdir -p upper/etc old/etc new/etc") == 0);
	REQUIRE(system(command) == 0);
	for (int i = 0; i < 3; i++)
		fds[i] = open(names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (shadow_each(fds[0], fds[1], fds[2], add, &text, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	return text_take(&text);
}

#define CHECK_SHADOWS(command, wanted)                                                             \
	do {                                                                                       \
		char *shadows_ = shadows_of(command);                                              \
		CHECK_STRING(shadows_, wanted);                                                    \
		free(shadows_);                                                                    \
	} while (0)

static void a_copy_hides_a_change_and_nothing_else(void)
{
	CHECK_SHADOWS("echo 1 >old/etc/a && echo 2 >new/etc/a && echo 3 >upper/etc/a", "/etc/a\n");
	/* the same in both, of another size, of the same size; longer than one look */
	CHECK_SHADOWS("echo 1 >old/etc/a && echo 1 >new/etc/a && echo 3 >upper/etc/a", "");
	CHECK_SHADOWS("echo 1 >old/etc/a && echo 11 >new/etc/a && echo 3 >upper/etc/a", "/etc/a\n");
	CHECK_SHADOWS("head -c 200000 /dev/zero >old/etc/a && cp old/etc/a new/etc/a && echo 3 >upper/etc/a &&"
		      " printf x | dd of=new/etc/a bs=1 seek=199999 conv=notrunc 2>/dev/null", "/etc/a\n");
	CHECK_SHADOWS("head -c 200000 /dev/zero >old/etc/a && cp old/etc/a new/etc/a && echo 3 >upper/etc/a", "");
	/* what is not covered is seen; what is only the layer's hides nothing */
	CHECK_SHADOWS("echo 1 >old/etc/a && echo 2 >new/etc/a && echo 3 >upper/etc/own", "");
}

static void what_comes_or_goes_is_a_change(void)
{
	CHECK_SHADOWS("echo 2 >new/etc/new && echo 3 >upper/etc/new", "/etc/new\n");
	CHECK_SHADOWS("echo 2 >old/etc/gone && echo 3 >upper/etc/gone", "/etc/gone\n");
	CHECK_SHADOWS("mkdir -p new/srv upper/srv && echo 2 >new/srv/x && echo 3 >upper/srv/x", "/srv/x\n");
}

static void what_was_deleted_hides_too(void)
{
	CHECK_SHADOWS("echo 1 >old/etc/a && echo 2 >new/etc/a && mknod upper/etc/a c 0 0", "/etc/a deleted\n");
	CHECK_SHADOWS("echo 1 >old/etc/a && echo 1 >new/etc/a && mknod upper/etc/a c 0 0", "");
	/* it was in a base before these */
	CHECK_SHADOWS("echo 2 >new/etc/a && mknod upper/etc/a c 0 0", "/etc/a deleted\n");
	CHECK_SHADOWS("mknod upper/etc/a c 0 0", "");
}

static void a_directory_made_anew_hides_what_was_in_it(void)
{
	CHECK_SHADOWS("mkdir -p old/d new/d upper/d && echo 1 >old/d/a && echo 2 >new/d/a && echo 1 >old/d/b &&"
		      " echo 1 >new/d/b && echo 2 >new/d/c && setfattr -n trusted.overlay.opaque -v y upper/d",
		      "/d/a deleted\n/d/c deleted\n");
}

static void links_are_compared_as_links(void)
{
	CHECK_SHADOWS("ln -s a old/etc/l && ln -s b new/etc/l && echo 3 >upper/etc/l", "/etc/l\n");
	CHECK_SHADOWS("ln -s a old/etc/l && ln -s a new/etc/l && echo 3 >upper/etc/l", "");
	CHECK_SHADOWS("echo 1 >old/etc/l && ln -s /etc/passwd new/etc/l && echo 3 >upper/etc/l", "/etc/l\n");
}

static void what_lies_behind_a_link_of_a_base_is_not_in_it(void)
{
	/* the new base's /run leads to the host's /etc, where there is a passwd */
	CHECK_SHADOWS("mkdir -p old/run upper/run && ln -s /etc new/run && echo 3 >upper/run/passwd", "");
	CHECK_SHADOWS("mkdir -p old/run upper/run && echo 1 >old/run/passwd && ln -s /etc new/run &&"
		      " echo 3 >upper/run/passwd", "/run/passwd\n");
}

static void kinds_are_compared(void)
{
	CHECK_SHADOWS("mkdir old/etc/x && echo 2 >new/etc/x && echo 3 >upper/etc/x", "/etc/x\n");
	/* what is below may have changed, and cannot be seen */
	CHECK_SHADOWS("mkdir old/etc/x new/etc/x && echo 3 >upper/etc/x", "/etc/x\n");
	/* a directory of the layer's hides nothing of a directory */
	CHECK_SHADOWS("mkdir old/etc/x new/etc/x upper/etc/x && chmod 700 upper/etc/x && echo 2 >new/etc/x/y", "");
}

int main(void)
{
	if (geteuid() != 0)
		test_skip("needs root: device nodes");
	if (system("command -v setfattr >/dev/null") != 0)
		test_skip("needs setfattr");
	scratch_enter();
	umask(022);
	RUN(a_copy_hides_a_change_and_nothing_else);
	RUN(what_comes_or_goes_is_a_change);
	RUN(what_was_deleted_hides_too);
	RUN(a_directory_made_anew_hides_what_was_in_it);
	RUN(links_are_compared_as_links);
	RUN(what_lies_behind_a_link_of_a_base_is_not_in_it);
	RUN(kinds_are_compared);
	return test_end();
}
