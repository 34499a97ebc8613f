// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/start_config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void start_strings_release(struct start_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	array_release(strings);
}

void start_config_release(struct start_config *config)
{
	for (size_t i = 0; i < config->tmpfs.count; i++) {
		free(config->tmpfs.items[i].destination);
		start_strings_release(&config->tmpfs.items[i].options);
	}
	array_release(&config->tmpfs);
	start_strings_release(&config->args);
	start_strings_release(&config->env);
	start_strings_release(&config->asks);
	array_release(&config->groups);
	free(config->cwd);
	free(config->hostname);
	free(config->stop_signal);
	json_decref(config->annotations);
	json_decref(config->image);
	*config = (struct start_config)START_CONFIG_INIT;
}

bool start_signal_is_known(const char *name)
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
