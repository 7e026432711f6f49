/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled code in this process. Pages are written first and executable afterwards, never both. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jit/jit.h"
#include "util/log.h"

static size_t page_round(size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* Room for @bytes; its address decides how calls are encoded. */
static int map_room(struct jit_code *code, size_t bytes)
{
	void *mem;

	mem = mmap(NULL, page_round(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	code->mem = mem;
	code->mem_bytes = page_round(bytes);
	return 0;
}

static int make_executable(struct jit_code *code)
{
	memcpy(code->mem, code->img->code, code->img->len);
	if (mprotect(code->mem, code->mem_bytes, PROT_READ | PROT_EXEC))
		return fail_hint(-errno, "a policy such as SELinux execmem may forbid it",
				 "jit: cannot make code executable: %s", log_errstr(errno));
	__builtin___clear_cache(code->mem, (char *)code->mem + code->img->len);
	code->entry = (u64(*)(const void *))((char *)code->mem + code->img->entry_off);
	code->tail_entry = (u64)code->mem + code->img->tail_off;
	return 0;
}

int jit_load(const struct bpf_insn *insns, u32 cnt, const struct jit_opts *opts, struct jit_code **ret)
{
	struct jit_code *code = calloc(1, sizeof(*code));
	struct jit_opts here = *opts;
	int err = -ENOMEM;

	if (!code)
		return err;
	here.backend = NULL;
	here.addr = 0;
	err = jit_compile(insns, cnt, &here, &code->img);	/* at its longest */
	if (!err)
		err = map_room(code, code->img->len);
	if (err)
		goto out;
	here.addr = (u64)code->mem;
	jit_image_free(code->img);
	code->img = NULL;
	err = jit_compile(insns, cnt, &here, &code->img);
	if (!err)
		err = make_executable(code);
	if (err)
		goto out;
	*ret = code;
	return 0;
out:
	jit_code_free(code);
	return err;
}

void jit_code_free(struct jit_code *code)
{
	if (!code)
		return;
	if (code->mem)
		munmap(code->mem, code->mem_bytes);
	jit_image_free(code->img);
	free(code);
}
