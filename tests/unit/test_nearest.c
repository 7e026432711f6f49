/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/nearest.h"

#include "tap.h"

static const char *const functions[] = {
	"icmp_rcv", "igmp_rcv", "icmpv6_rcv", "tcp_v4_rcv", "tcp_sendmsg", "tcp_sendmsg_locked",
	"tcp_recvmsg", "udp_sendmsg", "vfs_read", "vfs_readv", "vfs_write", "__x64_sys_nanosleep",
	"__ia32_sys_nanosleep", "do_nanosleep", "_printk", "vprintk", "kfree", "kfree_skb",
	"__kfree_skb", "a", "b", "ab",
};

static const char *nearest(const char *want)
{
	static char buf[1024];
	struct nearest n;

	nearest_init(&n, want);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		nearest_offer(&n, "", functions[i]);
	return nearest_format(&n, buf, sizeof(buf));
}

TEST(nearest_typing_mistakes)
{
	CHECK_STR(nearest("icmp_rvc"), "'icmp_rcv', 'igmp_rcv'");
	CHECK_STR(nearest("imcp_rcv"), "'icmp_rcv', 'igmp_rcv'");
	CHECK_STR(nearest("vfs_wirte"), "'vfs_write'");
	CHECK_STR(nearest("tcp_senmsg"), "'tcp_sendmsg', 'tcp_recvmsg', 'udp_sendmsg'");
	CHECK_STR(nearest("VFS_READ"), "'vfs_read'");
}

TEST(nearest_parts)
{
	CHECK_STR(nearest("sys_nanosleep"),
		  "'__x64_sys_nanosleep', '__ia32_sys_nanosleep', 'do_nanosleep'");
	CHECK_STR(nearest("printk"), "'_printk', 'vprintk'");
	CHECK(strstr(nearest("sendmsg"), "'tcp_sendmsg'") != NULL);
	CHECK(strstr(nearest("tcp_send"), "'tcp_sendmsg'") != NULL);
}

TEST(nearest_nothing)
{
	CHECK_STR(nearest("completely_different"), "");
	CHECK_STR(nearest(""), "");
	CHECK_STR(nearest("zz"), "");
}

TEST(nearest_best_four)
{
	struct nearest n;
	char buf[512], name[300];

	nearest_init(&n, "func");
	nearest_offer(&n, "m:", "func_with_a_very_long_tail_indeed");
	nearest_offer(&n, "m:", "func3x");
	nearest_offer(&n, "m:", "funk");
	nearest_offer(&n, "m:", "func1");
	nearest_offer(&n, "m:", "func2");
	nearest_offer(&n, "m:", "_func");
	nearest_offer(&n, "m:", "_func");
	CHECK_STR(nearest_format(&n, buf, sizeof(buf)),
		  "'m:_func', 'm:funk', 'm:func1', 'm:func2'");

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	nearest_init(&n, name);
	nearest_offer(&n, name, name);
	nearest_offer(&n, "", "x");
	nearest_format(&n, buf, 5);
	CHECK_EQ(strlen(buf), 4);
}
