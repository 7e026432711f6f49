/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/store.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/log.h"
#include "util/slurp.h"

#define POSSIBLE_CPUS "/sys/devices/system/cpu/possible"
#define MAX_CPUS (1 << 15)		/* a line for each must fit in MAX_VALUE */
#define MAX_SESSIONS (1 << 16)
#define MAX_VALUE (4u << 20)		/* KMALLOC_MAX_SIZE: larger array values are -E2BIG */
#define INIT_PID_NS 0xeffffffcU		/* include/linux/proc_ns.h */
#define DEAD_SWEEPS 2
#define MAX_FRAMES 64		/* of /proc/PID/stack: deeper ones are not shown */
#define IDLE_SWEEPS 10			/* idle task: an interrupt handler does not take so long */

struct candidate {		/* what a sweep found in a slot, and how often it looked dead since */
	struct store_slot rec;
	uint32_t dead;
};

struct session_slot {
	bool used;
	char symbol[128];
	uint64_t swept;
};

static struct {
	pthread_mutex_t lock;
	uint32_t want_slots, want_sessions;
	int slots_fd, lines_fd;
	uint32_t bits, nr_slots;	/* nr_slots with the spare ones */
	uint32_t nr_sessions, cpus;	/* cpus: power of two */
	uint32_t last_id;		/* given out */
	bool cut;			/* fewer sessions than wanted, for their lines' size */
	struct store_slot *slots;	/* mapped */
	struct store_line *lines;
	struct session_slot *sessions;	/* [id], 0 unused */
	struct candidate *seen;		/* [slot] */
} st = { .lock = PTHREAD_MUTEX_INITIALIZER, .slots_fd = -1, .lines_fd = -1 };

int store_configure(uint32_t slots, uint32_t max_sessions)
{
	if (slots && (slots < STORE_MIN_SLOTS || slots > STORE_MAX_SLOTS))
		return fail(-EINVAL, "session store: %u slots: must be %d to %d", slots,
			    STORE_MIN_SLOTS, STORE_MAX_SLOTS);
	if (max_sessions > MAX_SESSIONS)
		return fail(-EINVAL, "session store: %u sessions: at most %d", max_sessions,
			    MAX_SESSIONS);
	pthread_mutex_lock(&st.lock);
	st.want_slots = slots;
	st.want_sessions = max_sessions;
	pthread_mutex_unlock(&st.lock);
	return 0;
}

static int create_map(const char *name, size_t size, int *fd, void **mem)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int err;

	*fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, size, 1, &opts);
	if (*fd < 0) {
		err = *fd;
		return fail_hint(err, err == -EPERM ? "needs CAP_BPF and CAP_PERFMON, or root" : NULL,
				 "session store: cannot create map '%s' of %zu bytes: %s", name, size,
				 log_errstr(err));
	}
	*mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (*mem == MAP_FAILED) {
		err = -errno;
		*mem = NULL;
		return fail(err, "session store: cannot map '%s': %s", name, log_errstr(err));
	}
	return 0;
}

static size_t slots_size(void)
{
	return (size_t)st.nr_slots * STORE_SLOT_SIZE;
}

static size_t lines_size(void)
{
	return (size_t)st.nr_sessions * st.cpus * STORE_LINE_SIZE;
}

static void drop_locked(void)
{
	if (st.slots)
		munmap(st.slots, slots_size());
	if (st.lines)
		munmap(st.lines, lines_size());
	if (st.slots_fd >= 0)
		close(st.slots_fd);
	if (st.lines_fd >= 0)
		close(st.lines_fd);
	free(st.sessions);
	free(st.seen);
	st.slots_fd = st.lines_fd = -1;
	st.slots = NULL;
	st.lines = NULL;
	st.sessions = NULL;
	st.seen = NULL;
	st.last_id = 0;
}

void store_drop(void)
{
	pthread_mutex_lock(&st.lock);
	drop_locked();
	pthread_mutex_unlock(&st.lock);
}

int store_last_cpu(const char *list)
{
	int last = -1, n = 0;
	char c;

	/* ascending: the last number is the highest */
	while (sscanf(list, "%d%c%n", &last, &c, &n) == 2 && (c == ',' || c == '-'))
		list += n;
	return last < 0 || last >= MAX_CPUS ? -EINVAL : last;
}

/* Programs index lines by CPU id, and ids may have gaps: counting the possible CPUs is not enough. */
static int last_possible_cpu(void)
{
	char *list;
	int err = slurp(POSSIBLE_CPUS, 4096, &list, NULL);

	if (err)
		return err;
	err = store_last_cpu(list);
	free(list);
	return err;
}

static int create_locked(void)
{
	uint32_t slots = st.want_slots ? st.want_slots : STORE_DEF_SLOTS;
	int last = last_possible_cpu(), err;

	if (last < 0)
		return fail(last, "session store: '%s' does not tell the possible CPUs: %s", POSSIBLE_CPUS,
			    log_errstr(last));
	for (st.bits = 0; 1u << st.bits < slots; st.bits++)
		;
	for (st.cpus = 1; st.cpus <= (uint32_t)last; st.cpus *= 2)
		;
	st.nr_slots = (1u << st.bits) + STORE_PROBES - 1;
	st.nr_sessions = (st.want_sessions ? st.want_sessions : STORE_DEF_SESSIONS) + 1;
	st.cut = lines_size() > MAX_VALUE;
	if (st.cut)
		st.nr_sessions = MAX_VALUE / (st.cpus * STORE_LINE_SIZE);
	st.sessions = calloc(st.nr_sessions, sizeof(*st.sessions));
	st.seen = calloc(st.nr_slots, sizeof(*st.seen));
	err = st.sessions && st.seen ? 0 : -ENOMEM;
	if (!err)
		err = create_map("fs_slots", slots_size(), &st.slots_fd, (void **)&st.slots);
	if (!err)
		err = create_map("fs_lines", lines_size(), &st.lines_fd, (void **)&st.lines);
	if (err)
		drop_locked();
	return err;
}

static struct store_line *line_of(const struct store_ref *ref, uint32_t cpu)
{
	return (struct store_line *)((char *)st.lines + ref->line_off) + cpu;
}

/* The record in slot @s; its key is 0 when there is none that one may free. */
static struct store_slot look(const struct store_slot *s)
{
	struct store_slot now = { .key = __atomic_load_n(&s->key, __ATOMIC_ACQUIRE) };

	now.id = __atomic_load_n(&s->id, __ATOMIC_SEQ_CST);
	now.tid = __atomic_load_n(&s->tid, __ATOMIC_SEQ_CST);
	now.stamp = __atomic_load_n(&s->stamp, __ATOMIC_SEQ_CST);
	now.claims = __atomic_load_n(&s->claims, __ATOMIC_SEQ_CST);
	if (now.key & STORE_TAG || !now.id)
		now.key = 0;
	return now;
}

static bool same_call(const struct store_slot *a, const struct store_slot *b)
{
	return a->id == b->id && a->tid == b->tid && a->stamp == b->stamp;
}

/*
 * Makes the record that was @seen in slot @s ours alone, as programs do that take one over (split.c): a tag
 * in the key, or where claims are counted a second one.
 */
static bool seize(struct store_slot *s, const struct store_slot *seen)
{
	uint64_t expected = seen->key;

	if (!seen->claims)
		return __atomic_compare_exchange_n(&s->key, &expected, seen->key | STORE_TAG, false,
						   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	if (__atomic_add_fetch(&s->claims, 1, __ATOMIC_SEQ_CST) == 2 &&
	    __atomic_load_n(&s->key, __ATOMIC_SEQ_CST) == seen->key)
		return true;
	__atomic_fetch_sub(&s->claims, 1, __ATOMIC_SEQ_CST);
	return false;
}

/* It is another call's after all. */
static void let_go(struct store_slot *s, const struct store_slot *seen)
{
	uint64_t tagged = seen->key | STORE_TAG;

	if (seen->claims)
		__atomic_fetch_sub(&s->claims, 1, __ATOMIC_SEQ_CST);
	else	/* unless its owner released it meanwhile */
		__atomic_compare_exchange_n(&s->key, &tagged, seen->key, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}

/*
 * Frees a slot whose call was found to be over. The owner cannot come back; but in between a new call
 * at the same stack address may have taken the record over, or another session claimed the slot in the
 * same frame. So it is looked at again when nobody else can have it.
 */
static bool free_slot(struct store_slot *s, const struct store_slot *seen)
{
	struct store_slot now;

	if (!seize(s, seen))
		return false;
	now.id = __atomic_load_n(&s->id, __ATOMIC_SEQ_CST);
	now.tid = __atomic_load_n(&s->tid, __ATOMIC_SEQ_CST);
	now.stamp = __atomic_load_n(&s->stamp, __ATOMIC_SEQ_CST);
	if (!same_call(&now, seen)) {
		let_go(s, seen);
		return false;
	}
	s->tid = 0;
	__atomic_store_n(&s->id, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->key, 0, __ATOMIC_SEQ_CST);
	if (seen->claims)
		__atomic_fetch_sub(&s->claims, 2, __ATOMIC_SEQ_CST);
	return true;
}

/* The session of a record, which may be the marker of a tail call. */
static uint32_t owner_of(const struct store_slot *s)
{
	return s->id & ~STORE_MARKER;
}

static int purge_locked(const struct store_ref *ref)
{
	int n = 0;

	for (uint32_t i = 0; i < st.nr_slots; i++) {
		struct store_slot now = look(&st.slots[i]);

		if (now.key && owner_of(&now) == ref->id && free_slot(&st.slots[i], &now))
			n += now.id == ref->id;
	}
	for (uint32_t cpu = 0; cpu < st.cpus; cpu++)
		line_of(ref, cpu)->busy = line_of(ref, cpu)->in_entry = 0;
	st.sessions[ref->id].swept += n;
	return n;
}

/* The next one that is free, so that each rests for long: an entry half may be preempted while its link
 * ends, and go on later. 0: none is free. */
static uint32_t free_id(void)
{
	uint32_t ids = st.nr_sessions - 1, id;

	for (uint32_t i = 0; i < ids; i++) {
		id = 1 + (st.last_id + i) % ids;
		if (!st.sessions[id].used)
			return id;
	}
	return 0;
}

static int get_locked(struct store_ref *ret)
{
	int err = st.slots ? 0 : create_locked();
	uint32_t id;

	if (err)
		return err;
	id = free_id();
	if (!id)
		return fail_hint(-ENOSPC, st.cut ? "this machine has so many CPUs that no more fit in: "
				 "unload some" : "raise max_sessions in struct fsession_register_opts",
				 "session store: %u programs are loaded already", st.nr_sessions - 1);
	st.last_id = id;
	*ret = (struct store_ref){
		.slots_fd = st.slots_fd,
		.slots_bits = st.bits,
		.lines_fd = st.lines_fd,
		.line_off = id * st.cpus * STORE_LINE_SIZE,
		.cpu_mask = st.cpus - 1,
		.id = id,
	};
	purge_locked(ret);
	memset(line_of(ret, 0), 0, (size_t)st.cpus * STORE_LINE_SIZE);
	memset(&st.sessions[id], 0, sizeof(st.sessions[id]));
	st.sessions[id].used = true;
	return 0;
}

int store_get(struct store_ref *ret)
{
	int err;

	pthread_mutex_lock(&st.lock);
	err = get_locked(ret);
	pthread_mutex_unlock(&st.lock);
	return err;
}

int store_purge(const struct store_ref *ref)
{
	int n = 0;

	pthread_mutex_lock(&st.lock);
	if (st.slots)
		n = purge_locked(ref);
	pthread_mutex_unlock(&st.lock);
	return n;
}

void store_put(const struct store_ref *ref)
{
	if (!ref->id)
		return;
	pthread_mutex_lock(&st.lock);
	if (st.slots && ref->id < st.nr_sessions) {
		purge_locked(ref);
		st.sessions[ref->id].used = false;
	}
	pthread_mutex_unlock(&st.lock);
}

void store_set_symbol(const struct store_ref *ref, const char *func)
{
	pthread_mutex_lock(&st.lock);
	if (st.sessions)
		snprintf(st.sessions[ref->id].symbol, sizeof(st.sessions[0].symbol), "%s", func);
	pthread_mutex_unlock(&st.lock);
}

void store_read(const struct store_ref *ref, struct store_counters *ret)
{
	memset(ret, 0, sizeof(*ret));
	pthread_mutex_lock(&st.lock);
	if (!st.slots)
		goto out;
	for (uint32_t cpu = 0; cpu < st.cpus; cpu++) {
		const struct store_line *l = line_of(ref, cpu);

		ret->entries += __atomic_load_n(&l->entries, __ATOMIC_RELAXED);
		ret->exits += __atomic_load_n(&l->exits, __ATOMIC_RELAXED);
		ret->unmatched += __atomic_load_n(&l->unmatched, __ATOMIC_RELAXED);
		ret->missed += __atomic_load_n(&l->missed, __ATOMIC_RELAXED);
		ret->full += __atomic_load_n(&l->full, __ATOMIC_RELAXED);
		ret->swept += __atomic_load_n(&l->stale, __ATOMIC_RELAXED);
	}
	for (uint32_t i = 0; i < st.nr_slots; i++)
		ret->open += st.slots[i].id == ref->id &&
			     __atomic_load_n(&st.slots[i].key, __ATOMIC_RELAXED);
	ret->swept += st.sessions[ref->id].swept;
out:
	pthread_mutex_unlock(&st.lock);
}

/* -- Sweep ------------------------------------------------------------------------------- */

/* "[<0>] NAME+0x..." or "NAME.cold+0x..."? The stack in @buf has a line per frame, innermost first. */
static bool on_stack(const char *buf, const char *name)
{
	size_t len = strlen(name);

	for (const char *hit = strstr(buf, name); hit; hit = strstr(hit + 1, name))
		if (hit > buf && hit[-1] == ' ' && (hit[len] == '+' || hit[len] == '.'))
			return true;
	return false;
}

/*
 * Is task @tid inside @func (or any traced function, ""), by its kernel stack? 1, 0, or -errno when
 * nobody can tell. A function that ends in a jump to another one has left the stack before its call is
 * over; the trampoline has not.
 */
static int task_is_inside(uint32_t tid, const char *func)
{
	char path[64], buf[16384];
	size_t got = 0, frames = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/stack", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	while ((n = read(fd, buf + got, sizeof(buf) - 1 - got)) > 0)
		got += n;
	if (n < 0)
		n = errno == ESRCH ? 0 : -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[got] = '\0';
	if (strstr(buf, " bpf_trampoline_") || (func[0] && on_stack(buf, func)))
		return 1;
	for (size_t i = 0; i < got; i++)
		frames += buf[i] == '\n';
	/* a task that runs has no stack to show: it may be inside; so may one that is too deep in */
	return got && frames < MAX_FRAMES ? 0 : -EAGAIN;
}

static bool task_is_gone(uint32_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u", tid);
	return access(path, F_OK) && errno == ENOENT;
}

/* Of a task that runs some machines show the stack it had when it last slept. */
static bool task_runs(uint32_t tid)
{
	char path[64], buf[256], *comm_end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT && errno != ESRCH;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n < 0)
		return errno != ESRCH;
	buf[n] = '\0';
	comm_end = strrchr(buf, ')');		/* "PID (COMM) STATE ..." */
	return !comm_end || !strncmp(comm_end, ") R", 3);
}

static bool looks_dead(const struct store_slot *s, const char *symbol)
{
	if (!s->tid || task_is_gone(s->tid))
		return true;
	return !task_runs(s->tid) && task_is_inside(s->tid, symbol) == 0 && !task_runs(s->tid);
}

/* A record goes when its call is seen to be over in two sweeps, that of the idle task in IDLE_SWEEPS. */
static int sweep_slot(uint32_t i)
{
	struct store_slot now = look(&st.slots[i]);
	struct candidate *c = &st.seen[i];
	uint32_t id = owner_of(&now);

	if (!now.key || id >= st.nr_sessions || !st.sessions[id].used) {
		c->rec.key = 0;
		return 0;
	}
	if (c->rec.key != now.key || !same_call(&c->rec, &now)) {
		*c = (struct candidate){ .rec = now };
		return 0;
	}
	if (!looks_dead(&now, st.sessions[id].symbol)) {
		c->dead = 0;
		return 0;
	}
	if (++c->dead < (now.tid ? DEAD_SWEEPS : IDLE_SWEEPS) || !free_slot(&st.slots[i], &now))
		return 0;
	c->rec.key = 0;
	st.sessions[id].swept += now.id == id;
	return 1;
}

int store_sweep(void)
{
	struct stat ns;
	int n = 0;

	/* records name tasks as the initial pid namespace does */
	if (stat("/proc/self/ns/pid", &ns) || ns.st_ino != INIT_PID_NS)
		return 0;
	pthread_mutex_lock(&st.lock);
	for (uint32_t i = 0; st.slots && i < st.nr_slots; i++)
		n += sweep_slot(i);
	pthread_mutex_unlock(&st.lock);
	return n;
}
