/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF assembly text, as the kernel's log and clang write it, to instructions. One instruction per line;
 * "name:" is a label; ';' and "//" start a comment. Jump targets: label, "pc+2" or "+2".
 */
#ifndef FS_TESTS_ISA_ASM_H
#define FS_TESTS_ISA_ASM_H

#include "bpf/insn.h"

#define ASM_INSNS_MAX 4096
#define ASM_LABELS_MAX 256

struct asm_prog {
	struct bpf_insn insns[ASM_INSNS_MAX];
	u32 cnt;
	struct asm_label {
		char name[32];
		u32 at;		/* the instruction, or the one that refers to it */
	} labels[ASM_LABELS_MAX], refs[ASM_LABELS_MAX];
	u32 label_cnt, ref_cnt;
};

/* Appends one line; 0 or -EINVAL. */
int asm_line(struct asm_prog *p, const char *line);
/* Resolves labels; 0 or -EINVAL. */
int asm_finish(struct asm_prog *p);
/* All of a text at once. */
int asm_text(struct asm_prog *p, const char *text);

#endif
