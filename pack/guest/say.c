// SPDX-License-Identifier: BSD-2-Clause
#include "pack/guest/guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void say(const char *format, ...)
{
	char line[512] = "sfc: ";
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line + 5, sizeof(line) - 6, format, arguments);
	va_end(arguments);
	n = n < (int)sizeof(line) - 7 ? n : (int)sizeof(line) - 7;
	line[5 + n] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)n + 6);
}
