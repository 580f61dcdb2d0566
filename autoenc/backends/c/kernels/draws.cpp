/* Random decisions for every entry of an array, from a key and the number of the entry. */

#include "workers.h"

constexpr uint64_t MANY = 1 << 13;  /* entries of a chunk, which take about a microsecond */

/* lowbias32 of C. Wellons, Prospecting for hash functions (2018): each bit of the input changes
   every bit of the result half the time. */
static inline uint32_t mixed(uint32_t bits) {
  bits = (bits ^ bits >> 16) * 0x7FEB352Du;
  bits = (bits ^ bits >> 15) * 0x846CA68Bu;
  return bits ^ bits >> 16;
}

/* True where 32 hashed bits are below a threshold. */
struct Decisions {
  uint8_t* out;
  uint64_t n;
  uint32_t first_key, second_key, threshold;

  static void some(const void* what, int chunk) {
    const Decisions p = *(const Decisions*)what;
    uint64_t begin = chunk * MANY, end = begin + MANY < p.n ? begin + MANY : p.n;
#pragma GCC ivdep
    for (uint64_t i = begin; i < end; i++)
      p.out[i] = mixed(mixed((uint32_t)i + p.first_key) ^ p.second_key) < p.threshold;
  }
};

extern "C" void autoenc_bernoulli(uint8_t* out, uint64_t n, uint32_t first_key, uint32_t second_key,
                                  uint32_t threshold) {
  Decisions decisions = {out, n, first_key, second_key, threshold};
  Workers::share((int)((n + MANY - 1) / MANY), Decisions::some, &decisions);
}
