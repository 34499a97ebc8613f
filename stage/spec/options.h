/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of options of sfc. A row says how an option is spelled, what follows it, what --help says
 * of it, which commands take it and where its value goes; getopt_long(3), --help, the completions and the
 * OPTIONS of the man pages are made of it, so an option means the same wherever it is taken.
 *
 * One more option: a member in struct asked (or in struct spec, where it concerns what is started), a row
 * in options.c, and for a spec's a row in spec_json.c. One more command that takes it: its bit in the row.
 * A name may have two rows with different help as long as no command takes both.
 */
#ifndef STAGE_SPEC_OPTIONS_H
#define STAGE_SPEC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/oci/access.h"
#include "stage/spec/spec.h"

/* Who can take an option: a bit each. What is a group's has its name in front. */
enum options_of {
	OF_SLIM, OF_RUN, OF_VERIFY, OF_SIGN, OF_PACK, OF_EXPORT, OF_INSTRUMENT, OF_STATUS, OF_DOCTOR,
	OF_TEST, OF_TEST_START, OF_TEST_EXEC, OF_TEST_DEBUG, OF_TEST_STOP, OF_TEST_REPORT, OF_TEST_MOUNT, OF_TEST_UMOUNT,
	OF_TEST_RM,
	OF_DEV_CREATE, OF_DEV_SHELL, OF_DEV_EXEC, OF_DEV_DIFF, OF_DEV_COMMIT, OF_DEV_EXPORT, OF_DEV_IMPORT, OF_DEV_LOG,
	OF_DEV_RESET,
	OF_DEV_LIST, OF_DEV_RM,
	OF_PROD_INSTALL, OF_PROD_START, OF_PROD_STOP, OF_PROD_RESTART, OF_PROD_RM, OF_PROD_EXEC, OF_PROD_DEBUG,
	OF_PROD_LOGS, OF_PROD_LIST, OF_PROD_INSPECT, OF_PROD_STATS, OF_PROD_MISSES, OF_PROD_HEALTH, OF_PROD_CHECKPOINT, OF_PROD_RESTORE,
	OF_PROD_UPDATE,
	OF_PROD_ROLLBACK, OF_PROD_ENABLE, OF_PROD_DISABLE,
	OF_COUNT,
};
_Static_assert(OF_COUNT <= 64, "a bit a command");

#define OF(command) (UINT64_C(1) << OF_##command)

/* All that a command line can say. Strings outside of the spec are borrowed from argv. */
struct asked {
	struct spec spec;

	/* how it speaks */
	bool help, json, quiet;

	/* which things */
	char **operands; /* the words that are no option, before "--" */
	size_t operand_count;
	const char *root, *with, *output, *layer, *scratch, *keep_manifest, *label, *compare, *trace, *from, *name,
		*digest, *image_user, *keep_package, *compose, *kubernetes, *guard, *guard_source, *for_user, *count, *key,
		*since, *root_hash;
	spec_strings with_misses, traces, hosts;
	spec_strings changes;                         /* as pack/oci/change.h has them */
	spec_strings packer; /* options as tracepack build takes them, one after the other */
	struct image_access access; /* to where images are */
	uint64_t max_size;   /* bytes; 0: not asked */
	bool force, other_image, verity, dry_run, learn, repair, all, all_users, ephemeral, follow;
};

#define ASKED_INIT                                                                                 \
	{                                                                                          \
		.spec = SPEC_INIT                                                                  \
	}

struct option_row;

/*
 * Takes a value (NULL for an option that has none) into asked: 0; -EINVAL when it makes no sense, with a
 * message only where that can say more than the form that was wanted; any other code is a failure, with
 * a message.
 */
typedef int option_take(struct asked *asked, const struct option_row *row, const char *value,
			struct error *err);

struct option_row {
	const char *name;     /* NULL: `help` is a heading of what follows */
	char letter;          /* 0: it has none */
	const char *argument; /* "SECONDS"; words to choose from are parted by '|'; NULL: takes none */
	const char *help;     /* lines */
	uint64_t commands;    /* OF() bits */
	option_take *function;
	size_t offset;        /* in struct asked, for takers that need telling */
};

/* In the order of --help; the last has neither name nor help. */
extern const struct option_row option_rows[];

/* The row that a command takes under this name; commands UINT64_MAX: any. NULL: none. */
const struct option_row *option_find(const char *name, uint64_t commands);

/* Take one value as if it had stood on the command line; the message names the option. */
int option_apply(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err);

/* Where COMMAND ARG… may stand. */
enum options_command {
	COMMAND_NONE,   /* nowhere: "--" only ends the options */
	COMMAND_BEHIND, /* behind "--" */
	COMMAND_FREE,   /* behind "--", or at once behind the operands */
};

/* How the words of a command line follow each other. */
struct options_grammar {
	uint64_t commands;  /* whose options: one OF() bit */
	size_t operands;    /* at the most, before COMMAND; SIZE_MAX: any number */
	enum options_command command;
};

/*
 * Read a command line; argv[0] is not looked at. Options stand anywhere
 * before "--" or the first word of COMMAND. When --help is met, only asked->help is sure.
 * Returns 0, -EINVAL for what is asked wrongly, other codes for failures, with a message.
 */
int options_parse(struct asked *asked, const struct options_grammar *grammar, int argc, char **argv,
		  struct error *err);

/* What is right word by word may not go together: 0 or -EINVAL. */
int options_check(const struct spec *spec, struct error *err);

void asked_release(struct asked *asked);

#endif
