#include <atomic>
#include <barrier>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>
#include <memory>
#include <algorithm>
#define DEVICE inline
#define KERNEL static void
static thread_local int THREAD, BLOCK;
struct Warp { std::barrier<> b{32}; float v[32]; };
struct Cta { std::vector<char> mem; std::unique_ptr<std::barrier<>> b; std::vector<std::unique_ptr<Warp>> w; };
static std::vector<std::unique_ptr<Cta>> CTAS;
static float shfl(float value, int mask) {
  Warp& w = *CTAS[BLOCK]->w[THREAD / 32]; int l = THREAD % 32;
  w.v[l] = value; w.b.arrive_and_wait(); float r = w.v[l ^ mask]; w.b.arrive_and_wait(); return r;
}
static unsigned ballot(bool decision) {
  unsigned together = decision ? 1u << THREAD % 32 : 0;
  for (int half = 16; half; half >>= 1) {
    float as_float; std::memcpy(&as_float, &together, 4);
    as_float = shfl(as_float, half);
    unsigned other; std::memcpy(&other, &as_float, 4);
    together |= other;
  }
  return together;
}
#define SHARED(type, name) type& name = *reinterpret_cast<type*>(CTAS[BLOCK]->mem.data())
#define SYNC() CTAS[BLOCK]->b->arrive_and_wait()
#define SHFL_XOR(value, mask) shfl(value, mask)
#define BALLOT(decision) ballot(decision)
#define LOAD_WORD(address) (*(address))
#define STORE_WORD(address, value) (*(address) = (value))
#define LOAD(address) (*(address))
#define LOAD_ONCE(address) (*(address))
#define STORE(address, value) (*(address) = (value))
#define ARRIVE(counter) reinterpret_cast<std::atomic<unsigned>*>(counter)->fetch_add(1)
#define WAIT(counter, target) while ((int)(reinterpret_cast<std::atomic<unsigned>*>(counter)->load() - (target)) < 0) std::this_thread::yield()
using std::max; using std::min;
