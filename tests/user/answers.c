/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf(2) answers to good and bad calls, one line each. The same program asks the engine
 * (test_answers) and a real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/answers --kernel > tests/user/answers.expected
 *
 * It uses no more than two CPUs' values and prints nothing that differs between machines.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "asker.h"
#include "syscall/attr.h"
#include "syscall/wrap.h"

#define BAD ((void *)0x10)

/* Without what the compiler may leave behind the last field. */
#define MAP_BYTES ATTR_END(map_create_attr, excl_prog_hash_size)
#define RUN_BYTES ATTR_END(test_run_attr, batch_size)
#define OBJ_BYTES ATTR_END(obj_attr, path_fd)

static u32 nr_cpus;

static void say(const char *what, int ret)
{
	printf("%s: %d\n", what, ret);
}

/* An fd's number says nothing. */
static int say_fd(const char *what, int ret)
{
	if (ret >= 0)
		printf("%s: fd\n", what);
	else
		say(what, ret);
	return ret;
}

/* -- Creation --- */

static struct map_create_attr map_attr(u32 type, u32 key, u32 value, u32 max, u32 flags)
{
	return (struct map_create_attr){ .map_type = type, .key_size = key, .value_size = value,
					 .max_entries = max, .map_flags = flags };
}

static int make(u32 type, u32 key, u32 value, u32 max, u32 flags)
{
	struct map_create_attr a = map_attr(type, key, value, max, flags);

	return call(BPF_MAP_CREATE, &a, MAP_BYTES);
}

static void try_make(const char *what, u32 type, u32 key, u32 value, u32 max, u32 flags)
{
	char line[128];
	int fd;

	snprintf(line, sizeof(line), "create %s", what);
	fd = say_fd(line, make(type, key, value, max, flags));
	if (fd >= 0)
		close(fd);
}

static void creation_arrays(void)
{
	try_make("array", BPF_MAP_TYPE_ARRAY, 4, 8, 10, 0);
	try_make("array key 8", BPF_MAP_TYPE_ARRAY, 8, 8, 10, 0);
	try_make("array key 0", BPF_MAP_TYPE_ARRAY, 0, 8, 10, 0);
	try_make("array value 0", BPF_MAP_TYPE_ARRAY, 4, 0, 10, 0);
	try_make("array entries 0", BPF_MAP_TYPE_ARRAY, 4, 8, 0, 0);
	try_make("array value 2^31", BPF_MAP_TYPE_ARRAY, 4, 1u << 31, 1, 0);
	try_make("array no_prealloc", BPF_MAP_TYPE_ARRAY, 4, 8, 10, BPF_F_NO_PREALLOC);
	try_make("array mmapable", BPF_MAP_TYPE_ARRAY, 4, 8, 10, BPF_F_MMAPABLE);
	try_make("array rdonly wronly", BPF_MAP_TYPE_ARRAY, 4, 8, 10, BPF_F_RDONLY | BPF_F_WRONLY);
	try_make("array rdonly_prog wronly_prog", BPF_MAP_TYPE_ARRAY, 4, 8, 10,
		 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
	try_make("array preserve", BPF_MAP_TYPE_ARRAY, 4, 8, 10, BPF_F_PRESERVE_ELEMS);
	try_make("array flag 31", BPF_MAP_TYPE_ARRAY, 4, 8, 10, 1u << 31);
	try_make("percpu array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 10, 0);
	try_make("percpu array mmapable", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 10, BPF_F_MMAPABLE);
	try_make("percpu array value 32768", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32768, 1, 0);
	try_make("percpu array value 32769", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32769, 1, 0);
	try_make("prog array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 10, 0);
	try_make("prog array value 8", BPF_MAP_TYPE_PROG_ARRAY, 4, 8, 10, 0);
	try_make("prog array rdonly_prog", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 10, BPF_F_RDONLY_PROG);
	try_make("array of maps fd 0", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 10, 0);
}

static void creation_hashes(void)
{
	try_make("hash", BPF_MAP_TYPE_HASH, 8, 8, 10, 0);
	try_make("hash key 0", BPF_MAP_TYPE_HASH, 0, 8, 10, 0);
	try_make("hash value 0", BPF_MAP_TYPE_HASH, 8, 0, 10, 0);
	try_make("hash entries 0", BPF_MAP_TYPE_HASH, 8, 8, 0, 0);
	try_make("hash no_prealloc", BPF_MAP_TYPE_HASH, 8, 8, 10, BPF_F_NO_PREALLOC);
	try_make("hash no_common_lru", BPF_MAP_TYPE_HASH, 8, 8, 10, BPF_F_NO_COMMON_LRU);
	try_make("hash mmapable", BPF_MAP_TYPE_HASH, 8, 8, 10, BPF_F_MMAPABLE);
	try_make("hash zero_seed", BPF_MAP_TYPE_HASH, 8, 8, 10, BPF_F_ZERO_SEED);
	try_make("hash key 4M", BPF_MAP_TYPE_HASH, 4 << 20, 8, 1, 0);
	try_make("hash key 512", BPF_MAP_TYPE_HASH, 512, 8, 1, 0);
	try_make("hash entries 2^32-1", BPF_MAP_TYPE_HASH, 4, 4, 0xffffffff, 0);
	try_make("percpu hash", BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 10, 0);
	try_make("percpu hash value 32769", BPF_MAP_TYPE_PERCPU_HASH, 8, 32769, 1, 0);
	try_make("lru hash", BPF_MAP_TYPE_LRU_HASH, 8, 8, 10, 0);
	try_make("lru hash no_prealloc", BPF_MAP_TYPE_LRU_HASH, 8, 8, 10, BPF_F_NO_PREALLOC);
	try_make("lru hash no_common_lru", BPF_MAP_TYPE_LRU_HASH, 8, 8, 10, BPF_F_NO_COMMON_LRU);
	try_make("lru percpu hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 8, 8, 10, 0);
}

static void creation_others(void)
{
	try_make("ringbuf 4096", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	try_make("ringbuf 4095", BPF_MAP_TYPE_RINGBUF, 0, 0, 4095, 0);
	try_make("ringbuf 12288", BPF_MAP_TYPE_RINGBUF, 0, 0, 12288, 0);
	try_make("ringbuf 0", BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0);
	try_make("ringbuf key 4", BPF_MAP_TYPE_RINGBUF, 4, 0, 4096, 0);
	try_make("ringbuf rdonly", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, BPF_F_RDONLY);
	try_make("queue", BPF_MAP_TYPE_QUEUE, 0, 8, 10, 0);
	try_make("queue key 4", BPF_MAP_TYPE_QUEUE, 4, 8, 10, 0);
	try_make("queue value 0", BPF_MAP_TYPE_QUEUE, 0, 0, 10, 0);
	try_make("queue no_prealloc", BPF_MAP_TYPE_QUEUE, 0, 8, 10, BPF_F_NO_PREALLOC);
	try_make("stack", BPF_MAP_TYPE_STACK, 0, 8, 10, 0);
	try_make("bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 10, 0);
	try_make("bloom key 4", BPF_MAP_TYPE_BLOOM_FILTER, 4, 8, 10, 0);
	try_make("lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 10, BPF_F_NO_PREALLOC);
	try_make("lpm prealloc", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 10, 0);
	try_make("lpm key 4", BPF_MAP_TYPE_LPM_TRIE, 4, 8, 10, BPF_F_NO_PREALLOC);
	try_make("lpm key 260", BPF_MAP_TYPE_LPM_TRIE, 260, 8, 10, BPF_F_NO_PREALLOC);
	try_make("lpm key 261", BPF_MAP_TYPE_LPM_TRIE, 261, 8, 10, BPF_F_NO_PREALLOC);
	try_make("type 0", 0, 4, 4, 10, 0);
	try_make("type 100", 100, 4, 4, 10, 0);
	try_make("type -1", 0xffffffff, 4, 4, 10, 0);
}

static void creation_fields(void)
{
	struct map_create_attr a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	union sys_attr u = { .map_create = a };
	u8 big[5000] = { 0 };

	strcpy(a.map_name, "with space");
	say_fd("create name with space", call(BPF_MAP_CREATE, &a, MAP_BYTES));
	memset(a.map_name, 'a', sizeof(a.map_name));
	say_fd("create name without end", call(BPF_MAP_CREATE, &a, MAP_BYTES));
	memset(a.map_name, 0, sizeof(a.map_name));
	strcpy(a.map_name, "a.b_9");
	close(say_fd("create name a.b_9", call(BPF_MAP_CREATE, &a, MAP_BYTES)));
	a.map_extra = 1;
	say_fd("create extra", call(BPF_MAP_CREATE, &a, MAP_BYTES));
	a.map_extra = 0;
	a.btf_key_type_id = 1;
	say_fd("create btf key only", call(BPF_MAP_CREATE, &a, MAP_BYTES));
	a.btf_value_type_id = 1;
	a.btf_fd = 9999;
	say_fd("create btf fd bad", call(BPF_MAP_CREATE, &a, MAP_BYTES));
	a.btf_key_type_id = a.btf_value_type_id = a.btf_fd = 0;
	a.btf_vmlinux_value_type_id = 1;
	say_fd("create vmlinux value", call(BPF_MAP_CREATE, &a, MAP_BYTES));
	a.btf_vmlinux_value_type_id = 0;
	a.map_flags = BPF_F_NUMA_NODE;
	a.numa_node = 1000;
	say_fd("create numa 1000", call(BPF_MAP_CREATE, &a, MAP_BYTES));
	a.numa_node = 0;
	close(say_fd("create numa 0", call(BPF_MAP_CREATE, &a, MAP_BYTES)));
	u.bytes[sizeof(u) - 1] = 1;
	say_fd("create tail in union", call(BPF_MAP_CREATE, &u, sizeof(u)));
	memcpy(big, &u.map_create, sizeof(u.map_create));
	close(say_fd("create size 4096", call(BPF_MAP_CREATE, big, 4096)));
	say_fd("create size 4097", call(BPF_MAP_CREATE, big, 4097));
	big[4000] = 1;
	say_fd("create tail", call(BPF_MAP_CREATE, big, 4096));
	say_fd("create bad pointer", call(BPF_MAP_CREATE, BAD, 72));
	say_fd("create null size 0", call(BPF_MAP_CREATE, NULL, 0));
	close(say_fd("create size 16", call(BPF_MAP_CREATE, big, 20)));
}

/* -- Elements --- */

static int elem(int cmd, int fd, void *key, void *value, u64 flags)
{
	struct map_elem_attr a = { .map_fd = fd, .key = (u64)key, .value = (u64)value, .flags = flags };

	return call(cmd, &a, sizeof(a));
}

static void elements(const char *name, int fd, u32 absent)
{
	u32 key[4] = { 1 }, none[4] = { absent }, next[4];
	u64 *v = calloc(nr_cpus, 8);
	struct {
		const char *what;
		int cmd;
		void *key, *value;
		u64 flags;
	} t[] = {
		{ "lookup absent", BPF_MAP_LOOKUP_ELEM, none, v, 0 },
		{ "delete absent", BPF_MAP_DELETE_ELEM, none, NULL, 0 },
		{ "update exist", BPF_MAP_UPDATE_ELEM, key, v, BPF_EXIST },
		{ "update", BPF_MAP_UPDATE_ELEM, key, v, BPF_ANY },
		{ "update noexist", BPF_MAP_UPDATE_ELEM, key, v, BPF_NOEXIST },
		{ "update exist again", BPF_MAP_UPDATE_ELEM, key, v, BPF_EXIST },
		{ "update flags 3", BPF_MAP_UPDATE_ELEM, key, v, 3 },
		{ "update lock", BPF_MAP_UPDATE_ELEM, key, v, BPF_F_LOCK },
		{ "update flags 32", BPF_MAP_UPDATE_ELEM, key, v, 32 },
		{ "update upper", BPF_MAP_UPDATE_ELEM, key, v, 1ULL << 32 },
		{ "update cpu 0", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_CPU },
		{ "update cpu 1", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_CPU | 1ULL << 32 },
		{ "update cpu 9999", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_CPU | 9999ULL << 32 },
		{ "update all", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_ALL_CPUS },
		{ "update cpu noexist", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_CPU | BPF_NOEXIST },
		{ "update cpu exist", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_CPU | BPF_EXIST },
		{ "update all noexist", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_ALL_CPUS | BPF_NOEXIST },
		{ "update all upper", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_ALL_CPUS | 1ULL << 32 },
		{ "update both", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_CPU | UBPF_F_ALL_CPUS },
		{ "update cpu lock", BPF_MAP_UPDATE_ELEM, key, v, UBPF_F_CPU | BPF_F_LOCK },
		{ "update key null", BPF_MAP_UPDATE_ELEM, NULL, v, 0 },
		{ "update value null", BPF_MAP_UPDATE_ELEM, key, NULL, 0 },
		{ "update value bad", BPF_MAP_UPDATE_ELEM, key, BAD, 0 },
		{ "lookup", BPF_MAP_LOOKUP_ELEM, key, v, 0 },
		{ "lookup flags 1", BPF_MAP_LOOKUP_ELEM, key, v, 1 },
		{ "lookup lock", BPF_MAP_LOOKUP_ELEM, key, v, BPF_F_LOCK },
		{ "lookup cpu 1", BPF_MAP_LOOKUP_ELEM, key, v, UBPF_F_CPU | 1ULL << 32 },
		{ "lookup cpu 9999", BPF_MAP_LOOKUP_ELEM, key, v, UBPF_F_CPU | 9999ULL << 32 },
		{ "lookup all", BPF_MAP_LOOKUP_ELEM, key, v, UBPF_F_ALL_CPUS },
		{ "lookup upper", BPF_MAP_LOOKUP_ELEM, key, v, 1ULL << 32 },
		{ "lookup key bad", BPF_MAP_LOOKUP_ELEM, BAD, v, 0 },
		{ "lookup value bad", BPF_MAP_LOOKUP_ELEM, key, BAD, 0 },
		{ "next null", BPF_MAP_GET_NEXT_KEY, NULL, next, 0 },
		{ "next bad", BPF_MAP_GET_NEXT_KEY, key, BAD, 0 },
		{ "next flags", BPF_MAP_GET_NEXT_KEY, key, next, 1 },
		{ "delete flags", BPF_MAP_DELETE_ELEM, key, NULL, 1 },
		{ "delete value", BPF_MAP_DELETE_ELEM, key, v, 0 },
		{ "take flags", BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, v, 1 },
		{ "take cpu", BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, v, UBPF_F_CPU },
		{ "take", BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, v, 0 },
		{ "take again", BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, v, 0 },
		{ "delete", BPF_MAP_DELETE_ELEM, key, NULL, 0 },
	};

	for (u32 i = 0; i < sizeof(t) / sizeof(*t); i++) {
		char line[128];

		snprintf(line, sizeof(line), "%s %s", name, t[i].what);
		say(line, elem(t[i].cmd, fd, t[i].key, t[i].value, t[i].flags));
	}
	free(v);
}

static void element_kinds(void)
{
	static const struct {
		const char *name;
		u32 type, key, value, flags;
	} kinds[] = {
		{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, 0 },
		{ "percpu array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 0 },
		{ "hash", BPF_MAP_TYPE_HASH, 4, 8, 0 },
		{ "percpu hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 0 },
		{ "lru hash", BPF_MAP_TYPE_LRU_HASH, 4, 8, 0 },
		{ "lru percpu hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 0 },
		{ "lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 8, BPF_F_NO_PREALLOC },
		{ "ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 0 },
		{ "user ringbuf", BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 0 },
		{ "prog array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 0 },
	};

	for (u32 i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		u32 max = kinds[i].key ? 10 : 4096;
		int fd = make(kinds[i].type, kinds[i].key, kinds[i].value, max, kinds[i].flags);

		elements(kinds[i].name, fd, 77);
		close(fd);
	}
}

static void element_keyless(void)
{
	static const u32 kinds[] = { BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK, BPF_MAP_TYPE_BLOOM_FILTER };

	for (u32 i = 0; i < 3; i++) {
		int fd = make(kinds[i], 0, 8, 1, 0);
		u64 v = 5;

		printf("-- kind %u\n", kinds[i]);
		say("lookup empty", elem(BPF_MAP_LOOKUP_ELEM, fd, NULL, &v, 0));
		say("take empty", elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, NULL, &v, 0));
		v = 5;
		say("push key", elem(BPF_MAP_UPDATE_ELEM, fd, &v, &v, 0));
		say("push noexist", elem(BPF_MAP_UPDATE_ELEM, fd, NULL, &v, BPF_NOEXIST));
		say("push flags 4", elem(BPF_MAP_UPDATE_ELEM, fd, NULL, &v, 4));
		say("push", elem(BPF_MAP_UPDATE_ELEM, fd, NULL, &v, 0));
		say("push full", elem(BPF_MAP_UPDATE_ELEM, fd, NULL, &v, 0));
		say("push full exist", elem(BPF_MAP_UPDATE_ELEM, fd, NULL, &v, BPF_EXIST));
		say("delete", elem(BPF_MAP_DELETE_ELEM, fd, NULL, NULL, 0));
		say("next", elem(BPF_MAP_GET_NEXT_KEY, fd, NULL, &v, 0));
		say("lookup", elem(BPF_MAP_LOOKUP_ELEM, fd, NULL, &v, 0));
		say("lookup bad", elem(BPF_MAP_LOOKUP_ELEM, fd, NULL, BAD, 0));
		say("take flags", elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, NULL, &v, 1));
		say("take", elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, NULL, &v, 0));
		close(fd);
	}
}

static void limits(void)
{
	int fd = make(BPF_MAP_TYPE_HASH, 4, 4, 2, 0), array = make(BPF_MAP_TYPE_ARRAY, 4, 4, 2, 0);
	u32 k;

	for (k = 1; k <= 3; k++)
		say("hash of 2 insert", elem(BPF_MAP_UPDATE_ELEM, fd, &k, &k, 0));
	k = 2;
	say("hash full replace", elem(BPF_MAP_UPDATE_ELEM, fd, &k, &k, BPF_EXIST));
	say("array beyond update", elem(BPF_MAP_UPDATE_ELEM, array, &k, &k, 0));
	say("array beyond lookup", elem(BPF_MAP_LOOKUP_ELEM, array, &k, &k, 0));
	k = 1;
	say("array next last", elem(BPF_MAP_GET_NEXT_KEY, array, &k, &k, 0));
	say("fd -1", elem(BPF_MAP_LOOKUP_ELEM, -1, &k, &k, 0));
	say("fd 0 is no map", elem(BPF_MAP_LOOKUP_ELEM, open("/dev/null", O_RDONLY), &k, &k, 0));
	close(fd);
	close(array);
}

/* -- Freeze, access, ids --- */

static void access_rights(void)
{
	int ro = make(BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY);
	int wo = make(BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_WRONLY);
	int rw = make(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	struct map_elem_attr a = { .map_fd = rw };
	u32 k = 0, v;

	say("rdonly lookup", elem(BPF_MAP_LOOKUP_ELEM, ro, &k, &v, 0));
	say("rdonly update", elem(BPF_MAP_UPDATE_ELEM, ro, &k, &v, 0));
	say("wronly lookup", elem(BPF_MAP_LOOKUP_ELEM, wo, &k, &v, 0));
	say("wronly update", elem(BPF_MAP_UPDATE_ELEM, wo, &k, &v, 0));
	say("wronly next", elem(BPF_MAP_GET_NEXT_KEY, wo, &k, &v, 0));
	a.key = 1;
	say("freeze tail", call(BPF_MAP_FREEZE, &a, sizeof(a)));
	a.key = 0;
	say("freeze", call(BPF_MAP_FREEZE, &a, sizeof(a)));
	say("freeze again", call(BPF_MAP_FREEZE, &a, sizeof(a)));
	say("frozen update", elem(BPF_MAP_UPDATE_ELEM, rw, &k, &v, 0));
	say("frozen lookup", elem(BPF_MAP_LOOKUP_ELEM, rw, &k, &v, 0));
	a.map_fd = ro;
	say("freeze rdonly", call(BPF_MAP_FREEZE, &a, sizeof(a)));
	a.map_fd = 9999;
	say("freeze bad fd", call(BPF_MAP_FREEZE, &a, sizeof(a)));
	close(ro);
	close(wo);
	close(rw);
}

static void ids(void)
{
	struct id_attr a = { .id = 0x7fffffff };
	struct info_attr i = { .bpf_fd = 9999, .info_len = 80 };
	int fd = make(BPF_MAP_TYPE_HASH, 4, 8, 10, 0), copy;
	struct bpf_map_info info = { 0 };
	u8 big[5000] = { 0 };

	say("next id 2^31-1", call(BPF_MAP_GET_NEXT_ID, &a, sizeof(a)));
	a.id = 0x7ffffffe;
	say("next id none", call(BPF_MAP_GET_NEXT_ID, &a, sizeof(a)));
	a.open_flags = 1;
	a.id = 0;
	say("next id flags", call(BPF_MAP_GET_NEXT_ID, &a, sizeof(a)));
	a.open_flags = 0;
	a.id = 0x7ffffff0;
	say("map by id none", call(BPF_MAP_GET_FD_BY_ID, &a, sizeof(a)));
	say("prog by id none", call(BPF_PROG_GET_FD_BY_ID, &a, sizeof(a)));
	say("btf by id none", call(BPF_BTF_GET_FD_BY_ID, &a, sizeof(a)));
	a.open_flags = 1 << 5;
	say("map by id flags", call(BPF_MAP_GET_FD_BY_ID, &a, sizeof(a)));
	say("info bad fd", call(BPF_OBJ_GET_INFO_BY_FD, &i, sizeof(i)));
	i.bpf_fd = open("/dev/null", O_RDONLY);
	say("info no object", call(BPF_OBJ_GET_INFO_BY_FD, &i, sizeof(i)));
	i.bpf_fd = fd;
	say("info null", call(BPF_OBJ_GET_INFO_BY_FD, &i, sizeof(i)));
	i.info = (u64)&info;
	i.info_len = 12;
	say("info 12 bytes", call(BPF_OBJ_GET_INFO_BY_FD, &i, sizeof(i)));
	printf("info type %u key %u len %u\n", info.type, info.key_size, i.info_len);
	i.info = (u64)big;
	i.info_len = 5000;
	say("info 5000 bytes", call(BPF_OBJ_GET_INFO_BY_FD, &i, sizeof(i)));
	i.info_len = 4096;
	big[4000] = 1;
	say("info tail", call(BPF_OBJ_GET_INFO_BY_FD, &i, sizeof(i)));
	i.info_len = sizeof(info);
	i.info = (u64)&info;
	call(BPF_OBJ_GET_INFO_BY_FD, &i, sizeof(i));
	a = (struct id_attr){ .id = info.id, .open_flags = BPF_F_RDONLY };
	copy = say_fd("map by id rdonly", call(BPF_MAP_GET_FD_BY_ID, &a, sizeof(a)));
	say("its update", elem(BPF_MAP_UPDATE_ELEM, copy, &info, &info, 0));
	close(copy);
	close(fd);
}

/* -- Common attributes --- */

static void common_create(const char *what, struct map_create_attr a, u32 size, u32 level)
{
	char text[200] = "";
	struct common_attr c = { .log_buf = (u64)text, .log_size = size, .log_level = level };
	int ret = call5(BPF_MAP_CREATE | UBPF_COMMON_ATTRS, &a, MAP_BYTES, &c, COMMON_ATTR_MEANT);

	printf("log %s: %d '%s' true size %u\n", what, ret < 0 ? ret : 1, text, c.log_true_size);
	if (ret >= 0)
		close(ret);
}

static void common(void)
{
	struct map_create_attr good = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0), a = good;
	struct { struct common_attr c; u8 tail[40]; } c = { { 0 }, { 0 } };
	u8 zero[200] = { 0 };

	common_create("good", good, 200, 1);
	a.map_extra = 1;
	common_create("extra", a, 200, 1);
	common_create("extra size 10", a, 10, 1);
	common_create("extra level 0", a, 200, 0);
	common_create("extra size 0", a, 0, 1);
	common_create("extra level 16", a, 200, 16);
	common_create("extra fixed size 10", a, 10, 9);
	a = good;
	a.map_type = 77;
	common_create("type", a, 200, 1);
	a = good;
	strcpy(a.map_name, "a b");
	common_create("name", a, 200, 1);
	a = good;
	a.btf_key_type_id = 1;
	common_create("btf key", a, 200, 1);
	a.btf_value_type_id = 1;
	a.btf_fd = 9999;
	common_create("btf fd", a, 200, 1);
	a = good;
	a.btf_vmlinux_value_type_id = 1;
	common_create("vmlinux", a, 200, 1);
	a.map_type = BPF_MAP_TYPE_STRUCT_OPS;
	a.btf_key_type_id = 1;
	common_create("vmlinux and btf", a, 200, 1);
	a = good;
	a.map_flags = BPF_F_NUMA_NODE;
	a.numa_node = 999;
	common_create("numa", a, 200, 1);
	a = good;
	a.map_flags = UBPF_F_TOKEN_FD;
	a.map_token_fd = 9999;
	common_create("token", a, 200, 1);
	a = good;
	a.excl_prog_hash_size = 3;
	common_create("hash size", a, 200, 1);
	a = good;
	a.excl_prog_hash = (u64)zero;
	a.excl_prog_hash_size = 31;
	common_create("hash", a, 200, 1);
	a = good;
	a.key_size = 5;
	common_create("key size", a, 200, 1);
	say("common probe", call5(BPF_PROG_LOAD | UBPF_COMMON_ATTRS, zero, 168, NULL, 24));
	say("common size 24 tail", (c.tail[0] = 1, call5(BPF_MAP_CREATE | UBPF_COMMON_ATTRS, &a, MAP_BYTES, &c, 30)));
	say("common size 4097", call5(BPF_MAP_CREATE | UBPF_COMMON_ATTRS, &a, MAP_BYTES, &c, 4097));
	say("common bad", call5(BPF_MAP_CREATE | UBPF_COMMON_ATTRS, &a, MAP_BYTES, BAD, 24));
	say("common without bit", call5(BPF_MAP_GET_NEXT_ID, zero, 8, BAD, 4097) <= 0);
}

/* -- Programs --- */

static struct bpf_insn ok_prog[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
				     { .code = BPF_JMP | BPF_EXIT } };

static struct prog_load_attr prog_attr(u32 type)
{
	return (struct prog_load_attr){ .prog_type = type, .insn_cnt = 2, .insns = (u64)ok_prog,
					.license = (u64) "GPL" };
}

static int load(struct prog_load_attr a)
{
	return call(BPF_PROG_LOAD, &a, sizeof(a));
}

static void prog_loads(void)
{
	struct prog_load_attr a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	char text[64];

	close(say_fd("load", load(a)));
	a.insn_cnt = 0;
	say_fd("load 0 insns", load(a));
	a.insn_cnt = 1000001;
	say_fd("load 1000001 insns", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.insns = 0x10;
	say_fd("load bad insns", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.license = 0x10;
	say_fd("load bad license", load(a));
	a = prog_attr(1000);
	say_fd("load type 1000", load(a));
	a = prog_attr(0);
	say_fd("load type 0", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.prog_flags = 1u << 30;
	say_fd("load flag 30", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	strcpy(a.prog_name, "a b");
	say_fd("load name", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.log_level = 1;
	close(say_fd("load level without buf", load(a)));
	a.log_buf = (u64)text;
	say_fd("load buf without size", load(a));
	a.log_size = sizeof(text);
	a.log_level = 0;
	say_fd("load buf without level", load(a));
	a.log_level = 16;
	say_fd("load level 16", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.attach_prog_fd = 9999;
	say_fd("load attach fd", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.attach_btf_id = 5;
	say_fd("load attach id", load(a));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.expected_attach_type = 3;
	close(say_fd("load attach type", load(a)));
	a = prog_attr(BPF_PROG_TYPE_XDP);
	a.expected_attach_type = 3;
	close(say_fd("load xdp attach type 3", load(a)));
	a = prog_attr(BPF_PROG_TYPE_XDP);
	a.prog_flags = BPF_F_SLEEPABLE;
	say_fd("load xdp sleepable", load(a));
	a = prog_attr(BPF_PROG_TYPE_SYSCALL);
	say_fd("load syscall", load(a));
	a.prog_flags = BPF_F_SLEEPABLE;
	close(say_fd("load syscall sleepable", load(a)));
	a = prog_attr(BPF_PROG_TYPE_SOCKET_FILTER);
	a.func_info_cnt = 1;
	a.prog_btf_fd = 9999;
	say_fd("load func info fd", load(a));
}

static int test(int fd, struct test_run_attr a)
{
	a.prog_fd = fd;
	return call(BPF_PROG_TEST_RUN, &a, RUN_BYTES);
}

static void runs(const char *name, u32 type, u32 flags)
{
	struct prog_load_attr l = prog_attr(type);
	u8 data[64] = { 0 }, out[64], ctx[400] = { 0 };
	struct test_run_attr good = { .data_in = (u64)data, .data_size_in = 64 };
	struct {
		const char *what;
		struct test_run_attr a;
	} t[] = {
		{ "plain", good },
		{ "nothing", { 0 } },
		{ "13 bytes", { .data_in = (u64)data, .data_size_in = 13 } },
		{ "14 bytes", { .data_in = (u64)data, .data_size_in = 14 } },
		{ "bad data", { .data_in = 0x10, .data_size_in = 64 } },
		{ "out", { .data_in = (u64)data, .data_size_in = 64, .data_out = (u64)out, .data_size_out = 64 } },
		{ "out short", { .data_in = (u64)data, .data_size_in = 64, .data_out = (u64)out, .data_size_out = 9 } },
		{ "out bad", { .data_in = (u64)data, .data_size_in = 64, .data_out = 0x10, .data_size_out = 64 } },
		{ "repeat", { .data_in = (u64)data, .data_size_in = 64, .repeat = 10 } },
		{ "flags", { .data_in = (u64)data, .data_size_in = 64, .flags = 1u << 31 } },
		{ "flags 1", { .data_in = (u64)data, .data_size_in = 64, .flags = 1 } },
		{ "cpu", { .data_in = (u64)data, .data_size_in = 64, .cpu = 1 } },
		{ "batch", { .data_in = (u64)data, .data_size_in = 64, .batch_size = 1 } },
		{ "duration", { .data_in = (u64)data, .data_size_in = 64, .duration = 1 } },
		{ "ctx size without ctx", { .data_in = (u64)data, .data_size_in = 64, .ctx_size_in = 8 } },
		{ "ctx without size", { .data_in = (u64)data, .data_size_in = 64, .ctx_in = (u64)ctx } },
		{ "ctx", { .data_in = (u64)data, .data_size_in = 64, .ctx_in = (u64)ctx, .ctx_size_in = 8 } },
		{ "ctx 400", { .data_in = (u64)data, .data_size_in = 64, .ctx_in = (u64)ctx, .ctx_size_in = 400 } },
		{ "ctx bad", { .data_in = (u64)data, .data_size_in = 64, .ctx_in = 0x10, .ctx_size_in = 8 } },
		{ "ctx alone", { .ctx_in = (u64)ctx, .ctx_size_in = 8 } },
		{ "ctx alone 12 words", { .ctx_in = (u64)ctx, .ctx_size_in = 96 } },
		{ "ctx alone 13 words", { .ctx_in = (u64)ctx, .ctx_size_in = 104 } },
		{ "ctx out", { .data_in = (u64)data, .data_size_in = 64, .ctx_out = (u64)ctx, .ctx_size_out = 8 } },
		{ "ctx out 400", { .data_in = (u64)data, .data_size_in = 64, .ctx_out = (u64)ctx, .ctx_size_out = 400 } },
		{ "cpu flag", { .flags = 1, .cpu = 1 } },
		{ "cpu 9999", { .flags = 1, .cpu = 9999 } },
	};
	int fd;

	l.prog_flags = flags;
	fd = load(l);
	for (u32 i = 0; i < sizeof(t) / sizeof(*t); i++) {
		char line[128];

		snprintf(line, sizeof(line), "run %s %s", name, t[i].what);
		say(line, test(fd, t[i].a));
	}
	good.prog_fd = fd;
	call(BPF_PROG_TEST_RUN, &good, RUN_BYTES);
	printf("run %s: retval %u size %u\n", name, good.retval, good.data_size_out);
	close(fd);
}

static void run_kinds(void)
{
	runs("xdp", BPF_PROG_TYPE_XDP, 0);
	runs("socket", BPF_PROG_TYPE_SOCKET_FILTER, 0);
	runs("tc", BPF_PROG_TYPE_SCHED_CLS, 0);
	runs("syscall", BPF_PROG_TYPE_SYSCALL, BPF_F_SLEEPABLE);
	runs("raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
}

static void xdp_ctx(void)
{
	int fd = load(prog_attr(BPF_PROG_TYPE_XDP));
	u8 data[64] = { 0 };
	struct xdp_md in = { .data_end = 64 }, out = { 0 };
	struct test_run_attr a = { .data_in = (u64)data, .data_size_in = 64, .ctx_in = (u64)&in,
				   .ctx_size_in = sizeof(in), .ctx_out = (u64)&out,
				   .ctx_size_out = sizeof(out) };

	say("xdp ctx", test(fd, a));
	printf("xdp ctx out %u %u %u\n", out.data_meta, out.data, out.data_end);
	in.data = 8;
	say("xdp ctx meta 8", test(fd, a));
	printf("xdp ctx out %u %u %u\n", out.data_meta, out.data, out.data_end);
	in.data = 6;
	say("xdp ctx meta 6", test(fd, a));
	in.data = 60;
	say("xdp ctx meta 60", test(fd, a));
	in.data = 0;
	in.data_meta = 1;
	say("xdp ctx data_meta", test(fd, a));
	in.data_meta = 0;
	in.data_end = 65;
	say("xdp ctx end 65", test(fd, a));
	in.data_end = 40;
	say("xdp ctx end 40", test(fd, a));
	in.data_end = 64;
	in.rx_queue_index = 1;
	say("xdp ctx queue", test(fd, a));
	in.ingress_ifindex = 12345;
	say("xdp ctx device", test(fd, a));
	close(fd);
}

/* -- Batches --- */

static void batches(const char *name, u32 type, u32 value_bytes)
{
	int fd = make(type, 4, 8, 8, 0), ret;
	u32 keys[16], in = 0, out = 0;
	u8 *values = calloc(16, value_bytes);
	struct map_batch_attr a = { .keys = (u64)keys, .values = (u64)values, .count = 4, .map_fd = fd,
				    .out_batch = (u64)&out };
	static const struct {
		const char *what;
		int cmd;
		u32 count;
		u64 elem_flags, flags;
		bool from;
	} t[] = {
		{ "update", BPF_MAP_UPDATE_BATCH, 4, 0, 0, false },
		{ "update 0", BPF_MAP_UPDATE_BATCH, 0, 0, 0, false },
		{ "update noexist", BPF_MAP_UPDATE_BATCH, 4, BPF_NOEXIST, 0, false },
		{ "update flags", BPF_MAP_UPDATE_BATCH, 4, 0, 1, false },
		{ "update cpu", BPF_MAP_UPDATE_BATCH, 4, UBPF_F_CPU, 0, false },
		{ "update cpu 9999", BPF_MAP_UPDATE_BATCH, 4, UBPF_F_CPU | 9999ULL << 32, 0, false },
		{ "update all", BPF_MAP_UPDATE_BATCH, 4, UBPF_F_ALL_CPUS, 0, false },
		{ "lookup all flag", BPF_MAP_LOOKUP_BATCH, 4, UBPF_F_ALL_CPUS, 0, false },
		{ "lookup flags", BPF_MAP_LOOKUP_BATCH, 4, 0, 1, false },
		{ "lookup cpu", BPF_MAP_LOOKUP_BATCH, 16, UBPF_F_CPU, 0, false },
		{ "lookup", BPF_MAP_LOOKUP_BATCH, 16, 0, 0, false },
		{ "lookup from end", BPF_MAP_LOOKUP_BATCH, 16, 0, 0, true },
		{ "take cpu", BPF_MAP_LOOKUP_AND_DELETE_BATCH, 16, UBPF_F_CPU, 0, false },
		{ "take", BPF_MAP_LOOKUP_AND_DELETE_BATCH, 16, 0, 0, false },
		{ "delete cpu", BPF_MAP_DELETE_BATCH, 4, UBPF_F_CPU, 0, false },
		{ "delete absent", BPF_MAP_DELETE_BATCH, 4, 0, 0, false },
	};

	for (u32 i = 0; i < sizeof(t) / sizeof(*t); i++) {
		for (u32 k = 0; k < 16; k++)
			keys[k] = k;
		a.count = t[i].count;
		a.elem_flags = t[i].elem_flags;
		a.flags = t[i].flags;
		in = out;
		a.in_batch = t[i].from ? (u64)&in : 0;
		ret = call(t[i].cmd, &a, sizeof(a));
		printf("batch %s %s: %d count %u\n", name, t[i].what, ret, a.count);
	}
	a.map_fd = 9999;
	say("batch bad fd", call(BPF_MAP_LOOKUP_BATCH, &a, sizeof(a)));
	close(fd);
	free(values);
}

/* Which kinds know which commands. */
static void batch_kind(const char *name, struct map_create_attr a)
{
	static const struct {
		const char *what;
		int cmd;
	} t[] = {
		{ "update", BPF_MAP_UPDATE_BATCH },
		{ "lookup", BPF_MAP_LOOKUP_BATCH },
		{ "take", BPF_MAP_LOOKUP_AND_DELETE_BATCH },
		{ "delete", BPF_MAP_DELETE_BATCH },
	};
	int fd = call(BPF_MAP_CREATE, &a, MAP_BYTES);
	u32 keys[4] = { 0 }, out[4] = { 0 };
	u8 *values = calloc(nr_cpus, 64);

	for (u32 i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct map_batch_attr b = { .keys = (u64)keys, .values = (u64)values, .count = 1, .map_fd = fd,
					    .out_batch = (u64)out };
		int ret = call(t[i].cmd, &b, sizeof(b));

		printf("batch of %s %s: %d count %u\n", name, t[i].what, ret, b.count);
	}
	free(values);
	close(fd);
}

static void batch_kinds(void)
{
	static const struct {
		const char *name;
		u32 type, key, value, max, flags;
	} t[] = {
		{ "lru hash", BPF_MAP_TYPE_LRU_HASH, 4, 8, 8, 0 },
		{ "lru percpu hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 8, 0 },
		{ "lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 8, BPF_F_NO_PREALLOC },
		{ "queue", BPF_MAP_TYPE_QUEUE, 0, 8, 8, 0 },
		{ "stack", BPF_MAP_TYPE_STACK, 0, 8, 8, 0 },
		{ "bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 8, 0 },
		{ "ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
		{ "user ringbuf", BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0 },
		{ "prog array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0 },
		{ "perf event array", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 8, 0 },
		{ "stack trace", BPF_MAP_TYPE_STACK_TRACE, 4, 64, 8, 0 },
	};
	int inner = make(BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	struct map_create_attr a;

	for (u32 i = 0; i < sizeof(t) / sizeof(*t); i++)
		batch_kind(t[i].name, map_attr(t[i].type, t[i].key, t[i].value, t[i].max, t[i].flags));
	a = map_attr(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 8, 0);
	a.inner_map_fd = inner;
	batch_kind("array of maps", a);
	a.map_type = BPF_MAP_TYPE_HASH_OF_MAPS;
	batch_kind("hash of maps", a);
	close(inner);
}

/* -- Types of keys and values --- */

struct types {
	int fd, i32, u64, pair, section;
};

static struct types load_types(void)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	struct types t;
	u32 bytes;

	t.i32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	t.u64 = btf__add_int(btf, "u64", 8, 0);
	t.pair = btf__add_struct(btf, "pair", 8);
	btf__add_field(btf, "a", t.i32, 0, 0);
	btf__add_field(btf, "b", t.i32, 32, 0);
	btf__add_var(btf, "v", BTF_VAR_GLOBAL_ALLOCATED, t.u64);
	t.section = btf__add_datasec(btf, ".bss", 8);
	btf__add_datasec_var_info(btf, t.section - 1, 0, 8);
	raw = btf__raw_data(btf, &bytes);
	t.fd = bpf_btf_load(raw, bytes, NULL);
	btf__free(btf);
	return t;
}

static void typed(const char *what, struct map_create_attr a, const struct types *t, u32 key, u32 value)
{
	char line[128];
	int fd;

	snprintf(line, sizeof(line), "types of %s %u %u", what, key, value);
	a.btf_fd = t->fd;
	a.btf_key_type_id = key;
	a.btf_value_type_id = value;
	fd = say_fd(line, call(BPF_MAP_CREATE, &a, MAP_BYTES));
	if (fd >= 0)
		close(fd);
}

static void map_types(void)
{
	static const struct {
		const char *name;
		u32 type, key, value, max, flags;
	} m[] = {
		{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 },
		{ "array of 2", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 },
		{ "percpu array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, 0 },
		{ "hash", BPF_MAP_TYPE_HASH, 8, 8, 1, 0 },
		{ "lru hash", BPF_MAP_TYPE_LRU_HASH, 4, 8, 1, 0 },
		{ "percpu hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 1, 0 },
		{ "lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1, BPF_F_NO_PREALLOC },
		{ "queue", BPF_MAP_TYPE_QUEUE, 0, 8, 1, 0 },
		{ "stack", BPF_MAP_TYPE_STACK, 0, 4, 1, 0 },
		{ "bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 1, 0 },
		{ "ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
		{ "user ringbuf", BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0 },
		{ "stack trace", BPF_MAP_TYPE_STACK_TRACE, 4, 8, 1, 0 },
		{ "prog array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0 },
		{ "perf event array", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1, 0 },
	};
	struct types t = load_types();
	u32 ids[] = { 0, t.i32, t.u64, t.pair, t.section, 99 };

	for (u32 i = 0; i < sizeof(m) / sizeof(*m); i++)
		for (u32 k = 0; k < 6; k++)
			for (u32 v = 1; v < 6; v++)
				typed(m[i].name, map_attr(m[i].type, m[i].key, m[i].value, m[i].max, m[i].flags),
				      &t, ids[k], ids[v]);
	close(t.fd);
}

static void btfs(void)
{
	u8 junk[64] = { 0 };
	struct btf_load_attr a = { .btf = (u64)junk, .btf_size = 64 };

	say_fd("btf junk", call(BPF_BTF_LOAD, &a, sizeof(a)));
	a.btf_size = 0;
	say_fd("btf 0", call(BPF_BTF_LOAD, &a, sizeof(a)));
	a.btf_size = 17 << 20;
	say_fd("btf 17M", call(BPF_BTF_LOAD, &a, sizeof(a)));
	a.btf_size = 64;
	a.btf = 0x10;
	say_fd("btf bad", call(BPF_BTF_LOAD, &a, sizeof(a)));
	a.btf = (u64)junk;
	a.flags = 1;
	say_fd("btf flags", call(BPF_BTF_LOAD, &a, sizeof(a)));
}

static void pins(void)
{
	int fd = make(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0), got;
	struct obj_attr a = { .pathname = (u64) "/sys/fs/bpf/answers", .bpf_fd = fd };

	say("pin", call(BPF_OBJ_PIN, &a, OBJ_BYTES));
	say("pin again", call(BPF_OBJ_PIN, &a, OBJ_BYTES));
	a.pathname = (u64) "/answers";
	say("pin elsewhere", call(BPF_OBJ_PIN, &a, OBJ_BYTES));
	a.pathname = 0x10;
	say("pin bad path", call(BPF_OBJ_PIN, &a, OBJ_BYTES));
	a.pathname = (u64) "/sys/fs/bpf/other";
	a.bpf_fd = 9999;
	say("pin bad fd", call(BPF_OBJ_PIN, &a, OBJ_BYTES));
	a.bpf_fd = 0;
	say("get none", call(BPF_OBJ_GET, &a, OBJ_BYTES));
	a.pathname = (u64) "/sys/fs/bpf/answers";
	a.file_flags = 1u << 31;
	say("get flags", call(BPF_OBJ_GET, &a, OBJ_BYTES));
	a.file_flags = 0;
	a.bpf_fd = 1;
	say("get fd", call(BPF_OBJ_GET, &a, OBJ_BYTES));
	a.bpf_fd = 0;
	got = say_fd("get", call(BPF_OBJ_GET, &a, OBJ_BYTES));
	close(got);
	close(fd);
}

/* -- Maps of maps, stack traces --- */

static void say_all(const char *what, int fd, u32 key, u32 *value)
{
	char line[128];
	u32 next = 0, got = 0;

	for (u64 flags = 0; flags < 5; flags++) {
		snprintf(line, sizeof(line), "%s update flags %llu", what, (unsigned long long)flags);
		say(line, elem(BPF_MAP_UPDATE_ELEM, fd, &key, value, flags));
	}
	snprintf(line, sizeof(line), "%s lookup", what);
	say(line, elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got, 0));
	printf("%s got: %d\n", what, !!got);
	snprintf(line, sizeof(line), "%s take", what);
	say(line, elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, &key, &got, 0));
	snprintf(line, sizeof(line), "%s next key", what);
	say(line, elem(BPF_MAP_GET_NEXT_KEY, fd, NULL, &next, 0));
	snprintf(line, sizeof(line), "%s next key of the last", what);
	say(line, elem(BPF_MAP_GET_NEXT_KEY, fd, &next, &next, 0));
	snprintf(line, sizeof(line), "%s delete", what);
	say(line, elem(BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0));
	say(line, elem(BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0));
	snprintf(line, sizeof(line), "%s lookup absent", what);
	say(line, elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got, 0));
}

static void maps_of_maps(const char *name, u32 type, u32 value)
{
	struct map_create_attr a = map_attr(type, 4, value, 2, 0);
	int inner = make(BPF_MAP_TYPE_HASH, 4, 8, 4, 0), other = make(BPF_MAP_TYPE_HASH, 8, 8, 4, 0), fd;
	u32 v[2] = { inner, 0 };
	char line[128];

	a.inner_map_fd = inner;
	snprintf(line, sizeof(line), "%s value %u", name, value);
	fd = say_fd(line, call(BPF_MAP_CREATE, &a, MAP_BYTES));
	if (fd >= 0) {
		say_all(name, fd, 1, v);
		snprintf(line, sizeof(line), "%s with another kind", name);
		v[0] = other;
		say_all(line, fd, 1, v);
		snprintf(line, sizeof(line), "%s with no map", name);
		v[0] = 9999;
		say_all(line, fd, 1, v);
		v[0] = inner;
		for (u32 key = 0; key < 4; key++) {
			snprintf(line, sizeof(line), "%s fill %u", name, key);
			say(line, elem(BPF_MAP_UPDATE_ELEM, fd, &key, v, 0));
		}
		close(fd);
	}
	a.inner_map_fd = 9999;
	snprintf(line, sizeof(line), "%s of a bad fd", name);
	say_fd(line, call(BPF_MAP_CREATE, &a, MAP_BYTES));
	close(inner);
	close(other);
}

static void stack_traces(void)
{
	static const struct {
		u32 key, value, max, flags;
	} t[] = {
		{ 4, 64, 4, 0 }, { 8, 64, 4, 0 }, { 4, 4, 4, 0 }, { 4, 12, 4, 0 }, { 4, 0, 4, 0 }, { 4, 64, 0, 0 },
		{ 4, 127 * 8, 4, 0 }, { 4, 128 * 8, 4, 0 }, { 4, 64, 3, BPF_F_RDONLY_PROG },
		{ 4, 64, 4, BPF_F_NO_PREALLOC }, { 4, 64, 4, BPF_F_MMAPABLE },
	};
	u32 v[16] = { 0 };
	char line[128];
	int fd;

	for (u32 i = 0; i < sizeof(t) / sizeof(*t); i++) {
		snprintf(line, sizeof(line), "stack trace %u", i);
		try_make(line, BPF_MAP_TYPE_STACK_TRACE, t[i].key, t[i].value, t[i].max, t[i].flags);
	}
	fd = make(BPF_MAP_TYPE_STACK_TRACE, 4, 64, 3, 0);
	say_all("stack trace", fd, 1, v);
	say_all("stack trace 4", fd, 4, v);
	close(fd);
}

static void perf_events(void)
{
	int inner = make(BPF_MAP_TYPE_HASH, 4, 8, 4, 0), fd = make(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0);
	u32 v[2] = { inner, 0 };

	try_make("perf event array", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0);
	try_make("perf event array key 8", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 8, 4, 4, 0);
	try_make("perf event array value 8", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 8, 4, 0);
	try_make("perf event array preserve", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, BPF_F_PRESERVE_ELEMS);
	try_make("perf event array rdonly_prog", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, BPF_F_RDONLY_PROG);
	say_all("perf event array with a map", fd, 1, v);
	v[0] = 9999;
	say_all("perf event array with no fd", fd, 1, v);
	close(fd);
	close(inner);
}

int main(int argc, char **argv)
{
	bool kernel = argc > 1 && !strcmp(argv[1], "--kernel");

	setvbuf(stdout, NULL, _IOLBF, 0);
	wrap_set(!kernel);
	nr_cpus = libbpf_num_possible_cpus();
	creation_arrays();
	creation_hashes();
	creation_others();
	creation_fields();
	element_kinds();
	element_keyless();
	limits();
	access_rights();
	ids();
	common();
	prog_loads();
	run_kinds();
	xdp_ctx();
	batches("array", BPF_MAP_TYPE_ARRAY, 8);
	batches("hash", BPF_MAP_TYPE_HASH, 8);
	batches("percpu array", BPF_MAP_TYPE_PERCPU_ARRAY, nr_cpus * 8);
	batches("percpu hash", BPF_MAP_TYPE_PERCPU_HASH, nr_cpus * 8);
	batch_kinds();
	map_types();
	btfs();
	pins();
	maps_of_maps("array of maps", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4);
	maps_of_maps("hash of maps", BPF_MAP_TYPE_HASH_OF_MAPS, 4);
	maps_of_maps("hash of maps", BPF_MAP_TYPE_HASH_OF_MAPS, 8);
	stack_traces();
	perf_events();
	say("command 100", call(100, NULL, 0));
	say("command -1", call(-1 & ~UBPF_COMMON_ATTRS, NULL, 0));
	return 0;
}
