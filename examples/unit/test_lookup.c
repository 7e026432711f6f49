// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A BPF program's unit test, which needs neither a kernel nor a privilege: the program is loaded, verified
 * and attached to functions of this very process, which calls them. Linked as `pkg-config --libs fsession-user` says.
 */
#include <stdio.h>

#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "lookup.skel.h"

int step(int at);
int lookup(int key);

#define TRACED __attribute__((noinline))

/* Functions as the program expects them; the real ones would do as well. */
TRACED int step(int at)
{
	__asm__ volatile("" : "+r"(at));
	return at + 1;
}

TRACED int lookup(int key)
{
	int at = 0;

	while (at < key && at < 10)
		at = step(at);
	return at == key ? at : -1;
}

static int nr, failed;

static void check(const char *what, long is, long expected)
{
	printf("%s %d - %s: %ld\n", is == expected ? "ok" : "not ok", ++nr, what, is);
	failed |= is != expected;
}

int main(void)
{
	struct fsession_register_opts opts = { .sz = sizeof(opts), .engine = FSESSION_ENGINE_USER };
	struct lookup_bpf *skel = NULL;
	int err = fsession_register(&opts);

	if (!err) {
		skel = lookup_bpf__open_and_load();
		err = skel ? lookup_bpf__attach(skel) : -1;
	}
	if (err)
		return 1;	/* libfsession has said why */
	for (int key = 0; key < 20; key++)
		lookup(key);
	lookup(7);
	lookup_bpf__detach(skel);
	lookup(100);		/* not seen */

	check("calls", skel->bss->calls, 21);
	check("misses", skel->bss->misses, 9);
	check("worst_steps", skel->bss->worst_steps, 10);
	check("worst_key", skel->bss->worst_key, 10);
	lookup_bpf__destroy(skel);
	fsession_unregister();
	printf("1..%d\n", nr);
	return failed;
}
