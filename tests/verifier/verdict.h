/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test program's author expects, as declaration tags on the function. A program without any must be
 * accepted. MESSAGE is part of what this verifier says; Linux has words of its own.
 */
#ifndef FS_TESTS_VERIFIER_VERDICT_H
#define FS_TESTS_VERIFIER_VERDICT_H

#define ACCEPT __attribute__((btf_decl_tag("verdict:accept")))
#define REFUSE(message) __attribute__((btf_decl_tag("verdict:refuse:" message)))
/* Where Linux decides otherwise, and why. */
#define LINUX_REFUSES(why) __attribute__((btf_decl_tag("linux:refuse:" why)))
#define LINUX_ACCEPTS(why) __attribute__((btf_decl_tag("linux:accept:" why)))

#endif
