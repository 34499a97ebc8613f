// SPDX-License-Identifier: BSD-2-Clause
/* The control groups that repair looks at: of either version, made by us or by systemd, and whose they are. */
#include "stage/repair/groups.h"

#include <stdlib.h>
#include <string.h>

#include "tests/manifest.h"

static size_t times(const spec_strings *names, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < names->count; i++)
		n += strcmp(names->items[i], name) == 0;
	return n;
}

static void groups_of_every_tree_are_listed(void)
{
	spec_strings names = {0};
	struct error err = ERROR_INIT;

	REQUIRE(system("mkdir -p v1/memory/sfc/web-1-0a1b2c3d-7/inner v1/pids/sfc/web-1-0a1b2c3d-7 v1/pids/other/x-1-0a1b2c3d-8"
		       " v1/systemd/system.slice/sfc-web-2-0a1b2c3d-9.scope v1/.hidden/sfc/no && : >v1/memory/sfc/tasks") == 0);
	CHECK_INT(groups_list("v1", &names, &err), 0);
	CHECK_INT(times(&names, "web-1-0a1b2c3d-7"), 2);
	CHECK_INT(times(&names, "web-2-0a1b2c3d-9"), 1);
	CHECK_INT(names.count, 3);
	spec_strings_release(&names);
	REQUIRE(system("mkdir -p v2/sfc/web-1-0a1b2c3d-7 v2/system.slice/sfc-web-2-0a1b2c3d-9.scope"
		       " v2/system.slice/sfc-.scope v2/system.slice/ssh.service") == 0);
	CHECK_INT(groups_list("v2", &names, &err), 0);
	CHECK_INT(times(&names, "web-1-0a1b2c3d-7"), 1);
	CHECK_INT(times(&names, "web-2-0a1b2c3d-9"), 1);
	/* others' are listed as what they are: whose a group is says its name */
	CHECK_INT(times(&names, "ssh.service"), 1);
	CHECK_INT(times(&names, ""), 0);
	spec_strings_release(&names);
	CHECK_INT(groups_list("nowhere", &names, &err), 0);
	CHECK_INT(names.count, 0);
	spec_strings_release(&names);
}

static void a_group_is_ours_by_the_state_in_its_name(void)
{
	static const char uuid[] = "0a1b2c3d-0000-4000-8000-000000000000";
	static const struct {
		const char *name;
		bool ours;
	} cases[] = {
		{"web-1-0a1b2c3d-7", true},
		{"a-b-0a1b2c3d-1234567890", true},
		{"web.x-two-parts-0a1b2c3d-7", true},
		{"web-1-0a1b2c3e-7", false},  /* another state's */
		{"web-1-0a1b2c3d-", false},   /* no row */
		{"web-1-0a1b2c3d-7x", false}, /* no number */
		{"web-1-0a1b2c3d--7", false},
		{"web-10a1b2c3d-7", false},
		{"0a1b2c3d-7", false}, /* of nobody */
		{"-0a1b2c3d-7", false},
		{"run-123", false},
		{"7", false},
		{"-", false},
		{"", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (groups_is_ours(cases[i].name, uuid) != cases[i].ours)
			test_fail(__FILE__, __LINE__, cases[i].name);
}

int main(void)
{
	scratch_enter();
	RUN(groups_of_every_tree_are_listed);
	RUN(a_group_is_ours_by_the_state_in_its_name);
	return test_end();
}
