// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/options.h"

#include "stage/spec/take.h"

/* What is started takes what can be asked of a start; a service that lives on, a little more. */
#define STARTED (OF(SLIM) | OF(RUN) | OF(VERIFY) | OF(TEST) | OF(TEST_START) | OF(PROD_START))
#define TRACED (OF(SLIM) | OF(TEST) | OF(TEST_START) | OF(TEST_MOUNT))
#define ASKED_ONCE (OF(SLIM) | OF(VERIFY) | OF(TEST))
#define PACKED (OF(SLIM) | OF(PACK))
/* What takes an IMAGE, or writes one. */
#define IMAGED (OF(SLIM) | OF(INSTRUMENT) | OF(VERIFY) | OF(PACK) | OF(DEV_CREATE))
/* --json: wherever facts are printed; -q: wherever something is. */
#define TELLING                                                                                    \
	(OF(SLIM) | OF(VERIFY) | OF(PACK) | OF(STATUS) | OF(DOCTOR) | OF(TEST) | OF(TEST_START) |  \
	 OF(TEST_STOP) | OF(TEST_REPORT) | OF(DEV_CREATE) | OF(DEV_DIFF) | OF(DEV_COMMIT) |        \
	 OF(DEV_EXPORT) | OF(DEV_IMPORT) | OF(DEV_LOG) | OF(DEV_LIST) | OF(PROD_LIST) | OF(PROD_INSPECT) | OF(PROD_STATS) |        \
	 OF(PROD_MISSES) | \
	 OF(PROD_HEALTH))
#define QUIETABLE                                                                                  \
	(OF(SLIM) | OF(RUN) | OF(VERIFY) | OF(SIGN) | OF(PACK) | OF(INSTRUMENT) | OF(TEST) |           \
	 OF(TEST_START) | OF(TEST_STOP) | OF(DEV_CREATE) | OF(DEV_COMMIT) | OF(DEV_EXPORT) | OF(DEV_IMPORT) | \
	 OF(PROD_INSTALL) | OF(PROD_START) | OF(PROD_LIST) | \
	 OF(PROD_CHECKPOINT) | OF(PROD_RESTORE))
/* Of one or several instances. */
#define PROD                                                                                       \
	(OF(PROD_INSTALL) | OF(PROD_START) | OF(PROD_STOP) | OF(PROD_RESTART) | OF(PROD_RM) |       \
	 OF(PROD_EXEC) | OF(PROD_DEBUG) | OF(PROD_LOGS) | OF(PROD_LIST) | OF(PROD_INSPECT) | OF(PROD_STATS) |        \
	 OF(PROD_MISSES) | OF(PROD_HEALTH) | OF(PROD_CHECKPOINT) | OF(PROD_RESTORE) | OF(PROD_UPDATE) | OF(PROD_ROLLBACK) |                 \
	 OF(PROD_ENABLE) | OF(PROD_DISABLE))
#define STATEFUL                                                                                   \
	(OF(PACK) | OF(STATUS) | OF(DOCTOR) | OF(TEST) | OF(TEST_START) | OF(TEST_EXEC) | OF(TEST_DEBUG) | \
	 OF(TEST_STOP) | OF(TEST_REPORT) | OF(TEST_MOUNT) | OF(TEST_UMOUNT) | OF(TEST_RM) |        \
	 OF(DEV_CREATE) | OF(DEV_SHELL) | OF(DEV_EXEC) | OF(DEV_DIFF) | OF(DEV_COMMIT) |           \
	 OF(DEV_EXPORT) | OF(DEV_IMPORT) | OF(DEV_LOG) | OF(DEV_RESET) | OF(DEV_LIST) | OF(DEV_RM) | PROD)

#define MEMBER(member) offsetof(struct asked, member)
#define HEADING(text)                                                                              \
	{                                                                                          \
		.help = text                                                                       \
	}

const struct option_row option_rows[] = {
	HEADING("What it works on:"),
	{"output", 'o', "FILE|IMAGE", "what to write: a package, which appears under its name only when whole,\nor an image as skopeo(1) spells it: docker-daemon:NAME,\ncontainers-storage:NAME, docker://HOST/NAME, oci:DIR:TAG,\noci-archive:FILE, docker-archive:FILE",
	 OF(SLIM) | OF(PACK), take_word, MEMBER(output)},
	{"output", 'o', "IMAGE", "what to write, as skopeo(1) spells it (docker-daemon:NAME,\ncontainers-storage:NAME, docker://HOST/NAME, oci:DIR[:TAG],\noci-archive:FILE, docker-archive:FILE), or a FILE of the kind that\ncame in",
	 OF(INSTRUMENT), take_word, MEMBER(output)},
	{"output", 'o', "FILE", "write a page of HTML with all that the tests saw, instead", OF(TEST_REPORT), take_word,
	 MEMBER(output)},
	{"output", 'o', "FILE", "where the signature goes [PACKAGE.sig]", OF(SIGN), take_word, MEMBER(output)},
	{"output", 'o', "FILE", "what to write; - is standard output [NAME.layer]", OF(DEV_EXPORT), take_word,
	 MEMBER(output)},
	{"output", 'o', "FILE", "what to write [APP-I.checkpoint]", OF(PROD_CHECKPOINT), take_word, MEMBER(output)},
	{"key", 0, "FILE", "the private key to sign with, in PEM, as openssl(1) makes it; its\npassphrase is asked for", OF(SIGN),
	 take_word, MEMBER(key)},
	{"key", 0, "FILE", "the public key, in PEM, with which PACKAGE.sig has to be made", OF(VERIFY), take_word, MEMBER(key)},
	{"verity", 0, NULL, "its verity data has to be right: PACKAGE.verity, PACKAGE.roothash", OF(VERIFY), take_flag,
	 MEMBER(verity)},
	{"root-hash", 0, "HEX", "the same with this root hash, which came another way", OF(VERIFY), take_word,
	 MEMBER(root_hash)},
	{"force", 'f', NULL, "replace FILE if it is there", OF(SIGN) | OF(SLIM) | OF(PACK) | OF(INSTRUMENT) | OF(TEST_REPORT) | OF(DEV_EXPORT) |
	 OF(PROD_CHECKPOINT),
	 take_flag, MEMBER(force)},
	{"root", 0, "DIR|NAME|ARCHIVE|IMAGE", "the root file system to run in: a directory, a name of 'sfc dev',\na package, a tar, an OCI layout, a docker archive, debian:SUITE or an\nimage; the same as IMAGE without it [the host's own]",
	 OF(SLIM), take_word, MEMBER(root)},
	{"root", 0, "DIR|NAME|ARCHIVE|IMAGE", "the source to compare with, as for slim", OF(VERIFY), take_word, MEMBER(root)},
	{"with", 0, "DIR|NAME|ARCHIVE|IMAGE", "the root that has the tools: a directory, a name of 'sfc dev', a package,\na tar, an OCI layout, a docker archive, debian:SUITE+PACKAGE,… or an\nimage [the name of 'sfc dev' that is called as it is]",
	 OF(PROD_DEBUG) | OF(TEST_DEBUG), take_word, MEMBER(with)},
	{"from", 0, "SRC", "a directory, a tar, an OCI layout or docker archive, an image as\nskopeo(1) spells it, a package, debian:SUITE[+PACKAGE,…], a base, or\nanother NAME",
	 OF(DEV_CREATE), take_word, MEMBER(from)},
	{"change", 'c', "INSTRUCTION", "change what the image says, as podman-commit(1) has it: 'CMD=[\"x\"]',\n'ENV A=b'; may be repeated",
	 PACKED, take_words, MEMBER(changes)},
	{"keep-package", 0, "FILE", "with -o IMAGE: write the package it is made of, too", OF(SLIM), take_word,
	 MEMBER(keep_package)},
	{"max-size", 0, "SIZE", "of what an archive unpacks to, at the most", OF(DEV_CREATE) | OF(DEV_IMPORT), take_size,
	 MEMBER(max_size)},
	{"layer", 0, "DIR", "keep what is written there, and find it next time [in memory,\nthrown away]",
	 OF(RUN), take_word, MEMBER(layer)},
	{"scratch", 0, "DIR", "keep what it writes on this disk, not in memory", OF(SLIM), take_word,
	 MEMBER(scratch)},
	{"name", 0, "APP", "what the package is called [NAME]", OF(PACK), take_word, MEMBER(name)},
	{"compose", 0, "FILE", "write instead what starts the services of this compose project traced:\na second file for docker compose -f",
	 OF(INSTRUMENT), take_word, MEMBER(compose)},
	{"compose", 0, "FILE", "with --traces: slim all images of this compose project, in the docker\ndaemon; -o is a second file for docker compose -f, which uses them",
	 OF(SLIM), take_word, MEMBER(compose)},
	{"kubernetes", 0, "FILE", "or patches for the Deployments and the like in this file", OF(INSTRUMENT), take_word,
	 MEMBER(kubernetes)},
	{"name", 0, "NAME[:TAG]", "what the new image is called [the old one, with -traced or -slim\nbehind its tag]", OF(INSTRUMENT) | OF(SLIM),
	 take_word, MEMBER(name)},
	{"name", 0, "APP", "what the application is called [as in the package]", OF(PROD_INSTALL), take_word,
	 MEMBER(name)},
	{"name", 0, "I", "this instance", OF(PROD_START), take_word, MEMBER(name)},
	{"count", 0, "N", "so many new instances", OF(PROD_START), take_word, MEMBER(count)},
	{"digest", 0, "sha256:HEX", "refuse another package than this", OF(PROD_INSTALL) | OF(PROD_UPDATE),
	 take_word, MEMBER(digest)},
	{"digest", 0, "sha256:HEX", "take one that was not made here, if it is this", OF(PROD_RESTORE),
	 take_word, MEMBER(digest)},
	{"with-misses", 0, "APP", "also what guards saw instances of APP miss; may be repeated", OF(PACK),
	 take_words, MEMBER(with_misses)},
	{"traces", 0, "DIR|FILE", "slim an image by these traces of sfc instrument's: run nothing; may be\nrepeated",
	 OF(SLIM), take_words, MEMBER(traces)},
	{"other-image", 0, NULL, "take traces of another image, too", OF(SLIM), take_flag, MEMBER(other_image)},
	{"allow-interrupted", 0, NULL, "use traces of containers that were killed", OF(SLIM), take_packer, 0},
	{"all", 0, NULL, "the application too; alone: every application", OF(PROD_RM), take_flag, MEMBER(all)},
	{"all", 0, NULL, "of every application", OF(PROD_STOP) | OF(PROD_RESTART), take_flag, MEMBER(all)},
	{"host", 0, "HOST", "what runs on that host, by ssh(1), instead of here; may be repeated", OF(PROD_LIST), take_words,
	 MEMBER(hosts)},
	{"all-users", 0, NULL, "root: also what every user runs who has a range in /etc/subuid", OF(PROD_LIST), take_flag,
	 MEMBER(all_users)},
	{"follow", 'f', NULL, "go on as it grows", OF(PROD_LOGS), take_flag, MEMBER(follow)},
	{"since", 0, "TIME|SECONDS", "only what was printed since, as 2026-11-28T09:00:00Z, or 90, 10m, 2h ago",
	 OF(PROD_LOGS), take_word, MEMBER(since)},
	{"state", 0, "DIR", "where the stages keep what they know [$SFC_STATE, else /var/lib/sfc]", STATEFUL,
	 take_state, 0},

	HEADING("Where images are:"),
	{"tls-verify", 0, "true|false", "of a registry; false: it has no TLS, or a certificate of its own", IMAGED,
	 take_tls_verify, 0},
	{"authfile", 0, "FILE", "credentials for registries, containers-auth.json(5)", IMAGED, take_word,
	 MEMBER(access.authfile)},
	{"creds", 0, "-", "USER:PASSWORD for the registry, from standard input", IMAGED, take_credentials, 0},
	{"platform", 0, "OS/ARCH[/VARIANT]", "the image of a list that is for this [this machine's]", IMAGED & ~OF(PACK),
	 take_platform, 0},

	HEADING("The program:"),
	{"env", 'e', "NAME[=VALUE]", "set a variable; NAME alone takes the caller's; may be repeated", STARTED,
	 take_env, 0},
	{"env-file", 0, "FILE", "such lines from a file, where ps(1) does not see them", STARTED, take_env_file, 0},
	{"user", 'u', "USER[:GROUP]", "run as this user of the root, or these numbers", STARTED, take_user, 0},
	{"user", 'u', "USER[:GROUP]", "whom it changes to [the image's own]", OF(INSTRUMENT), take_word,
	 MEMBER(image_user)},
	{"cwd", 'w', "DIR", "start in this directory", STARTED, take_path, MEMBER(spec.cwd)},
	{"hostname", 0, "NAME", "what it takes the machine to be called", STARTED, take_hostname, 0},
	{"input", 0, "FILE", "what it reads from its standard input; '-': ours [nothing]", OF(SLIM) | OF(VERIFY),
	 take_text, MEMBER(spec.input)},
	{"input", 0, "FILE", "what it reads from its standard input [ours; a server: nothing]", OF(TEST), take_text,
	 MEMBER(spec.input)},

	HEADING("What it sees:"),
	{"volume", 'v', "SRC:DST[:ro]", "a directory or file of the host; may be repeated", STARTED, take_volume, 0},
	{"tmpfs", 0, "DIR[:SIZE]", "memory in the place of DIR; may be repeated", STARTED, take_tmpfs, 0},
	{"network", 0, "host|none|private|PATH|app:APP/I", "[host; private where a port is published]", STARTED, take_network, 0},
	{"publish", 'p', "[ADDR:][HOST]:PORT[/udp]", "a port of its private network on the host too; may be repeated;\nHOST-LAST: one each, for several instances",
	 STARTED, take_publish, 0},
	{"read-only", 0, NULL, "nothing of its root can be written", STARTED, take_flag, MEMBER(spec.read_only)},

	HEADING("How much it may have:"),
	{"memory", 'm', "SIZE", "a program that takes more is killed", STARTED, take_memory, MEMBER(spec.memory)},
	{"memory-reservation", 0, "SIZE", "taken from others first where memory is short", STARTED, take_memory,
	 MEMBER(spec.memory_reservation)},
	{"cpus", 0, "N", "processors, as 0.5", STARTED, take_cpus, 0},
	{"cpu-weight", 0, "N", "its share against others, 1 to 10000 [100]", STARTED, take_weight,
	 MEMBER(spec.cpu_weight)},
	{"pids", 0, "N", "processes and threads [2048]", STARTED, take_pids, MEMBER(spec.pids)},
	{"io-weight", 0, "N", "its share of disks, 1 to 10000 [100]", STARTED, take_weight, MEMBER(spec.io_weight)},
	{"device-read-bps", 0, "DEVICE:RATE", "bytes a second, as /dev/vda:10M", STARTED, take_rate,
	 MEMBER(spec.read_rates)},
	{"device-write-bps", 0, "DEVICE:RATE", "the same for writing", STARTED, take_rate, MEMBER(spec.write_rates)},
	{"ulimit", 0, "NAME=SOFT[:HARD]", "as nofile=1024:4096; may be repeated", STARTED, take_ulimit, 0},
	{"layer-size", 0, "SIZE", "of what it writes", OF(PROD_START), take_size, MEMBER(spec.layer_size)},
	{"for", 0, "USER", "whose limits count", OF(PROD_START), take_word, MEMBER(for_user)},

	HEADING("What it may do:"),
	{"cap-add", 0, "NAME", "a capability beyond the default; ALL", STARTED, take_capability, MEMBER(spec.cap_add)},
	{"cap-drop", 0, "NAME", "one less; ALL", STARTED, take_capability, MEMBER(spec.cap_drop)},
	{"device", 0, "PATH[:INSIDE][:rwm]", "a device of the host; may be repeated", STARTED, take_device, 0},
	{"seccomp", 0, "default|unconfined|FILE", "which system calls are allowed [default]", STARTED, take_seccomp, 0},
	{"privileged", 0, NULL, "all of this at once: no confinement at all", STARTED, take_flag, MEMBER(spec.privileged)},
	{"guard", 0, "report|heal|deny|off", "ask a second root for what the package does not have", OF(PROD_START),
	 take_word, MEMBER(guard)},
	{"guard-source", 0, "DIR|NAME", "that root", OF(PROD_START), take_word, MEMBER(guard_source)},

	HEADING("When it is up, and how it ends:"),
	{"ready", 0, "tcp:PORT|http://…|COMMAND", "up when the port listens, the URL answers, or the command,\nrun on the host, succeeds",
	 STARTED | OF(PROD_UPDATE), take_ready, 0},
	{"probe", 0, "COMMAND", "a server: ask it this from outside, then stop it; $SFC_ROOT is its root", ASKED_ONCE, take_words,
	 MEMBER(spec.probes)},
	{"http-probe", 0, "[=PATH]", "a server: get this page and those it links to, on the same host; may\nbe repeated [/]",
	 ASKED_ONCE, take_http_probe, MEMBER(spec.http_probes)},
	{"exec-probe", 0, "COMMAND", "a server: run this inside, traced, by its shell; may be repeated", ASKED_ONCE,
	 take_words, MEMBER(spec.exec_probes)},
	{"no-healthcheck", 0, NULL, "an image: neither run nor keep its HEALTHCHECK", ASKED_ONCE | OF(TEST_START), take_flag,
	 MEMBER(spec.no_healthcheck)},
	{"health", 0, "COMMAND|http://…", "how it is asked whether it is well", OF(PROD_START), take_health, 0},
	{"on-demand", 0, NULL, "hold its ports: the first connection starts it", OF(PROD_START), take_flag,
	 MEMBER(spec.on_demand)},
	{"idle", 0, "SECONDS|Nm|Nh", "on demand: without a connection for so long it sleeps again [never]", OF(PROD_START),
	 take_idle, 0},
	{"instances", 0, "LEAST..MOST", "on demand: so many share the ports [0..1]", OF(PROD_START), take_instances, 0},
	{"per", 0, "N", "on demand: one more for so many connections each", OF(PROD_START), take_per, 0},
	{"restart", 0, "no|always|on-failure[:N]", "when it has ended by itself [no]", OF(PROD_START), take_restart, 0},
	{"timeout", 0, "SECONDS", "for a server to be ready and answer [60], for others to end [none]", STARTED, take_timeout, 0},
	{"timeout", 0, "SECONDS", "for an instance to be ready [30]", OF(PROD_UPDATE), take_timeout, 0},
	{"timeout", 0, "SECONDS", "the older word for --grace", OF(PROD_STOP) | OF(PROD_RESTART) | OF(PROD_RM),
	 take_grace, 0},
	{"grace", 0, "SECONDS", "between asking it to end and killing it [10]",
	 STARTED | OF(PROD_STOP) | OF(PROD_RESTART) | OF(PROD_RM), take_grace, 0},
	{"ephemeral", 0, NULL, "forget what it wrote at its end", OF(PROD_START), take_flag, MEMBER(ephemeral)},

	HEADING("How it is run:"),
	{"runtime", 0, "crun|runc|PATH", "[crun, else runc]", STARTED, take_runtime, 0},
	{"runtime-arg", 0, "ARG", "for the runtime, before its command; may be repeated", STARTED, take_words,
	 MEMBER(spec.runtime_args)},
	{"trace", 0, "OPTIONS", "more options for tracefs, as in mode=first,ignore=GLOB", TRACED | OF(INSTRUMENT), take_word, MEMBER(trace)},
	{"learn", 0, NULL, "watch which rare system calls and capabilities it uses: the package goes\nwithout the others", OF(SLIM) | OF(TEST),
	 take_flag, MEMBER(learn)},
	{"label", 0, "TEXT", "what to call the session in the manifest [slim; test: the command]",
	 TRACED, take_word, MEMBER(label)},
	{"keep-manifest", 0, "FILE", "write the manifest here, too", OF(SLIM), take_word, MEMBER(keep_manifest)},
	{"compare", 0, "output|status|none", "what has to be the same from the package [output]; none: it is not\nrun",
	 OF(SLIM) | OF(VERIFY), take_word, MEMBER(compare)},
	{"verify", 0, "output|status|none", "the older word for --compare", OF(SLIM), take_word, MEMBER(compare)},

	HEADING("What is packed, see tracepack-build(1):"),
	{"include", 0, "GLOB", "also take what matches", PACKED, take_packer, 0},
	{"exclude", 0, "GLOB", "leave out what matches, and what is below", PACKED, take_packer, 0},
	{"rules", 0, "FILE", "rules, one a line", PACKED, take_packer, 0},
	{"only", 0, "LABEL", "only this session; may be repeated", OF(PACK), take_packer, 0},
	{"without", 0, "LABEL", "all but this session; may be repeated", OF(PACK), take_packer, 0},
	{"stat-only", 0, "whole|hole|omit", "files nobody opened [whole]", OF(PACK), take_packer, 0},
	{"listed", 0, "none|stub|full", "names in listed directories [none]", OF(PACK), take_packer, 0},
	{"margin", 0, "LEVEL", "comes along unused: none, near, module, package, depends [own]", PACKED,
	 take_packer, 0},
	{"customs", 0, "DIR", "more files of customs, sfc-customs(5)", PACKED, take_packer, 0},
	{"no-ecosystem", 0, "NAME", "leave out what goes with files of one kind by custom", OF(PACK), take_packer, 0},
	{"allow-interrupted", 0, NULL, "use sessions that may not be whole", OF(PACK), take_packer, 0},
	{"allow-changed", 0, NULL, "take files that changed since they were traced", OF(PACK), take_packer, 0},
	{"allow-secrets", 0, NULL, "take private keys, histories and the like", OF(PACK), take_packer, 0},
	{"level", 0, "N", "of compression, 1 to 22, or best [9]", PACKED, take_packer, 0},
	{"block", 0, "SIZE", "4K to 1M [128K]", PACKED, take_packer, 0},
	{"catalog", 0, "WHAT", "of the rest of the source: full, near or none", PACKED, take_packer, 0},
	{"threads", 0, "N", "that compress [one a processor]", OF(PACK), take_packer, 0},
	{"time", 0, "SECONDS", "clamp times to it", OF(PACK), take_packer, 0},
	{"version", 0, "VERSION", "of the package", OF(PACK), take_packer, 0},
	{"env", 'e', "NAME[=VALUE]", "set or take out a variable of its start", OF(PACK), take_packer, 0},
	{"arg", 0, "ARG", "start it so instead; also COMMAND behind --", OF(PACK), take_packer, 0},
	{"cwd", 0, "DIR", "start it there", OF(PACK), take_packer, 0},
	{"user", 0, "UID[:GID]", "start it as this", OF(PACK), take_packer, 0},
	{"config", 0, "FILE", "JSON merged into the package's config.json", OF(PACK), take_packer, 0},
	{"no-records", 0, NULL, "leave the distribution's package records out", OF(PACK), take_packer, 0},
	{"check", 0, NULL, "read the package back and compare every byte", OF(PACK), take_packer, 0},
	{"verity", 0, NULL, "write verity data beside it: PACKAGE.verity, PACKAGE.roothash", OF(PACK),
	 take_packer, 0},
	{"verify", 0, NULL, "the older word for --check", OF(PACK), take_packer, 0},

	HEADING("What it may grow to:"),
	{"max-size", 0, "SIZE", "exit with 3, and write nothing, when the package is larger", PACKED, take_packer, 0},
	{"max-growth", 0, "PREVIOUS", "the same when it is larger than that file, or than that and a margin:\nPREVIOUS:SIZE, PREVIOUS:N%",
	 PACKED, take_packer, 0},

	HEADING("How it speaks:"),
	{"dry-run", 'n', NULL, "only say what would be packed", PACKED, take_flag, MEMBER(dry_run)},
	{"dry-run", 0, NULL, "only say what would change", OF(PROD_UPDATE), take_flag, MEMBER(dry_run)},
	{"repair", 0, NULL, "first clean up what a crash left of packages, instances, tests and roots", OF(DOCTOR), take_flag,
	 MEMBER(repair)},
	{"json", 0, NULL, "facts as JSON: sizes in bytes, times in full", TELLING, take_flag, MEMBER(json)},
	{"quiet", 'q', NULL, "only the one thing a script wants, and what is wrong", QUIETABLE, take_flag, MEMBER(quiet)},
	{"quiet", 'q', NULL, "only what is missing", OF(DOCTOR), take_flag, MEMBER(quiet)},
	{0},
};
