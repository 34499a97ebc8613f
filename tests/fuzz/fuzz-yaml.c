// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as YAML. What is taken has to come back from its own JSON, which is YAML, as far as that is short and
 * plain; and whatever it says, as a compose project and as objects of Kubernetes it is told to trace or refused.
 */
#include "stage/spec/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "stage/spec/traced_start.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key of YAML has an end, and its reader takes no DEL and no surrogates. */
enum { COMES_BACK_MAX = 900 };

static void comes_back(const json_t *document)
{
	_cleanup_(freep) char *text = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
	_cleanup_(json_freep) json_t *again = NULL;
	struct error err = ERROR_INIT;

	if (!text)
		abort();
	if (strlen(text) > COMES_BACK_MAX || strstr(text, "\\u"))
		return;
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			return;
	if (yaml_read(text, strlen(text), &again, &err) < 0 || json_array_size(again) != 1 ||
	    !json_equal(json_array_get(again, 0), document))
		abort();
}

static void is_traced_or_refused(const json_t *documents)
{
	_cleanup_(text_release) struct text notes = TEXT_INIT;
	_cleanup_(json_freep) json_t *override = NULL, *patches = NULL;
	struct error err = ERROR_INIT;

	if (traced_compose(json_array_get(documents, 0), NULL, &override, &notes, &err) < 0 && !*err.message)
		abort();
	err = (struct error)ERROR_INIT;
	if (traced_kubernetes(documents, NULL, &patches, &notes, &err) < 0 && !*err.message)
		abort();
	if ((override && !json_object_size(json_object_get(override, "services"))) ||
	    (patches && !json_array_size(patches)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(json_freep) json_t *documents = NULL;
	struct error err = ERROR_INIT;
	const json_t *document;
	size_t i;

	if (yaml_read((const char *)data, size, &documents, &err) < 0) {
		if (!*err.message)
			abort();
		return 0;
	}
	json_array_foreach(documents, i, document)
		comes_back(document);
	is_traced_or_refused(documents);
	return 0;
}
