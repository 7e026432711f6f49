// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* From pointer to pointer: parents, paths, stacks, packets in the kernel. */
#include "corpus.h"

#define FRAMES 20
#define NAMES 12

struct ancestor {
	int pid;
	char comm[16];
};

struct family {
	__u32 n;
	struct ancestor up[8];
};

struct path_record {
	__u32 n;
	__u32 bytes;
	char names[NAMES][32];
};

struct stack {
	__u64 ip[FRAMES];
};

MAP_OF(families, BPF_MAP_TYPE_HASH, __u32, struct family, 1024);
MAP_OF(scratch, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct path_record, 1);
MAP_OF(stacks, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stack, 1);
MAP_OF(counts, BPF_MAP_TYPE_HASH, __u64, __u64, 4096);
RING_OF(events, 65536);

__u64 totals[16];

static __always_inline void count(__u64 key)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&counts, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
}

/* Up to the first of all */
SEC("fentry/wake_up_new_task")
int BPF_PROG(ancestors, struct task_struct *p)
{
	struct family f = {};
	__u32 pid = p->pid;

	NO_UNROLL
	for (__u32 i = 0; i < COUNT(f.up); i++) {
		struct ancestor *a = &f.up[i];

		p = p->real_parent;
		a->pid = p->pid;
		bpf_probe_read_kernel_str(a->comm, sizeof(a->comm), p->comm);
		f.n++;
		if (a->pid <= 1)
			break;
	}
	bpf_map_update_elem(&families, &pid, &f, BPF_ANY);
	return 0;
}

/* The names from a file to its root */
SEC("fentry/vfs_open")
int BPF_PROG(path_names, const struct path *path, struct file *file)
{
	struct dentry *d = path->dentry;
	struct path_record *r;
	__u32 zero = 0;

	r = bpf_map_lookup_elem(&scratch, &zero);
	if (!r)
		return 0;
	r->n = r->bytes = 0;
	NO_UNROLL
	for (__u32 i = 0; i < NAMES; i++) {
		struct dentry *up = d->d_parent;
		long n = bpf_probe_read_kernel_str(r->names[i], sizeof(r->names[i]), d->d_name.name);

		if (n < 0)
			break;
		r->bytes += n;
		r->n++;
		if (up == d)
			break;
		d = up;
	}
	bpf_ringbuf_output(&events, r, sizeof(*r), 0);
	return 0;
}

/* One text of them, joined */
SEC("fentry/vfs_open")
int BPF_PROG(path_text, const struct path *path, struct file *file)
{
	struct dentry *d = path->dentry;
	__u32 zero = 0;
	__u64 at = 0;
	char *text;

	text = bpf_map_lookup_elem(&scratch, &zero);
	if (!text)
		return 0;
	NO_UNROLL
	for (int i = 0; i < 8; i++) {
		long n;

		if (at > 256)
			break;
		n = bpf_probe_read_kernel_str(text + at, 64, d->d_name.name);
		if (n <= 0)
			break;
		at += n;
		d = d->d_parent;
	}
	if (at <= 320)
		bpf_ringbuf_output(&events, text, at, 0);
	return 0;
}

/* The stack, hashed */
SEC("fentry/vfs_read")
int BPF_PROG(stack_hash, struct file *file)
{
	__u64 h = 0xcbf29ce484222325;
	__u32 zero = 0;
	struct stack *s = bpf_map_lookup_elem(&stacks, &zero);
	long bytes;

	if (!s)
		return 0;
	bytes = bpf_get_stack(ctx, s->ip, sizeof(s->ip), 0);
	if (bytes <= 0)
		return 0;
	NO_UNROLL
	for (__u32 i = 0; i < FRAMES; i++) {
		if (i * 8 >= bytes)
			break;
		h = (h ^ s->ip[i]) * 0x100000001b3;
	}
	count(h);
	return 0;
}

/* Frames of user space, by the chain of frame pointers */
SEC("fentry/vfs_read")
int BPF_PROG(user_frames, struct file *file, char *buf, unsigned long bytes)
{
	struct {
		__u64 next, ip;
	} frame;
	__u64 fp = (__u64)buf;
	__u32 depth = 0;

	NO_UNROLL
	for (int i = 0; i < FRAMES; i++) {
		if (!fp || fp & 7)
			break;
		if (bpf_probe_read_user(&frame, sizeof(frame), (void *)fp))
			break;
		if (frame.next <= fp)
			break;
		count(frame.ip);
		fp = frame.next;
		depth++;
	}
	totals[depth & 15]++;
	return 0;
}

/* The leader's leader's parent, each checked by its number */
SEC("fentry/wake_up_new_task")
int BPF_PROG(leaders, struct task_struct *p)
{
	struct task_struct *leader = p->group_leader, *parent = leader->real_parent;

	if (leader->pid != p->tgid)
		totals[0]++;
	if (parent->group_leader->pid != parent->tgid)
		totals[1]++;
	if (p->start_time < parent->start_time)
		totals[2]++;
	if (p->prio < 100)
		totals[3]++;
	else if (p->prio < 120)
		totals[4]++;
	else if (p->prio == 120)
		totals[5]++;
	else
		totals[6]++;
	totals[7] += parent->real_parent->exit_code;
	return 0;
}

/* Headers of a packet in the kernel's memory */
SEC("fentry/icmp_rcv")
int BPF_PROG(packet_headers, struct sk_buff *skb)
{
	__u8 raw[28] = {}, *head = skb->head;
	__u32 from, to, off = skb->network_header, sum = 0;

	if (skb->len < 8)
		return 0;
	if (bpf_probe_read_kernel(raw, sizeof(raw), head + off))
		return 0;
	if (raw[0] >> 4 != 4)
		return 0;
	__builtin_memcpy(&from, raw + 12, 4);
	__builtin_memcpy(&to, raw + 16, 4);
	for (int i = 0; i < 20; i += 2)
		sum += raw[i] << 8 | raw[i + 1];
	totals[8] = sum;
	count((__u64)from << 32 | to);
	count(raw[20]);
	return 0;
}

/* What kind of file, and how it is open */
SEC("fentry/vfs_open")
int BPF_PROG(kinds, const struct path *path, struct file *file)
{
	__u16 mode = BPF_CORE_READ(file, f_inode, i_mode);
	__u32 flags = file->f_flags;

	switch (mode & 0170000) {
	case 0100000:
		totals[9]++;
		break;
	case 0040000:
		totals[10]++;
		break;
	case 0020000:
	case 0060000:
		totals[11]++;
		break;
	case 0010000:
	case 0140000:
		totals[12]++;
		break;
	case 0120000:
		totals[13]++;
		break;
	default:
		totals[14]++;
	}
	if ((flags & 3) && (mode & 0222))
		totals[15]++;
	if (path->dentry->d_name.len > 64)
		count(path->dentry->d_name.hash);
	return 0;
}
