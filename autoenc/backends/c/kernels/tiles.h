/* Tiles of a product that are held in registers, for any kind of term.

   A term is what the processor multiplies and adds at a time in each lane: one float, or a pair of
   bfloat16, which also has four bytes. `Real` below stands for either, and for a double in files
   that define DOUBLE_PRECISION. */

#pragma once
#include <cstring>
#include <utility>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace {  /* because each file has its own Real */

#ifdef DOUBLE_PRECISION
typedef double Real;
typedef long long Lane;
#else
typedef float Real;
typedef int Lane;
#endif

#ifdef __AVX512F__
constexpr int BYTES = 64, WIDE = 4, TALL = 6;
#else
constexpr int BYTES = 32, WIDE = 2, TALL = 6;
#endif
constexpr int LANES = BYTES / sizeof(Real);
constexpr int TILE = LANES * WIDE;  /* columns that are computed at once, ... */
constexpr int DEPTH = 128;          /* ... and terms of their sums, which fit the first cache */

typedef Real Vector __attribute__((vector_size(BYTES)));
typedef Real Anywhere __attribute__((vector_size(BYTES), aligned(sizeof(Real)), may_alias));
typedef Lane Lanes __attribute__((vector_size(BYTES)));

static inline Vector load(const Real* p) { return *(const Anywhere*)p; }
static inline void store(Real* p, Vector v) { *(Anywhere*)p = v; }

/* GCC keeps an array in registers only if all loops over it are unrolled early. */
#define UNROLLED _Pragma("GCC unroll 16") for

/* For functions that are called every few hundred instructions. */
#define INLINED __attribute__((always_inline)) static inline

/* The first n floats, followed by zeros. */
static inline Vector load_some(const Real* p, int n) {
  if (n >= LANES) return load(p);
#if defined(__AVX512F__) && defined(DOUBLE_PRECISION)
  return (Vector)_mm512_maskz_loadu_pd(n > 0 ? (1u << n) - 1 : 0, p);
#elif defined(__AVX512F__)
  return (Vector)_mm512_maskz_loadu_ps(n > 0 ? (1u << n) - 1 : 0, p);
#else
  Vector v{};
  if (n > 0) std::memcpy(&v, p, sizeof(Real) * n);
  return v;
#endif
}

/* Starts of the vectors of a tile. If the last columns do not fill a vector, the last vector begins
   earlier, and leaves the first `skip` lanes unchanged, which have already been computed. */
struct Columns {
  int at[WIDE] = {}, n_vectors, skip;
  constexpr explicit Columns(int left)
      : n_vectors(left >= TILE ? WIDE : (left + LANES - 1) / LANES),
        skip(n_vectors * LANES > left ? n_vectors * LANES - left : 0) {
    for (int v = 0; v < n_vectors; v++) at[v] = v * LANES;
    at[n_vectors - 1] -= skip;
  }
};

static inline Vector without_first(int n, Vector v, Vector instead) {
  Lanes lane;
  for (int i = 0; i < LANES; i++) lane[i] = i;
  return lane >= n ? v : instead;
}

struct Matrix {  /* entry (i, k) is at data[i * rows + k * columns] */
  const Real* data;
  long rows, columns;
  Matrix from(int i, int k) const { return {data + i * rows + k * columns, rows, columns}; }
};

/* The left operand of a product, or of a sum of two: A1 B1 + A2 B2 is [A1 A2] times B1 and B2
   stacked, and the panels of B are stacked. */
struct Left {
  Matrix A[2];
  int K[2];
  Left from(int i) const { return {{A[0].from(i, 0), A[1].from(i, 0)}, {K[0], K[1]}}; }
};

/* The right operand: rows of B are `ld` apart, and their vectors are at `at`. */
struct Right {
  const Real* data;
  long ld;
  const int* at;
  Vector term(int v) const { return load(data + at[v]); }
  void next() { data += ld; }
};

/* The same for terms that are copied into a panel while they are multiplied by the first rows: the
   processor loads and converts them during the multiplication. */
template <class Terms> struct Packing {
  const Real* data;
  long ld;
  const int* at;
  Real* panel;

  Vector term(int v) const {
    Vector term = Terms::of_columns(data + at[v], ld, 0);
    store(panel + v * LANES, term);
    return term;
  }
  void next() {
    data += Terms::FLOATS * ld;
    panel += TILE;
  }
};

static inline Right in_panel(const Real* panel) {
  static constexpr Columns in_line(TILE);
  return {panel, TILE, in_line.at};
}

/* a b + c, rounded once if the processor can do so. A compiler that may choose would choose
   differently from tile to tile, and an entry would depend on its position. */
static inline Vector multiply_add(Real a, Vector b, Vector c) {
  for (int i = 0; i < LANES; i++)
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
    c[i] = sizeof(Real) == sizeof(double) ? (Real)__builtin_fma(a, b[i], c[i])
                                          : (Real)__builtin_fmaf((float)a, (float)b[i], (float)c[i]);
#else
    c[i] = a * b[i] + c[i];
#endif
  return c;
}

/* C = alpha sums + beta C in a row of vectors; C is not read if beta is 0. All vectors are read before
   one is written, because reading a vector that overlaps one just written would have to wait for the
   write. */
template <int V>
static inline void put(Real* C, const Columns& columns, Real alpha, Vector* sums, Real beta) {
  constexpr int LAST = V - 1;
  UNROLLED (int v = 0; v < V; v++)
    sums[v] = beta == 0 ? alpha * sums[v] : multiply_add(alpha, sums[v], beta * load(C + columns.at[v]));
  if (columns.skip) {
    Real* c = C + columns.at[LAST];
    store(c, without_first(columns.skip, sums[LAST], load(c)));
  }
  UNROLLED (int v = 0; v < LAST; v++) store(C + columns.at[v], sums[v]);
  if (!columns.skip) store(C + columns.at[LAST], sums[LAST]);
}

/* C (R, V vectors) = alpha A B + beta C. B is a Right or a Packing. */
template <class Terms, int R, int V, class B>
INLINED void tile(Left left, B right, Real* C, long ldc, const Columns& columns, Real alpha,
                 Real beta) {
  Vector sum[R][V];
  UNROLLED (int r = 0; r < R; r++)
    UNROLLED (int v = 0; v < V; v++) sum[r][v] = Vector{};
  if (beta != 0)
    for (int r = 0; r < R; r++)
      for (int v = 0; v < V; v++) __builtin_prefetch(C + r * ldc + columns.at[v], 1);
  for (int part = 0; part < 2; part++) {
    Matrix A = left.A[part];
    _Pragma("GCC unroll 4") for (int k = 0; k < left.K[part]; k++, right.next()) {
      Vector b[V];
      UNROLLED (int v = 0; v < V; v++) b[v] = right.term(v);
      UNROLLED (int r = 0; r < R; r++) {
        Vector a = Terms::broadcast(A.data + r * A.rows + k * A.columns);
        UNROLLED (int v = 0; v < V; v++) sum[r][v] = Terms::add(sum[r][v], a, b[v]);
      }
    }
  }
  UNROLLED (int r = 0; r < R; r++)
    put<V>(C + r * ldc, columns, alpha, sum[r], beta);
}

/* Computes the tile of a given height and width. */
template <class Terms, int V = WIDE, int R = TALL>
INLINED void tile_of(int height, Left left, Right right, Real* C, long ldc, const Columns& columns,
                    Real alpha, Real beta) {
  if constexpr (V > 1)
    if (columns.n_vectors < V)
      return tile_of<Terms, V - 1, R>(height, left, right, C, ldc, columns, alpha, beta);
  if constexpr (R > 1)
    if (height < R)
      return tile_of<Terms, V, R - 1>(height, left, right, C, ldc, columns, alpha, beta);
  tile<Terms, R, V>(left, right, C, ldc, columns, alpha, beta);
}

/* Computes all m rows of a tile, in groups of nearly the same height. */
template <class Terms>
static void strip(int m, Left left, Right right, Real* C, long ldc, const Columns& columns,
                  Real alpha, Real beta) {
  int groups = (m + TALL - 1) / TALL;
  for (int i = 0, height; groups; groups--, i += height) {
    height = (m - i) / groups;
    tile_of<Terms>(height, left.from(i), right, C + i * ldc, ldc, columns, alpha, beta);
  }
}

/* The same for more than one group, in WIDE vectors. The first group copies its terms into the
   panel, from which the others read them. */
template <class Terms, int R = TALL>
static void strip(int m, Left left, Packing<Terms> packing, Real* C, long ldc, const Columns& columns,
                  Real alpha, Real beta) {
  int height = m / ((m + TALL - 1) / TALL);
  if constexpr (R > TALL / 2)
    if (height < R) return strip<Terms, R - 1>(m, left, packing, C, ldc, columns, alpha, beta);
  tile<Terms, R, WIDE>(left, packing, C, ldc, columns, alpha, beta);
  strip<Terms>(m - R, left.from(R), in_panel(packing.panel), C + R * ldc, ldc, columns, alpha, beta);
}

/* Depth of the next block of the remaining K terms. Blocks have nearly the same depth, and consist
   of whole vectors. */
static inline int depth_of(int K) {
  int blocks = (K + DEPTH - 1) / DEPTH, vectors = (K + LANES - 1) / LANES;
  int depth = (vectors + blocks - 1) / blocks * LANES;
  return depth < K ? depth : K;
}

/* Lanes of two vectors, alternating every S: from the first, and from the second S away. */
constexpr int low_lane(int i, int S) { return i & S ? LANES + i - S : i; }
constexpr int high_lane(int i, int S) { return i & S ? LANES + i : i + S; }

#ifdef __clang__
template <int S, std::size_t... I>
static inline void in_turns(Vector a, Vector b, Vector* low, Vector* high, std::index_sequence<I...>) {
  *low = __builtin_shufflevector(a, b, low_lane(I, S)...);
  *high = __builtin_shufflevector(a, b, high_lane(I, S)...);
}
template <int S> static inline void in_turns(Vector a, Vector b, Vector* low, Vector* high) {
  in_turns<S>(a, b, low, high, std::make_index_sequence<LANES>());
}
#else
template <int S> static inline void in_turns(Vector a, Vector b, Vector* low, Vector* high) {
  Lanes of_low, of_high;
  for (int i = 0; i < LANES; i++) {
    of_low[i] = low_lane(i, S);
    of_high[i] = high_lane(i, S);
  }
  *low = __builtin_shuffle(a, b, of_low);
  *high = __builtin_shuffle(a, b, of_high);
}
#endif

/* Adds to each lane the one S away. */
template <int S> static inline Vector merged(Vector a, Vector b) {
  Vector low, high;
  in_turns<S>(a, b, &low, &high);
  return low + high;
}

/* Transposes LANES rows of LANES entries each. */
template <int S = LANES / 2> static inline void exchange(Vector* rows) {
  if constexpr (S > 0) {
    for (int i = 0; i < LANES; i++)
      if (!(i & S)) in_turns<S>(rows[i], rows[i + S], &rows[i], &rows[i + S]);
    exchange<S / 2>(rows);
  }
}

}  // namespace
