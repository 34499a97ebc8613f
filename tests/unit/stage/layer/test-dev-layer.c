// SPDX-License-Identifier: BSD-2-Clause
/* Layers: what one changes of those below it, and what is left of a killed change. */
#include "stage/layer/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/text.h"
#include "stage/layer/base.h"
#include "stage/layer/diff.h"
#include "stage/layer/directory.h"
#include "stage/mount/marks.h"
#include "stage/layer/root.h"
#include "stage/layer/upper.h"
#include "stage/stages/dev.h"
#include "stage/state/rows.h"
#include "tests/manifest.h"

static const struct root_options options;

static struct state *state;

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	REQUIRE(system(command) == 0);
}

static int directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	return fd;
}

static int add_change(char what, const char *path, void *data)
{
	return text_printf(data, "%c %s\n", what, path);
}

/* Of upper over the directories named, which end with NULL. */
static char *changes_of(const char *upper, ...)
{
	struct fds lowers = ARRAY_INIT;
	struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;
	int fd = directory(upper);
	const char *lower;
	va_list args;

	va_start(args, upper);
	while ((lower = va_arg(args, const char *)))
		REQUIRE(array_push(&lowers, directory(lower)) == 0);
	va_end(args);
	if (diff_each(fd, &lowers, add_change, &text, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	fds_release(&lowers);
	close(fd);
	return text_take(&text);
}

#define CHECK_CHANGES(wanted, ...)                                                                 \
	do {                                                                                       \
		char *changes_ = changes_of(__VA_ARGS__, NULL);                                    \
		CHECK_STRING(changes_, wanted);                                                    \
		free(changes_);                                                                    \
	} while (0)

/* ---- diff ---- */

static void a_layer_adds_changes_and_deletes(void)
{
	shell("mkdir -p u1/etc l1/etc/deep && echo 1 >l1/etc/one && echo 2 >l1/etc/two &&"
	      " echo x >u1/etc/one && echo n >u1/etc/new && mknod u1/etc/two c 0 0 && ln -s one u1/etc/link");
	CHECK_CHANGES("A /etc/link\nA /etc/new\nM /etc/one\nD /etc/two\n", "u1", "l1");
	CHECK_CHANGES("A /etc\nA /etc/link\nA /etc/new\nA /etc/one\n", "u1");
}

static void a_directory_is_changed_by_its_mode_alone(void)
{
	shell("mkdir -p u2/same u2/other l2/same l2/other && chmod 700 u2/other && touch u2/same/f");
	CHECK_CHANGES("M /other\nA /same/f\n", "u2", "l2");
	shell("chmod 711 u2");
	CHECK_CHANGES("M /\nM /other\nA /same/f\n", "u2", "l2");
}

static void a_directory_made_anew_hides_what_was_in_it(void)
{
	static const char *const marks[] = {"trusted.overlay.opaque", "user.overlay.opaque"};

	for (size_t i = 0; i < 2; i++) {
		shell("rm -rf u3 l3 && mkdir -p u3/d/sub l3/d/sub l3/d/gone/deep && echo 1 >l3/d/kept &&"
		      " echo 2 >l3/d/sub/old && echo 3 >u3/d/kept && echo 4 >u3/d/new");
		REQUIRE(setxattr("u3/d", marks[i], "y", 1, 0) == 0);
		CHECK_CHANGES("D /d/gone\nM /d/kept\nA /d/new\n", "u3", "l3");
		REQUIRE(setxattr("u3/d/sub", marks[i], "y", 1, 0) == 0);
		CHECK_CHANGES("D /d/gone\nM /d/kept\nA /d/new\nD /d/sub/old\n", "u3", "l3");
	}
}

static void a_user_marks_what_is_deleted_with_an_attribute(void)
{
	struct stat st;
	int fd;

	shell("mkdir -p u4 l4 && echo 1 >l4/gone && echo 1 >l4/empty && : >u4/gone && : >u4/empty");
	REQUIRE(setxattr("u4/gone", "user.overlay.whiteout", "", 0, 0) == 0);
	CHECK_CHANGES("M /empty\nD /gone\n", "u4", "l4");
	fd = directory("u4");
	REQUIRE(fstatat(fd, "gone", &st, 0) == 0);
	CHECK(mark_is_whiteout(fd, "gone", &st));
	REQUIRE(fstatat(fd, "empty", &st, 0) == 0);
	CHECK(!mark_is_whiteout(fd, "empty", &st));
	close(fd);
}

static void a_layer_below_can_delete_too(void)
{
	/* m5 over l5: /a is deleted, /d is opaque; u5 brings some of it back */
	shell("mkdir -p u5/d m5/d l5/d && echo 1 >l5/a && echo 1 >l5/d/x && mknod m5/a c 0 0 &&"
	      " echo 2 >u5/a && echo 2 >u5/d/x");
	REQUIRE(setxattr("m5/d", "trusted.overlay.opaque", "y", 1, 0) == 0);
	CHECK_CHANGES("A /a\nA /d/x\n", "u5", "m5", "l5");
	CHECK_CHANGES("M /a\nM /d/x\n", "u5", "l5");
	/* what nobody sees any more cannot be deleted again */
	shell("mkdir -p v5 && mknod v5/a c 0 0");
	CHECK_CHANGES("", "v5", "m5", "l5");
}

static void kinds_may_change_places(void)
{
	shell("mkdir -p u6/was-file l6/was-dir/sub && echo 1 >l6/was-file && echo 1 >u6/was-dir &&"
	      " echo 1 >u6/was-file/in && ln -s /etc l6/link && mkdir u6/link && touch u6/link/passwd");
	CHECK_CHANGES("M /link\nA /link/passwd\nM /was-dir\nM /was-file\nA /was-file/in\n", "u6", "l6");
}

/* ---- copies ---- */

static void a_copy_has_the_marks_links_and_owners(void)
{
	struct error err = ERROR_INIT;
	int from, to;
	struct stat a, b;
	char value;

	shell("mkdir -p from/d to && echo 1 >from/a && ln from/a from/b && mknod from/w c 0 0 &&"
	      " chown 7:8 from/a && chmod 4711 from/a && mkfifo from/pipe && truncate -s 1M from/hole");
	REQUIRE(setxattr("from/d", "trusted.overlay.opaque", "y", 1, 0) == 0);
	from = directory("from");
	to = directory("to");
	CHECK_INT(upper_copy(from, to, "tree", "the layer", &err), 0);
	CHECK(lstat("to/tree/w", &a) == 0 && S_ISCHR(a.st_mode) && a.st_rdev == makedev(0, 0));
	CHECK(lstat("to/tree/a", &a) == 0 && lstat("to/tree/b", &b) == 0 && a.st_ino == b.st_ino);
	CHECK(a.st_uid == 7 && a.st_gid == 8 && (a.st_mode & 07777) == 04711);
	CHECK(lstat("to/tree/hole", &a) == 0 && a.st_size == 1 << 20 && a.st_blocks < 100);
	CHECK(getxattr("to/tree/d", "trusted.overlay.opaque", &value, 1) == 1 && value == 'y');
	close(from);
	close(to);
}

/* ---- names and bases ---- */

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void the_same_archive_is_one_base(void)
{
	struct error err = ERROR_INIT;
	char *base = NULL, *again = NULL;

	shell("mkdir -p src/etc && echo 1 >src/etc/one && tar -C src -cf src.tar . && cp src.tar other.tar");
	CHECK_INT(dev_create(state, "tar1", "src.tar", &options, &base, &err), 0);
	CHECK_INT(dev_create(state, "tar2", "src.tar", &options, &again, &err), 0);
	CHECK_STRING(again, base);
	free(again);
	again = NULL;
	shell("echo 2 >src/etc/one && tar -C src -cf src.tar .");
	CHECK_INT(dev_create(state, "tar3", "src.tar", &options, &again, &err), 0);
	CHECK(strcmp(again, base) != 0);
	free(again);
	free(base);
}

static void marks_of_an_archive_are_dropped(void)
{
	struct error err = ERROR_INIT;
	char *base = NULL, path[256];

	shell("mkdir -p marked/d && touch marked/d/f");
	REQUIRE(setxattr("marked/d", "trusted.overlay.opaque", "y", 1, 0) == 0);
	REQUIRE(setxattr("marked/d", "user.kept", "1", 1, 0) == 0);
	CHECK_INT(dev_create(state, "marked", "marked", &options, &base, &err), 0);
	snprintf(path, sizeof(path), "state/base/%s/tree/d", base);
	CHECK(getxattr(path, "trusted.overlay.opaque", NULL, 0) < 0);
	CHECK_INT(getxattr(path, "user.kept", NULL, 0), 1);
	free(base);
}

static void what_was_being_made_is_taken_down(void)
{
	struct error err = ERROR_INIT;
	char *base = NULL;
	int fd = -1;

	CHECK_INT(base_begin(state, "half", "x", NULL, &fd, &err), 0);
	REQUIRE(mkdirat(fd, "tree", 0700) == 0);
	close(fd);
	CHECK_INT(base_find(state, "half", NULL, &err), 0);
	CHECK(is_there("state/base/half/tree"));
	CHECK_INT(base_settle(state, "half", &err), 0);
	CHECK(!is_there("state/base/half"));
	CHECK_INT(rows_holds(state, "SELECT 1 FROM base WHERE name = ?", "half", &err), 0);

	REQUIRE(dev_create(state, "ground", "src", &options, &base, &err) == 0);
	CHECK_INT(dev_begin(state, "halfdev", base, "src", &err), 0);
	CHECK_INT(dev_find(state, "halfdev", NULL, &err), 0);
	CHECK_INT(dev_settle(state, "halfdev", &err), 0);
	CHECK(!is_there("state/dev/halfdev"));
	free(base);
}

static void a_layer_is_the_one_its_row_names(void)
{
	struct dev dev = DEV_INIT;
	struct error err = ERROR_INIT;
	char *base = NULL;
	int fd = -1;

	REQUIRE(dev_create(state, "web", "src", &options, &base, &err) == 0);
	shell("echo mine >state/dev/web/1/upper/mine");
	/* a reset that was killed before its change, then one that was killed after it */
	CHECK_INT(dev_layer_make(state, "web", 2, base, &fd, &err), 0);
	close(fd);
	CHECK_INT(dev_settle(state, "web", &err), 0);
	CHECK(is_there("state/dev/web/1/upper/mine") && !is_there("state/dev/web/2"));
	CHECK_INT(dev_layer_make(state, "web", 2, base, &fd, &err), 0);
	close(fd);
	CHECK_INT(dev_layer_switch(state, "web", base, 2, &err), 0);
	CHECK_INT(dev_settle(state, "web", &err), 0);
	CHECK(!is_there("state/dev/web/1") && is_there("state/dev/web/2/upper"));
	REQUIRE(dev_find(state, "web", &dev, &err) == 1);
	CHECK_INT(dev.layer, 2);
	dev_release(&dev);
	free(base);
}

static void a_commit_stands_on_what_was_below(void)
{
	struct fds lowers = ARRAY_INIT;
	struct error err = ERROR_INIT;
	char *base = NULL, *paths = NULL;

	REQUIRE(dev_create(state, "kv", "src", &options, &base, &err) == 0);
	shell("echo new >state/dev/kv/1/upper/new");
	CHECK_INT(dev_commit(state, "kv", "kv-1", &err), 0);
	CHECK_INT(base_lowers(state, "kv-1", &lowers, &err), 0);
	CHECK_INT(lowers.count, 2);
	CHECK(faccessat(lowers.items[0], "new", F_OK, 0) == 0);
	CHECK(faccessat(lowers.items[1], "etc/one", F_OK, 0) == 0);
	fds_release(&lowers);
	CHECK_INT(base_lower_paths(state, "kv-1", &paths, &err), 0);
	CHECK(strstr(paths, "/base/kv-1/tree:/") != NULL);
	CHECK_INT(dev_delete(state, "kv-1", &err), -EBUSY);
	CHECK(strstr(err.message, "is stood on by kv"));
	CHECK_INT(dev_delete(state, base, &err), -EBUSY);
	CHECK(strstr(err.message, "is stood on by kv-1"));
	CHECK_INT(dev_delete(state, "kv", &err), 0);
	CHECK_INT(dev_delete(state, "kv-1", &err), 0);
	CHECK_INT(dev_delete(state, base, &err), 0);
	CHECK(!is_there("state/base/kv-1") && !is_there("state/dev/kv"));
	free(paths);
	free(base);
}

static void sources_are_told_apart(void)
{
	static const struct {
		const char *from;
		enum root_kind kind;
	} cases[] = {
		{"src", ROOT_DIRECTORY},
		{"src.tar", ROOT_ARCHIVE},
		{"debian:bookworm+nginx,redis", ROOT_DEBIAN},
		{"tar1", ROOT_DEV},
	};
	static const char *const bad[] = {"debian:", "debian:--foo", "debian:a b", "debian:a$(b)",
					    "ftp:x", "docker://", "docker-daemon:--x"};
	struct root_source source = ROOT_SOURCE_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(root_source_find(state, cases[i].from, &options, &source, &err), 0);
		CHECK_INT(source.kind, cases[i].kind);
		CHECK_INT(state_check_name("a base", source.base, &err), 0);
		root_source_release(&source);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(root_source_find(state, bad[i], &options, &source, &err), -EINVAL);
	CHECK_INT(root_source_find(state, "nowhere", &options, &source, &err), -ENOENT);
}

/* As a database's journal goes while who has it ends: two that remove the same, so that each finds some gone. */
static void what_is_removed_may_go_by_itself(void)
{
	struct error err = ERROR_INIT;
	pid_t other;
	int status;

	shell("mkdir -p ending/below && cd ending/below && seq 5000 | xargs touch");
	other = fork();
	REQUIRE(other >= 0);
	if (other == 0)
		_exit(directory_remove_at(AT_FDCWD, "ending", "ending", &err) < 0);
	CHECK_INT(directory_remove_at(AT_FDCWD, "ending/below", "ending/below", &err), 0);
	CHECK_STRING(err.message, "");
	REQUIRE(waitpid(other, &status, 0) == other);
	CHECK(access("ending/below", F_OK) < 0);
	shell("rm -rf ending");
}

/* Who ends writes for a while, below as well as at the top. */
static void what_is_removed_may_be_written_meanwhile(void)
{
	struct error err = ERROR_INIT;
	pid_t writer;
	int status;

	shell("mkdir -p written/below");
	writer = fork();
	REQUIRE(writer >= 0);
	if (writer == 0) {
		int below = open("written/below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		char name[16];

		for (int i = 0; i < 20000; i++) {
			snprintf(name, sizeof(name), "%d", i);
			close(openat(below, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		}
		_exit(0);
	}
	REQUIRE(poll(NULL, 0, 20) == 0);
	CHECK_INT(directory_remove_at(AT_FDCWD, "written", "written", &err), 0);
	CHECK_STRING(err.message, "");
	CHECK(access("written", F_OK) < 0);
	REQUIRE(waitpid(writer, &status, 0) == writer);
}

int main(void)
{
	struct error err = ERROR_INIT;

	if (geteuid() != 0)
		test_skip("needs root: device nodes and owners");
	scratch_enter();
	umask(022);
	REQUIRE(state_open("state", &state, &err) == 0);
	RUN(a_layer_adds_changes_and_deletes);
	RUN(a_directory_is_changed_by_its_mode_alone);
	RUN(a_directory_made_anew_hides_what_was_in_it);
	RUN(a_user_marks_what_is_deleted_with_an_attribute);
	RUN(a_layer_below_can_delete_too);
	RUN(kinds_may_change_places);
	RUN(a_copy_has_the_marks_links_and_owners);
	RUN(the_same_archive_is_one_base);
	RUN(marks_of_an_archive_are_dropped);
	RUN(what_was_being_made_is_taken_down);
	RUN(a_layer_is_the_one_its_row_names);
	RUN(a_commit_stands_on_what_was_below);
	RUN(sources_are_told_apart);
	RUN(what_is_removed_may_go_by_itself);
	RUN(what_is_removed_may_be_written_meanwhile);
	state_close(state);
	return test_end();
}
