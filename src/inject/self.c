/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and text of this process. Code is never writable: it is written through /proc/self/mem.
 */
#include "inject/self.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/host.h"
#include "inject/gdbjit.h"
#include "inject/jitdump.h"
#include "inject/maps.h"
#include "inject/perfmap.h"
#include "inject/stop_self.h"
#include "inject/unwind.h"
#include "trampoline/guard.h"
#include "trampoline/run.h"
#include "util/fd.h"
#include "util/log.h"

#define PAGE 4096ULL

/* /proc/self/mem of this very process: a forked child has to open its own. */
static int mem_open(void)
{
	static pid_t owner;
	static int fd = -1;

	if (owner != getpid()) {
		if (fd >= 0)
			fd_close(fd);
		fd = fd_keep(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
		owner = fd < 0 ? 0 : getpid();
	}
	return fd;
}

/* -- Memory near a function --- */

static bool try_map(u64 at, u64 bytes)
{
	void *mem = mmap((void *)at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0);

	if (mem == MAP_FAILED)
		return false;
	if ((u64)mem == at)
		return true;
	munmap(mem, bytes);	/* a kernel that does not know the flag */
	return false;
}

static int self_map(void *arg, u64 near, u64 code_bytes, u64 data_bytes, u64 shared_bytes, u64 *ret)
{
	u64 bytes = code_bytes + data_bytes, dist = 0, at;
	struct maps maps;
	int err;

	(void)arg;
	(void)shared_bytes;
	err = maps_read(getpid(), &maps);
	if (err)
		return fail(err, "inject: cannot read /proc/self/maps: %s", log_errstr(err));
	do {
		at = maps_gap(&maps, near, bytes, dist);
		dist = at > near ? at - near : near - at;
	} while (at && !try_map(at, bytes));
	maps_done(&maps);
	if (!at)
		return fail(-ENOMEM, "inject: no free memory within 2 GiB of %#llx", near);
	if (mprotect((void *)at, code_bytes, PROT_READ | PROT_EXEC) ||
	    mprotect((void *)(at + code_bytes), data_bytes, PROT_READ | PROT_WRITE)) {
		munmap((void *)at, bytes);
		return fail_hint(-EACCES, "a policy such as SELinux execmem may forbid it",
				 "inject: no executable memory: %s", log_errstr(errno));
	}
	*ret = at;
	return 0;
}

/* Zeroed pages appear as threads touch them. Private: a forked child starts with a copy, in which its
 * only thread is where it was. */
static int self_map_guards(void *arg, u64 *ret)
{
	u64 *full;
	void *mem;

	(void)arg;
	mem = mmap(NULL, GUARD_BLOCKS_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	full = (u64 *)((u8 *)mem + GUARD_BLOCKS_BYTES - GUARD_BLOCK_BYTES);
	for (u32 i = 0; i < GUARD_BLOCK_BYTES / 8; i++)
		full[i] = 1;
	*ret = (u64)mem;
	return 0;
}

static int self_add_images(void *arg, u64 start, u64 end)
{
	u64 nr = guard_table.nr_ranges;

	(void)arg;
	if (nr == GUARD_RANGES_MAX)
		return fail(-ENOMEM, "inject: too many areas of code");
	guard_table.ranges[nr] = (struct guard_range){ start, end };
	__atomic_store_n(&guard_table.nr_ranges, nr + 1, __ATOMIC_RELEASE);
	return unwind_add_area(start, end);
}

bool self_may_force(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool ok = page != MAP_FAILED && pwrite(mem_open(), "", 1, (off_t)page) == 1;

	if (page != MAP_FAILED)
		munmap(page, PAGE);
	return ok;
}

/* Pages like those that are there but for @bytes take their place at once: no thread sees anything else. */
static int replace_pages(u64 addr, const void *bytes, u32 len)
{
	u64 start = addr & -PAGE, size = ((addr + len + PAGE - 1) & -PAGE) - start;
	u8 *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return -errno;
	memcpy(mem, (const void *)start, size);
	memcpy(mem + (addr - start), bytes, len);
	if (!mprotect(mem, size, PROT_READ | PROT_EXEC) &&
	    mremap(mem, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == (void *)start)
		return 0;
	munmap(mem, size);
	return -EPERM;
}

static int self_write(void *arg, u64 addr, const void *bytes, u32 len)
{
	(void)arg;
	if (pwrite(mem_open(), bytes, len, addr) == (ssize_t)len || !replace_pages(addr, bytes, len))
		return 0;
	return fail_hint(-EPERM, "kernel option proc_mem.force_override must not be 'never'",
			 "inject: cannot write code through /proc/self/mem: %s", log_errstr(errno));
}

static void self_store(void *arg, u64 addr, u64 value)
{
	(void)arg;
	__atomic_store_n((u64 *)addr, value, __ATOMIC_RELEASE);
}

static int self_read(void *arg, u64 addr, void *buf, u32 len)
{
	ssize_t n = pread(mem_open(), buf, len, addr);

	(void)arg;
	return n < 0 ? 0 : n;
}

/* -- Files --- */

static int self_read_file(void *arg, u64 addr, void *buf, u32 len)
{
	const struct map_row *row;
	struct maps maps;
	int fd, n;

	(void)arg;
	n = maps_read(getpid(), &maps);
	if (n)
		return n;
	row = maps_find(&maps, addr);
	fd = row ? maps_open(getpid(), row) : -ENOENT;
	n = -ENOENT;
	if (fd >= 0) {
		n = pread(fd, buf, addr + len > row->hi ? row->hi - addr : len, row->off + (addr - row->lo));
		close(fd);
	}
	maps_done(&maps);
	return n;
}

static int self_patch(void *arg, const struct tramp_patch *patches, u32 nr)
{
	(void)arg;
	return stop_self_patch(patches, nr);
}

static int self_is_quiet(void *arg, u64 guard_off)
{
	(void)arg;
	return stop_self_look(guard_off);
}

static int self_add_code(void *arg, u64 area, u64 start, u64 end, u64 hdr, const char *name)
{
	(void)arg;
	(void)area;
	perfmap_add(getpid(), start, end, name);
	jitdump_add(getpid(), start, (const void *)start, end - start, name);
	gdbjit_add(start, end, hdr, name);
	unwind_add(hdr);
	return 0;
}

static int self_find_users(void *arg, struct tramp_piece *pieces, u32 nr, u64 *looked_at)
{
	(void)arg;
	return stop_self_find_users(pieces, nr, looked_at);
}

static void self_remove_code(void *arg, u64 area, u64 start, u32 bytes)
{
	(void)arg;
	(void)area;
	(void)bytes;
	gdbjit_remove(start);
	unwind_remove(start);
}

static const struct tramp_target_ops self_ops = {
	.map = self_map,
	.map_guards = self_map_guards,
	.add_images = self_add_images,
	.write = self_write,
	.store = self_store,
	.read = self_read,
	.read_file = self_read_file,
	.patch = self_patch,
	.is_quiet = self_is_quiet,
	.add_code = self_add_code,
	.find_users = self_find_users,
	.remove_code = self_remove_code,
};

/* -- The space --- */

static void map_jitdump(void)
{
	int fd = jitdump_fd(getpid());

	if (fd >= 0 && mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		log_msg(LOG_WARN, "inject: perf will not find jit-%d.dump: %s", getpid(), log_errstr(errno));
}

static int make_space(struct tramp_space **ret)
{
	const struct arch_tramp_ops *arch = arch_host_tramp();
	struct guard_env env = {};
	int err;

	if (!arch)
		return fail(-EOPNOTSUPP, "inject: no trampolines on this machine");
	if (mem_open() < 0)
		return fail(-errno, "inject: cannot open /proc/self/mem: %s", log_errstr(errno));
	arch_host_guard_env(&env);
	env.left = (u64)guard_left;
	err = self_map_guards(NULL, &env.blocks);
	guard_table.blocks = env.blocks;
	err = err ?: self_add_images(NULL, (u64)__start_fs_guard_text, (u64)__stop_fs_guard_text);
	err = err ?: tramp_space_new(&self_ops, NULL, arch, &env, ret);
	if (err)
		return err;
	(*ret)->run_enter = (u64)tramp_run_enter;
	(*ret)->run_exit = (u64)tramp_run_exit;
	(*ret)->vector_bytes = arch_host_vector_bytes();
	(*ret)->shadow_stack = arch_host_shadow_stack();
	unwind_hook(*ret);
	map_jitdump();
	return 0;
}

int self_space(struct tramp_space **ret)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct tramp_space *space;
	int err = 0;

	pthread_mutex_lock(&lock);
	if (!space)
		err = make_space(&space);
	*ret = space;
	pthread_mutex_unlock(&lock);
	return err;
}

/* Once is enough: it stays. */
static void replace_jump(struct tramp_space *s, u32 nr, const char *name)
{
	const struct tramp_proto proto = { .nr_args = 2, .arg_words = { 1, 1 } };
	void *func = dlsym(RTLD_DEFAULT, name);
	struct tramp *t;

	if (!func || !arch_host_jump(nr) || tramp_get(s, (u64)func, self_size(func), &proto, name, &t))
		return;
	guard_jump_originals[nr] = tramp_original(t);
	tramp_replace(t, arch_host_jump(nr));
}

void self_count_jumps(struct tramp_space *s)
{
	static const char *const names[] = GUARD_JUMP_NAMES;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool done;

	pthread_mutex_lock(&lock);
	for (u32 i = 0; i < GUARD_JUMPS && !done; i++)
		replace_jump(s, i, names[i]);
	done = true;
	pthread_mutex_unlock(&lock);
}

u32 self_size(const void *func)
{
	const ElfW(Sym) *sym = NULL;
	Dl_info info;

	if (!dladdr1(func, &info, (void **)&sym, RTLD_DL_SYMENT) || !sym || info.dli_saddr != func)
		return 0;
	return sym->st_size;
}

int self_get(const void *func, u32 size, const struct tramp_proto *proto, const char *name,
	     struct tramp **ret)
{
	struct tramp_space *space;
	int err;

	err = self_space(&space);
	if (err)
		return err;
	return tramp_get(space, (u64)func, size ?: self_size(func), proto, name, ret);
}
