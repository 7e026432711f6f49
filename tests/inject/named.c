/* SPDX-License-Identifier: BSD-2-Clause */
/* A program whose functions are called as some of the kernel's that must not be traced. */
#include <stdio.h>

__attribute__((noinline)) int do_exit(int a);
__attribute__((noinline)) int __rcu_read_lock(int a);

int do_exit(int a)
{
	__asm__ volatile("" ::: "memory");
	return a + 1;
}

int __rcu_read_lock(int a)
{
	__asm__ volatile("" ::: "memory");
	return a + 2;
}

int main(int argc, char **argv)
{
	(void)argv;
	return printf("%d\n", do_exit(argc) + __rcu_read_lock(argc)) < 0;
}
