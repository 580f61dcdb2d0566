/* The generator MRG31k3p of L'Ecuyer and Touzin (2000), with many streams side by side.

   The state of a stream consists of the last three values of each of two recurrences, modulo M1
   and M2. The products by 2^22, 2^7 + 1, 2^15 and 2^15 + 1 are shifts: bits beyond the 31st are added
   at the low end. Sums stay below 2^32, so that one subtraction reduces them. If the seed is negative,
   so are the first states; as in Theano, shifts keep their signs. */

#include <cstdint>

static constexpr uint32_t M1 = 2147483647, M2 = 2147462579;

static inline uint32_t reduced(uint32_t a, uint32_t modulus) { return a >= modulus ? a - modulus : a; }

static inline uint32_t shifted(uint32_t a, int bits) { return (uint32_t)((int32_t)a >> bits); }

static inline uint32_t doubled_15(uint32_t a) { return reduced(((a & 65535) << 15) + 21069 * shifted(a, 16), M2); }

static inline uint32_t next(uint32_t* s) {
  uint32_t first = ((s[1] & 511) << 22) + shifted(s[1], 9) + ((s[2] & 16777215) << 7) + shifted(s[2], 24);
  first = reduced(reduced(first, M1) + s[2], M1);
  uint32_t second = reduced(doubled_15(s[5]) + s[5], M2);
  second = reduced(second + doubled_15(s[3]), M2);
  s[2] = s[1], s[1] = s[0], s[0] = first;
  s[5] = s[4], s[4] = s[3], s[3] = second;
  return (int32_t)first <= (int32_t)second ? first - second + M1 : first - second;
}

template <class T>
static void draw(uint32_t* states, long n_streams, T* samples, long n, T norm) {
  for (long begin = 0; begin < n; begin += n_streams)
    for (long i = 0; i < n_streams && begin + i < n; i++)
      samples[begin + i] = (T)(int32_t)next(states + 6 * i) * norm;
}

/* Draws numbers in [0, 1), the i-th of them from stream i modulo the number of streams. */
extern "C" void autoenc_mrg_float(uint32_t* states, long n_streams, float* samples, long n) {
  draw(states, n_streams, samples, n, 4.6566126e-10f);
}

extern "C" void autoenc_mrg_double(uint32_t* states, long n_streams, double* samples, long n) {
  draw(states, n_streams, samples, n, 4.656612873077392578125e-10);
}
