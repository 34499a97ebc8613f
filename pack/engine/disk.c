// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/program.h"
#include "pack/engine/initrd.h"
#include "pack/engine/kernel.h"
#include "pack/engine/output.h"

#define RAW DISK_FILE ".raw"

static const char *const formats[] = {"raw", "qcow2", "vmdk"};

bool disk_format_is_known(const char *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(format, formats[i]) == 0)
			return true;
	return false;
}

const char *disk_cmdline(void)
{
	return "console=ttyS0 quiet panic=-1";
}

static int create(const struct export_job *job, const char *name, int *ret_fd, struct error *err)
{
	*ret_fd = openat(job->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return *ret_fd < 0 ? error_errno(err, "cannot create '%s'", name) : 0;
}

/* *ret_superblock: its first bytes, by which the machine finds it. */
static int write_raw(const struct export_job *job, unsigned char *ret_superblock, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	struct image_options named = job->options->image;
	struct image_stats stats;
	int r = create(job, RAW, &fd, err);

	named.name = job->output;
	if (r == 0)
		r = image_write(node_tree(job->root), &named, fd, &stats, err);
	if (r == 0 && io_pread(fd, ret_superblock, INITRD_SUPERBLOCK, 0) != INITRD_SUPERBLOCK)
		r = error_set(err, -EIO, "cannot read '%s' again", RAW);
	return r;
}

/* In the directory, whatever it is called meanwhile. */
static int convert(const struct export_job *job, struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	_cleanup_(freep) char *from = NULL, *to = NULL;
	const char *format = job->options->disk.format;
	int r;

	/* the descriptor is ours: the program that is started has it under another number */
	if (asprintf(&from, "/proc/%d/fd/%d/" RAW, (int)getpid(), job->dirfd) < 0)
		from = NULL;
	if (!from || asprintf(&to, "/proc/%d/fd/%d/" DISK_FILE ".%s", (int)getpid(), job->dirfd, format) < 0)
		return error_oom(err);
	r = program_run_until((const char *const[]){"qemu-img", "convert", "-q", "-f", "raw", "-O", format, from, to, NULL},
			      &output, &said, job->options->image.cancel, err);
	if (r == -ENOENT)
		return error_set(err, r, "a disk of the format %s is made by qemu-img: install qemu-utils", format);
	if (r > 0)
		return error_set(err, -EIO, "qemu-img: %s", program_line(&said, "qemu-img: "));
	if (r == 0 && unlinkat(job->dirfd, RAW, 0) < 0)
		return error_errno(err, "cannot remove '%s'", RAW);
	return r;
}

static int copy_kernel(const struct export_job *job, const struct kernel *kernel, struct error *err)
{
	_cleanup_(closep) int from = open(kernel->file, O_RDONLY | O_CLOEXEC), to = -1;
	char buffer[65536];
	ssize_t n;
	int r;

	if (from < 0)
		return error_errno(err, "cannot open the kernel '%s'", kernel->file);
	r = create(job, DISK_KERNEL, &to, err);
	while (r == 0 && (n = io_read(from, buffer, sizeof(buffer))) != 0) {
		r = n < 0 ? error_code(err, (int)n, "cannot read the kernel '%s'", kernel->file)
			  : io_write(to, buffer, (size_t)n);
		if (r < 0 && n > 0)
			error_code(err, r, "cannot write '%s'", DISK_KERNEL);
	}
	return r;
}

static int write_initrd(const struct export_job *job, const struct kernel *kernel, const unsigned char *superblock,
			struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r = create(job, DISK_INITRD, &fd, err);

	return r < 0 ? r : initrd_write(job, kernel, superblock, fd, err);
}

int engine_write_disk(const struct export_job *job, struct error *err)
{
	_cleanup_(kernel_release) struct kernel kernel = {0};
	const struct disk_options *asked = &job->options->disk;
	unsigned char superblock[INITRD_SUPERBLOCK];
	_cleanup_(text_release) struct text line = TEXT_INIT;
	int r = kernel_find(asked->kernel, asked->modules, &kernel, err);

	if (r < 0)
		return r;
	if (!kernel.modules)
		log_note("no modules of the kernel '%s' are there: what the machine needs must be built in (--modules DIR)",
			 kernel.file);
	r = write_raw(job, superblock, err);
	if (r == 0)
		r = write_initrd(job, &kernel, superblock, err);
	if (r == 0)
		r = copy_kernel(job, &kernel, err);
	if (r == 0 && text_printf(&line, "%s\n", disk_cmdline()) < 0)
		return error_oom(err);
	if (r == 0)
		r = output_text(job, DISK_CMDLINE, line.bytes, err);
	if (r == 0 && asked->format && strcmp(asked->format, "raw") != 0)
		r = convert(job, err);
	return r;
}
