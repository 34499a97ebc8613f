// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/container/profile.h"
#include "stage/container/tighten.h"

enum { PROFILE_MAX = 1 << 20, FILTER_MAX = 1 << 20, ARGUMENTS_MAX = 6 };

static const char *const profiles[] = {"/etc/containers/seccomp.json",
				       "/usr/share/containers/seccomp.json", NULL};

void seccomp_rules_release(struct seccomp *seccomp)
{
	json_decref(seccomp->rules);
	free(seccomp->filter);
	*seccomp = (struct seccomp){.rules = NULL};
}

/* --- the rules as libseccomp takes them --- */

static uint32_t architecture(const char *name)
{
	char lower[32];
	size_t i;

	if (strncmp(name, "SCMP_ARCH_", 10) != 0 || strlen(name) >= sizeof(lower))
		return 0;
	for (i = 10; name[i]; i++)
		lower[i - 10] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	lower[i - 10] = '\0';
	return seccomp_arch_resolve_name(lower);
}

static bool action(const json_t *rule, const char *key, const char *number, uint32_t *ret_action)
{
	const char *text = json_string_value(json_object_get(rule, key));
	const json_t *value = json_object_get(rule, number);
	uint32_t code = value ? (uint32_t)json_integer_value(value) & 0xffff : EPERM;
	const struct {
		const char *name;
		uint32_t action;
	} known[] = {
		{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
		{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(code)},
		{"SCMP_ACT_KILL", SCMP_ACT_KILL},
		{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
		{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
		{"SCMP_ACT_LOG", SCMP_ACT_LOG},
		{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(code)},
		{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	};

	for (size_t i = 0; text && i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(text, known[i].name) == 0) {
			*ret_action = known[i].action;
			return true;
		}
	return false;
}

static bool comparison(const json_t *arg, struct scmp_arg_cmp *ret)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} known[] = {
		{"SCMP_CMP_NE", SCMP_CMP_NE}, {"SCMP_CMP_LT", SCMP_CMP_LT},
		{"SCMP_CMP_LE", SCMP_CMP_LE}, {"SCMP_CMP_EQ", SCMP_CMP_EQ},
		{"SCMP_CMP_GE", SCMP_CMP_GE}, {"SCMP_CMP_GT", SCMP_CMP_GT},
		{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	};
	const char *op = json_string_value(json_object_get(arg, "op"));

	ret->arg = (unsigned int)json_integer_value(json_object_get(arg, "index"));
	ret->datum_a = (uint64_t)json_integer_value(json_object_get(arg, "value"));
	ret->datum_b = (uint64_t)json_integer_value(json_object_get(arg, "valueTwo"));
	for (size_t i = 0; op && i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(op, known[i].name) == 0) {
			ret->op = known[i].op;
			return ret->arg < ARGUMENTS_MAX;
		}
	return false;
}

/* Two comparisons of one argument are two rules: either lets the call through. */
static int add_one(scmp_filter_ctx filter, uint32_t what, int number,
		   const struct scmp_arg_cmp *args, unsigned int count)
{
	bool twice = false;
	int r = 0;

	for (unsigned int i = 0; i < count; i++)
		for (unsigned int j = 0; j < i; j++)
			twice |= args[i].arg == args[j].arg;
	if (!twice)
		return seccomp_rule_add_array(filter, what, number, count, args);
	for (unsigned int i = 0; r == 0 && i < count; i++)
		r = seccomp_rule_add_array(filter, what, number, 1, &args[i]);
	return r;
}

static int add_rule(scmp_filter_ctx filter, const json_t *rule, uint32_t by_default)
{
	struct scmp_arg_cmp args[ARGUMENTS_MAX];
	const json_t *list = json_object_get(rule, "args");
	unsigned int count = 0;
	json_t *item;
	uint32_t what;
	size_t i;

	if (!action(rule, "action", "errnoRet", &what) || json_array_size(list) > ARGUMENTS_MAX)
		return -EBADMSG;
	if (what == by_default)
		return 0;
	json_array_foreach(list, i, item)
		if (!comparison(item, &args[count++]))
			return -EBADMSG;
	json_array_foreach(json_object_get(rule, "names"), i, item) {
		int number = seccomp_syscall_resolve_name(json_string_value(item)), r;

		if (number == __NR_SCMP_ERROR)
			continue; /* newer than this libseccomp, or of other machines */
		r = add_one(filter, what, number, args, count);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_rules(scmp_filter_ctx filter, const json_t *rules, uint32_t by_default)
{
	json_t *item;
	size_t i;
	int r;

	json_array_foreach(json_object_get(rules, "architectures"), i, item) {
		uint32_t token = architecture(json_string_value(item));

		r = token ? seccomp_arch_add(filter, token) : 0;
		if (r < 0 && r != -EEXIST)
			return r;
	}
	json_array_foreach(json_object_get(rules, "syscalls"), i, item) {
		r = add_rule(filter, item, by_default);
		if (r < 0)
			return r;
	}
	return 0;
}

/* *ret_program: an anonymous file with the filter's instructions. */
static int compile(const json_t *rules, int *ret_program)
{
	_cleanup_(closep) int program = memfd_create("seccomp", MFD_CLOEXEC);
	scmp_filter_ctx filter;
	uint32_t by_default;
	int r;

	if (program < 0)
		return -errno;
	if (!action(rules, "defaultAction", "defaultErrnoRet", &by_default))
		return -EBADMSG;
	filter = seccomp_init(by_default);
	if (!filter)
		return -ENOMEM;
	r = add_rules(filter, rules, by_default);
	if (r == 0)
		r = seccomp_export_bpf(filter, program);
	seccomp_release(filter);
	if (r == 0)
		*ret_program = take_fd(&program);
	return r;
}

/* text has room for four letters of every three bytes begun, and a NUL. */
static void encode(const unsigned char *bytes, size_t size, char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;

		three |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
		three |= i + 2 < size ? bytes[i + 2] : 0;
		*text++ = letters[three >> 18];
		*text++ = letters[three >> 12 & 63];
		*text++ = i + 1 < size ? letters[three >> 6 & 63] : '=';
		*text++ = i + 2 < size ? letters[three & 63] : '=';
	}
	*text = '\0';
}

static int to_base64(int program, char **ret_text)
{
	_cleanup_(freep) unsigned char *bytes = NULL;
	_cleanup_(freep) char *text = NULL;
	off_t size = lseek(program, 0, SEEK_END);

	if (size <= 0 || size > FILTER_MAX)
		return -EBADMSG;
	bytes = malloc((size_t)size);
	text = malloc((size_t)size / 3 * 4 + 8);
	if (!bytes || !text)
		return -ENOMEM;
	if (io_pread(program, bytes, (size_t)size, 0) != size)
		return -EIO;
	encode(bytes, (size_t)size, text);
	*ret_text = take(text);
	return 0;
}

/* --- kept --- */

/*
 * Named after all that the result follows from. The profile is named by what its file is rather than by its
 * bytes: digesting costs more than the rest of a start that finds the filter here.
 */
static char *name_of(const char *profile, const struct seccomp_wanted *wanted, const char *cache)
{
	const struct scmp_version *version = seccomp_version();
	struct text path = TEXT_INIT;
	struct stat st;

	if (stat(profile, &st) < 0)
		return NULL;
	text_printf(&path, "%s/seccomp-%x-%jx-%x-%jx.%jx.%jx.%jx.%lx.%jx.%lx-%u.%u.%u", cache,
		    seccomp_arch_native(), (uintmax_t)wanted->capabilities, wanted->without, (uintmax_t)st.st_dev,
		    (uintmax_t)st.st_ino, (uintmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
		    (unsigned long)st.st_mtim.tv_nsec, (intmax_t)st.st_ctim.tv_sec,
		    (unsigned long)st.st_ctim.tv_nsec, version->major, version->minor,
		    version->micro);
	return text_take(&path);
}

/* A line with the filter, and the rules behind it. */
static bool find_kept(const char *path, struct seccomp *seccomp)
{
	_cleanup_(text_release) struct text kept = TEXT_INIT;
	char *rules;

	if (io_read_file(AT_FDCWD, path, 2 * FILTER_MAX, &kept, NULL) < 0)
		return false;
	rules = strchr(kept.bytes, '\n');
	if (!rules)
		return false;
	*rules++ = '\0';
	seccomp->rules = json_loads(rules, 0, NULL);
	seccomp->filter = seccomp->rules ? strdup(kept.bytes) : NULL;
	if (seccomp->filter)
		return true;
	seccomp_rules_release(seccomp);
	return false;
}

/* What cannot be kept is compiled again the next time. */
static void keep(const char *path, const struct seccomp *seccomp)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(freep) char *rules = json_dumps(seccomp->rules, JSON_COMPACT);

	if (rules && io_output_open(&output, path, 0600, NULL) == 0 &&
	    io_write(output.fd, seccomp->filter, strlen(seccomp->filter)) == 0 &&
	    io_write(output.fd, "\n", 1) == 0 && io_write(output.fd, rules, strlen(rules)) == 0)
		io_publish(&output, NULL);
}

static int make(const char *profile_path, const json_t *profile, const char *arch,
		const struct seccomp_wanted *wanted, struct seccomp *seccomp, struct error *err)
{
	_cleanup_(closep) int program = -1;
	int r = profile_rules(profile, profile_path, arch, wanted->capabilities, &seccomp->rules, err);

	if (r < 0)
		return r;
	r = wanted->watch ? tighten_watch(seccomp->rules, wanted->watch)
			  : tighten_rules(seccomp->rules, wanted->without);
	if (r < 0)
		return error_oom(err);
	/* the runtime alone can ask for the descriptor through which we are asked */
	if (wanted->watch)
		return 0;
	r = compile(seccomp->rules, &program);
	if (r == 0)
		r = to_base64(program, &seccomp->filter);
	return r < 0 ? error_code(err, r, "the seccomp profile '%s' cannot be compiled", profile_path)
		     : 0;
}

/* --- loading --- */

static const char *native(void)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86: return "SCMP_ARCH_X86";
	case SCMP_ARCH_X86_64: return "SCMP_ARCH_X86_64";
	case SCMP_ARCH_ARM: return "SCMP_ARCH_ARM";
	case SCMP_ARCH_AARCH64: return "SCMP_ARCH_AARCH64";
	case SCMP_ARCH_PPC64LE: return "SCMP_ARCH_PPC64LE";
	case SCMP_ARCH_S390X: return "SCMP_ARCH_S390X";
	case SCMP_ARCH_MIPSEL64: return "SCMP_ARCH_MIPSEL64";
	case SCMP_ARCH_RISCV64: return "SCMP_ARCH_RISCV64";
	default: return NULL;
	}
}

static int profile_find(const char *choice, const char **ret_path, struct error *err)
{
	*ret_path = choice;
	for (const char *const *path = profiles; !*ret_path && *path; path++)
		if (access(*path, F_OK) == 0)
			*ret_path = *path;
	if (*ret_path)
		return 0;
	return error_set(err, -ENOENT,
			 "no seccomp profile is here; install it (Debian: apt-get install "
			 "golang-github-containers-common), or ask for --seccomp unconfined");
}

static int profile_read(const char *path, json_t **ret_profile, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = io_read_file(AT_FDCWD, path, PROFILE_MAX, &text, err);

	if (r < 0)
		return r;
	r = json_read(text.bytes, text.size, PROFILE_MAX, ret_profile, err);
	return r < 0 ? error_prefix(err, r, "%s", path) : 0;
}

int seccomp_choose(const struct seccomp_wanted *wanted, const char *cache, struct seccomp *ret_seccomp,
		   struct error *err)
{
	const char *choice = wanted->choice;
	struct seccomp seccomp = {.rules = NULL};
	_cleanup_(freep) char *kept = NULL;
	json_t *profile = NULL;
	const char *path;
	int r;

	*ret_seccomp = seccomp;
	if (choice && strcmp(choice, "unconfined") == 0)
		return 0;
	if (choice && strcmp(choice, "default") == 0)
		choice = NULL;
	if (!native())
		return error_set(err, -ENOSYS, "no seccomp profile is known for this machine; ask for "
					       "--seccomp unconfined");
	r = profile_find(choice, &path, err);
	kept = r == 0 && cache && !wanted->watch ? name_of(path, wanted, cache) : NULL;
	if (r == 0 && kept && find_kept(kept, ret_seccomp))
		return 0;
	if (r == 0)
		r = profile_read(path, &profile, err);
	if (r == 0)
		r = make(path, profile, native(), wanted, &seccomp, err);
	json_decref(profile);
	if (r == 0 && kept)
		keep(kept, &seccomp);
	if (r == 0)
		*ret_seccomp = seccomp;
	else
		seccomp_rules_release(&seccomp);
	return r;
}
