// SPDX-License-Identifier: BSD-2-Clause
/* The mode that gives nobody more than an access control list does. */
#include "fs/acl.h"

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

enum { USER_OBJ = 0x01, USER = 0x02, GROUP_OBJ = 0x04, GROUP = 0x08, MASK = 0x10, OTHER = 0x20 };

struct entry {
	uint16_t tag, permissions;
	uint32_t id;
};

struct list {
	uint32_t version;
	struct entry entries[12];
	size_t count;
};

static void add(struct list *list, unsigned int tag, unsigned int permissions, uint32_t id)
{
	list->entries[list->count++] = (struct entry){htole16((uint16_t)tag),
						      htole16((uint16_t)permissions), htole32(id)};
}

static struct list list_new(void)
{
	return (struct list){.version = htole32(2)};
}

static mode_t narrowed(const struct list *list, mode_t mode)
{
	return acl_narrow(list, sizeof(uint32_t) + list->count * sizeof(struct entry), mode);
}

static void what_a_list_only_gives_is_not_given(void)
{
	struct list list = list_new();

	/* as systemd has it on its journal: group adm may read what others may not */
	add(&list, USER_OBJ, 6, 0);
	add(&list, GROUP_OBJ, 4, 0);
	add(&list, GROUP, 4, 4);
	add(&list, MASK, 4, 0);
	add(&list, OTHER, 0, 0);
	CHECK(narrowed(&list, 0100640) == 0100640);
}

static void what_it_takes_from_one_is_taken_from_his_class(void)
{
	struct list list = list_new();

	add(&list, USER_OBJ, 7, 0);
	add(&list, USER, 0, 1000);
	add(&list, GROUP_OBJ, 5, 0);
	add(&list, MASK, 7, 0);
	add(&list, OTHER, 5, 0);
	CHECK(narrowed(&list, 0104775) == 0104700);
}

static void the_groups_own_entry_counts_not_the_mask(void)
{
	struct list list = list_new();

	add(&list, USER_OBJ, 6, 0);
	add(&list, USER, 6, 1000);
	add(&list, GROUP_OBJ, 0, 0);
	add(&list, MASK, 6, 0);
	add(&list, OTHER, 0, 0);
	CHECK(narrowed(&list, 0660) == 0600);
}

static void one_that_cannot_be_read_leaves_the_owner(void)
{
	struct list list = list_new();

	CHECK(acl_narrow("", 0, 0755) == 0700);
	list.version = htole32(3);
	CHECK(narrowed(&list, 0755) == 0700);
	list.version = htole32(2);
	CHECK(acl_narrow(&list, sizeof(uint32_t) + 3, 0755) == 0700);
}

struct process {
	uint32_t uid, groups[3];
};

static bool in_group(const struct process *process, uint32_t gid)
{
	for (size_t i = 0; i < 3; i++)
		if (process->groups[i] == gid)
			return true;
	return false;
}

/* As acl(5) says; the file is of user and group 0. */
static bool list_allows(const struct list *list, const struct process *process, unsigned int wanted)
{
	unsigned int mask = 7;
	bool grouped = false;

	for (size_t i = 0; i < list->count; i++)
		if (le16toh(list->entries[i].tag) == MASK)
			mask = le16toh(list->entries[i].permissions);
	for (size_t i = 0; i < list->count; i++) {
		const struct entry *e = &list->entries[i];
		unsigned int tag = le16toh(e->tag), permissions = le16toh(e->permissions);

		if (tag == USER_OBJ && process->uid == 0)
			return (permissions & wanted) == wanted;
		if (tag == USER && process->uid == le32toh(e->id))
			return (permissions & mask & wanted) == wanted;
		if ((tag == GROUP_OBJ || tag == GROUP) &&
		    in_group(process, tag == GROUP ? le32toh(e->id) : 0)) {
			grouped = true;
			if ((permissions & mask & wanted) == wanted)
				return true;
		}
		if (tag == OTHER && !grouped)
			return (permissions & wanted) == wanted;
	}
	return false;
}

static bool mode_allows(mode_t mode, const struct process *process, unsigned int wanted)
{
	unsigned int shift = process->uid == 0 ? 6 : in_group(process, 0) ? 3 : 0;

	return (mode >> shift & wanted) == wanted;
}

static unsigned int any(unsigned int below)
{
	return (unsigned int)rand() % below;
}

static struct list list_any(unsigned int *ret_group_bits)
{
	struct list list = list_new();
	unsigned int users = any(3), groups = any(3), group = any(8), mask = any(8);

	add(&list, USER_OBJ, any(8), 0);
	for (unsigned int i = 0; i < users; i++)
		add(&list, USER, any(8), i + 1);
	add(&list, GROUP_OBJ, group, 0);
	for (unsigned int i = 0; i < groups; i++)
		add(&list, GROUP, any(8), i + 1);
	if (users || groups)
		add(&list, MASK, mask, 0);
	add(&list, OTHER, any(8), 0);
	*ret_group_bits = users || groups ? mask : group;
	return list;
}

static void nobody_gets_more(void)
{
	unsigned int more = 0, group;

	for (int round = 0; round < 200000; round++) {
		struct list list = list_any(&group);
		mode_t mode = (mode_t)(le16toh(list.entries[0].permissions) << 6 | group << 3 |
				       le16toh(list.entries[list.count - 1].permissions));
		struct process process = {any(5), {any(5), any(5), any(5)}};
		unsigned int wanted = any(8);

		more += mode_allows(narrowed(&list, mode), &process, wanted) &&
			!list_allows(&list, &process, wanted);
	}
	CHECK(more == 0);
}

int main(void)
{
	RUN(what_a_list_only_gives_is_not_given);
	RUN(what_it_takes_from_one_is_taken_from_his_class);
	RUN(the_groups_own_entry_counts_not_the_mask);
	RUN(one_that_cannot_be_read_leaves_the_owner);
	RUN(nobody_gets_more);
	return test_end();
}
