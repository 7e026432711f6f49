/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes a program that may do less than others. confined HOW PROGRAM [ARG...]: "filter", a seccomp filter kills it for
 * socketpair(2), which it does not need; "mdwe", it gains no executable memory. Status 77: not on this kernel.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SET_MDWE 65		/* Linux 6.3: PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN */
#define REFUSE_EXEC_GAIN 1

static int confine(const char *how)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(insns) / sizeof(insns[0]), insns };

	if (!strcmp(how, "mdwe"))
		return prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

int main(int argc, char **argv)
{
	if (argc < 3 || confine(argv[1]))
		return 77;
	execv(argv[2], argv + 2);
	return 126;
}
