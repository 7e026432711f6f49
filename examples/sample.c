/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A library to be traced without a kernel:
 *
 *	fsession run --engine user --lib ./libsample.so icmp.bpf.o -- sample 3
 *	fsession run --engine user --lib ./libsample.so latency.bpf.o --attach 'parse_*' --dump -- sample 1000
 */
#include <stddef.h>

struct sk_buff {
	const unsigned char *data;
	unsigned int len;
};

/* Noipa: as if they were called from elsewhere. */
#ifdef __clang__
#define TRACED __attribute__((noinline))
#else
#define TRACED __attribute__((noipa))
#endif

int icmp_rcv(struct sk_buff *skb);
int parse_header(const unsigned char *data, unsigned int len);
unsigned int parse_sum(const unsigned char *data, unsigned int len);
int sample(int packets);

TRACED unsigned int parse_sum(const unsigned char *data, unsigned int len)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i + 1 < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16)) & 0xffff;
}

/* The type, or -22 */
TRACED int parse_header(const unsigned char *data, unsigned int len)
{
	return len < 8 ? -22 : data[0];
}

/* 0, or -22: the header is too short, or the checksum wrong */
TRACED int icmp_rcv(struct sk_buff *skb)
{
	int type = parse_header(skb->data, skb->len);

	if (type < 0)
		return type;
	return parse_sum(skb->data, skb->len) ? -22 : 0;
}

/* Receives @packets echo requests, of which every third is too short. Number of good ones. */
int sample(int packets)
{
	unsigned char data[64] = { 8, 0, 0xf7, 0xff };
	int good = 0;

	for (int i = 0; i < packets; i++) {
		struct sk_buff skb = { data, i % 3 == 2 ? 4 : sizeof(data) };

		good += icmp_rcv(&skb) == 0;
	}
	return good;
}
