// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * An XDP program's unit test that looks inside it: packets by BPF_PROG_TEST_RUN, sessions on the program and
 * on one of its functions. No kernel, no privilege; linked as `pkg-config --libs fsession-user` says.
 */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "filter.skel.h"
#include "spy.skel.h"

#define TCP 6
#define UDP 17

static int nr, failed;

static void check(const char *what, long is, long expected)
{
	printf("%s %d - %s: %ld\n", is == expected ? "ok" : "not ok", ++nr, what, is);
	failed |= is != expected;
}

/* Verdict on a packet; @protocol -1: no IPv4 */
static int run(struct filter_bpf *filter, int protocol)
{
	unsigned char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);

	packet[12] = protocol < 0 ? 0x86 : 0x08;
	packet[13] = protocol < 0 ? 0xdd : 0x00;
	packet[14 + 9] = protocol;
	if (bpf_prog_test_run_opts(bpf_program__fd(filter->progs.filter), &opts))
		return -1;
	return opts.retval;
}

static struct spy_bpf *spy_on(struct filter_bpf *filter)
{
	int fd = bpf_program__fd(filter->progs.filter);
	struct spy_bpf *spy = spy_bpf__open();

	if (!spy || bpf_program__set_attach_target(spy->progs.on_protocol, fd, "protocol") ||
	    bpf_program__set_attach_target(spy->progs.on_filter, fd, "filter") || spy_bpf__load(spy) ||
	    spy_bpf__attach(spy)) {
		spy_bpf__destroy(spy);
		return NULL;
	}
	return spy;
}

int main(void)
{
	struct fsession_register_opts opts = { .sz = sizeof(opts), .engine = FSESSION_ENGINE_USER };
	struct filter_bpf *filter = NULL;
	struct spy_bpf *spy = NULL;

	if (!fsession_register(&opts))
		filter = filter_bpf__open_and_load();
	if (filter)
		spy = spy_on(filter);
	if (!spy)
		return 1;
	check("tcp passes", run(filter, TCP), XDP_PASS);
	check("protocol() returned", spy->bss->last_ret, TCP);
	check("udp passes", run(filter, UDP), XDP_PASS);
	check("protocol() returned", spy->bss->last_ret, UDP);
	check("ipv6 is dropped", run(filter, -1), XDP_DROP);
	check("protocol() returned", spy->bss->last_ret, -1);
	check("entries", spy->bss->entries, 3);
	check("exits", spy->bss->exits, 3);
	check("passes", spy->bss->passes, 2);
	check("drops", spy->bss->drops, 1);
	check("tcp packets seen", filter->bss->seen[TCP], 1);
	spy_bpf__destroy(spy);
	check("tcp still passes", run(filter, TCP), XDP_PASS);
	filter_bpf__destroy(filter);
	fsession_unregister();
	printf("1..%d\n", nr);
	return failed;
}
