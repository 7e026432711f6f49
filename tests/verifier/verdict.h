/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test program's author expects, as declaration tags on the function. A program without any must be
 * accepted. Messages are this verifier's; Linux has words of its own.
 */
#ifndef FS_TESTS_VERIFIER_VERDICT_H
#define FS_TESTS_VERIFIER_VERDICT_H

#define VERDICT_TAG(text) __attribute__((btf_decl_tag("verdict:" text)))

#define __success VERDICT_TAG("success")
#define __failure VERDICT_TAG("failure")
/* Part of the reason, or of its hint; of the log of a program that is accepted. */
#define __msg(text) VERDICT_TAG("msg=" text)
/* BPF_F_... of the load */
#define __flag(flag) VERDICT_TAG("flag=" #flag)
/* Run with 128 bytes of ctx, byte i being i, interpreter and machine code must return this. */
#define __retval(value) VERDICT_TAG("retval=" #value)
/* Linux 7.2 decides otherwise: docs/verifier.md says why. */
#define __linux_success VERDICT_TAG("linux=success")
#define __linux_failure VERDICT_TAG("linux=failure")
/* Too much for an emulated guest */
#define __slow VERDICT_TAG("slow")

#endif
