/* SPDX-License-Identifier: BSD-2-Clause */
/* What a result may not be larger than: where it is, nothing is written, and the exit status says so. */
#ifndef PACK_CMD_GATE_H
#define PACK_CMD_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/cmd/command.h"

struct gate {
	uint64_t max_size;    /* 0: none */
	const char *previous; /* FILE, FILE:SIZE or FILE:N%; NULL: none */
	/* of the previous: */
	uint64_t size, limit;
};

extern const struct command_option gate_options[];

/* Look at the previous one, before there is work that could be in vain. */
int gate_open(struct gate *gate, struct error *err);
/* true, or what is too large, in a message. */
bool gate_pass(const struct gate *gate, uint64_t size, struct error *why);

#endif
