// SPDX-License-Identifier: BSD-2-Clause
/* Modules of the kernel, by what the devices of this machine call themselves. */
#include "pack/guest/guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "pack/guest/start.h"

enum { PARAMETERS = 4096 };

struct module {
	char *name, *file;
	struct words needs;
	bool tried;
};

static struct {
	struct module *items;
	size_t count;
	struct words patterns, of; /* the module of each pattern */
	struct words always;
	bool read;
} table;

static struct module *module_of(const char *name)
{
	for (size_t i = 0; i < table.count; i++)
		if (strcmp(table.items[i].name, name) == 0)
			return &table.items[i];
	return NULL;
}

/* ---- reading the table ---- */

static void add_module(char *rest)
{
	struct module *grown = reallocarray(table.items, table.count + 1, sizeof(*grown));
	struct module module = {0};
	char *word;

	if (!grown)
		return;
	table.items = grown;
	module.name = strsep(&rest, " ");
	module.file = strsep(&rest, " ");
	while ((word = strsep(&rest, " ")))
		words_add(&module.needs, word);
	if (module.name && module.file)
		table.items[table.count++] = module;
}

static void read_table(void)
{
	_cleanup_(fclosep) FILE *file = fopen("/" GUEST_MODULES, "re");
	char *line = NULL, *rest, *kind;
	size_t size = 0;
	ssize_t length;

	table.read = true;
	while (file && (length = getline(&line, &size, file)) > 0) {
		line[length - 1] = '\0';
		rest = line;
		kind = strsep(&rest, " ");
		if (strcmp(kind, "module") == 0) {
			add_module(rest);
		} else if (strcmp(kind, "always") == 0) {
			words_add(&table.always, rest);
		} else if (rest) {
			words_add(&table.patterns, strsep(&rest, " "));
			words_add(&table.of, rest);
		}
		line = NULL; /* its words are the table's */
		size = 0;
	}
}

/* ---- loading ---- */

/* What the command line says for it: "virtio_mmio.device=512@0xfeb00e00:12". */
static void parameters_of(const char *name, const struct line *line, char *parameters)
{
	size_t length = strlen(name), used = 0;

	parameters[0] = '\0';
	for (size_t i = 0; i < line->words.count; i++) {
		const char *word = line->words.items[i];

		if (strncmp(word, name, length) == 0 && word[length] == '.' && used + strlen(word) < PARAMETERS)
			used += (size_t)sprintf(parameters + used, "%s%s", used ? " " : "", word + length + 1);
	}
}

/* Compressed as it lies on the distribution's disk the kernel takes it, too. */
static void insert(const struct module *module, const struct line *line)
{
	char path[256], parameters[PARAMETERS];
	_cleanup_(closep) int fd = -1;
	size_t length = strlen(module->file);
	bool plain = length > 3 && strcmp(module->file + length - 3, ".ko") == 0;

	snprintf(path, sizeof(path), "/" GUEST_MODULES_DIR "/%s", module->file);
	parameters_of(module->name, line, parameters);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, parameters, plain ? 0 : MODULE_INIT_COMPRESSED_FILE) < 0 &&
		       errno != EEXIST && errno != ENODEV))
		say("cannot load the module %s: %s", module->name, strerror(errno));
}

/* What it needs is before it; true if it was not there already. */
static bool load(const char *name, const struct line *line)
{
	struct module *module = module_of(name);

	if (!module || module->tried)
		return false;
	module->tried = true;
	for (size_t i = 0; i < module->needs.count; i++)
		load(module->needs.items[i], line);
	insert(module, line);
	return true;
}

static bool load_for(const char *alias, const struct line *line)
{
	bool any = false;

	for (size_t i = 0; i < table.patterns.count; i++)
		if (fnmatch(table.patterns.items[i], alias, 0) == 0)
			any |= load(table.of.items[i], line);
	return any;
}

/* ---- devices ---- */

static bool load_for_device(const char *directory, const char *device, const struct line *line)
{
	char path[640], alias[1024];
	_cleanup_(closep) int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s/modalias", directory, device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, alias, sizeof(alias) - 1);
	if (n <= 0)
		return false;
	alias[n] = '\0';
	alias[strcspn(alias, "\n")] = '\0';
	return load_for(alias, line);
}

static bool load_for_all(const char *directory, const struct line *line)
{
	_cleanup_(closedirp) DIR *dir = opendir(directory);
	const struct dirent *item;
	bool any = false;

	while (dir && (item = readdir(dir)))
		if (item->d_name[0] != '.')
			any |= load_for_device(directory, item->d_name, line);
	return any;
}

static bool load_for_devices(const struct line *line)
{
	_cleanup_(closedirp) DIR *dir = opendir("/sys/bus");
	const struct dirent *item;
	char directory[300];
	/* the power button is behind a device that is on no bus */
	bool any = load_for_all("/sys/class/input", line);

	while (dir && (item = readdir(dir))) {
		snprintf(directory, sizeof(directory), "/sys/bus/%s/devices", item->d_name);
		if (item->d_name[0] != '.')
			any |= load_for_all(directory, line);
	}
	return any;
}

/* The command line says something of it: it is there, as the devices of microvm are. */
static void load_for_line(const struct line *line)
{
	for (size_t i = 0; i < line->words.count; i++) {
		char name[64];
		size_t length = strcspn(line->words.items[i], ".=");

		if (line->words.items[i][length] != '.' || length >= sizeof(name))
			continue;
		memcpy(name, line->words.items[i], length);
		name[length] = '\0';
		load(name, line);
	}
}

void modules_load(const struct line *line)
{
	if (!table.read) {
		read_table();
		for (size_t i = 0; i < table.always.count; i++)
			load(table.always.items[i], line);
		load_for_line(line);
	}
	/* a bus that a module drives has devices of its own */
	while (load_for_devices(line))
		;
}
