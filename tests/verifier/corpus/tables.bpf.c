// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Maps joined with maps: entries and exits, keys of keys, totals, queues, what was seen before. */
#include "corpus.h"

struct start {
	__u64 ns, bytes;
	struct file *file;
};

struct pair_key {
	__u32 pid;
	__u32 op;
	__u64 ino;
};

struct pair_value {
	__u64 count, ns, bytes, max_ns;
};

struct edge {
	__u32 from, to;
};

struct job {
	__u64 at;
	__u32 pid, kind;
};

struct node {
	__u32 left, right;
	__u64 key, value;
};

MAP_OF(starts, BPF_MAP_TYPE_HASH, __u64, struct start, 10240);
MAP_OF(pairs, BPF_MAP_TYPE_HASH, struct pair_key, struct pair_value, 10240);
MAP_OF(percpu, BPF_MAP_TYPE_PERCPU_HASH, struct pair_key, struct pair_value, 1024);
MAP_OF(owners, BPF_MAP_TYPE_LRU_HASH, __u64, __u32, 4096);
MAP_OF(edges, BPF_MAP_TYPE_HASH, struct edge, __u64, 4096);
MAP_OF(parents, BPF_MAP_TYPE_HASH, __u32, __u32, 4096);
MAP_OF(nodes, BPF_MAP_TYPE_ARRAY, __u32, struct node, 256);
MAP_OF(window, BPF_MAP_TYPE_ARRAY, __u32, __u64, 64);
MAP_OF(configs, BPF_MAP_TYPE_ARRAY, __u32, __u64, 8);

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 128);
	__uint(value_size, sizeof(struct job));
} jobs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 1024);
	__uint(value_size, sizeof(__u64));
} seen SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} generations SEC(".maps") = { .values = { &inner_a, &inner_b } };

__u64 totals[8];
struct pair_value nothing;

/* When a read began */
SEC("fentry/vfs_read")
int BPF_PROG(read_begins, struct file *file, char *buf, unsigned long bytes)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct start s = { bpf_ktime_get_ns(), bytes, file };

	bpf_map_update_elem(&starts, &id, &s, BPF_ANY);
	return 0;
}

/* How long it took, of which file, by whom */
SEC("fexit/vfs_read")
int BPF_PROG(read_ends, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u64 id = bpf_get_current_pid_tgid(), ns;
	struct start *s = bpf_map_lookup_elem(&starts, &id);
	struct pair_key key = { .pid = id >> 32 };
	struct pair_value *v;

	if (!s)
		return 0;
	if (s->file != file)
		goto out;
	ns = bpf_ktime_get_ns() - s->ns;
	key.ino = file->f_inode->i_ino;
	v = bpf_map_lookup_elem(&pairs, &key);
	if (!v) {
		bpf_map_update_elem(&pairs, &key, &nothing, BPF_NOEXIST);
		v = bpf_map_lookup_elem(&pairs, &key);
		if (!v)
			goto out;
	}
	__sync_fetch_and_add(&v->count, 1);
	__sync_fetch_and_add(&v->ns, ns);
	if (ret > 0)
		__sync_fetch_and_add(&v->bytes, ret);
	if (ns > v->max_ns)
		v->max_ns = ns;
out:
	bpf_map_delete_elem(&starts, &id);
	return 0;
}

/* Reads by the file's owner and by others, in tables of one CPU */
SEC("fentry/vfs_read")
int BPF_PROG(owners_and_others, struct file *file, char *buf, unsigned long bytes)
{
	__u64 ino = file->f_inode->i_ino;
	struct pair_key key = { .pid = bpf_get_current_pid_tgid() >> 32, .ino = ino };
	struct pair_value *v, first = { .count = 1 };
	__u32 *owner = bpf_map_lookup_elem(&owners, &ino);

	if (!owner)
		bpf_map_update_elem(&owners, &ino, &key.pid, BPF_ANY);
	else if (*owner != key.pid)
		key.op = *owner;
	v = bpf_map_lookup_elem(&percpu, &key);
	if (v)
		v->count++;
	else
		bpf_map_update_elem(&percpu, &key, &first, BPF_ANY);
	return 0;
}

/* Who made whom, and the depth of the tree above: eight generations */
SEC("fentry/wake_up_new_task")
int BPF_PROG(family, struct task_struct *p)
{
	__u32 child = p->tgid, parent = p->real_parent->tgid, depth = 0;
	struct edge e = { parent, child };
	__u64 one = 1, *n;

	bpf_map_update_elem(&parents, &child, &parent, BPF_ANY);
	n = bpf_map_lookup_elem(&edges, &e);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&edges, &e, &one, BPF_NOEXIST);
	NO_UNROLL
	for (int i = 0; i < 8; i++) {
		__u32 *up = bpf_map_lookup_elem(&parents, &parent);

		if (!up)
			break;
		parent = *up;
		depth++;
	}
	totals[depth & 7]++;
	return 0;
}

/* Work is put into a queue, and taken out eight at a time */
SEC("fentry/bpf_fentry_test2")
int BPF_PROG(work, int a, __u64 b)
{
	struct job job = { .at = bpf_ktime_get_ns(), .pid = a, .kind = b & 3 };

	bpf_map_push_elem(&jobs, &job, BPF_EXIST);
	NO_UNROLL
	for (int i = 0; i < 8; i++) {
		if (bpf_map_pop_elem(&jobs, &job))
			break;
		if (job.kind == 3) {
			job.kind = 2;
			bpf_map_push_elem(&jobs, &job, 0);
			continue;
		}
		totals[job.kind & 3] += job.at;
	}
	return 0;
}

/* Keys that were never seen before */
SEC("fentry/vfs_read")
int BPF_PROG(first_time, struct file *file, char *buf, unsigned long bytes)
{
	__u64 key = file->f_inode->i_ino;

	if (bpf_map_peek_elem(&seen, &key)) {
		bpf_map_push_elem(&seen, &key, BPF_ANY);
		totals[4]++;
	} else {
		totals[5]++;
	}
	return 0;
}

/* A search in a tree that lies in an array */
SEC("fentry/bpf_fentry_test2")
int BPF_PROG(tree_search, int a, __u64 key)
{
	__u32 at = 1;

	NO_UNROLL
	for (int depth = 0; depth < 12; depth++) {
		struct node *n = bpf_map_lookup_elem(&nodes, &at);

		if (!n)
			break;
		if (n->key == key) {
			totals[6] += n->value;
			break;
		}
		at = key < n->key ? n->left : n->right;
		if (!at)
			break;
	}
	return 0;
}

/* An insertion into it */
SEC("fentry/bpf_fentry_test2")
int BPF_PROG(tree_insert, int fresh, __u64 key)
{
	__u32 at = 1, new_at = fresh & 255;
	struct node *n, *mine = bpf_map_lookup_elem(&nodes, &new_at);

	if (!mine || new_at < 2)
		return 0;
	mine->key = key;
	mine->left = mine->right = 0;
	NO_UNROLL
	for (int depth = 0; depth < 12; depth++) {
		__u32 *next;

		n = bpf_map_lookup_elem(&nodes, &at);
		if (!n || n->key == key)
			break;
		next = key < n->key ? &n->left : &n->right;
		if (!*next) {
			*next = new_at;
			break;
		}
		at = *next;
	}
	return 0;
}

/* The sum over a window that slides */
SEC("fentry/bpf_fentry_test2")
int BPF_PROG(sliding_window, int a, __u64 b)
{
	__u32 at = totals[7]++ & 63;
	__u64 sum = 0, *v = bpf_map_lookup_elem(&window, &at);

	if (v)
		*v = b;
	NO_UNROLL
	for (__u32 i = 0; i < 64; i++) {
		__u32 key = i;

		v = bpf_map_lookup_elem(&window, &key);
		if (!v)
			break;
		sum += *v;
	}
	totals[0] = sum / 64;
	return 0;
}

/* Two tables, one of which is written while the other is read */
SEC("fentry/bpf_fentry_test2")
int BPF_PROG(two_generations, int a, __u64 b)
{
	__u32 which = totals[1] & 1, slot = b & 15;
	void *inner = bpf_map_lookup_elem(&generations, &which);
	__u64 *v;

	if (!inner)
		return 0;
	v = bpf_map_lookup_elem(inner, &slot);
	if (v)
		__sync_fetch_and_add(v, 1);
	which ^= 1;
	inner = bpf_map_lookup_elem(&generations, &which);
	if (!inner)
		return 0;
	NO_UNROLL
	for (__u32 i = 0; i < 16; i++) {
		__u32 key = i;

		v = bpf_map_lookup_elem(inner, &key);
		if (v && *v > totals[2])
			totals[2] = *v;
	}
	return 0;
}

/* Rules from a table: limits, a rate, a switch */
SEC("fentry/vfs_write")
int BPF_PROG(rules, struct file *file, const char *buf, unsigned long bytes)
{
	__u32 keys[4] = { 0, 1, 2, 3 };
	__u64 *on = bpf_map_lookup_elem(&configs, &keys[0]);
	__u64 *low = bpf_map_lookup_elem(&configs, &keys[1]);
	__u64 *high = bpf_map_lookup_elem(&configs, &keys[2]);
	__u64 *rate = bpf_map_lookup_elem(&configs, &keys[3]);

	if (!on || !*on || !low || !high || !rate)
		return 0;
	if (bytes < *low || bytes > *high)
		return 0;
	if (*rate && bpf_get_prandom_u32() % *rate)
		return 0;
	switch (bpf_get_current_uid_gid() & 3) {
	case 0:
		totals[3] += bytes;
		break;
	case 1:
		totals[4]++;
		break;
	case 2:
		totals[5] ^= bytes;
		break;
	default:
		totals[6] = bytes;
	}
	return 0;
}
