/* SPDX-License-Identifier: BSD-2-Clause */
/* A shared object that is loaded late. */
int late(int a);

int late(int a)
{
	__asm__ volatile("" ::: "memory");
	return a + 1;
}
