/* SPDX-License-Identifier: BSD-2-Clause */
/* The session store's own side, over maps that are files: ids, and records that it frees. */
#include "engine/store.h"

#include <errno.h>
#include <sys/mman.h>

#include "tap.h"

enum { DEAD = 0x3fffffff };	/* no task has this id */

static struct store_slot *slots_of(const struct store_ref *ref)
{
	void *p = mmap(NULL, STORE_SLOT_SIZE << ref->slots_bits, PROT_READ | PROT_WRITE, MAP_SHARED,
		       ref->slots_fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static struct store_slot record(uint32_t id, uint32_t claims)
{
	return (struct store_slot){ .key = 64, .cookie = 1, .id = id, .tid = DEAD, .claims = claims };
}

static void put_new(struct store_ref *ref)
{
	store_put(ref);
	CHECK_EQ(store_get(ref), 0);
}

/* An entry half may still run when its session is gone. */
TEST(store_ids_rest)
{
	struct store_ref ref;
	bool seen[4] = {};

	CHECK_EQ(store_configure(64, 3), 0);
	CHECK_EQ(store_get(&ref), 0);
	for (int i = 0; i < 3; i++) {
		CHECK(ref.id >= 1 && ref.id <= 3 && !seen[ref.id]);
		seen[ref.id] = true;
		put_new(&ref);
	}
	CHECK_EQ(ref.id, 1);
}

TEST(store_ids_run_out)
{
	struct store_ref ref[3];

	CHECK_EQ(store_configure(64, 2), 0);
	CHECK_EQ(store_get(&ref[0]), 0);
	CHECK_EQ(store_get(&ref[1]), 0);
	CHECK(ref[0].id != ref[1].id);
	CHECK_EQ(store_get(&ref[2]), -ENOSPC);
	store_put(&ref[0]);
	CHECK_EQ(store_get(&ref[2]), 0);
	CHECK_EQ(ref[2].id, ref[0].id);
}

/* What the last owner of an id left behind is no record of the next one's. */
TEST(store_new_session_has_no_records)
{
	struct store_counters c;
	struct store_slot *slots;
	struct store_ref ref;
	uint32_t id;

	CHECK_EQ(store_configure(64, 1), 0);
	CHECK_EQ(store_get(&ref), 0);
	slots = slots_of(&ref);
	id = ref.id;
	store_put(&ref);
	slots[5] = record(id, 0);
	slots[6] = record(id, 1);
	CHECK_EQ(store_get(&ref), 0);
	CHECK_EQ(ref.id, id);
	for (int i = 5; i < 7; i++) {
		CHECK_EQ(slots[i].key, 0);
		CHECK_EQ(slots[i].id, 0);
		CHECK_EQ(slots[i].claims, 0);
	}
	store_read(&ref, &c);
	CHECK_EQ(c.swept, 0);
	CHECK_EQ(c.open, 0);
}

/* The marker of a tail call goes with its session, but is no call of it. */
TEST(store_purge)
{
	struct store_slot *slots;
	struct store_ref ref;

	CHECK_EQ(store_configure(64, 4), 0);
	CHECK_EQ(store_get(&ref), 0);
	slots = slots_of(&ref);
	slots[0] = record(ref.id, 0);
	slots[1] = record(ref.id | STORE_MARKER, 0);
	slots[2] = record(ref.id + 1, 0);
	slots[3] = record(ref.id, 1);
	slots[4] = record(ref.id, 2);		/* an entry is just taking it over */
	slots[5] = record(ref.id, 0);
	slots[5].key |= STORE_TAG;		/* the same */
	CHECK_EQ(store_purge(&ref), 2);
	CHECK_EQ(slots[0].key, 0);
	CHECK_EQ(slots[1].key, 0);
	CHECK_EQ(slots[2].key, 64);
	CHECK_EQ(slots[3].key, 0);
	CHECK_EQ(slots[3].claims, 0);
	CHECK_EQ(slots[4].key, 64);
	CHECK_EQ(slots[4].claims, 2);
	CHECK_EQ(slots[5].key, 64 | STORE_TAG);
}

/* CPU ids may have gaps: lines are by id, not by count. */
TEST(store_last_cpu)
{
	CHECK_EQ(store_last_cpu("0\n"), 0);
	CHECK_EQ(store_last_cpu("0-3\n"), 3);
	CHECK_EQ(store_last_cpu("0-3,8-11\n"), 11);
	CHECK_EQ(store_last_cpu("0,2,31\n"), 31);
	CHECK_EQ(store_last_cpu("7"), 7);
	CHECK_EQ(store_last_cpu(""), -EINVAL);
	CHECK_EQ(store_last_cpu("\n"), -EINVAL);
	CHECK_EQ(store_last_cpu("x"), -EINVAL);
	CHECK_EQ(store_last_cpu("0-99999\n"), -EINVAL);
}
