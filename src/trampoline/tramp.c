/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A function's lists, and the image they turn into. The function's text jumps to a stub, the stub to
 * where its slot points: the newest image, or the relocated original. Images are never changed; a call
 * stays in the one it entered. What a detach changes in the older ones is one word per link, which sends
 * the guard check the slow way (guard.c). They are freed when nothing in the process points into them, and
 * with the last of a program's that program's code.
 */
#include "trampoline/tramp.h"

#include <stdlib.h>

#include "trampoline/unwind.h"
#include "util/log.h"

#define IMAGE_BYTES_MAX (64u << 10)
#define IMAGE_SLACK 64			/* elsewhere, some calls may be longer */
#define RECLAIM_BYTES (64u << 10)	/* of retired code, at least, before it is looked at */
#define SITE_AFTER 32		/* bytes looked at behind a function's end */

enum { LIST_ENTRY, LIST_MODIFY, LIST_EXIT, LISTS };

struct tramp_link {
	struct tramp *tramp;
	struct tramp_prog *prog;
	enum tramp_kind kind;
	u64 attach_cookie;
	u64 data;		/* address of its struct guard_link */
	u32 refs;		/* its own, until it is detached, and the images' */
};

struct tramp_image {
	struct space_piece piece;
	struct tramp_image *next;	/* retired before it */
	u32 nr_links;
	struct tramp_link *links[];
};

struct tramp {
	struct tramp_space *space;
	u64 addr;
	char name[64];
	struct arch_tramp desc;	/* what all its images have in common */
	struct arch_plan plan;
	u64 stub, slot;
	struct tramp_image *image;	/* that calls enter now; NULL: none */
	bool patched;
	bool picked;		/* while a set is made of many */
	u64 replacement;
	u32 cnt[LISTS];
	struct tramp_link *list[LISTS][ARCH_NODES_MAX];	/* newest first */
	struct tramp *next;
};

/* -- Code near a function --- */

/* The stub, the slot and the relocated original. */
static int make_copy(struct tramp *t)
{
	struct tramp_space *s = t->space;
	u8 bytes[ARCH_COPY_MAX];
	struct codebuf b = { .buf = bytes, .cap = sizeof(bytes) };
	struct arch_cfi cfi = {}, none = {};
	struct space_piece piece;
	struct space_area *a;
	int err;

	err = space_find(s, t->addr, sizeof(bytes) + 2 * UNWIND_BYTES_FEW, 8, 0, &a);
	if (err)
		return err;
	s->arch->emit_copy(&t->plan, space_code_at(a), &b, &cfi);
	err = space_place_code(s, a, &(struct space_code){ &b, &cfi, "original", t->name }, &piece);
	arch_cfi_done(&cfi);
	if (err)
		return fail(err, "trampoline: cannot move the first instructions of '%s'", t->name);
	t->desc.orig = space_piece_addr(&piece);
	t->slot = space_take_data(a, 8);
	s->ops->store(s->arg, t->slot, t->desc.orig);
	b.len = 0;
	s->arch->emit_stub(space_code_at(a), t->slot, s->landing_pads, &b);
	err = space_place_code(s, a, &(struct space_code){ &b, &none, "stub", t->name }, &piece);
	t->stub = err ? 0 : space_piece_addr(&piece);
	return err;
}

/* -- Functions --- */

int tramp_space_new(const struct tramp_target_ops *ops, void *arg, const struct arch_tramp_ops *arch,
		    const struct guard_env *guard, struct tramp_space **ret)
{
	struct tramp_space *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->ops = ops;
	s->arg = arg;
	s->arch = arch;
	s->guard = *guard;
	s->plane = guard->blocks;
	s->plane_off = GUARD_FIRST_OFF;
	s->reclaim_bytes = RECLAIM_BYTES;
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

static int set_proto(struct tramp *t, const struct tramp_proto *proto)
{
	const struct arch_tramp_ops *arch = t->space->arch;
	int err;

	if (proto->untyped) {
		t->desc.nr_slots = arch->arg_regs < ARCH_TRAMP_SLOTS_MAX ? arch->arg_regs : 6;
		for (u32 i = 0; i < t->desc.nr_slots; i++)
			t->desc.slot_loc[i] = i;
		t->desc.stack_words = proto->stack_words ?: TRAMP_STACK_WORDS;
		t->desc.flags |= ARCH_TRAMP_STACK_UNKNOWN;
		return 0;
	}
	err = arch->place_args(proto->arg_words, proto->nr_args, &t->desc);
	if (err)
		return fail(err, "trampoline: '%s' has too many arguments", t->name);
	return 0;
}

static int refuse_text(const struct tramp *t)
{
	return fail_hint(-EBUSY, "remove the breakpoint, uprobe or other tracer first",
			 "trampoline: the text of '%s' is not what its file says", t->name);
}

/* As far as can be told: @nr bytes from @addr on are @text. */
static bool is_of_file(const struct tramp *t, u64 addr, const u8 *text, u32 nr)
{
	u8 file[ARCH_PATCH_MAX];
	int got = t->space->ops->read_file(t->space->arg, addr, file, nr < ARCH_PATCH_MAX ? nr : ARCH_PATCH_MAX);

	return got <= 0 || !memcmp(file, text, got);
}

static int make_plan(struct tramp *t, u32 size, u64 entered)
{
	u32 want = ARCH_SITE_BEFORE_MAX + SITE_AFTER + (size < ARCH_SITE_TEXT_MAX ? size : ARCH_SITE_TEXT_MAX);
	struct tramp_space *s = t->space;
	u8 *text = malloc(want);
	struct arch_site site = {
		.addr = t->addr, .size = size, .text = text, .before = ARCH_SITE_BEFORE_MAX,
		.flags = s->shadow_stack ? ARCH_SITE_SHADOW_STACK : 0,
	};
	u64 targets[64];
	int err, got;

	if (!text)
		return -ENOMEM;
	site.targets = targets;
	for (u32 i = 0; i < 64; i++)
		if (entered >> i & 1)
			targets[site.nr_targets++] = t->addr + i;
	got = s->ops->read(s->arg, t->addr - ARCH_SITE_BEFORE_MAX, text, want);
	if (got <= ARCH_SITE_BEFORE_MAX) {	/* the first function of its mapping */
		got = s->ops->read(s->arg, t->addr, text, want);
		site.before = 0;
	}
	site.len = got > (int)site.before ? got - site.before : 0;
	err = s->arch->plan(&site, &t->plan);
	if (err && !is_of_file(t, t->addr, text + site.before, size < site.len ? size : site.len))
		err = refuse_text(t);
	else if (err)
		fail(err, "trampoline: cannot patch '%s': %s", t->name, t->plan.why);
	else if (!is_of_file(t, t->plan.addr, t->plan.old, t->plan.displaced))
		err = refuse_text(t);
	free(text);
	return err;
}

static struct tramp **bucket(struct tramp_space *s, u64 addr)
{
	return &s->tramps[(addr * 0x9e3779b97f4a7c15ULL) >> (64 - SPACE_TRAMPS_SHIFT)];
}

static struct tramp *find_tramp(struct tramp_space *s, u64 addr)
{
	for (struct tramp *t = *bucket(s, addr); t; t = t->next)
		if (t->addr == addr)
			return t;
	return NULL;
}

static u32 count_tramps(const struct tramp_space *s)
{
	u32 nr = 0;

	for (u32 i = 0; i < 1 << SPACE_TRAMPS_SHIFT; i++)
		for (const struct tramp *t = s->tramps[i]; t; t = t->next)
			nr++;
	return nr;
}

static int new_tramp(struct tramp_space *s, u64 addr, u32 size, const struct tramp_proto *proto,
		     const char *name, struct tramp **ret)
{
	struct tramp *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->space = s;
	t->addr = t->desc.ip = addr;
	t->desc.guard = &s->guard;
	t->desc.flags = s->landing_pads ? ARCH_TRAMP_LANDING_PAD : 0;
	t->desc.xsave_bytes = s->vector_bytes;
	strncat(t->name, name ?: "?", sizeof(t->name) - 1);
	err = set_proto(t, proto);
	err = err ?: make_plan(t, size, proto->entered);
	err = err ?: make_copy(t);
	if (err) {
		free(t);
		return err;
	}
	t->next = *bucket(s, addr);
	*bucket(s, addr) = t;
	*ret = t;
	return 0;
}

int tramp_get(struct tramp_space *s, u64 addr, u32 size, const struct tramp_proto *proto, const char *name,
	      struct tramp **ret)
{
	int err = 0;

	pthread_mutex_lock(&s->lock);
	*ret = find_tramp(s, addr);
	if (!*ret)
		err = new_tramp(s, addr, size, proto, name, ret);
	pthread_mutex_unlock(&s->lock);
	return err;
}

u64 tramp_original(const struct tramp *t)
{
	return t->desc.orig;
}

bool tramp_is_patched(const struct tramp *t)
{
	return t->patched;
}

/* -- Images --- */

struct image_lists {
	struct arch_tramp_prog progs[LISTS][ARCH_NODES_MAX];
	u32 nr_cookies, ip;
};

static u32 count_cookies(const struct tramp *t)
{
	u32 nr = 0;

	for (u32 i = 0; i < t->cnt[LIST_ENTRY]; i++)
		nr += tramp_prog_uses_cookie(t->list[LIST_ENTRY][i]->prog);
	return nr;
}

static bool wants_ip(const struct tramp *t)
{
	for (u32 l = 0; l < LISTS; l++)
		for (u32 i = 0; i < t->cnt[l]; i++)
			if (prog_flags(t->list[l][i]->prog) & TRAMP_PROG_FUNC_IP)
				return true;
	return false;
}

static enum jit_phase phase_of(const struct tramp_link *link, u32 list)
{
	if (link->kind != TRAMP_FSESSION)
		return JIT_PHASE_ANY;
	return list == LIST_EXIT ? JIT_PHASE_RETURN : JIT_PHASE_ENTRY;
}

/* The first user of a cookie has the lowest one, the same on both lists: S 4.2. */
static int fill_list(struct tramp *t, u32 list, struct image_lists *im)
{
	u32 index = im->nr_cookies + im->ip + 1;

	for (u32 i = 0; i < t->cnt[list]; i++) {
		struct tramp_link *link = t->list[list][i];
		bool cookie = tramp_prog_uses_cookie(link->prog);
		struct arch_tramp_prog *p = &im->progs[list][i];
		int err;

		err = prog_place(link->prog, t->addr, phase_of(link, list), cookie ? -8 * (s32)index : 0, p);
		if (err)
			return err;
		index -= cookie;
		p->link = link->data;
		p->attach_cookie = link->attach_cookie;
		if (link->kind == TRAMP_FSESSION)
			p->flags |= ARCH_PROG_SESSION;
	}
	return 0;
}

static void fill_desc(const struct tramp *t, const struct image_lists *im, struct arch_tramp *desc)
{
	*desc = t->desc;
	desc->flags |= im->ip ? ARCH_TRAMP_IP : 0;
	desc->entry = im->progs[LIST_ENTRY];
	desc->modify = im->progs[LIST_MODIFY];
	desc->exit = im->progs[LIST_EXIT];
	desc->nr_entry = t->cnt[LIST_ENTRY];
	desc->nr_modify = t->cnt[LIST_MODIFY];
	desc->nr_exit = t->cnt[LIST_EXIT];
}

/* Most are as long as the one before; where there was no room for more, it is made once more where there is. */
static int emit_image(struct tramp *t, const struct image_lists *im, struct space_piece *ret)
{
	struct tramp_space *s = t->space;
	struct codebuf b = { .cap = IMAGE_BYTES_MAX };
	struct space_area *a;
	struct arch_tramp desc;
	u32 room = s->image_bytes ?: IMAGE_SLACK;
	bool placed = false;
	int err = 0;

	b.buf = malloc(b.cap);
	if (!b.buf)
		return -ENOMEM;
	fill_desc(t, im, &desc);
	for (u32 pass = 0; pass < 2 && !err && !placed; pass++) {
		struct arch_cfi cfi = {};

		err = space_find(s, t->addr, room, 0, 0, &a);
		b.len = 0;
		if (!err) {
			desc.addr = space_code_at(a);
			s->arch->emit_image(&desc, &b, &cfi);
			err = b.err;
			s->image_bytes = b.len + UNWIND_BYTES(cfi.cnt) + IMAGE_SLACK;
			placed = pass || s->image_bytes <= room;
			room = s->image_bytes;
		}
		if (placed && !err)
			err = space_place_code(s, a, &(struct space_code){ &b, &cfi, "trampoline", t->name }, ret);
		arch_cfi_done(&cfi);
	}
	free(b.buf);
	return err;
}

static struct tramp_image *new_image(const struct tramp *t)
{
	struct tramp_image *im = calloc(1, sizeof(*im) + LISTS * ARCH_NODES_MAX * sizeof(im->links[0]));

	for (u32 l = 0; im && l < LISTS; l++)
		for (u32 i = 0; i < t->cnt[l]; i++)
			im->links[im->nr_links++] = t->list[l][i];
	return im;
}

/* *@ret NULL: no program, so none is needed. */
static int build_image(struct tramp *t, struct tramp_image **ret)
{
	struct image_lists im = { .nr_cookies = count_cookies(t), .ip = wants_ip(t) };
	struct tramp_image *image = NULL;
	int err = 0;

	*ret = NULL;
	if (!t->cnt[LIST_ENTRY] && !t->cnt[LIST_MODIFY] && !t->cnt[LIST_EXIT])
		return 0;
	image = new_image(t);
	if (!image)
		err = -ENOMEM;
	for (u32 l = 0; l < LISTS && !err; l++)
		err = fill_list(t, l, &im);
	err = err ?: emit_image(t, &im, &image->piece);
	if (err) {
		free(image);
		if (err != -ESRCH)	/* it ended, which is no fault */
			fail(err, "trampoline: no image for '%s': %s", t->name, log_errstr(err));
		return err;
	}
	for (u32 i = 0; i < image->nr_links; i++)
		image->links[i]->refs++;
	*ret = image;
	return 0;
}

static void set_slot(struct tramp *t, u64 to)
{
	t->space->ops->store(t->space->arg, t->slot, to);
}

/* -- Images that are not entered any more --- */

static void link_put(struct tramp_link *link)
{
	struct tramp_space *s = prog_space(link->prog);	/* the function may be gone */

	if (--link->refs)
		return;
	space_give_shared(s, link->data, sizeof(struct guard_link));
	prog_release(link->prog);
	free(link);
}

static void free_image(struct tramp_space *s, struct tramp_image *im)
{
	space_give_code(s, &im->piece);
	for (u32 i = 0; i < im->nr_links; i++)
		link_put(im->links[i]);
	free(im);
}

static void retire(struct tramp_space *s, struct tramp_image *im)
{
	im->next = s->retired;
	s->retired = im;
	s->retired_bytes += im->piece.bytes;
}

/* From here on calls enter @image. Who is in the one before stays there. */
static void use_image(struct tramp *t, struct tramp_image *image)
{
	struct tramp_space *s = t->space;
	struct tramp_image *old = t->image;

	set_slot(t, image ? space_piece_addr(&image->piece) + sizeof(struct guard_image) : t->desc.orig);
	t->image = image;
	if (old && space_reclaims(s))
		retire(s, old);
	else if (old)
		free_image(s, old);
}

static int by_start(const void *a, const void *b)
{
	u64 x = space_piece_addr(&(*(struct tramp_image *const *)a)->piece);
	u64 y = space_piece_addr(&(*(struct tramp_image *const *)b)->piece);

	return x < y ? -1 : x > y;
}

static u32 list_retired(const struct tramp_space *s, struct tramp_image **ret)
{
	u32 nr = 0;

	for (struct tramp_image *im = s->retired; im; im = im->next, nr++)
		if (ret)
			ret[nr] = im;
	if (ret)
		qsort(ret, nr, sizeof(*ret), by_start);
	return nr;
}

static int find_unused(struct tramp_space *s, struct tramp_image **images, struct tramp_piece *pieces, u32 nr)
{
	u64 looked_at = 0;
	int err;

	for (u32 i = 0; i < nr; i++) {
		pieces[i].start = space_piece_addr(&images[i]->piece);
		pieces[i].end = pieces[i].start + images[i]->piece.bytes;
	}
	err = s->ops->find_users(s->arg, pieces, nr, &looked_at);
	if (err)
		return err;
	s->retired = NULL;
	s->retired_bytes = 0;
	for (u32 i = 0; i < nr; i++) {
		if (pieces[i].used)
			retire(s, images[i]);
		else
			free_image(s, images[i]);
	}
	s->reclaim_bytes = RECLAIM_BYTES + looked_at / 1024;
	return 0;
}

/*
 * Frees the images that no word of the process points into: a call that is in one, or in what one has called, has a
 * return address into it wherever its stack lies, or the PC of a context that was put away. All memory has to be
 * looked at for that; so it is done when images have used up a worthwhile part of it. The next search is not to find
 * what this one leaves behind: addresses are in one array, which is cleared.
 */
static void reclaim(struct tramp_space *s)
{
	u32 nr = list_retired(s, NULL);
	struct tramp_piece *pieces = calloc(nr ?: 1, sizeof(*pieces));
	struct tramp_image **images = calloc(nr ?: 1, sizeof(*images));

	if (pieces && images && nr) {
		list_retired(s, images);
		find_unused(s, images, pieces, nr);
		explicit_bzero(pieces, nr * sizeof(*pieces));
	}
	s->reclaim_bytes += 2 * s->retired_bytes;
	free(images);
	free(pieces);
}

/* -- Text --- */

/* Both ways: @patch to be filled with the jump, or with the original bytes. Returns how many. */
static u32 fill_patches(const struct tramp *t, bool on, struct tramp_patch *patch)
{
	u8 text[ARCH_PATCH_MAX], pad[ARCH_PATCH_MAX];
	struct codebuf b = { .buf = text, .cap = sizeof(text) }, p = { .buf = pad, .cap = sizeof(pad) };
	const struct arch_plan *plan = &t->plan;
	u32 nr = 0;

	t->space->arch->emit_patch(plan, t->stub, &b, &p);
	memset(patch, 0, 2 * sizeof(*patch));
	if (p.len) {
		patch[nr].addr = plan->pad_addr;
		patch[nr].len = p.len;
		memcpy(patch[nr].old, on ? plan->old_pad : pad, p.len);
		memcpy(patch[nr].new, on ? pad : plan->old_pad, p.len);
		patch[nr].from[0] = plan->pad_addr;	/* on the way from the text to the stub */
		patch[nr].to[0] = t->stub;
		patch[nr++].nr_moves = !on;
	}
	patch[nr].addr = plan->addr;
	patch[nr].len = b.len;
	memcpy(patch[nr].old, on ? plan->old : text, b.len);
	memcpy(patch[nr].new, on ? text : plan->old, b.len);
	for (u32 i = 1; on && i < plan->nr_bounds; i++) {
		if (plan->from[i] >= b.len)
			continue;
		patch[nr].from[patch[nr].nr_moves] = plan->addr + plan->from[i];
		patch[nr].to[patch[nr].nr_moves++] = t->desc.orig + plan->to[i];
	}
	return nr + 1;
}

/* Patches or restores those whose text is not as their lists want it; all or none. */
static int sync_text(struct tramp_space *s, struct tramp **tramps, u32 nr, bool on)
{
	struct tramp_patch *patches = calloc(2 * nr, sizeof(*patches));
	u32 nr_patches = 0;
	int err;

	if (!patches)
		return -ENOMEM;
	for (u32 i = 0; i < nr; i++)
		nr_patches += fill_patches(tramps[i], on, &patches[nr_patches]);
	err = s->ops->patch(s->arg, patches, nr_patches);
	for (u32 i = 0; i < nr && !err; i++) {
		tramps[i]->patched = on;
	}
	free(patches);
	return err;
}

/* -- Lists --- */

static const u8 lists_of[][LISTS] = {
	[TRAMP_FENTRY] = { [LIST_ENTRY] = 1 },
	[TRAMP_FEXIT] = { [LIST_EXIT] = 1 },
	[TRAMP_FMOD_RET] = { [LIST_MODIFY] = 1 },
	[TRAMP_FSESSION] = { [LIST_ENTRY] = 1, [LIST_EXIT] = 1 },
};

static u32 first_list(enum tramp_kind kind)
{
	return kind == TRAMP_FEXIT ? LIST_EXIT : kind == TRAMP_FMOD_RET ? LIST_MODIFY : LIST_ENTRY;
}

/* In the order in which the kernel looks: S 6. */
static int check_attach(const struct tramp *t, const struct tramp_prog *p, enum tramp_kind kind)
{
	u32 nr = t->cnt[LIST_ENTRY] + t->cnt[LIST_MODIFY] + t->cnt[LIST_EXIT], list = first_list(kind);

	if (t->replacement)
		return -EBUSY;
	if (nr + (kind == TRAMP_FSESSION) >= t->space->arch->nodes_max)
		return -E2BIG;
	for (u32 i = 0; i < t->cnt[list]; i++)
		if (t->list[list][i]->prog == p)
			return -EBUSY;
	if (prog_flags(p) & TRAMP_PROG_VECTORS && !t->space->vector_bytes)
		return fail(-EOPNOTSUPP, "trampoline: this machine cannot save the vector registers that "
					 "a helper may change");
	return 0;
}

static void link_in(struct tramp_link *link)
{
	struct tramp *t = link->tramp;

	for (u32 l = 0; l < LISTS; l++) {
		if (!lists_of[link->kind][l])
			continue;
		memmove(&t->list[l][1], &t->list[l][0], t->cnt[l]++ * sizeof(t->list[l][0]));
		t->list[l][0] = link;
	}
}

static void link_out(struct tramp_link *link)
{
	struct tramp *t = link->tramp;

	for (u32 l = 0; l < LISTS; l++) {
		for (u32 i = 0; i < t->cnt[l]; i++) {
			if (t->list[l][i] != link)
				continue;
			memmove(&t->list[l][i], &t->list[l][i + 1],
				(--t->cnt[l] - i) * sizeof(t->list[l][0]));
			break;
		}
	}
}

static int new_link(const struct tramp_req *req, struct tramp_link **ret)
{
	struct tramp_link *link = calloc(1, sizeof(*link));
	struct tramp_space *s = req->tramp->space;
	struct guard_link data;
	struct space_area *a;
	int err;

	if (!link)
		return -ENOMEM;
	err = prog_fill_link(req->prog, req->tramp->addr, &data);
	err = err ?: space_find(s, req->tramp->addr, 0, 0, sizeof(data), &a);
	if (err) {
		free(link);
		return err;
	}
	*link = (struct tramp_link){ req->tramp, req->prog, req->kind, req->attach_cookie,
				     space_take_shared(a, sizeof(data)), 1 };
	s->ops->store(s->arg, link->data + offsetof(struct guard_link, prog), data.prog);
	s->ops->store(s->arg, link->data + offsetof(struct guard_link, off), data.off);
	tramp_prog_get(req->prog);
	*ret = link;
	return 0;
}

/* No image starts a run for it from here on. */
static void free_link(struct tramp_link *link)
{
	struct tramp_space *s = link->tramp->space;

	s->ops->store(s->arg, link->data + offsetof(struct guard_link, off), GUARD_DETACHED_OFF);
	link_put(link);
}

/* -- Attach and detach --- */

/* The link is on its lists; no call enters @image yet. */
static int prepare_one(const struct tramp_req *req, struct tramp_link **ret, struct tramp_image **image)
{
	struct tramp *t = req->tramp;
	struct tramp_link *link;
	int err;

	err = check_attach(t, req->prog, req->kind);
	err = err ?: new_link(req, &link);
	if (err)
		return err;
	link_in(link);
	err = build_image(t, image);
	if (err) {
		link_out(link);
		free_link(link);
		return err;
	}
	*ret = link;
	return 0;
}

static void unprepare_one(struct tramp_link *link, struct tramp_image *image)
{
	link_out(link);
	free_image(link->tramp->space, image);
	free_link(link);
}

/* All images are made before one is entered, so that the target can have them at once. */
static int prepare_many(const struct tramp_req *reqs, u32 nr, struct tramp_link **links, struct tramp_image **images)
{
	u32 done;
	int err = 0;

	for (done = 0; done < nr && !err; done += !err)
		err = prepare_one(&reqs[done], &links[done], &images[done]);
	while (err && done--)
		unprepare_one(links[done], images[done]);
	return err;
}

/* An image without @link takes over; where there is no memory for one, the old one leaves it out. */
static void detach_one(struct tramp_link *link)
{
	struct tramp *t = link->tramp;
	struct tramp_image *image;

	link_out(link);
	free_link(link);
	if (!build_image(t, &image))
		use_image(t, image);
}

static bool is_empty(const struct tramp *t)
{
	return !t->cnt[LIST_ENTRY] && !t->cnt[LIST_MODIFY] && !t->cnt[LIST_EXIT] && !t->replacement;
}

/* Those of @tramps, each once, whose text must change. */
static u32 pick_tramps(struct tramp **tramps, u32 nr, bool on)
{
	u32 n = 0;

	for (u32 i = 0; i < nr; i++) {
		struct tramp *t = tramps[i];

		if (t->picked || t->patched == on || is_empty(t) == on)
			continue;
		t->picked = true;
		tramps[n++] = t;
	}
	for (u32 i = 0; i < n; i++)
		tramps[i]->picked = false;
	return n;
}

static void restore_text(struct tramp_space *s, struct tramp **tramps, u32 nr)
{
	nr = pick_tramps(tramps, nr, false);
	if (nr)
		sync_text(s, tramps, nr, false);	/* else they go on through the slot */
}

int tramp_attach_many(const struct tramp_req *reqs, u32 nr, struct tramp_link **links)
{
	struct tramp **tramps = calloc(nr ?: 1, sizeof(*tramps));
	struct tramp_image **images = calloc(nr ?: 1, sizeof(*images));
	struct tramp_space *s;
	u32 done = 0, pick;
	int err = 0;

	if (!tramps || !images || !nr) {
		free(tramps);
		free(images);
		return nr ? -ENOMEM : -EINVAL;
	}
	s = reqs[0].tramp->space;
	pthread_mutex_lock(&s->lock);
	if (s->retired_bytes > s->reclaim_bytes)
		reclaim(s);
	err = prepare_many(reqs, nr, links, images);
	for (; done < nr && !err; done++) {
		tramps[done] = reqs[done].tramp;
		use_image(tramps[done], images[done]);
	}
	pick = err ? 0 : pick_tramps(tramps, nr, true);
	if (pick)
		err = sync_text(s, tramps, pick, true);
	while (err && done)
		detach_one(links[--done]);
	pthread_mutex_unlock(&s->lock);
	free(tramps);
	free(images);
	return err;
}

int tramp_attach(struct tramp *t, struct tramp_prog *p, enum tramp_kind kind, u64 attach_cookie,
		 struct tramp_link **ret)
{
	struct tramp_req req = { t, p, kind, attach_cookie };
	struct tramp_link *link;
	int err;

	err = tramp_attach_many(&req, 1, &link);
	if (!err)
		*ret = link;
	return err;
}

void tramp_detach_many(struct tramp_link **links, u32 nr)
{
	struct tramp_space *s;
	struct tramp **tramps;

	if (!nr)
		return;
	s = links[0]->tramp->space;
	tramps = calloc(nr, sizeof(*tramps));
	pthread_mutex_lock(&s->lock);
	for (u32 i = 0; i < nr; i++) {
		if (tramps)
			tramps[i] = links[i]->tramp;
		detach_one(links[i]);
	}
	if (tramps)
		restore_text(s, tramps, nr);
	pthread_mutex_unlock(&s->lock);
	free(tramps);
}

void tramp_detach(struct tramp_link *link)
{
	if (link)
		tramp_detach_many(&link, 1);
}

int tramp_replace(struct tramp *t, u64 code)
{
	struct tramp_space *s = t->space;
	int err = 0;

	pthread_mutex_lock(&s->lock);
	if (code && !is_empty(t)) {
		err = -EBUSY;
		goto out;
	}
	t->replacement = code;
	set_slot(t, code ?: t->desc.orig);
	if (code && !t->patched)
		err = sync_text(s, &t, 1, true);
	else if (!code)
		restore_text(s, (struct tramp *[]){ t }, 1);
	if (err) {
		t->replacement = 0;
		set_slot(t, t->desc.orig);
	}
out:
	pthread_mutex_unlock(&s->lock);
	return err;
}

void tramp_forget(struct tramp_space *s, u64 addr, u64 bytes)
{
	pthread_mutex_lock(&s->lock);
	for (u32 i = 0; i < 1 << SPACE_TRAMPS_SHIFT; i++) {
		struct tramp **p = &s->tramps[i], *t;

		while ((t = *p)) {
			if (t->addr - addr >= bytes) {
				p = &t->next;
				continue;
			}
			*p = t->next;
			free(t);
		}
	}
	pthread_mutex_unlock(&s->lock);
}

/* -- All functions --- */

int tramp_restore(struct tramp_space *s)
{
	struct tramp **tramps;
	u32 nr = 0;
	int err = 0;

	pthread_mutex_lock(&s->lock);
	tramps = calloc(count_tramps(s) ?: 1, sizeof(*tramps));
	for (u32 i = 0; i < 1 << SPACE_TRAMPS_SHIFT && tramps; i++)
		for (struct tramp *t = s->tramps[i]; t; t = t->next)
			tramps[nr++] = t;
	nr = pick_tramps(tramps, nr, false);
	if (!tramps)
		err = -ENOMEM;
	else if (nr)
		err = sync_text(s, tramps, nr, false);
	pthread_mutex_unlock(&s->lock);
	free(tramps);
	return err;
}

static bool runs(const struct tramp *t, const struct tramp_prog *p)
{
	for (u32 l = 0; l < LISTS; l++)
		for (u32 i = 0; i < t->cnt[l]; i++)
			if (t->list[l][i]->prog == p)
				return true;
	return false;
}

/* New images for all functions that @p runs on. */
static int rebuild(struct tramp_space *s, const struct tramp_prog *p)
{
	int err = 0;

	for (u32 i = 0; i < 1 << SPACE_TRAMPS_SHIFT && !err; i++) {
		for (struct tramp *t = s->tramps[i]; t && !err; t = t->next) {
			struct tramp_image *image;

			if (!runs(t, p))
				continue;
			err = build_image(t, &image);
			if (!err)
				use_image(t, image);
		}
	}
	return err;
}

int tramp_prog_single_copy(struct tramp_prog *p, u64 near, u64 *code, u32 *bytes)
{
	struct tramp_space *s = prog_space(p);
	bool was = prog_flags(p) & TRAMP_PROG_GENERIC;
	int err;

	pthread_mutex_lock(&s->lock);
	err = prog_single_copy(p, near, code, bytes);
	if (!err && !was)
		err = rebuild(s, p);
	pthread_mutex_unlock(&s->lock);
	return err;
}

static u32 fill_restorations(const struct tramp_space *s, struct tramp_patch *patches)
{
	u32 nr = 0;

	for (u32 i = 0; i < 1 << SPACE_TRAMPS_SHIFT; i++)
		for (const struct tramp *t = s->tramps[i]; t; t = t->next)
			nr += fill_patches(t, false, &patches[nr]);
	return nr;
}

int tramp_restorations(struct tramp_space *s, struct tramp_patch **ret)
{
	int nr;

	pthread_mutex_lock(&s->lock);
	*ret = calloc(2 * count_tramps(s) + 1, sizeof(**ret));
	nr = *ret ? (int)fill_restorations(s, *ret) : -ENOMEM;
	pthread_mutex_unlock(&s->lock);
	return nr;
}

int tramp_prog_count_runs(struct tramp_prog *p)
{
	struct tramp_space *s = prog_space(p);
	int err = 0;

	pthread_mutex_lock(&s->lock);
	if (!(prog_flags(p) & TRAMP_PROG_RUN)) {
		prog_add_flags(p, TRAMP_PROG_RUN);
		err = rebuild(s, p);
	}
	pthread_mutex_unlock(&s->lock);
	return err;
}
