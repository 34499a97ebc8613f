// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/terminal.h"

#include <unistd.h>

bool terminal_remember(struct terminal *terminal)
{
	terminal->is = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
		       tcgetattr(STDIN_FILENO, &terminal->before) == 0;
	return terminal->is;
}

void terminal_make_raw(void)
{
	struct termios settings;

	if (tcgetattr(STDIN_FILENO, &settings) == 0) {
		cfmakeraw(&settings);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
	}
}

void terminal_restore(const struct terminal *terminal)
{
	if (terminal->is)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
}
