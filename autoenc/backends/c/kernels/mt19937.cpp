/* Decisions from the numbers of NumPy's RandomState, bit for bit: MT19937 of Matsumoto and
   Nishimura (1998), and `binomial` with one trial, which draws one number per decision.

   NumPy takes a logarithm and an exponential for each probability, and draws one number at a time.
   The shortcuts here leave a few cases undecided, which are decided in NumPy's way. */

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace {

constexpr int WORDS = 624, NEXT = 397;  /* words of the state; distance of words that are mixed */
constexpr int NUMBERS = WORDS / 2;      /* numbers that are drawn at a time */

/* The state in NumPy's layout. */
struct State {
  uint32_t key[WORDS];
  int position;
};

inline uint32_t twisted(uint32_t a, uint32_t b) {
  uint32_t y = (a & 0x80000000u) | (b & 0x7fffffffu);
  return y >> 1 ^ (-(b & 1u) & 0x9908b0dfu);
}

void make_words(uint32_t* key) {
  for (int i = 0; i < WORDS - NEXT; i++) key[i] = key[i + NEXT] ^ twisted(key[i], key[i + 1]);
  for (int i = WORDS - NEXT; i < WORDS - 1; i++) key[i] = key[i + NEXT - WORDS] ^ twisted(key[i], key[i + 1]);
  key[WORDS - 1] = key[NEXT - 1] ^ twisted(key[WORDS - 1], key[0]);
}

inline uint32_t tempered(uint32_t y) {
  y ^= y >> 11;
  y ^= y << 7 & 0x9d2c5680u;
  y ^= y << 15 & 0xefc60000u;
  return y ^ y >> 18;
}

/* Draws the next n numbers in [0, 1), from two words each. */
void draw(State* state, double* numbers, int n) {
  uint32_t words[WORDS];
  for (int have = 0, some; have < 2 * n; have += some) {
    if (state->position == WORDS) {
      make_words(state->key);
      state->position = 0;
    }
    some = std::min(2 * n - have, WORDS - state->position);
    const uint32_t* key = state->key + state->position;
    for (int i = 0; i < some; i++) words[have + i] = tempered(key[i]);
    state->position += some;
  }
  for (int i = 0; i < n; i++)
    numbers[i] = ((int32_t)(words[2 * i] >> 5) * 67108864.0 + (int32_t)(words[2 * i + 1] >> 6)) / 9007199254740992.0;
}

/* Numbers that have been drawn; more are drawn when these are used up. */
struct Numbers {
  State* state;
  const double* drawn;
  int left;

  double next() {
    if (left) return left--, *drawn++;
    double number;
    draw(state, &number, 1);
    return number;
  }
};

/* NumPy's inversion: the number of successes in one trial, for a probability up to 1/2. */
static int successes(double p, Numbers& numbers) {
  const double q = 1.0 - p, none = std::exp(std::log(q));
  for (;;) {
    double number = numbers.next(), one = p * none / q;
    if (!(number > none)) return 0;
    if (!(number - none > one)) return 1;
  }
}

template <class P, class T> struct Decisions {
  State* state;
  const P* p;
  bool same;  /* whether all decisions have the same probability */
  T* out;

  double probability(long i) const { return p[same ? 0 : i]; }

  void some(long begin, int n) const {
    double numbers[NUMBERS];
    draw(state, numbers, n);
    if (decided(begin, n, numbers)) return;
    Numbers all = {state, numbers, n};
    for (long i = begin; i < begin + n; i++) {
      const bool likely = probability(i) > 0.5;
      out[i] = (T)(likely ^ successes(likely ? 1.0 - probability(i) : probability(i), all));
    }
  }

  /* Whether no number is so close to a threshold that rounding matters. */
  bool decided(long begin, int n, const double* numbers) const {
    int near = 0;
    for (int i = 0; i < n; i++) {
      const double p = probability(begin + i), number = numbers[i];
      const bool likely = p > 0.5;
      const double q = likely ? p : 1.0 - p;
      near |= (std::fabs(number - q) < 1e-14) | (number > 1 - 1e-14);
      out[begin + i] = (T)((number > q) != likely);
    }
    return !near;
  }
};

template <class P, class T> void decide(State* state, const P* p, T* out, int same, long n) {
  Decisions<P, T> decisions = {state, p, (bool)same, out};
  for (long i = 0; i < n; i += NUMBERS) decisions.some(i, (int)std::min<long>(NUMBERS, n - i));
}

}  // namespace

/* Writes true or false, as a number, with probability p[i], or p[0] for all. */
#define DECIDE(of, P, to, T) \
  extern "C" void autoenc_mt19937_##of##_to_##to(State* state, const P* p, T* out, int same, long n) { \
    decide(state, p, out, same, n); \
  }
DECIDE(float32, float, float32, float)
DECIDE(float32, float, float64, double)
DECIDE(float32, float, int64, int64_t)
DECIDE(float64, double, float32, float)
DECIDE(float64, double, float64, double)
DECIDE(float64, double, int64, int64_t)
