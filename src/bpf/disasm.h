/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions as text, in the manner of the kernel's verifier log and bpftool. */
#ifndef FS_BPF_DISASM_H
#define FS_BPF_DISASM_H

#include <stdio.h>

#include "bpf/insn.h"

#define DISASM_LINE_BYTES 80

/* One instruction, without newline; @insn of a ldimm64 needs both slots. Unknown ones are "(code)". */
void disasm_insn(const struct bpf_insn *insn, char buf[DISASM_LINE_BYTES]);

/* One numbered line per instruction. */
void disasm_prog(FILE *f, const struct bpf_insn *insns, u32 cnt);

#endif
