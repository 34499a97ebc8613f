// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/signal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool oci_signal_is_known(const char *name)
{
	static const char *const names[] = {
		"HUP",	"INT",	"QUIT", "ILL",	"TRAP",	  "ABRT", "BUS",  "FPE",    "KILL",
		"USR1", "SEGV", "USR2", "PIPE", "ALRM",	  "TERM", "CHLD", "CONT",   "STOP",
		"TSTP", "TTIN", "TTOU", "URG",	"XCPU",	  "XFSZ", "PROF", "VTALRM", "WINCH",
		"IO",	"PWR",	"SYS",	"STKFLT", "RTMIN", "RTMAX",
	};
	size_t length;

	if (isdigit((unsigned char)name[0]))
		return strspn(name, "0123456789") == strlen(name) && strlen(name) < 3 &&
		       atoi(name) >= 1 && atoi(name) <= 64;
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	length = strcspn(name, "+-");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *rest = name + length;

		if (strlen(names[i]) != length || strncmp(names[i], name, length) != 0)
			continue;
		return !*rest || (name[0] == 'R' && isdigit((unsigned char)rest[1]) &&
				  strspn(rest + 1, "0123456789") == strlen(rest + 1) &&
				  strlen(rest) < 4);
	}
	return false;
}
