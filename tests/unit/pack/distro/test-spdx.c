// SPDX-License-Identifier: BSD-2-Clause
/* pack/distro/spdx.h: a bill of materials said again as SPDX, whatever somebody put into it. */
#include "pack/distro/spdx.h"

#include "db/base/json.h"
#include "tests/test.h"

static json_t *said_again(const char *bill)
{
	json_t *json = json_loads(bill, 0, NULL), *spdx;

	REQUIRE(json);
	spdx = spdx_json(json);
	REQUIRE(spdx);
	json_decref(json);
	return spdx;
}

static const char bill[] =
	"{\"serialNumber\": \"urn:uuid:0-1\", \"metadata\": {\"timestamp\": \"2024-01-02T03:04:05Z\","
	" \"component\": {\"type\": \"container\", \"name\": \"web\", \"version\": \"1.2\"}},"
	" \"components\": [{\"type\": \"operating-system\", \"name\": \"debian\", \"version\": \"12\"},"
	" {\"type\": \"library\", \"name\": \"g++_x\", \"version\": \"1:2\", \"publisher\": \"A Team <a@b>\","
	"  \"licenses\": [{\"license\": {\"name\": \"MIT and more\"}}], \"purl\": \"pkg:deb/debian/g++_x@1:2\","
	"  \"properties\": [{\"name\": \"sfc:files:kept\", \"value\": \"3\"}, {\"name\": \"n\", \"value\": \"4\"}]},"
	" {\"type\": \"file\", \"name\": \"/x\"}]}";

static const char *member(const json_t *spdx, const char *list, size_t i, const char *name)
{
	return json_text(json_array_get(json_object_get(spdx, list), i), name);
}

static void each_package_is_one_that_the_subject_contains(void)
{
	json_t *spdx = said_again(bill);
	const json_t *package = json_array_get(json_object_get(spdx, "packages"), 2);

	CHECK_STRING(json_text(spdx, "name"), "web");
	CHECK_STRING(json_text(spdx, "documentNamespace"), "https://spdx.org/spdxdocs/tracepack-0-1");
	CHECK_INT(json_array_size(json_object_get(spdx, "packages")), 3);
	CHECK_STRING(member(spdx, "packages", 0, "versionInfo"), "1.2");
	CHECK_STRING(member(spdx, "packages", 1, "primaryPackagePurpose"), "OPERATING-SYSTEM");
	CHECK_STRING(json_text(package, "SPDXID"), "SPDXRef-1-g---x");
	CHECK_STRING(json_text(package, "supplier"), "Organization: A Team (a@b)");
	CHECK_STRING(json_text(package, "licenseComments"), "MIT and more");
	CHECK_STRING(json_text(package, "licenseDeclared"), "NOASSERTION");
	CHECK_STRING(json_text(package, "comment"), "sfc:files:kept 3, n 4");
	CHECK_STRING(member(package, "externalRefs", 0, "referenceLocator"), "pkg:deb/debian/g++_x@1:2");
	CHECK_STRING(member(spdx, "relationships", 0, "relationshipType"), "DESCRIBES");
	CHECK_STRING(member(spdx, "relationships", 2, "relatedSpdxElement"), "SPDXRef-1-g---x");
	CHECK_INT(json_array_size(json_object_get(spdx, "relationships")), 3);
	json_decref(spdx);
}

static void what_is_not_as_it_has_to_be_is_left_out(void)
{
	static const char *const strange[] = {
		"{}",
		"[]",
		"{\"components\": {}, \"metadata\": 1, \"serialNumber\": \"urn:uuid:../x\"}",
		"{\"components\": [1, null, {}, {\"type\": 3}, {\"type\": \"library\"},"
		" {\"type\": \"library\", \"name\": 1, \"publisher\": \"<\", \"licenses\": 1, \"properties\": [2],"
		"  \"externalReferences\": [[]]}]}",
	};

	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		json_t *spdx = said_again(strange[i]);

		CHECK_STRING(json_text(spdx, "name"), "unnamed");
		CHECK_STRING(json_text(spdx, "documentNamespace"), "https://spdx.org/spdxdocs/tracepack-none");
		CHECK_INT(json_array_size(json_object_get(spdx, "packages")), i == 3 ? 3 : 1);
		json_decref(spdx);
	}
}

int main(void)
{
	RUN(each_package_is_one_that_the_subject_contains);
	RUN(what_is_not_as_it_has_to_be_is_left_out);
	return test_end();
}
