/* SPDX-License-Identifier: BSD-2-Clause */
/* Says that it is ready, then packs two boxes for each line. -DOTHER: the same, but another layout. */
#include <stdio.h>

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

int main(void)
{
	struct box inner = { .weight = 7, .label = "inner" }, outer = { .weight = 40, .inner = &inner, .label = "outer" };
	char line[16];

	puts("0x");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		printf("%d\n", pack(&outer));
	return 0;
}
