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
	*config = (struct start_config)START_CONFIG_INIT;
}

int start_config_complete(struct start_config *config, const struct image_config *image, struct error *err)
{
	const char *name = json_string_value(image_config_member(image, "StopSignal"));

	if (config->stop_signal || !name || !*name)
		return 0;
	config->stop_signal = strdup(name);
	return config->stop_signal ? 0 : error_oom(err);
}
