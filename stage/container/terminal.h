/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal that we have, while a program has one of its own: keys go there as they are. Whoever stays outside
 * remembers how it was and puts that back, however what is inside has ended.
 */
#ifndef STAGE_CONTAINER_TERMINAL_H
#define STAGE_CONTAINER_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

struct terminal {
	bool is; /* our input and output are one */
	struct termios before;
};

/* Returns terminal->is. */
bool terminal_remember(struct terminal *terminal);
/* Inside, once the program runs. */
void terminal_make_raw(void);
void terminal_restore(const struct terminal *terminal);

#endif
