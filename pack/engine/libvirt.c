// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/libvirt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/engine/disk.h"
#include "pack/engine/output.h"

enum {
	MEMORY_MIB = 512,	   /* where nobody says how much the program may have */
	MEMORY_OF_KERNEL_MIB = 160, /* beyond what the program may have */
};

/* As the value of an attribute or the text of an element; control characters have no spelling in XML 1.0. */
static int add_escaped(struct text *text, const char *value, struct error *err)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c == 0x7f)
			return error_set(err, -EINVAL, "a definition for libvirt cannot hold the control character in '%.60s'",
					 value);
		if (strchr("&<>'\"", c))
			text_printf(text, "&#%d;", c);
		else
			text_add_char(text, (char)c);
	}
	return 0;
}

/* <NAME>directory/file</NAME>, or in an attribute; before and after are ours. */
static int add_path(struct text *text, const char *before, const char *directory, const char *file, const char *after,
		    struct error *err)
{
	int r;

	text_add(text, before);
	r = add_escaped(text, directory, err);
	text_printf(text, "/%s%s", file, after);
	return r;
}

/* Mebibytes; what a program may have does not hold its kernel. */
static unsigned long long memory_of(const struct facts *facts)
{
	unsigned long long limit = (unsigned long long)facts->memory;

	return limit ? (limit + (1 << 20) - 1) / (1 << 20) + MEMORY_OF_KERNEL_MIB : MEMORY_MIB;
}

static unsigned int processors_of(const struct facts *facts)
{
	return facts->cpus_milli ? (unsigned int)((facts->cpus_milli + 999) / 1000) : 1;
}

static int add_machine(const struct facts *facts, const char *directory, struct text *text, struct error *err)
{
	int r;

	text_printf(text, "<domain type='kvm'%s>\n  <name>",
		    facts->publish.count ? " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'" : "");
	r = add_escaped(text, facts->name, err);
	text_printf(text,
		    "</name>\n"
		    "  <memory unit='MiB'>%llu</memory>\n"
		    "  <vcpu>%u</vcpu>\n"
		    "  <os>\n"
		    "    <type arch='x86_64' machine='q35'>hvm</type>\n",
		    memory_of(facts), processors_of(facts));
	if (r == 0)
		r = add_path(text, "    <kernel>", directory, DISK_KERNEL, "</kernel>\n", err);
	if (r == 0)
		r = add_path(text, "    <initrd>", directory, DISK_INITRD, "</initrd>\n", err);
	text_printf(text,
		    "    <cmdline>%s</cmdline>\n"
		    "  </os>\n"
		    "  <features>\n    <acpi/>\n    <apic/>\n  </features>\n"
		    "  <cpu mode='host-passthrough'/>\n"
		    "  <on_poweroff>destroy</on_poweroff>\n"
		    "  <on_reboot>restart</on_reboot>\n"
		    "  <on_crash>destroy</on_crash>\n",
		    disk_cmdline());
	return r;
}

/* libvirt's network, by which its host reaches the machine. */
static void add_network(struct text *text)
{
	text_add(text, "    <interface type='network'>\n      <source network='default'/>\n"
		       "      <model type='virtio'/>\n    </interface>\n");
}

/*
 * With --publish a port of the host's is one of the machine: what every QEMU can and libvirt has no element for, so
 * it is said to QEMU itself. Its slot is one that libvirt, which counts from the first, does not come to.
 */
static int add_publish(const struct facts *facts, struct text *text, struct error *err)
{
	int r = 0;

	text_add(text, "  <qemu:commandline>\n    <qemu:arg value='-netdev'/>\n    <qemu:arg value='user,id=published");
	for (size_t i = 0; r == 0 && i < facts->publish.count; i++) {
		const struct fact_publish *publish = &facts->publish.items[i];
		const char *address = publish->address ? publish->address : "";

		if (publish->last || strspn(address, "0123456789.") != strlen(address))
			return error_set(err, -EINVAL, "libvirt cannot express --publish %s: one port, of one IPv4 address",
					 publish->text);
		text_printf(text, ",hostfwd=%s:%s:%u-:%u", publish->udp ? "udp" : "tcp", address,
			    publish->host ? publish->host : publish->port, publish->port);
	}
	text_add(text, "'/>\n    <qemu:arg value='-device'/>\n"
		       "    <qemu:arg value='virtio-net-pci,netdev=published,addr=0x10'/>\n  </qemu:commandline>\n");
	return r;
}

int libvirt_domain(const struct facts *facts, const char *directory, const char *format, struct text *text,
		   struct error *err)
{
	_cleanup_(text_release) struct text disk = TEXT_INIT;
	int r = add_machine(facts, directory, text, err);

	text_printf(text, "  <devices>\n    <disk type='file' device='disk'>\n      <driver name='qemu' type='%s'/>\n", format);
	text_printf(&disk, DISK_FILE ".%s", format);
	if (r == 0)
		r = add_path(text, "      <source file='", directory, disk.bytes, "'/>\n", err);
	text_add(text, "      <target dev='vda' bus='virtio'/>\n      <readonly/>\n    </disk>\n");
	if (!facts->publish.count)
		add_network(text);
	text_add(text, "    <console type='pty'>\n      <target type='serial'/>\n    </console>\n"
		       "    <rng model='virtio'>\n      <backend model='random'>/dev/urandom</backend>\n    </rng>\n"
		       "  </devices>\n");
	if (r == 0 && facts->publish.count)
		r = add_publish(facts, text, err);
	text_add(text, "</domain>\n");
	return r < 0 ? r : text_failed(text) || text_failed(&disk) ? error_oom(err) : 0;
}

int engine_write_libvirt(const struct export_job *job, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *directory = output_place(job->output);
	const char *format = job->options->disk.format;
	int r;

	if (!directory)
		return error_oom(err);
	r = libvirt_domain(job->facts, directory, format ? format : "raw", &text, err);
	if (r == 0)
		r = output_text(job, "domain.xml", text.bytes, err);
	return r < 0 ? r : engine_write_disk(job, err);
}
