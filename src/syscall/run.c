/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN. Packets lie in a mapping below 4 GiB: programs load their addresses as the 32-bit
 * fields of struct xdp_md and __sk_buff, and need no rewriting for it.
 *
 *	| headroom | meta | data ...          | tailroom |
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bpf/uapi.h"
#include "rt/helper.h"
#include "syscall/prog.h"
#include "syscall/selftest.h"
#include "syscall/uptr.h"

#define ETH_HEADER 14
#define PAGE 4096
#define XDP_HEADROOM 256
#define XDP_FRAME 40		/* of the headroom, not to be had */
#define XDP_META_MAX 255
#define TAILROOM 320		/* as x86_64 kernels: struct skb_shared_info */
#define SKB_HEADROOM 64
#define FRAGMENTS 17		/* pages behind the first */
#define FLAG_ON_CPU 1
#define FLAG_XDP_LIVE 2
#define RAW_TP_ARGS 12
#define CTX_MAX 65535

struct packet {
	u8 *mem;
	u64 mem_bytes;
	u8 *data;	/* where the caller's bytes are */
};

static int packet_map(struct packet *p, u64 bytes)
{
	u64 size = rt_round_up(bytes, PAGE);

	for (u64 at = 0x10000000; at < 0xf0000000; at += 0x1000000) {
		void *mem = mmap((void *)at, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (mem == (void *)at) {
			p->mem = mem;
			p->mem_bytes = size;
			return 0;
		}
		if (mem != MAP_FAILED)	/* a kernel that takes the address as a hint */
			munmap(mem, size);
	}
	return -ENOMEM;
}

/* As much as the kernel takes, where it is one page and fragments; here it lies in one piece. */
static int packet_init(struct packet *p, const struct test_run_attr *attr, u32 headroom, u32 fixed)
{
	u32 linear = PAGE - fixed - TAILROOM;
	u8 probe[ETH_HEADER];
	int err;

	if (attr->data_size_in > linear + FRAGMENTS * PAGE)
		return uptr_read(probe, attr->data_in, sizeof(probe)) ?: -ENOMEM;
	err = packet_map(p, headroom + (u64)attr->data_size_in + TAILROOM);
	if (err)
		return err;
	p->data = p->mem + headroom;
	return uptr_read(p->data, attr->data_in, attr->data_size_in);
}

static void packet_done(struct packet *p)
{
	if (p->mem)
		munmap(p->mem, p->mem_bytes);
}

/* -- Running --- */

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int run(struct prog *p, void *ctx, u32 repeat, u32 *retval, u32 *duration)
{
	struct rt_run here = { .attach_cookie = 0 };
	struct rt_thread *t = rt_enter_at(&here.scope, (u64)__builtin_frame_address(0), &here);
	u64 start;

	if (!t)
		return -EBUSY;
	repeat = repeat ?: 1;
	start = now_ns();
	for (u32 i = 0; i < repeat; i++)
		*retval = p->code->entry(ctx);
	start = (now_ns() - start) / repeat;
	*duration = start > UINT32_MAX ? UINT32_MAX : start;
	if (stats_are_on()) {
		__atomic_fetch_add(&p->run_cnt, repeat, __ATOMIC_RELAXED);
		__atomic_fetch_add(&p->run_ns, start * repeat, __ATOMIC_RELAXED);
	}
	rt_exit(t, &here.scope);
	return 0;
}

/* What the caller gave as context, in @bytes of zeroed memory. */
static int ctx_read(void *ctx, u32 bytes, const struct test_run_attr *attr)
{
	u32 n = attr->ctx_size_in;
	int err = uptr_check_tail(attr->ctx_in, bytes, n);

	return err ?: uptr_read(ctx, attr->ctx_in, n < bytes ? n : bytes);
}

static int ctx_write(const void *ctx, u32 bytes, const struct test_run_attr *attr, u64 uattr)
{
	u32 n = bytes;
	int err = 0;

	if (attr->ctx_size_out && n > attr->ctx_size_out) {
		n = attr->ctx_size_out;
		err = -ENOSPC;
	}
	if (!attr->ctx_out)
		return 0;
	if (uptr_write(attr->ctx_out, ctx, n) ||
	    uptr_write(uattr + offsetof(struct test_run_attr, ctx_size_out), &bytes, sizeof(bytes)))
		return -EFAULT;
	return err;
}

/* Output data, cut to what the caller has room for, and the results. */
static int finish(const struct test_run_attr *attr, u64 uattr, const void *data, u32 bytes, u32 retval,
		  u32 duration)
{
	u32 n = bytes;
	int err = 0;

	if (attr->data_size_out && n > attr->data_size_out) {
		n = attr->data_size_out;
		err = -ENOSPC;
	}
	if ((attr->data_out && uptr_write(attr->data_out, data, n)) ||
	    uptr_write(uattr + offsetof(struct test_run_attr, data_size_out), &bytes, sizeof(bytes)) ||
	    uptr_write(uattr + offsetof(struct test_run_attr, retval), &retval, sizeof(retval)) ||
	    uptr_write(uattr + offsetof(struct test_run_attr, duration), &duration, sizeof(duration)))
		return -EFAULT;
	return err;
}

/* -- XDP --- */

static int xdp_check_ctx(const struct xdp_md *md, const struct test_run_attr *attr)
{
	if (md->data_meta || md->data_end > attr->data_size_in || md->data > md->data_end)
		return -EINVAL;
	if (md->data & 3 || md->data > XDP_META_MAX)
		return -EINVAL;
	return 0;
}

static int xdp_check_device(const struct xdp_md *md)
{
	if (md->egress_ifindex || (!md->ingress_ifindex && md->rx_queue_index))
		return -EINVAL;
	return md->ingress_ifindex ? -ENODEV : 0;
}

static void xdp_set(struct rt_xdp *x, const struct packet *pkt, u32 meta, u32 bytes)
{
	u32 at = (u32)(u64)pkt->data;

	x->md.data_meta = at;
	x->md.data = at + meta;
	x->md.data_end = at + bytes;
	x->hard_start = (u32)(u64)pkt->mem;
	x->hard_end = x->hard_start + (u32)pkt->mem_bytes - TAILROOM;
}

static int run_xdp(struct prog *p, const struct test_run_attr *attr, u64 uattr)
{
	struct rt_xdp x = { .md = { 0 } };
	struct packet pkt = { 0 };
	u32 retval = 0, duration = 0, meta, bytes;
	int err = 0;

	if (attr->flags & ~FLAG_XDP_LIVE || (!(attr->flags & FLAG_XDP_LIVE) && attr->batch_size))
		return -EINVAL;
	if (attr->flags & FLAG_XDP_LIVE)
		return -EOPNOTSUPP;	/* there is no network to send into */
	if (attr->ctx_size_in)
		err = ctx_read(&x.md, sizeof(x.md), attr);
	if (!err && (attr->ctx_size_in || attr->ctx_size_out))
		err = xdp_check_ctx(&x.md, attr);
	meta = x.md.data;
	if (!err && attr->data_size_in - meta < ETH_HEADER)
		err = -EINVAL;
	if (!err)
		err = packet_init(&pkt, attr, XDP_HEADROOM - meta, XDP_HEADROOM);
	if (!err)
		err = xdp_check_device(&x.md);
	if (err)
		goto out;
	xdp_set(&x, &pkt, meta, attr->data_size_in);
	err = run(p, &x, attr->repeat, &retval, &duration);
	if (err)
		goto out;
	bytes = x.md.data_end - x.md.data_meta;
	err = finish(attr, uattr, (void *)(u64)x.md.data_meta, bytes, retval, duration);
	x.md.data -= x.md.data_meta;
	x.md.data_end -= x.md.data_meta;
	x.md.data_meta = 0;
	if (!err)
		err = ctx_write(&x.md, sizeof(x.md), attr, uattr);
out:
	packet_done(&pkt);
	return err;
}

/* -- Packets as sockets and traffic control see them --- */

static int run_skb(struct prog *p, const struct test_run_attr *attr, u64 uattr)
{
	bool l2 = p->type != BPF_PROG_TYPE_SOCKET_FILTER;
	struct __sk_buff skb = { 0 };
	u32 retval = 0, duration = 0, skip = l2 ? 0 : ETH_HEADER;
	struct packet pkt = { 0 };
	int err = 0;

	if (attr->flags || attr->cpu || attr->batch_size || attr->data_size_in < ETH_HEADER)
		return -EINVAL;
	if (attr->ctx_size_in)
		err = ctx_read(&skb, sizeof(skb), attr);
	if (!err)
		err = packet_init(&pkt, attr, SKB_HEADROOM, SKB_HEADROOM);
	if (err)
		goto out;
	skb.len = attr->data_size_in - skip;
	memcpy(&skb.protocol, pkt.data + ETH_HEADER - 2, 2);
	skb.data = (u32)(u64)pkt.data + skip;
	skb.data_end = (u32)(u64)pkt.data + attr->data_size_in;
	err = run(p, &skb, attr->repeat, &retval, &duration);
	if (err)
		goto out;
	memset(pkt.data, 0, skip);	/* a socket never had the link header */
	skb.data = skb.data_end = 0;
	err = finish(attr, uattr, pkt.data, attr->data_size_in, retval, duration);
	if (!err)
		err = ctx_write(&skb, sizeof(skb), attr, uattr);
out:
	packet_done(&pkt);
	return err;
}

/* -- Programs with a plain context --- */

static int run_ctx(struct prog *p, const struct test_run_attr *attr, u64 uattr, bool write_back)
{
	u32 retval = 0, duration;
	void *ctx = NULL;
	int err = uptr_dup(attr->ctx_in, attr->ctx_size_in, &ctx);

	if (!err)
		err = run(p, ctx, 1, &retval, &duration);
	if (!err)
		err = uptr_write(uattr + offsetof(struct test_run_attr, retval), &retval,
				 sizeof(retval));
	if (!err && write_back)
		err = uptr_write(attr->ctx_in, ctx, attr->ctx_size_in);
	free(ctx);
	return err;
}

static int run_syscall(struct prog *p, const struct test_run_attr *attr, u64 uattr)
{
	if (attr->data_in || attr->data_out || attr->ctx_out || attr->duration || attr->repeat ||
	    attr->flags || attr->batch_size || attr->ctx_size_in > CTX_MAX)
		return -EINVAL;
	return run_ctx(p, attr, uattr, true);
}

static int run_raw_tp(struct prog *p, const struct test_run_attr *attr, u64 uattr)
{
	if (attr->data_in || attr->data_out || attr->ctx_out || attr->duration || attr->repeat ||
	    attr->batch_size || attr->ctx_size_in > RAW_TP_ARGS * sizeof(u64))
		return -EINVAL;
	if (attr->flags & ~FLAG_ON_CPU || (!(attr->flags & FLAG_ON_CPU) && attr->cpu))
		return -EINVAL;
	if (attr->cpu >= rt_env.nr_cpus)
		return -ENXIO;
	return run_ctx(p, attr, uattr, false);
}

static int run_tracing(struct prog *p, const struct test_run_attr *attr, u64 uattr)
{
	u32 retval;
	int err;

	if (attr->flags || attr->cpu || attr->batch_size)
		return -EINVAL;
	err = selftest_run(p->attach_type == BPF_MODIFY_RETURN, &retval);
	return err ?: uptr_write(uattr + offsetof(struct test_run_attr, retval), &retval, sizeof(retval));
}

static int run_type(struct prog *p, const struct test_run_attr *attr, u64 uattr)
{
	switch (p->type) {
	case BPF_PROG_TYPE_XDP:
		return run_xdp(p, attr, uattr);
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return run_skb(p, attr, uattr);
	case BPF_PROG_TYPE_SYSCALL:
		return run_syscall(p, attr, uattr);
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return run_raw_tp(p, attr, uattr);
	case BPF_PROG_TYPE_TRACING:
		return run_tracing(p, attr, uattr);
	default:
		return -FS_ENOTSUPP;
	}
}

int prog_test_run(const struct test_run_attr *attr, u64 uattr)
{
	struct prog *p;
	int err;

	if (!attr->ctx_size_in != !attr->ctx_in || !attr->ctx_size_out != !attr->ctx_out)
		return -EINVAL;
	err = prog_from_fd(attr->prog_fd, &p);
	if (err)
		return err;
	err = run_type(p, attr, uattr);
	prog_put(p);
	return err;
}
