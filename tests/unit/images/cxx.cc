/* SPDX-License-Identifier: BSD-2-Clause */
/* What C++ adds to functions and types. Never run. */
#define KEEP __attribute__((noinline, used))

namespace shop {

enum class state : unsigned char { open, closed };

struct point {		/* travels in registers */
	int x, y;
};

class counted {		/* by reference, for it has a destructor */
public:
	counted(int n);
	~counted();
	int n;
};

class base {
public:
	virtual ~base();
	virtual int price(const point &p, state s) const;
	long id;
};

class item : public base {
public:
	int price(const point &p, state s) const override;
	static int nr;
	unsigned flags : 3;
	template <typename T> KEEP T scale(T by) { return by * (T)id; }
};

int item::nr;

KEEP counted::counted(int v) : n(v) {}
KEEP counted::~counted() {}
base::~base() {}
KEEP int base::price(const point &p, state) const { return p.x; }
KEEP int item::price(const point &p, state s) const { return p.y + (int)s; }

KEEP int by_value(point p) { return p.x; }
KEEP int by_object(counted c, int add) { return c.n + add; }
KEEP counted make(int n) { return counted(n); }
KEEP int overloaded(int a) { return a; }
KEEP int overloaded(point &&p) { return p.x; }
KEEP int by_member(int item::*m, int (base::*f)(const point &, state) const) { return m != nullptr || f != nullptr; }
KEEP int by_null(decltype(nullptr), int b) { return b; }
template <typename... A> KEEP int sum(A... a) { return (a + ...); }

}

namespace {

KEEP int hidden(bool b)
{
	return b;
}

}

int main(int argc, char **)
{
	using namespace shop;
	item it;
	point p = { argc, argc };

	return it.price(p, state::open) + by_value(p) + by_object(counted(1), 2) + make(3).n + overloaded(4) +
	       overloaded(point{ 1, 2 }) + by_member(nullptr, nullptr) + it.scale(2L) + hidden(true) +
	       by_null(nullptr, 1) + sum(1, 2L, 'c');
}
