// SPDX-License-Identifier: BSD-2-Clause
/* limits.conf: which line counts, what it may say, and what the sum of a user's instances may be. */
#include "stage/instance/limits.h"

#include <errno.h>

#include "stage/state/person.h"
#include "tests/manifest.h"

#define FILE_NAME "limits.conf"

static void write_limits(const char *text)
{
	FILE *file = fopen(FILE_NAME, "w");

	REQUIRE(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static uint64_t most_of(const char *user, enum limit_kind kind)
{
	struct limits limits = {.most = {0}};
	struct error err = ERROR_INIT;
	int r = limits_find(FILE_NAME, user, &limits, &err);

	if (r < 0)
		fprintf(stderr, "%s\n", err.message);
	return r > 0 && limits.given[kind] ? limits.most[kind] : UINT64_MAX;
}

/* ---- which line ---- */

static void the_nearest_line_counts_wherever_it_stands(void)
{
	/* daemon is in the group of that name, and in no other that is named here */
	write_limits("default instances=20 memory=4G\n"
		     "@daemon   instances=7\n"
		     "@daemon\tinstances=8\n"
		     "# root instances=1\n"
		     "\n"
		     "  bin  instances=3 cpus=1.5 # and no more\n"
		     "bin instances=9\n");
	CHECK_INT(most_of("bin", LIMIT_INSTANCES), 3);
	CHECK_INT(most_of("bin", LIMIT_CPUS), 1500);
	CHECK_INT(most_of("daemon", LIMIT_INSTANCES), 7);
	CHECK_INT(most_of("sys", LIMIT_INSTANCES), 20);
	CHECK_INT(most_of("nobody-of-that-name", LIMIT_INSTANCES), 20);
	/* what the line does not name is unlimited: lines do not add up */
	CHECK(most_of("bin", LIMIT_MEMORY) == UINT64_MAX);
	CHECK(most_of("sys", LIMIT_MEMORY) == UINT64_C(4) << 30);
}

static void without_a_line_nothing_is_limited(void)
{
	struct limits limits;
	struct error err = ERROR_INIT;

	write_limits("bin instances=3\n");
	CHECK_INT(limits_find(FILE_NAME, "sys", &limits, &err), 0);
	CHECK_INT(limits_find("nowhere.conf", "bin", &limits, &err), 0);
	write_limits("");
	CHECK_INT(limits_find(FILE_NAME, "bin", &limits, &err), 0);
}

/* ---- what it says ---- */

static void every_kind_has_its_measure(void)
{
	write_limits("bin instances=0 memory=64M cpus=.25 pids=50 disk=10G\n");
	CHECK_INT(most_of("bin", LIMIT_INSTANCES), 0);
	CHECK_INT(most_of("bin", LIMIT_MEMORY), 64 << 20);
	CHECK_INT(most_of("bin", LIMIT_CPUS), 250);
	CHECK_INT(most_of("bin", LIMIT_PIDS), 50);
	CHECK(most_of("bin", LIMIT_DISK) == UINT64_C(10) << 30);
}

static void what_is_no_limit_is_named(void)
{
	static const char *const cases[][2] = {
		{"instances=lots", "limits.conf: 'instances=lots' is not a number"},
		{"memory=-1", "limits.conf: 'memory=-1' is not a size such as 64M"},
		{"disk=", "limits.conf: 'disk=' is not a size such as 64M"},
		{"cpus=1.2345", "limits.conf: 'cpus=1.2345' is not a number"},
		{"pids=99999999999999999999", "limits.conf: 'pids=99999999999999999999' is not a number"},
		{"colour=red", "limits.conf: 'colour=red' is not a limit; instances=, memory=, cpus=, "
			       "pids=, disk= and ports= are"},
		{"memo=1", "limits.conf: 'memo=1' is not a limit; instances=, memory=, cpus=, pids=, "
			   "disk= and ports= are"},
		{"instances", "limits.conf: 'instances' is not a limit; instances=, memory=, cpus=, pids=, "
			      "disk= and ports= are"},
		{"ports=", "limits.conf: 'ports=' is not a range of ports such as 20000-20999"},
		{"ports=0-5", "limits.conf: 'ports=0-5' is not a range of ports such as 20000-20999"},
		{"ports=9-8", "limits.conf: 'ports=9-8' is not a range of ports such as 20000-20999"},
		{"ports=1-65536", "limits.conf: 'ports=1-65536' is not a range of ports such as 20000-20999"},
		{"ports=1-2-3", "limits.conf: 'ports=1-2-3' is not a range of ports such as 20000-20999"},
	};
	struct limits limits;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error err = ERROR_INIT;
		char line[100];

		snprintf(line, sizeof(line), "bin instances=1 %s\nsys instances=1\n", cases[i][0]);
		write_limits(line);
		CHECK_INT(limits_find(FILE_NAME, "bin", &limits, &err), -EINVAL);
		CHECK_STRING(err.message, cases[i][1]);
		/* somebody else's line is not in the way */
		CHECK_INT(limits_find(FILE_NAME, "sys", &limits, &err), 1);
	}
}

static void ports_are_a_range_or_one(void)
{
	struct error err = ERROR_INIT;
	struct limits limits;

	write_limits("bin ports=20000-20999\nsys ports=80\ndefault instances=1\n");
	CHECK_INT(limits_find(FILE_NAME, "bin", &limits, &err), 1);
	CHECK_INT(limits.first_port, 20000);
	CHECK_INT(limits.last_port, 20999);
	CHECK_INT(limits_find(FILE_NAME, "sys", &limits, &err), 1);
	CHECK_INT(limits.first_port, 80);
	CHECK_INT(limits.last_port, 80);
	CHECK_INT(limits_find(FILE_NAME, "daemon", &limits, &err), 1);
	CHECK_INT(limits.first_port, 0);
}

/* ---- the sum ---- */

static struct limits limits_of(const char *words)
{
	struct limits limits = {.most = {0}};
	struct error err = ERROR_INIT;
	char line[200];

	snprintf(line, sizeof(line), "bin %s\n", words);
	write_limits(line);
	REQUIRE(limits_find(FILE_NAME, "bin", &limits, &err) == 1);
	return limits;
}

static void up_to_the_limit_is_within_it(void)
{
	const struct limits limits = limits_of("instances=2 memory=64M disk=1G");
	struct spec spec = {.memory = 32 << 20, .layer_size = 512 << 20};
	struct limits_sum sum = {.taken = {0}};
	struct error err = ERROR_INIT;

	CHECK_INT(limits_check(&limits, &sum, &spec, "bin", &err), 0);
	limits_add(&sum, &spec);
	CHECK_INT(limits_check(&limits, &sum, &spec, "bin", &err), 0);
	limits_add(&sum, &spec);
	CHECK_INT(limits_check(&limits, &sum, &spec, "bin", &err), -EDQUOT);
	CHECK(strstr(err.message, "user 'bin' is limited to instances=2 in all (") != NULL);
	CHECK(strstr(err.message, "): 2 in use, 1 more asked for") != NULL);
}

static void each_kind_is_summed_and_said_as_it_is_typed(void)
{
	static const struct {
		const char *words;
		struct spec spec;
		const char *limit, *said;
	} cases[] = {
		{"memory=64M", {.memory = 65 << 20}, "memory=64M", "): 0 in use, 65M more asked for"},
		{"cpus=1", {.cpus_milli = 1500}, "cpus=1", "): 0 in use, 1.5 more asked for"},
		{"cpus=0.125", {.cpus_milli = 126}, "cpus=0.125", "): 0 in use, 0.126 more asked for"},
		{"pids=50", {.pids = 51}, "pids=50", "): 0 in use, 51 more asked for"},
		{"disk=1G", {.layer_size = UINT64_C(3) << 30}, "disk=1G", "): 0 in use, 3G more asked for"},
		{"memory=64M", {.pids = 1}, "memory=64M", "): say how much this instance takes with --memory"},
		{"cpus=1", {.pids = 1}, "cpus=1", "): say how much this instance takes with --cpus"},
		{"pids=9", {.memory = 1}, "pids=9", "): say how much this instance takes with --pids"},
		{"disk=1G", {.pids = 1}, "disk=1G", "): say how much this instance takes with --layer-size"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct limits limits = limits_of(cases[i].words);
		struct limits_sum sum = {.taken = {0}};
		struct error err = ERROR_INIT;

		CHECK_INT(limits_check(&limits, &sum, &cases[i].spec, "bin", &err), -EDQUOT);
		CHECK(strstr(err.message, cases[i].limit) != NULL);
		CHECK(strstr(err.message, cases[i].said) != NULL);
	}
}

static void a_sum_beyond_all_numbers_is_no_small_one(void)
{
	const struct limits limits = limits_of("memory=64M");
	struct spec spec = {.memory = UINT64_MAX};
	struct limits_sum sum = {.taken = {0}};
	struct error err = ERROR_INIT;

	limits_add(&sum, &spec);
	spec.memory = 64 << 20;
	limits_add(&sum, &spec);
	CHECK_INT(limits_check(&limits, &sum, &spec, "bin", &err), -EDQUOT);
}

/* ---- whose ---- */

static bool somebody_logged_in(void)
{
	unsigned int uid = UINT32_MAX;
	FILE *file = fopen("/proc/self/loginuid", "re");

	if (file && fscanf(file, "%u", &uid) != 1)
		uid = UINT32_MAX;
	if (file)
		fclose(file);
	return uid != UINT32_MAX;
}

/* S11 */
static void who_called_sudo_is_who_is_limited(void)
{
	struct error err = ERROR_INIT;
	struct person person;
	char *user = NULL;

	REQUIRE(unsetenv("SUDO_UID") == 0 && setenv("SFC_LIMITS", FILE_NAME, 1) == 0);
	write_limits("daemon instances=1\n");
	CHECK_INT(limits_user("daemon", &user, &err), 0);
	CHECK_STRING(user, "daemon");
	free(user);
	CHECK_INT(limits_user("nobody-of-that-name", &user, &err), -ENOENT);
	CHECK_STRING(limits_path(), FILE_NAME);
	CHECK_INT(limits_check_place("/elsewhere", &err), 0);

	REQUIRE(setenv("SUDO_UID", "1", 1) == 0);
	person_find(&person);
	CHECK_INT(person.uid, 1);
	CHECK_STRING(person.name, "daemon");
	CHECK_INT(limits_user(NULL, &user, &err), 0);
	CHECK_STRING(user, "daemon");
	free(user);
	CHECK_INT(limits_user("bin", &user, &err), -EPERM);
	CHECK_STRING(err.message, "only root may start instances for another user ('bin')");
	/* nor does he say where the limits are */
	CHECK_STRING(limits_path(), "/etc/sfc/limits.conf");

	/* what is no number is not believed */
	REQUIRE(setenv("SUDO_UID", "1x", 1) == 0);
	person_find(&person);
	CHECK_INT(person.uid, geteuid());
	REQUIRE(unsetenv("SUDO_UID") == 0);
}

int main(void)
{
	scratch_enter();
	RUN(the_nearest_line_counts_wherever_it_stands);
	RUN(without_a_line_nothing_is_limited);
	RUN(every_kind_has_its_measure);
	RUN(what_is_no_limit_is_named);
	RUN(ports_are_a_range_or_one);
	RUN(up_to_the_limit_is_within_it);
	RUN(each_kind_is_summed_and_said_as_it_is_typed);
	RUN(a_sum_beyond_all_numbers_is_no_small_one);
	if (geteuid() == 0 && !somebody_logged_in())
		RUN(who_called_sudo_is_who_is_limited);
	return test_end();
}
