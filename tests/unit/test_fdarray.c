/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/fdarray.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/build.h"
#include "tap.h"

#define KFUNC(index) INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, index, 7)

static const struct bpf_insn program[] = {
	KFUNC(0), KFUNC(3), INSN_CALL(2), KFUNC(1), KFUNC(3), INSN_MOV_I(0, 0), INSN_EXIT(),
};

static ino_t inode(int fd)
{
	struct stat st = {};

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_ino;
}

/* libbpf closes its fds after loading: the copy is of those that the program names, and stays. */
TEST(fdarray_outlives_libbpfs)
{
	int fds[4] = { 0, memfd_create("a", 0), memfd_create("b", 0), memfd_create("c", 0) }, copied;
	ino_t first = inode(fds[1]), third = inode(fds[3]);
	struct fdarray a = {};

	CHECK_EQ(fdarray_copy(fds, program, 7, &a), 0);
	for (int i = 1; i < 4; i++)
		close(fds[i]);
	CHECK_EQ(a.cnt, 4);
	CHECK_EQ(a.fds[0], 0);
	CHECK_EQ(inode(a.fds[1]), first);
	CHECK_EQ(a.fds[2], 0);
	CHECK_EQ(inode(a.fds[3]), third);
	copied = a.fds[3];
	fdarray_done(&a);
	CHECK_EQ(fcntl(copied, F_GETFD), -1);
	fdarray_done(&a);
}

TEST(fdarray_of_nothing)
{
	struct fdarray a = {};
	int fds[1] = {};

	CHECK_EQ(fdarray_copy(fds, program + 5, 2, &a), 0);
	CHECK(!a.fds);
	CHECK_EQ(fdarray_copy(NULL, program, 7, &a), 0);	/* the kernel will say what is missing */
	CHECK(!a.fds);
	fdarray_done(&a);
}

TEST(fdarray_bad_fd)
{
	int fds[4] = { 0, memfd_create("a", 0), -1, -1 };
	struct fdarray a = {};

	CHECK_EQ(fdarray_copy(fds, program, 7, &a), -EBADF);
	CHECK(!a.fds);
}
