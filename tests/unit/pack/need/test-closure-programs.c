// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs need exactly their closure: ELF files with random libraries, search paths, links and scripts
 * are built, packed as closure_compute() says, and run in a chroot of that. A program that runs in the
 * whole root runs there too; with any one path of its closure taken away it does not.
 *
 * Left out of the second half, because a closure is conservative there and says so (tracepack-build(1)):
 * libraries that several files of one program need, which ld.so loads by the first route alone; the link
 * /lib, behind which /usr/lib is searched anyway; variants in glibc-hwcaps.
 *
 * SFC_TEST_LONG=1 tries many more roots; SFC_SEED=N that one alone.
 */
#include "pack/need/closure.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/elf/elf.h"
#include "pack/need/admission.h"
#include "pack/need/from_selection.h"
#include "pack/need/need.h"
#include "pack/need/reason.h"
#include "tests/root.h"

enum { FILES_MAX = 16, ROUTES_MAX = 8, SEEDS_SHORT = 5, SEEDS_LONG = 200, CANNOT_RUN = 125 };

#define PRINT(array, ...) REQUIRE(snprintf(array, sizeof(array), __VA_ARGS__) < (int)sizeof(array))

/* What a program is started with. */
#define SEARCH_PATH "/usr/bin:/opt/bin"

static uint64_t state;

static unsigned int dice(unsigned int sides)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(state >> 33) % sides;
}

/* ---- this machine ---- */

/* Of the program that runs here: what any program built here needs, too. */
static struct machine {
	char loader[256], libc[256], multiarch[64];
} machine;

static bool find_libc(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (maps && !machine.libc[0] && fgets(line, sizeof(line), maps)) {
		const char *path = strchr(line, '/');

		if (path && strstr(path, "/libc.so.6\n"))
			PRINT(machine.libc, "%.*s", (int)strcspn(path, "\n"), path);
	}
	if (maps)
		fclose(maps);
	return machine.libc[0];
}

static bool look_at_machine(void)
{
	_cleanup_(elf_freep) struct elf_file *elf = NULL;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const char *multiarch;

	REQUIRE(fd >= 0 && elf_read(fd, &elf) == 0);
	close(fd);
	multiarch = elf_multiarch(&elf->kind);
	if (!elf->interpreter || !multiarch || !find_libc())
		return false;
	PRINT(machine.loader, "%s", elf->interpreter);
	PRINT(machine.multiarch, "%s", multiarch);
	return true;
}

/* ---- a random root ---- */

/* A library or a program: where it is, what it needs, where it says that is. */
struct file {
	char name[32];      /* "libf3.so.1" or "p5" */
	char directory[64];
	bool program;
	size_t needs[4], need_count;
	char routes[512]; /* RPATH or RUNPATH */
	bool rpath;
};

static struct file files[FILES_MAX];
static size_t file_count;
static char library_path[64];
static bool shared; /* several files need one library */

static void choose_directory(struct file *file)
{
	static const char *const directories[] = {"/lib",   "/usr/lib",   "/opt/a", "/opt/a/sub",
						  "/opt/b", "/srv/x/lib", "/usr/lib"};
	size_t i = dice(sizeof(directories) / sizeof(*directories));

	if (i < 2)
		PRINT(file->directory, "%s/%s", directories[i], machine.multiarch);
	else
		PRINT(file->directory, "%s", directories[i]);
}

static bool is_default(const char *directory)
{
	return strncmp(directory, "/lib", 4) == 0 || strncmp(directory, "/usr/lib", 8) == 0;
}

/*
 * One spelling of a directory: each root has one for RPATH, which is handed on, so that no library is
 * found by two routes; a RUNPATH is its file's own and may say it with $ORIGIN.
 */
static void add_route(struct file *file, const char *directory)
{
	char route[256] = "", whole[258];

	if (!file->rpath && strncmp(directory, "/opt/", 5) == 0 &&
	    strncmp(file->directory, "/opt/", 5) == 0 && dice(2)) {
		const char *up = strchr(file->directory + 5, '/') ? "../.." : "..";

		PRINT(route, "%s/%s/%s", dice(2) ? "$ORIGIN" : "${ORIGIN}", up, directory + 5);
	} else if (strncmp(directory, "/opt/a", 6) == 0 && state % 3 == 0 && !file->rpath) {
		PRINT(route, "/opt/alias%s", directory + 6);
	} else {
		PRINT(route, "%s", directory);
	}
	PRINT(whole, "%s:", route);
	if (strstr(file->routes, whole))
		return;
	REQUIRE(strlen(file->routes) + strlen(whole) < sizeof(file->routes));
	strcat(file->routes, whole);
}

/* The same directory twice, spelled in two ways, would be two routes to what is in it. */
static void choose_routes(struct file *file)
{
	file->rpath = dice(3) == 0;
	for (size_t i = 0; i < file->need_count; i++) {
		const struct file *needed = &files[file->needs[i]];
		bool known = is_default(needed->directory) || strcmp(needed->directory, library_path) == 0;

		for (size_t j = 0; j < i; j++)
			known |= strcmp(files[file->needs[j]].directory, needed->directory) == 0;
		if (!known && dice(12))
			add_route(file, needed->directory);
	}
	if (dice(3) == 0)
		add_route(file, "/opt/nothing");
}

/* Needs come before those that need them; without sharing each is needed once. */
static void choose_needs(struct file *file, bool *taken)
{
	unsigned int wanted = file->program ? 1 + dice(3) : dice(3);

	for (size_t i = file_count; i-- > 0 && file->need_count < wanted;) {
		if (files[i].program || (!shared && taken[i]) || dice(3) == 0)
			continue;
		taken[i] = true;
		file->needs[file->need_count++] = i;
	}
}

/* Where the linker is to put the file: under its name, or where links from there lead. */
static void plant_links(const struct root *root, const struct file *file, char *ret_path, size_t size)
{
	char name[128], hop[128];

	PRINT(name, "%s/%s", file->directory, file->name);
	PRINT(hop, "/srv/hops/%s", file->name);
	snprintf(ret_path, size, "%s", name);
	switch (dice(4)) {
	case 0: /* as libraries are installed */
		snprintf(ret_path, size, "%s.0", name);
		root_link(root, name, path_name(ret_path));
		break;
	case 1: /* elsewhere, by absolute names and one more hop */
		snprintf(ret_path, size, "/srv/store/%s.real", file->name);
		root_link(root, name, hop);
		root_link(root, hop, ret_path);
		break;
	default:
		break;
	}
	root_parents(root, ret_path);
}

/* A function that calls one of each file it needs. */
static void write_source(const struct root *root, const struct file *file, const char *path)
{
	char text[1024] = "";
	size_t length = 0;

	for (size_t i = 0; i < file->need_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "int f%zu(void);\n",
					   file->needs[i]);
	if (file->program)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "int main(void)");
	else
		length += (size_t)snprintf(text + length, sizeof(text) - length, "int f%zu(void)",
					   (size_t)(file - files));
	length += (size_t)snprintf(text + length, sizeof(text) - length, "\n{\n\treturn 0");
	for (size_t i = 0; i < file->need_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, " + f%zu()",
					   file->needs[i]);
	snprintf(text + length, sizeof(text) - length, ";\n}\n");
	root_file(root, path, 0644, text);
}

static void build(const struct root *root, const struct file *file)
{
	char command[4096], source[64], at[256], libraries[1024] = "";
	size_t length = 0;

	plant_links(root, file, at, sizeof(at));
	PRINT(source, "/src/%s.c", file->name);
	write_source(root, file, source);
	/* by a name beside its source: links and odd places are ld.so's to follow, not the linker's */
	for (size_t i = 0; i < file->need_count; i++)
		length += (size_t)snprintf(libraries + length, sizeof(libraries) - length,
					   " ./src/%s", files[file->needs[i]].name);
	PRINT(command, "%s%s -o .%s .%s %s -Wl,--allow-shlib-undefined,-z,now,%s,-rpath,'%.*s'",
	      file->program ? "" : "-shared -fPIC -nostdlib -Wl,-soname,",
	      file->program ? "" : file->name, at, source, libraries,
	      file->rpath ? "--disable-new-dtags" : "--enable-new-dtags",
	      (int)strlen(file->routes) - (file->routes[0] != '\0'), file->routes);
	root_cc(root, command);
	PRINT(source, "/src/%s", file->name);
	REQUIRE(link(root_at(root, at), root_at(root, source)) == 0);
}

static void copy_in(const struct root *root, const char *from, const char *to)
{
	char command[2 * PATH_MAX];

	root_parents(root, to);
	PRINT(command, "cp --preserve=mode '%s' '%s'", from, root_at(root, to));
	REQUIRE(system(command) == 0);
}

static void plant_libc(const struct root *root)
{
	char libc[128];

	PRINT(libc, "/usr/lib/%s/libc.so.6", machine.multiarch);
	copy_in(root, machine.libc, libc);
	copy_in(root, machine.loader, machine.loader);
}

static void add_file(const struct root *root, bool program, bool *taken)
{
	struct file *file = &files[file_count];

	*file = (struct file){.program = program};
	if (program)
		PRINT(file->name, "p%zu", file_count);
	else
		PRINT(file->name, "libf%zu.so.1", file_count);
	if (program)
		PRINT(file->directory, "%s", dice(2) ? "/usr/bin" : "/opt/bin");
	else
		choose_directory(file);
	choose_needs(file, taken);
	choose_routes(file);
	build(root, file);
	file_count++;
}

/* ---- trying ---- */

/* What is run in the end: a program or a script, by any name. */
static struct {
	char paths[FILES_MAX][128];
	size_t count;
} started;

static void start_with(const char *path)
{
	REQUIRE(started.count < FILES_MAX);
	PRINT(started.paths[started.count], "%s", path);
	started.count++;
}

/* Other names of a program: links of both kinds, scripts that it runs. */
static void plant_names(const struct root *root, const struct file *file)
{
	char path[128], name[128], source[64], script[256];

	PRINT(path, "%s/%s", file->directory, file->name);
	start_with(path);
	PRINT(name, "/opt/bin/sub/hard-%s", file->name);
	root_parents(root, name);
	PRINT(source, "/src/%s", file->name);
	REQUIRE(link(root_at(root, source), root_at(root, name)) == 0);
	start_with(name);
	PRINT(name, "/srv/soft-%s", file->name);
	root_link(root, name, path);
	start_with(name);
	PRINT(script, "#!%s -x\n", dice(2) ? path : name);
	PRINT(name, "/usr/bin/script-%s", file->name);
	root_file(root, name, 0755, script);
	start_with(name);
	PRINT(script, "#!/usr/bin/env %s\n", file->name);
	PRINT(name, "/opt/bin/env-%s", file->name);
	root_file(root, name, 0755, script);
	start_with(name);
}

static void plant(const struct root *root)
{
	bool taken[FILES_MAX] = {false};
	unsigned int libraries = 3 + dice(5), programs = 1 + dice(2);

	file_count = started.count = 0;
	shared = dice(3) == 0;
	PRINT(library_path, "%s", dice(4) ? "" : "/opt/b");
	if (dice(2)) { /* as most distributions have it by now */
		root_dir(root, "/usr/lib");
		root_link(root, "/lib", "usr/lib");
	}
	root_link(root, "/opt/alias", "/opt/a");
	plant_libc(root);
	copy_in(root, "/usr/bin/env", "/usr/bin/env");
	for (unsigned int i = 0; i < libraries; i++)
		add_file(root, false, taken);
	for (unsigned int i = 0; i < programs; i++) {
		add_file(root, true, taken);
		plant_names(root, &files[file_count - 1]);
	}
}

/* The exit status of a program in a root of its own. */
static int run(const struct root *root, const char *program, const char *argument)
{
	char variable[128];
	char *argv[] = {(char *)program, (char *)argument, NULL};
	char *envp[] = {(char *)"PATH=" SEARCH_PATH, variable, NULL};
	int status;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	PRINT(variable, "LD_LIBRARY_PATH=%s", library_path);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		if (chdir(root->path) < 0 || chroot(".") < 0 || null < 0)
			_exit(CANNOT_RUN);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execve(program, argv, envp);
		_exit(CANNOT_RUN);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* What every container has: /proc, which ld.so asks for $ORIGIN, and /dev/null. */
static void furnish(const struct root *root)
{
	root_dir(root, "/proc");
	root_file(root, "/dev/null", 0644, "");
	if (mount("proc", root_at(root, "/proc"), "proc", 0, NULL) < 0 ||
	    mount("/dev/null", root_at(root, "/dev/null"), NULL, MS_BIND, NULL) < 0)
		test_skip("nothing can be mounted here");
}

static void unfurnish(const struct root *root)
{
	REQUIRE(umount2(root_at(root, "/proc"), MNT_DETACH) == 0);
	REQUIRE(umount2(root_at(root, "/dev/null"), MNT_DETACH) == 0);
}

/* ---- the closure ---- */

struct packed {
	struct source *source;
	struct closure *closure;
	struct root root;
};

static void pack_entry(const struct packed *packed, const char *from,
		       const struct closure_entry *entry)
{
	const char *path = entry->file->path;
	char source[2 * PATH_MAX];

	PRINT(source, "%s%s", from, path);
	if (entry->file->kind == ENTRY_DIR)
		root_dir(&packed->root, path);
	else if (entry->file->kind == ENTRY_LINK)
		root_link(&packed->root, path, entry->file->target);
	else
		copy_in(&packed->root, source, path);
}

static void pack(struct packed *packed, const char *from, const char *program)
{
	struct reason reason = {.kind = REASON_RULE, .detail = "test"};
	struct closure_options options = {.allow_secrets = true,
					  .search_path = SEARCH_PATH,
					  .library_path = library_path};

	REQUIRE(source_open(from, &packed->source, NULL) == 0);
	REQUIRE(closure_new(packed->source, &options, &packed->closure, NULL) == 0);
	CHECK_INT(closure_add(packed->closure, program, CLOSURE_CONTENTS, &reason, -1, NULL, NULL),
		  0);
	CHECK_INT(closure_compute(packed->closure, NULL), 0);
	root_new(&packed->root);
	for (size_t i = 0; i < packed->closure->entries.count; i++)
		if (packed->closure->entries.items[i]->file->path[1])
			pack_entry(packed, strcmp(from, "/") == 0 ? "" : from,
				   packed->closure->entries.items[i]);
	furnish(&packed->root);
}

static void packed_release(struct packed *packed)
{
	unfurnish(&packed->root);
	root_free(&packed->root);
	closure_free(packed->closure);
	source_close(packed->source);
}

static bool is_conservative(const struct closure_entry *entry)
{
	const char *path = entry->file->path;

	return strcmp(path, "/") == 0 ||
	       (strcmp(path, "/lib") == 0 && entry->file->kind == ENTRY_LINK) ||
	       strstr(path, "/glibc-hwcaps");
}

/* Each path of it is taken away for a moment; returns how many were. */
static size_t nothing_is_too_much(const struct packed *packed, const char *program,
				  const char *argument, const char *where)
{
	const struct closure *closure = packed->closure;
	char away[PATH_MAX];
	size_t count = 0;

	PRINT(away, "%s/.away", packed->root.path);
	for (size_t i = 0; i < closure->entries.count; i++) {
		const char *path = closure->entries.items[i]->file->path;

		if (is_conservative(closure->entries.items[i]))
			continue;
		REQUIRE(rename(root_at(&packed->root, path), away) == 0);
		if (run(&packed->root, program, argument) == 0) {
			fprintf(stderr, "%s: %s runs without %s\n", where, program, path);
			CHECK(!"a path of the closure is not needed");
		}
		REQUIRE(rename(away, root_at(&packed->root, path)) == 0);
		count++;
	}
	return count;
}

/* ---- claims ---- */

static size_t programs_run, paths_taken;

static void try_program(const struct root *root, const char *program, uint64_t seed)
{
	struct packed packed;
	char where[64];

	if (run(root, program, NULL) != 0)
		return;
	programs_run++;
	PRINT(where, "seed %" PRIu64, seed);
	pack(&packed, root->path, program);
	if (run(&packed.root, program, NULL) != 0) {
		fprintf(stderr, "%s: %s does not run from its closure\n", where, program);
		CHECK(!"a closure is all a program needs");
	} else if (!shared) {
		paths_taken += nothing_is_too_much(&packed, program, NULL, where);
	}
	packed_release(&packed);
}

static void a_program_needs_exactly_its_closure(void)
{
	const char *is_long = getenv("SFC_TEST_LONG"), *one = getenv("SFC_SEED");
	uint64_t first = one ? strtoull(one, NULL, 10) : 1;
	uint64_t last = one ? first : is_long && *is_long ? SEEDS_LONG : SEEDS_SHORT;

	for (uint64_t seed = first; seed <= last; seed++) {
		struct root root;

		state = seed * 1000003;
		root_new(&root);
		plant(&root);
		furnish(&root);
		for (size_t i = 0; i < started.count; i++)
			try_program(&root, started.paths[i], seed);
		unfurnish(&root);
		root_free(&root);
	}
	printf("%zu programs ran, %zu paths were taken away\n", programs_run, paths_taken);
	CHECK(programs_run > 0 && paths_taken > 0);
}

/* Those of them that are here. */
static void real_programs_need_nothing_added(void)
{
	static const char *const programs[][2] = {
		{"/usr/bin/awk", "BEGIN {}"},     {"/usr/bin/bash", "--version"},
		{"/usr/bin/git", "--version"},    {"/usr/bin/grep", "--version"},
		{"/usr/bin/gzip", "--version"},   {"/usr/bin/ls", "/"},
		{"/usr/bin/perl", "-e1"},         {"/usr/bin/python3", "--version"},
		{"/usr/bin/sed", "--version"},    {"/usr/bin/sh", NULL},
		{"/usr/bin/sqlite3", "--version"}, {"/usr/bin/tar", "--version"},
	};
	size_t tried = 0;

	library_path[0] = '\0';
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		const char *program = programs[i][0], *argument = programs[i][1];
		struct packed packed;

		if (access(program, X_OK) < 0)
			continue;
		tried++;
		pack(&packed, "/", program);
		if (run(&packed.root, program, argument) != 0)
			fprintf(stderr, "%s does not run from its closure\n", program);
		CHECK_INT(run(&packed.root, program, argument), 0);
		packed_release(&packed);
	}
	CHECK(tried > 3);
}

int main(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		test_skip("only root can make a root of its own");
	if (!look_at_machine())
		test_skip("this machine's programs are not linked with glibc as known here");
	RUN(a_program_needs_exactly_its_closure);
	RUN(real_programs_need_nothing_added);
	return test_end();
}
