/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout [full]: says that it is ready, then packs two boxes for each line. -DOTHER: the same, but another layout. full:
 * after it has taken all room in reach of its code.
 */
#include <stdio.h>
#include <sys/mman.h>

#define REACH (1ul << 31)

struct box {
#ifdef OTHER
	long spare[3];
	struct box *inner;
#endif
	int weight;
#ifndef OTHER
	struct box *inner;
#endif
	char label[16];
};

int pack(struct box *box);

__attribute__((noinline)) int pack(struct box *box)
{
	__asm__ volatile("" ::: "memory");
	return box->weight + box->inner->weight;
}

static void take_room(void)
{
	unsigned long at = (unsigned long)pack, up_to, lo, hi;
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	__asm__("" : "+r"(at));	/* no address that a linker had to know */
	up_to = at + REACH;
	at -= REACH;
	while (f && at < up_to && fgets(line, sizeof(line), f) && sscanf(line, "%lx-%lx", &lo, &hi) == 2) {
		if (lo > at)
			mmap((void *)(at & ~4095ul), (lo < up_to ? lo : up_to) - (at & ~4095ul), PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
		at = hi > at ? hi : at;
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct box inner = { .weight = 7, .label = "inner" }, outer = { .weight = 40, .inner = &inner, .label = "outer" };
	char line[16];

	(void)argv;
	if (argc > 1)
		take_room();
	puts("0x");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("%d\n", pack(&outer));
		fflush(stdout);
	}
	return 0;
}
