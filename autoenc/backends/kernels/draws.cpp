/* Random decisions for every entry of an array, from a key and the number of the entry. */

#include <cstdint>

/* lowbias32 of C. Wellons, Prospecting for hash functions (2018): each bit of the input changes
   every bit of the result half the time. */
static inline uint32_t mixed(uint32_t bits) {
  bits = (bits ^ bits >> 16) * 0x7FEB352Du;
  bits = (bits ^ bits >> 15) * 0x846CA68Bu;
  return bits ^ bits >> 16;
}

/* True where 32 hashed bits are below a threshold. */
extern "C" void autoenc_bernoulli(uint8_t* out, uint64_t n, uint32_t first_key, uint32_t second_key,
                                  uint32_t threshold) {
#pragma GCC ivdep
  for (uint64_t i = 0; i < n; i++)
    out[i] = mixed(mixed((uint32_t)i + first_key) ^ second_key) < threshold;
}
