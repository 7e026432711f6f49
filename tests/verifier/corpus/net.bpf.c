// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Packets: headers behind headers, options, checksums, flows. */
#include "corpus.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#define VLANS_MAX 2
#define EXT_HEADERS_MAX 6
#define NAME_MAX 64

struct flow {
	__u32 from, to;
	__u16 from_port, to_port;
	__u8 protocol, pad[3];
};

struct flow_stats {
	__u64 packets, bytes, first_ns, last_ns;
};

struct bucket {
	__u64 tokens, at_ns;
};

MAP_OF(flows, BPF_MAP_TYPE_LRU_HASH, struct flow, struct flow_stats, 8192);
MAP_OF(buckets, BPF_MAP_TYPE_HASH, __u32, struct bucket, 1024);
MAP_OF(sizes, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 32);

__u64 counters[16];
char name[NAME_MAX];
const __u8 number_bytes[4] = { 1, 2, 4, 8 };

struct vlan {
	__be16 tci, protocol;
};

struct cursor {
	void *at, *end;
};

static __always_inline __be16 skip_ethernet(struct cursor *c)
{
	struct ethhdr *eth = c->at;
	__be16 protocol;

	if ((void *)(eth + 1) > c->end)
		return 0;
	protocol = eth->h_proto;
	c->at = eth + 1;
#pragma unroll
	for (int i = 0; i < VLANS_MAX; i++) {
		struct vlan *v = c->at;

		if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(v + 1) > c->end)
			return 0;
		protocol = v->protocol;
		c->at = v + 1;
	}
	return protocol;
}

static __always_inline struct iphdr *skip_ip(struct cursor *c)
{
	struct iphdr *ip = c->at;
	__u32 bytes;

	if ((void *)(ip + 1) > c->end)
		return NULL;
	bytes = ip->ihl * 4;
	if (bytes < sizeof(*ip) || c->at + bytes > c->end)
		return NULL;
	c->at += bytes;
	return ip;
}

static __always_inline void begin(struct xdp_md *ctx, struct cursor *c)
{
	c->at = (void *)(long)ctx->data;
	c->end = (void *)(long)ctx->data_end;
}

/* Packets and bytes of each flow */
SEC("xdp")
int flow_table(struct xdp_md *ctx)
{
	struct flow_stats *s, fresh = { .packets = 1 };
	struct flow flow = {};
	struct cursor c;
	struct iphdr *ip;

	begin(ctx, &c);
	if (skip_ethernet(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = skip_ip(&c);
	if (!ip)
		return XDP_DROP;
	flow.from = ip->saddr;
	flow.to = ip->daddr;
	flow.protocol = ip->protocol;
	if (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) {
		__be16 *ports = c.at;

		if ((void *)(ports + 2) > c.end)
			return XDP_DROP;
		flow.from_port = ports[0];
		flow.to_port = ports[1];
	}
	s = bpf_map_lookup_elem(&flows, &flow);
	if (s) {
		s->packets++;
		s->bytes += c.end - (void *)(long)ctx->data;
		s->last_ns = bpf_ktime_get_ns();
	} else {
		fresh.bytes = ctx->data_end - ctx->data;
		fresh.first_ns = fresh.last_ns = bpf_ktime_get_ns();
		bpf_map_update_elem(&flows, &flow, &fresh, BPF_ANY);
	}
	return XDP_PASS;
}

/* Extension headers of IPv6, to the transport protocol */
SEC("xdp")
int ipv6_headers(struct xdp_md *ctx)
{
	struct cursor c;
	struct ipv6hdr *ip;
	__u8 next;

	begin(ctx, &c);
	if (skip_ethernet(&c) != bpf_htons(ETH_P_IPV6))
		return XDP_PASS;
	ip = c.at;
	if ((void *)(ip + 1) > c.end)
		return XDP_DROP;
	next = ip->nexthdr;
	c.at = ip + 1;
	NO_UNROLL
	for (int i = 0; i < EXT_HEADERS_MAX; i++) {
		__u8 *header = c.at;

		if (next != 0 && next != 43 && next != 44 && next != 60)
			break;
		if ((void *)(header + 8) > c.end)
			return XDP_DROP;
		next = header[0];
		c.at += next == 44 ? 8 : (header[1] + 1) * 8;
	}
	counters[next & 15]++;
	return XDP_PASS;
}

/* Options of TCP: the largest segment, window scaling, timestamps */
SEC("xdp")
int tcp_options(struct xdp_md *ctx)
{
	struct cursor c;
	struct iphdr *ip;
	struct tcphdr *tcp;
	__u32 left;
	__u8 *o;

	begin(ctx, &c);
	if (skip_ethernet(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = skip_ip(&c);
	if (!ip || ip->protocol != IPPROTO_TCP)
		return XDP_PASS;
	tcp = c.at;
	if ((void *)(tcp + 1) > c.end || !tcp->syn)
		return XDP_PASS;
	left = tcp->doff * 4 - sizeof(*tcp);
	o = (void *)(tcp + 1);
	NO_UNROLL
	for (int i = 0; i < 10; i++) {
		__u8 kind, bytes;

		if ((void *)(o + 4) > c.end || left < 2 || left > 40)
			break;
		kind = o[0];
		bytes = o[1];
		if (!kind)
			break;
		if (kind == 1) {
			o++;
			left--;
			continue;
		}
		if (bytes < 2 || bytes > left)
			return XDP_DROP;
		if (kind == 2)
			counters[0] = o[2] << 8 | o[3];
		else if (kind == 3)
			counters[1] = o[2];
		else if (kind == 8)
			counters[2]++;
		left -= bytes;
		o += bytes;
	}
	return XDP_PASS;
}

/* The checksum of a header of IP, as it should be */
SEC("xdp")
int ip_checksum(struct xdp_md *ctx)
{
	struct cursor c;
	__u16 *words;
	__u32 sum = 0, nr;
	struct iphdr *ip;

	begin(ctx, &c);
	if (skip_ethernet(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	words = c.at;
	ip = skip_ip(&c);
	if (!ip)
		return XDP_DROP;
	nr = ip->ihl * 2;
	NO_UNROLL
	for (__u32 i = 0; i < 30; i++) {
		if (i >= nr || (void *)(words + i + 1) > c.end)
			break;
		sum += words[i];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (sum != 0xffff) {
		counters[3]++;
		return XDP_DROP;
	}
	return XDP_PASS;
}

/* Answers pings: addresses exchanged, the checksum mended */
SEC("xdp")
int echo(struct xdp_md *ctx)
{
	struct cursor c;
	struct iphdr *ip;
	struct ethhdr *eth;
	__u8 mac[6], *icmp;
	__u32 address, sum;

	begin(ctx, &c);
	eth = c.at;
	if (skip_ethernet(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = skip_ip(&c);
	icmp = c.at;
	if (!ip || ip->protocol != IPPROTO_ICMP || (void *)(icmp + 8) > c.end || icmp[0] != 8)
		return XDP_PASS;
	__builtin_memcpy(mac, eth->h_source, 6);
	__builtin_memcpy(eth->h_source, eth->h_dest, 6);
	__builtin_memcpy(eth->h_dest, mac, 6);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	icmp[0] = 0;
	sum = *(__u16 *)(icmp + 2) + 8;
	*(__u16 *)(icmp + 2) = sum + (sum >> 16);
	return XDP_TX;
}

/* The name a query of DNS asks for, dots between its labels */
SEC("xdp")
int dns_name(struct xdp_md *ctx)
{
	__u32 out = 0, label = 0;
	struct cursor c;
	struct iphdr *ip;
	struct udphdr *udp;
	__u8 *s;

	begin(ctx, &c);
	if (skip_ethernet(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = skip_ip(&c);
	if (!ip || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	udp = c.at;
	if ((void *)(udp + 1) > c.end || udp->dest != bpf_htons(53))
		return XDP_PASS;
	s = (void *)(udp + 1) + 12;
	NO_UNROLL
	for (__u32 i = 0; i < NAME_MAX; i++) {
		__u8 v;

		if ((void *)(s + i + 1) > c.end)
			return XDP_PASS;
		v = s[i];
		if (label) {
			label--;
			name[i] = v | 32;
			continue;
		}
		if (!v)
			break;
		if (v > 63)
			return XDP_DROP;
		label = v;
		name[i] = '.';
		out++;
	}
	counters[4] += out;
	return XDP_PASS;
}

/* So many packets a second for each source */
SEC("xdp")
int token_bucket(struct xdp_md *ctx)
{
	struct bucket *b, full = { 100, 0 };
	struct cursor c;
	struct iphdr *ip;
	__u64 now, add;
	__u32 from;

	begin(ctx, &c);
	if (skip_ethernet(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = skip_ip(&c);
	if (!ip)
		return XDP_PASS;
	from = ip->saddr;
	now = bpf_ktime_get_ns();
	b = bpf_map_lookup_elem(&buckets, &from);
	if (!b) {
		full.at_ns = now;
		bpf_map_update_elem(&buckets, &from, &full, BPF_NOEXIST);
		return XDP_PASS;
	}
	add = (now - b->at_ns) / 10000000;
	if (add) {
		b->tokens = b->tokens + add > 100 ? 100 : b->tokens + add;
		b->at_ns += add * 10000000;
	}
	if (!b->tokens)
		return XDP_DROP;
	b->tokens--;
	return XDP_PASS;
}

#define ROL(v, n) ((v) << (n) | (v) >> (32 - (n)))
#define MIX(a, b, c)                                                                               \
	do {                                                                                       \
		a -= c; a ^= ROL(c, 4); c += b;                                                    \
		b -= a; b ^= ROL(a, 6); a += c;                                                    \
		c -= b; c ^= ROL(b, 8); b += a;                                                    \
		a -= c; a ^= ROL(c, 16); c += b;                                                   \
		b -= a; b ^= ROL(a, 19); a += c;                                                   \
		c -= b; c ^= ROL(b, 4); b += a;                                                    \
	} while (0)

/* Which of sixteen a connection belongs to */
SEC("tc")
int spread(struct __sk_buff *skb)
{
	__u32 a = 0x9e3779b9, b = a, h = skb->hash;
	struct cursor c = { (void *)(long)skb->data, (void *)(long)skb->data_end };
	struct iphdr *ip;

	if (skip_ethernet(&c) != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	ip = skip_ip(&c);
	if (!ip)
		return TC_ACT_SHOT;
	a += ip->saddr;
	b += ip->daddr;
	MIX(a, b, h);
	if (ip->protocol == IPPROTO_TCP && c.at + 4 <= c.end) {
		a += *(__u32 *)c.at;
		MIX(a, b, h);
	}
	skb->mark = h & 15;
	counters[h & 15]++;
	return TC_ACT_OK;
}

/* A histogram of lengths, and what the socket may have of long ones */
SEC("socket")
int lengths(struct __sk_buff *skb)
{
	__u32 v = skb->len, log = 0;
	__u64 *n;
	__u8 head[64];

#pragma unroll
	for (int shift = 16; shift; shift >>= 1) {
		if (v >> shift) {
			log += shift;
			v >>= shift;
		}
	}
	n = bpf_map_lookup_elem(&sizes, &log);
	if (n)
		++*n;
	if (skb->len < sizeof(head) || bpf_skb_load_bytes(skb, 0, head, sizeof(head)))
		return 0;
	v = 0;
	NO_UNROLL
	for (int i = 0; i < sizeof(head); i++)
		v += head[i];
	return v & 1 ? skb->len : 128;
}

/* Numbers of one, two, four or eight bytes: a long header of QUIC */
SEC("xdp")
int variable_numbers(struct xdp_md *ctx)
{
	struct cursor c;
	__u8 *s;

	begin(ctx, &c);
	s = c.at + 42;
	NO_UNROLL
	for (int i = 0; i < 4; i++) {
		__u64 v;
		__u32 bytes;

		if ((void *)(s + 8) > c.end)
			break;
		v = s[0] & 63;
		bytes = number_bytes[s[0] >> 6];
		NO_UNROLL
		for (int k = 1; k < 8; k++) {
			if (k >= bytes)
				break;
			v = v << 8 | s[k];
		}
		counters[i & 15] = v;
		s += bytes;
	}
	return XDP_PASS;
}
