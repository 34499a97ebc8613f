// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as a config.json, as a package.json, and as the configuration of an image. What is read of the first is written again by
 * start_config_json(), and that has to be read as the same: nothing grows on the way, nothing is asked for.
 */
#include "pack/package/start_config.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/oci/image_config.h"
#include "pack/package/description.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct start_config *config)
{
	_cleanup_(start_config_release) struct start_config again = START_CONFIG_INIT;
	json_auto_t *json = start_config_json(config), *more = NULL;
	struct error err = ERROR_INIT;

	if (!json || start_config_from_json(json, &again, &err) < 0)
		abort();
	more = start_config_json(&again);
	if (!more || !json_equal(json, more) || again.asks.count)
		abort();
}

/* What is known of an image's configuration is known again, whole. */
static void image_config_again(const char *data, size_t size)
{
	_cleanup_(image_config_release) struct image_config image = IMAGE_CONFIG_INIT, again = IMAGE_CONFIG_INIT;
	struct error err = ERROR_INIT;
	int r = image_config_parse(data, size, &image, &err);

	if (r < 0 && !*err.message)
		abort();
	if (r == 0 && (image_config_from_json(image.json, &again, &err) < 0 ||
		       !json_equal(image.json, again.json)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(start_config_release) struct start_config config = START_CONFIG_INIT;
	_cleanup_(description_release) struct description description = {0};
	struct error err = ERROR_INIT;
	int r = start_config_parse((const char *)data, size, &config, &err);

	if (r == 0)
		read_again(&config);
	else if (!*err.message)
		abort();
	err = (struct error)ERROR_INIT;
	r = description_parse((const char *)data, size, &description, &err);
	if (r < 0 && !*err.message)
		abort();
	image_config_again((const char *)data, size);
	return 0;
}
