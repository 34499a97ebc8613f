// SPDX-License-Identifier: BSD-2-Clause
/* What a container is given, as far as that can be told without one. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/container/capabilities.h"
#include "stage/container/profile.h"
#include "stage/container/streams.h"
#include "stage/container/weights.h"
#include "stage/mount/mount.h"
#include "stage/watch/http.h"
#include "tests/test.h"

static uint64_t set_of(const char *drop, const char *add)
{
	struct spec spec = SPEC_INIT;
	uint64_t set = 0;

	if (drop)
		CHECK(spec_strings_add(&spec.cap_drop, drop) == 0);
	if (add)
		CHECK(spec_strings_add(&spec.cap_add, add) == 0);
	CHECK(capabilities_of(&spec, &set, NULL) == 0);
	spec_release(&spec);
	return set;
}

static void capabilities_are_podmans_and_what_is_asked_for(void)
{
	struct spec spec = SPEC_INIT;
	struct error err = ERROR_INIT;
	uint64_t set = set_of(NULL, NULL);

	/* a test may run with fewer than root's; none beyond the eleven is there in any case */
	CHECK((set & ~UINT64_C(0x800405fb)) == 0);
	CHECK(!capability_has(set, "CAP_NET_RAW") && !capability_has(set, "CAP_SYS_ADMIN"));
	CHECK(set_of("ALL", NULL) == 0);
	CHECK((set_of("CAP_CHOWN", NULL) & 1) == 0);
	CHECK(set_of("ALL", "chown") == (set & 1));
	CHECK(spec_strings_add(&spec.cap_add, "CAP_FLY") == 0);
	CHECK(capabilities_of(&spec, &set, &err) == -EINVAL && strstr(err.message, "CAP_FLY"));
	spec_release(&spec);
}

static const char profile_text[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"listenerPath\":\"/x\","
	"\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]}],"
	"\"syscalls\":["
	"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"comment\":\"c\"},"
	"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"
	"{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"
	"{\"names\":[\"arch_prctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"amd64\"]}},"
	"{\"names\":[\"new\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"99.0\"}}]}";

static bool has_rule(const json_t *rules, const char *name)
{
	json_t *rule;
	size_t i;

	json_array_foreach(json_object_get(rules, "syscalls"), i, rule)
		if (strcmp(json_string_value(json_array_get(json_object_get(rule, "names"), 0)), name) == 0)
			return true;
	return false;
}

static void a_profiles_rules_are_chosen_and_nothing_else_is_taken(void)
{
	json_t *profile = json_loads(profile_text, 0, NULL), *rules = NULL;

	CHECK(profile_rules(profile, "p", "SCMP_ARCH_X86_64", 0, &rules, NULL) == 0);
	CHECK(has_rule(rules, "read") && has_rule(rules, "bpf") && has_rule(rules, "arch_prctl"));
	CHECK(!has_rule(rules, "mount") && !has_rule(rules, "new"));
	CHECK(json_array_size(json_object_get(rules, "architectures")) == 2);
	CHECK(!json_object_get(rules, "listenerPath"));
	CHECK(!json_object_get(json_array_get(json_object_get(rules, "syscalls"), 0), "comment"));
	json_decref(rules);
	CHECK(profile_rules(profile, "p", "SCMP_ARCH_AARCH64", UINT64_C(1) << 21, &rules, NULL) == 0);
	CHECK(has_rule(rules, "mount") && !has_rule(rules, "bpf") && !has_rule(rules, "arch_prctl"));
	json_decref(rules);
	json_decref(profile);
	profile = json_pack("{s:[{s:[s],s:i}]}", "syscalls", "names", "read", "action", 1);
	CHECK(profile_rules(profile, "p", "SCMP_ARCH_X86_64", 0, &rules, NULL) == -EBADMSG);
	json_decref(profile);
}

/* As runc and crun go from version 1 to version 2. */
static void a_weight_comes_back_as_it_was(void)
{
	for (uint64_t weight = 1; weight <= 10000; weight++) {
		uint64_t shares = cpu_shares_of_weight(weight);

		CHECK(1 + ((shares - 2) * 9999) / 262142 == weight);
		CHECK(block_weight_of_weight(weight) >= 10 && block_weight_of_weight(weight) <= 1000);
	}
}

static void streams_are_copied_and_kept_apart(void)
{
	struct streams streams;
	struct pollfd fds[STREAM_POLLS];
	struct stat st;
	int in[2], out[2];
	char text[8] = "";

	CHECK(pipe(in) == 0 && pipe(out) == 0);
	CHECK(streams_open(in[0], out[1], -1, &streams, NULL) == 0);
	for (int i = 0; i < STREAMS; i++)
		CHECK(fstat(streams.theirs[i], &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(write(in[1], "ab", 2) == 2 && write(streams.theirs[1], "cd", 2) == 2);
	CHECK(write(streams.theirs[2], "lost", 4) == 4);
	for (int i = 0; i < 4; i++) {
		streams_prepare(&streams, fds);
		CHECK(poll(fds, STREAM_POLLS, 0) >= 0);
		streams_copy(&streams, fds);
	}
	CHECK(read(streams.theirs[0], text, sizeof(text)) == 2 && strncmp(text, "ab", 2) == 0);
	CHECK(read(out[0], text, sizeof(text)) == 2 && strncmp(text, "cd", 2) == 0);
	CHECK(!streams_ended(&streams));
	streams_given(&streams);
	for (int i = 0; i < 4; i++) {
		streams_prepare(&streams, fds);
		CHECK(poll(fds, STREAM_POLLS, 0) >= 0);
		streams_copy(&streams, fds);
	}
	CHECK(streams_ended(&streams) && streams_failed(&streams) == 0);
	streams_release(&streams);
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
}

static void a_root_is_never_left(void)
{
	char path[] = "/tmp/sfc-container.XXXXXX";
	_cleanup_(closep) int root = -1;
	int fd;

	CHECK(mkdtemp(path) != NULL);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mkdirat(root, "etc", 0755) == 0 && symlinkat("/etc", root, "out") == 0);
	CHECK(symlinkat("../../../../../../etc/passwd", root, "up") == 0);
	CHECK(symlinkat("/proc/self/root/etc/passwd", root, "magic") == 0);
	fd = mount_open_in(root, "out/made", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && faccessat(root, "etc/made", F_OK, 0) == 0 && access("/etc/made", F_OK) < 0);
	closep(&fd);
	CHECK(mount_open_in(root, "up", O_RDONLY, 0) == -ENOENT);
	CHECK(mount_open_in(root, "magic", O_RDONLY, 0) == -ENOENT);
	unlinkat(root, "etc/made", 0);
	unlinkat(root, "etc", AT_REMOVEDIR);
	unlinkat(root, "out", 0);
	unlinkat(root, "up", 0);
	unlinkat(root, "magic", 0);
	rmdir(path);
}

static void what_is_no_url_is_not_asked(void)
{
	static const char *const wrong[] = {"", "https://x/", "http://", "http:///x", "http://a b/",
					    "http://a/\r\nX: y"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(http_answers(wrong[i], NULL) == -EINVAL);
	CHECK(http_answers("http://127.0.0.1:1/", NULL) < 0);
}

int main(void)
{
	RUN(capabilities_are_podmans_and_what_is_asked_for);
	RUN(a_profiles_rules_are_chosen_and_nothing_else_is_taken);
	RUN(a_weight_comes_back_as_it_was);
	RUN(streams_are_copied_and_kept_apart);
	RUN(a_root_is_never_left);
	RUN(what_is_no_url_is_not_asked);
	return test_end();
}
