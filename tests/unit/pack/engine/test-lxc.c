// SPDX-License-Identifier: BSD-2-Clause
/* A package's facts in the words of LXC. */
#include "pack/engine/lxc.h"

#include <errno.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/config.h"
#include "tests/test.h"

static void an_lxc_configuration_holds_no_line_it_should_not(void)
{
	_cleanup_(json_freep) json_t *args = json_pack("[s, s]", "/bin/x", "y");
	_cleanup_(json_freep) json_t *start = oci_start_default(args);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(facts_release) struct facts facts = {0}, worse = {0};
	json_t *process = json_object_get(start, "process");

	REQUIRE(facts_read(start, NULL, "example/web:1.2", &facts, NULL) == 0);
	CHECK_STRING(facts.name, "web");
	CHECK_INT(lxc_config(&facts, "dir:/r", &text, NULL), 0);
	CHECK(strstr(text.bytes, "lxc.init.cmd = /bin/x y\n"));
	CHECK(strstr(text.bytes, "lxc.rootfs.path = dir:/r\n"));
	CHECK(strstr(text.bytes, " net_bind_service"));
	json_array_append_new(json_object_get(process, "env"), json_string("A=b\nlxc.hook.start=/x"));
	REQUIRE(facts_read(start, NULL, "n", &worse, NULL) == 0);
	CHECK_INT(lxc_config(&worse, "dir:/r", &text, NULL), -EINVAL);
}

int main(void)
{
	RUN(an_lxc_configuration_holds_no_line_it_should_not);
	return test_end();
}
