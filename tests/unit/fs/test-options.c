// SPDX-License-Identifier: BSD-2-Clause
/* The command line of tracefs and of mount(8), and what is refused of it. */
#include "fs/options.h"

#include <errno.h>

#include "tests/test.h"

static struct options options;
static struct error err;

static int parse(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	err.message[0] = '\0';
	options_release(&options);
	return options_parse(&options, argc, argv, &err);
}

#define PARSE(...) parse((char **)(const char *[]){__VA_ARGS__, NULL})

static void a_plain_call_has_the_documented_defaults(void)
{
	CHECK_INT(PARSE("tracefs", "/src", "/mnt"), 0);
	CHECK_INT(options.action, ACTION_MOUNT);
	CHECK_STRING(options.source, "/src");
	CHECK_STRING(options.mountpoint, "/mnt");
	CHECK_INT(options.mode, MODE_EVERY);
	CHECK_INT(options.flush_ms, 500);
	CHECK_INT(options.threads, 16);
	CHECK_INT(options.attr_timeout_ms, 0);
	CHECK(!options.foreground && !options.read_only && !options.no_catalog);
	CHECK(!options.manifest && !options.scratch && !options.label);
}

static void every_option_is_taken(void)
{
	CHECK_INT(PARSE("tracefs", "-f", "-o",
			"manifest=m.db,label=a\\,b,mode=first,ro,allow_other,xdev,catalog=no", "-o",
			"flush_ms=250,threads=4,passthrough=off,transport=uring,log=events,"
			"ignore=**/*.pyc,ignore=/tmp,attr_timeout=7,nosuid,nodev,"
			"kind=prod,known=k.db,except=/x",
			"/src", "/mnt"),
		  0);
	CHECK_STRING(options.manifest, "m.db");
	CHECK_STRING(options.label, "a,b");
	CHECK_INT(options.mode, MODE_FIRST);
	CHECK_INT(options.passthrough, PASSTHROUGH_OFF);
	CHECK_INT(options.transport, TRANSPORT_URING);
	CHECK_INT(options.log, LOG_EVENTS);
	CHECK_INT(options.flush_ms, 250);
	CHECK_INT(options.threads, 4);
	CHECK_INT(options.attr_timeout_ms, 7);
	CHECK_INT(options.ignore.count, 2);
	CHECK(options.foreground && options.read_only && options.allow_other && options.xdev);
	CHECK(options.no_catalog && options.nosuid && options.nodev);
	CHECK_INT(options.kind, KIND_PROD);
	CHECK_STRING(options.known, "k.db");
	CHECK_STRING(options.except, "/x");
}

static void the_last_of_two_opposites_wins(void)
{
	CHECK_INT(PARSE("tracefs", "-o", "ro,nosuid,rw,suid", "/s", "/m"), 0);
	CHECK(!options.read_only && !options.nosuid);
}

static void what_mount_adds_is_no_surprise(void)
{
	CHECK_INT(PARSE("/sbin/mount.fuse.tracefs", "/s", "/m", "-n", "-v", "-t", "fuse.tracefs",
			"-o", "rw,manifest=m,noauto,user,_netdev,x-systemd.automount,defaults"),
		  0);
	CHECK_STRING(options.manifest, "m");
	CHECK(!options.foreground);
	CHECK_INT(PARSE("mount.fuse.tracefs", "/s", "/m", "-f", "-o", "manifest=m"), 0);
	CHECK(options.fake && !options.foreground);
}

static void wrong_usage_is_refused_with_the_reason(void)
{
	static const struct {
		const char *list, *said;
	} rows[] = {
		{"foo", "unknown option 'foo'"},
		{"foo=bar", "unknown option 'foo'"},
		{"manifest", "option 'manifest' is used wrongly"},
		{"ro=1", "option 'ro' is used wrongly"},
		{"mode=some", "mode=some: it is one of every, first"},
		{"threads=0", "threads=0: a number from 1 to 256 is needed"},
		{"threads=4x", "threads=4x: a number from 1 to 256 is needed"},
		{"flush_ms=-5", "flush_ms=-5: a number from 10 to 3600000 is needed"},
		{"catalog=perhaps", "catalog=perhaps: it is one of yes, no"},
		{"ro,scratch=tmpfs", "scratch= is for writing and ro is against it"},
		{"kind=dev", "kind=dev: it is one of test, prod"},
		{"except=/x", "except= makes exceptions of known=MANIFEST"},
		{"allow_other,only_me", "allow_other and only_me contradict each other"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char list[64];

		snprintf(list, sizeof(list), "%s", rows[i].list);
		CHECK_INT(PARSE("tracefs", "-o", list, "/s", "/m"), -EINVAL);
		CHECK_STRING(err.message, rows[i].said);
	}
	CHECK_INT(PARSE("tracefs", "/s"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "/s", "/m", "/x"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "--nonsense", "/s", "/m"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "-o"), -EINVAL);
}

static void a_running_mount_is_spoken_to_by_its_mount_point(void)
{
	CHECK_INT(PARSE("tracefs", "--mark", "second", "/m"), 0);
	CHECK_INT(options.action, ACTION_MARK);
	CHECK_STRING(options.label, "second");
	CHECK_STRING(options.mountpoint, "/m");
	CHECK_INT(PARSE("tracefs", "--status", "--json", "/m"), 0);
	CHECK(options.action == ACTION_STATUS && options.json);
	CHECK_INT(PARSE("tracefs", "--flush"), -EINVAL);
}

static void what_follows_source_and_two_dashes_is_a_command(void)
{
	CHECK_INT(PARSE("tracefs", "-o", "manifest=m.db,pid1", "-u", "app:web", "/", "--", "ls", "-o",
			"--", "x"),
		  0);
	CHECK_STRING(options.source, "/");
	CHECK_STRING(options.user, "app:web");
	CHECK(options.pid1 && !options.mountpoint);
	CHECK_STRING(options.command[0], "ls");
	CHECK_STRING(options.command[1], "-o");
	CHECK_STRING(options.command[2], "--");
	CHECK(!options.command[4]);
	CHECK_INT(PARSE("tracefs", "-o", "manifest=m.db", "--", "-src", "/mnt"), 0);
	CHECK(!options.command);
	CHECK_STRING(options.source, "-src");
	CHECK_INT(PARSE("tracefs", "/a", "/b", "--", "ls"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "/a", "--"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "-o", "privileged", "/a", "/b"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "-o", "max_manifest=3M", "/a", "/b"), 0);
	CHECK_INT(options.max_manifest, 3 << 20);
	CHECK_INT(PARSE("tracefs", "-o", "traces=/t,image=web", "/", "--", "ls"), 0);
	CHECK_STRING(options.traces, "/t");
	CHECK_STRING(options.image, "web");
	CHECK_INT(PARSE("tracefs", "-o", "traces=/t,manifest=m", "/", "--", "ls"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "-o", "traces=/t", "/a", "/b"), -EINVAL);
	CHECK_INT(PARSE("tracefs", "-o", "max_manifest=x", "/a", "/b"), -EINVAL);
}

static void help_fits_a_screen(void)
{
	int lines = 0;

	for (const char *c = options_help; *c; c++)
		lines += *c == '\n';
	CHECK(lines <= 30);
}

int main(void)
{
	RUN(a_plain_call_has_the_documented_defaults);
	RUN(every_option_is_taken);
	RUN(the_last_of_two_opposites_wins);
	RUN(what_mount_adds_is_no_surprise);
	RUN(wrong_usage_is_refused_with_the_reason);
	RUN(a_running_mount_is_spoken_to_by_its_mount_point);
	RUN(what_follows_source_and_two_dashes_is_a_command);
	RUN(help_fits_a_screen);
	options_release(&options);
	return test_end();
}
