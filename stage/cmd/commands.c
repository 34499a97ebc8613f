// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of commands, in the order of --help.
 *
 * One more command: its bit in enum options_of (stage/spec/options.h) and in the rows of the options that
 * it takes; a row here; `int cmd_NAME(const struct sfc_command *, struct asked *)` in stage/cmd/NAME.c,
 * declared in stage/cmd/cmd.h and listed in stage/Makemodule.am; a page stage/man/sfc-NAME.1in (a group's
 * commands share one). --help, `sfc help`, completions and the page's OPTIONS follow by themselves.
 */
#include "stage/cmd/command.h"

#include "stage/cmd/cmd.h"
#include "stage/cmd/help.h"

#define COMMAND(id, group_name, name_, usage_, summary_)                                           \
	.name = name_, .group = group_name, .summary = summary_, .usage = usage_, .options = OF(id)
#define GROUP(name_, summary_)                                                                     \
	.name = name_, .summary = summary_, .usage = "COMMAND [ARGUMENT]…"
#define FOR_PROGRAMS(name_) .name = name_, .summary = "", .usage = "", .hidden = true

const struct sfc_command sfc_commands[] = {
	{COMMAND(SLIM, NULL, "slim", "[IMAGE] [OPTION]… -o FILE|IMAGE [-- COMMAND [ARGUMENT]…]",
		 "run a command once under trace, pack what it used, check the package"),
	 .about = "The command runs in a root file system that is a copy-on-write view of the source: nothing it\n"
		  "writes reaches the source. The package is written only when the same command, run from it,\n"
		  "gives the same exit status and the same output. An IMAGE, as skopeo(1) spells it, starts\n"
		  "as it says itself; with -o IMAGE an image comes out of it. With --traces it is made slim by what\n"
		  "its traced likeness saw: see sfc-instrument(1).",
	 .operands = 1, .command = COMMAND_BEHIND, .function = cmd_slim},


	{GROUP("dev", "root file systems to work in: a shared base and a layer of one's own")},
	{COMMAND(DEV_CREATE, "dev", "create", "NAME --from SRC [OPTION]…", "make a root file system NAME"),
	 .operands = 1, .function = cmd_dev_create},
	{COMMAND(DEV_SHELL, "dev", "shell", "NAME", "a shell in it"),
	 .operands = 1, .passes_status = true, .function = cmd_dev_shell},
	{COMMAND(DEV_EXEC, "dev", "exec", "NAME [--] COMMAND [ARGUMENT]…", "a command in it"),
	 .about = "As root, in namespaces of its own, on the host's network; exits with the command's status.",
	 .operands = 1, .command = COMMAND_FREE, .passes_status = true, .function = cmd_dev_exec},
	{COMMAND(DEV_DIFF, "dev", "diff", "NAME", "what its layer changed: A added, M changed, D deleted"),
	 .operands = 1, .function = cmd_dev_diff},
	{COMMAND(DEV_COMMIT, "dev", "commit", "NAME BASE", "the layer becomes part of a base that others can start from"),
	 .operands = 2, .function = cmd_dev_commit},
	{COMMAND(DEV_EXPORT, "dev", "export", "NAME [OPTION]…", "its layer as a file, for another state or machine"),
	 .about = "An OCI image of one layer, which names the base that it goes over by its digest and does not hold it.",
	 .operands = 1, .function = cmd_dev_export},
	{COMMAND(DEV_IMPORT, "dev", "import", "NAME FILE", "a name from what 'sfc dev export' wrote"),
	 .about = "The base that it names has to be here; 'sfc dev create' makes it. FILE - is standard input.",
	 .operands = 2, .function = cmd_dev_import},
	{COMMAND(DEV_LOG, "dev", "log", "NAME", "what was done to it"),
	 .operands = 1, .function = cmd_dev_log},
	{COMMAND(DEV_RESET, "dev", "reset", "NAME", "forget the layer"),
	 .operands = 1, .function = cmd_dev_reset},
	{COMMAND(DEV_LIST, "dev", "list", "[OPTION]…", "names and bases"),
	 .function = cmd_dev_list},
	{COMMAND(DEV_RM, "dev", "rm", "NAME…", "remove names, or bases that nobody stands on"),
	 .operands = SIZE_MAX, .function = cmd_dev_rm},
	{FOR_PROGRAMS("_repair"), .group = "dev", .function = cmd_dev_repair},
	{FOR_PROGRAMS("_dev-info"), .operands = 1, .function = cmd_dev_info},

	{COMMAND(TEST, NULL, "test", "NAME [OPTION]… [-- COMMAND [ARGUMENT]…]",
		 "run in a container whose root is traced; sessions add up"),
	 .about = "NAME is one of 'sfc dev'; without COMMAND what its image starts, to its end, or with --probe\n"
		  "until that has passed. Nothing is written to NAME. Exits with the command's own status; of a\n"
		  "server 0 when its probe passed.",
	 .operands = 1, .command = COMMAND_BEHIND, .passes_status = true, .function = cmd_test},
	{COMMAND(TEST_START, "test", "start", "NAME [OPTION]… [-- COMMAND [ARGUMENT]…]", "run a service until told"),
	 .operands = 1, .command = COMMAND_BEHIND, .function = cmd_test_start},
	{COMMAND(TEST_EXEC, "test", "exec", "NAME [--] COMMAND [ARGUMENT]…", "a command in the service that is up"),
	 .operands = 1, .command = COMMAND_FREE, .passes_status = true, .function = cmd_test_exec},
	{COMMAND(TEST_DEBUG, "test", "debug", "NAME [--with ROOT] [-- COMMAND [ARGUMENT]…]",
		 "look into the service that is up with tools from another root"),
	 .about = "As 'sfc prod debug'. What it reads at /.instance is read under trace, too.",
	 .operands = 1, .command = COMMAND_BEHIND, .passes_status = true, .function = cmd_test_debug},
	{COMMAND(TEST_STOP, "test", "stop", "NAME", "end it, and its session"),
	 .operands = 1, .function = cmd_test_stop},
	{COMMAND(TEST_REPORT, "test", "report", "NAME [OPTION]…", "what each label brought in that no other did"),
	 .operands = 1, .function = cmd_test_report},
	{COMMAND(TEST_MOUNT, "test", "mount", "NAME [OPTION]…", "only mount the traced root and print where"),
	 .about = "For the engine of your choice: podman run --rootfs \"$(sfc test mount web)\" …",
	 .operands = 1, .function = cmd_test_mount},
	{COMMAND(TEST_UMOUNT, "test", "umount", "NAME", "end the session of mount"),
	 .operands = 1, .function = cmd_test_umount},
	{COMMAND(TEST_RM, "test", "rm", "NAME…", "forget what was seen"),
	 .operands = SIZE_MAX, .function = cmd_test_rm},

	{COMMAND(PACK, NULL, "pack", "NAME -o FILE [OPTION]…", "pack what the test stage saw NAME use"),
	 .about = "The files come from NAME as 'sfc dev' has it, not from what a test wrote. It starts as the last\n"
		  "session did.",
	 .operands = 1, .command = COMMAND_BEHIND, .function = cmd_pack},

	{COMMAND(RUN, NULL, "run", "[OPTION]… PACKAGE [-- COMMAND [ARGUMENT]…]",
		 "run a package: read-only base, a writable layer of its own"),
	 .about = "Starts what the package was made for, or COMMAND inside it, in the foreground with the terminal's\n"
		  "input and output. The package is mounted read-only; what is written goes to a layer in memory\n"
		  "that is thrown away at the end, or to --layer. Exits with the command's own status.",
	 .operands = 1, .command = COMMAND_BEHIND, .passes_status = true, .function = cmd_run},

	{COMMAND(VERIFY, NULL, "verify", "[OPTION]… PACKAGE [-- COMMAND [ARGUMENT]…]",
		 "check that a package is whole and does what its source does"),
	 .about = "Checks every part of the package. With --root it then runs what the package was made for, or\n"
		  "COMMAND, twice: in the source and from the package, each with a writable layer that is thrown\n"
		  "away, and compares. Without, nothing of the package runs and nothing is compared.",
	 .operands = 1, .command = COMMAND_BEHIND, .function = cmd_verify},

	{COMMAND(SIGN, NULL, "sign", "--key FILE [OPTION]… PACKAGE", "vouch for a package with a key"),
	 .about = "Writes PACKAGE.sig beside it: which bytes these are, signed. 'sfc verify --key PUBLIC' checks it, and\n"
		  "'sfc prod install' wants it where /etc/sfc/policy has a line 'signed-by PUBLIC'.",
	 .operands = 1, .function = cmd_sign},

	{COMMAND(EXPORT, NULL, "export", "PACKAGE --to KIND -o FILE [OPTION]…",
		 "give a package to other engines, as what they know"),
	 .about = "The same as tracepack export: 'tracepack export --help' and tracepack-export(1) explain its\n"
		  "options and say which kinds there are.",
	 .raw = cmd_export},

	{COMMAND(INSTRUMENT, NULL, "instrument", "{IMAGE | --compose FILE | --kubernetes FILE} -o OUT [OPTION]…",
		 "the same image, traced wherever it is started"),
	 .about = "Adds one layer and goes before the image's entrypoint; what it is and does stays. Each container\n"
		  "leaves a manifest of what it used in the volume /sfc-trace, or in $SFC_TRACE.",
	 .operands = 1, .function = cmd_instrument},

	{GROUP("prod", "install packages, run instances, update the base under them"),
	 .about = "An instance is APP/I, as 'sfc prod list' shows it; without I all of APP are meant."},
	{COMMAND(PROD_INSTALL, "prod", "install", "FILE [OPTION]…", "take a package in"),
	 .operands = 1, .function = cmd_prod_install},
	{COMMAND(PROD_START, "prod", "start", "APP[/I]… [OPTION]… [-- COMMAND [ARGUMENT]…]",
		 "run instances, new or stopped"),
	 .about = "APP/I is this instance: new, or stopped and started again with what was asked for then, but for\n"
		  "what is said now. APP alone: all that are stopped; with --count or another option new ones, as is\n"
		  "the first.",
	 .operands = SIZE_MAX, .command = COMMAND_BEHIND, .function = cmd_prod_start},
	{COMMAND(PROD_STOP, "prod", "stop", "APP[/I]… [OPTION]…", "stop instances"),
	 .operands = SIZE_MAX, .function = cmd_prod_stop},
	{COMMAND(PROD_RESTART, "prod", "restart", "APP[/I]… [OPTION]…", "stop and start them"),
	 .operands = SIZE_MAX, .function = cmd_prod_restart},
	{COMMAND(PROD_RM, "prod", "rm", "APP[/I]… [OPTION]…", "stop and forget instances; --all: the application too"),
	 .operands = SIZE_MAX, .function = cmd_prod_rm},
	{COMMAND(PROD_EXEC, "prod", "exec", "APP/I [--] COMMAND [ARGUMENT]…", "a command in an instance"),
	 .operands = 1, .command = COMMAND_FREE, .passes_status = true, .function = cmd_prod_exec},
	{COMMAND(PROD_DEBUG, "prod", "debug", "APP/I [--with ROOT] [-- COMMAND [ARGUMENT]…]",
		 "look into an instance with tools from another root"),
	 .about = "A shell or COMMAND beside the instance: it sees its processes, its network and, at /.instance, its\n"
		  "files, which it cannot change. The tools are ROOT's, where what they write is thrown away.",
	 .operands = 1, .command = COMMAND_BEHIND, .passes_status = true, .function = cmd_prod_debug},
	{COMMAND(PROD_LOGS, "prod", "logs", "APP[/I]… [OPTION]…", "what they printed"),
	 .operands = SIZE_MAX, .function = cmd_prod_logs},
	{COMMAND(PROD_LIST, "prod", "list", "[APP[/I]]… [OPTION]…", "applications and their instances"),
	 .operands = SIZE_MAX, .function = cmd_prod_list},
	{COMMAND(PROD_INSPECT, "prod", "inspect", "APP[/I]… [OPTION]…", "all that is known of them"),
	 .operands = SIZE_MAX, .function = cmd_prod_inspect},
	{COMMAND(PROD_STATS, "prod", "stats", "[APP[/I]]… [OPTION]…", "memory, CPU, processes, bytes written"),
	 .operands = SIZE_MAX, .function = cmd_prod_stats},
	{COMMAND(PROD_MISSES, "prod", "misses", "APP[/I]… [OPTION]…", "what the package lacked (start --guard)"),
	 .operands = SIZE_MAX, .function = cmd_prod_misses},
	{COMMAND(PROD_HEALTH, "prod", "health", "APP[/I]… [OPTION]…", "fails unless all is well"),
	 .operands = SIZE_MAX, .function = cmd_prod_health},
	{COMMAND(PROD_CHECKPOINT, "prod", "checkpoint", "APP/I [OPTION]…", "one that runs becomes a file, and is down"),
	 .operands = 1, .function = cmd_prod_checkpoint},
	{COMMAND(PROD_RESTORE, "prod", "restore", "FILE [APP/I] [OPTION]…", "and goes on from there, as itself or another"),
	 .operands = 2, .function = cmd_prod_restore},
	{COMMAND(PROD_UPDATE, "prod", "update", "APP FILE [OPTION]…", "put another package under its instances"),
	 .operands = 2, .function = cmd_prod_update},
	{COMMAND(PROD_ROLLBACK, "prod", "rollback", "APP", "back to the package before"),
	 .operands = 1, .function = cmd_prod_rollback},
	{COMMAND(PROD_ENABLE, "prod", "enable", "APP", "start it at boot (systemd)"),
	 .operands = 1, .function = cmd_prod_enable},
	{COMMAND(PROD_DISABLE, "prod", "disable", "APP", "do not"),
	 .operands = 1, .function = cmd_prod_disable},
	{FOR_PROGRAMS("_ended"), .group = "prod", .operands = 3, .function = cmd_prod_ended},
	{FOR_PROGRAMS("_hold"), .group = "prod", .operands = 1, .function = cmd_prod_hold},
	{FOR_PROGRAMS("_wake"), .group = "prod", .operands = 2, .function = cmd_prod_wake},
	{FOR_PROGRAMS("_rest"), .group = "prod", .operands = 2, .function = cmd_prod_rest},
	{FOR_PROGRAMS("_own"), .group = "prod", .operands = 1, .function = cmd_prod_own},
	{FOR_PROGRAMS("_boot-up"), .group = "prod", .operands = 1, .function = cmd_prod_boot_up},
	{FOR_PROGRAMS("_boot-down"), .group = "prod", .operands = 1, .function = cmd_prod_boot_down},
	{FOR_PROGRAMS("_unit-start"), .group = "prod", .operands = 1, .function = cmd_prod_unit_start},
	{FOR_PROGRAMS("_unit-stop"), .group = "prod", .operands = 1, .function = cmd_prod_unit_stop},
	{FOR_PROGRAMS("_wanted"), .group = "prod", .operands = 1, .function = cmd_prod_wanted},

	{COMMAND(PROD_LIST, NULL, "ps", "[APP[/I]]… [OPTION]…", "what runs: the same as 'sfc prod list'"),
	 .operands = SIZE_MAX, .page = "sfc-prod", .function = cmd_prod_list},
	{COMMAND(STATUS, NULL, "status", "[OPTION]…", "every stage of everything, at a glance"),
	 .about = "One line for each root file system in work (dev), each that has been traced (test) and each\n"
		  "application that is installed (prod): what it stands on, its size, how many instances are up, and\n"
		  "what happened last.",
	 .function = cmd_status},
	{COMMAND(DOCTOR, NULL, "doctor", "[OPTION]…", "what this kernel and machine can do, and what to install"),
	 .about = "One line for each thing sfc uses: \"ok\", \"--\" when something is missing that only some commands want,\n"
		  "\"NO\" when nothing works without it, and what to do about it.",
	 .function = cmd_doctor},
	{.name = "help", .summary = "explain a command", .usage = "[COMMAND [COMMAND]]", .raw = help_words},
	{.name = "version", .summary = "of which release this is", .usage = "", .raw = cmd_version},
	{FOR_PROGRAMS("_complete"), .raw = cmd_complete},
	{FOR_PROGRAMS("_manual"), .raw = cmd_manual},
	{0},
};
