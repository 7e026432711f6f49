/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jitdump -a ARCH [-f FEATURES] [-p PHASE] [-c COOKIE_OFF] [-l]: BPF assembly on stdin, machine code
 * in hex on stdout, or for ARCH bpf the instructions themselves. -l: landing pads. Helper n is at 0x1122334400000000 + n, kfuncs 1 and 2 are the
 * session's, a prog array has its size at 4 and its entries at 32.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "asm.h"
#include "jit/jit.h"

static int resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	(void)arg;
	*ret = (struct bpf_call){ BPF_CALL_ADDR, 0x1122334400000000 + insn->imm };
	if (insn_is_tail_call(insn))
		ret->kind = BPF_CALL_TAIL;
	else if (insn_is_kfunc_call(insn))
		ret->kind = insn->imm == 1 ? BPF_CALL_SESSION_IS_RETURN : BPF_CALL_SESSION_COOKIE;
	return 0;
}

static void print_hex(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n--)
		printf("%02x", *p++);
	printf("\n");
}

static bool want_bpf;

static void parse_options(int argc, char **argv, struct jit_opts *opts)
{
	int c;

	while ((c = getopt(argc, argv, "a:f:p:c:l")) != -1) {
		if (c == 'a' && !strcmp(optarg, "bpf"))
			want_bpf = true;
		else if (c == 'a')
			opts->backend = strcmp(optarg, "arm64") ? &x86_64_backend : &arm64_backend;
		else if (c == 'f')
			opts->features = strtoul(optarg, NULL, 0);
		else if (c == 'p')
			opts->phase = strtoul(optarg, NULL, 0);
		else if (c == 'c')
			opts->cookie_off = strtol(optarg, NULL, 0);
		else
			opts->flags |= JIT_LANDING_PADS;
	}
}

int main(int argc, char **argv)
{
	struct jit_opts opts = { .resolve = resolve, .prog_array = { 4, 32 } };
	static struct asm_prog p;
	struct jit_image *img;
	char line[256];

	parse_options(argc, argv, &opts);
	while (fgets(line, sizeof(line), stdin)) {
		if (!asm_line(&p, line))
			continue;
		fprintf(stderr, "cannot assemble: %s", line);
		return 1;
	}
	if (asm_finish(&p))
		return 1;
	if (want_bpf) {
		print_hex(p.insns, p.cnt * sizeof(p.insns[0]));
		return 0;
	}
	if (jit_compile(p.insns, p.cnt, &opts, &img))
		return 1;
	print_hex(img->code, img->len);
	jit_image_free(img);
	return 0;
}
